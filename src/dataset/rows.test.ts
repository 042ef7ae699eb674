import { describe, expect, it } from 'vitest';
import type { BookTicker, Levels, Market, MarketInput } from '../../streams/market/types.ts';
import { type DatasetRow, DatasetRows, type RowOptions } from './rows.ts';

const START_US = 1_700_000_000_000_000;
const MS = 1_000;

const market: Market = {
  ...{ symbol: 'X', venue: 'sei', base: 'X', quote: 'USDC', tickSize: '1', lotSize: '1' },
  ...{ contract: 'linear', contractSize: '1' },
};

const book = (ms: number, lastId: number, bids: Levels, asks: Levels): MarketInput => ({
  ...{ kind: 'bookSnapshot', seq: 0, timeUs: START_US + ms * MS, market: 'X', eventUs: 0 },
  ...{ lastId, bids, asks },
});
const ticker = (ms: number, updateId: number, bidTick: number, askTick: number): BookTicker => ({
  ...{ kind: 'bookTicker', seq: 0, timeUs: START_US + ms * MS, market: 'X', eventUs: 0 },
  ...{ updateId, bidTick, bidLots: 3, askTick, askLots: 1 },
});

/** Instant (ms), segment, twice the mid, imbalance, classes, sentiment. */
function rowsOf(inputs: readonly MarketInput[], change: Partial<RowOptions> = {}) {
  const told: (readonly [number, number, number, number, readonly number[], number | null])[] = [];
  const onRow = ({ timeUs, segment, label, topImbalance, sentiment }: DatasetRow): void => {
    const { midHalfTicks, classes } = label;
    told.push([(timeUs - START_US) / MS, segment, midHalfTicks, topImbalance, [...classes], sentiment]);
  };
  const rule = { horizonsMs: [100, 200], thresholdBps: 0, smoothingMs: 0 };
  const rows = new DatasetRows(market, { everyMs: 100, rule, staleAfterMs: 1_000, ...change }, onRow);
  for (const input of inputs) rows.take(input);
  rows.finish();
  return told;
}

describe('the rows of a market', () => {
  it('lie on the grid, have seen what came before their instant and are labelled with what came after', () => {
    const inputs = [
      book(-10, 1, [1_000, 5], [1_002, 5]),
      // At the very instant of a row: the row is before it.
      book(100, 2, [1_004, 5], [1_006, 15]),
      // Newer than the book of the depth stream.
      ticker(150, 9, 990, 992),
      book(390, 3, [1_004, 5], [1_006, 15]),
      book(420, 12, [1_000, 1], [1_010, 1]),
    ];
    expect(rowsOf(inputs)).toEqual([
      [0, 0, 2_002, 0, [1, 0], null],
      [100, 0, 2_002, 0, [0, 0], null],
      [200, 0, 1_982, 0.5, [1, 1], null],
      [300, 0, 1_982, 0.5, [1, -1], null],
      [400, 0, 1_982, 0.5, [-1, -1], null],
    ]);
  });

  it('are none where the book is lost or stale, and begin a new segment afterwards, over which no label reaches', () => {
    const down: MarketInput = {
      ...{ kind: 'feedStatus', seq: 0, timeUs: START_US + 350 * MS, market: 'X', status: 'down', reason: 'test' },
    };
    const inputs = [
      book(-10, 1, [1_000, 5], [1_002, 5]),
      down,
      { ...down, timeUs: START_US + 360 * MS, status: 'up' } as MarketInput,
      book(460, 5, [1_000, 5], [1_002, 5]),
      book(690, 6, [1_000, 5], [1_002, 5]),
      // Two weeks later.
      book(1_209_600_090, 7, [1_000, 5], [1_002, 5]),
      book(1_209_600_290, 8, [1_000, 5], []),
      book(1_209_600_490, 9, [1_000, 5], [1_002, 5]),
      book(1_209_600_510, 10, [1_000, 5], [1_002, 5]),
    ];
    const rows = rowsOf(inputs);
    expect(rows.slice(0, 6).map(([ms, segment, , , classes]) => [ms, segment, classes])).toEqual([
      [0, 0, [1, 1]],
      [100, 0, [1, 1]],
      [200, 0, [1, -1]],
      [300, 0, [-1, -1]],
      [500, 1, [1, 1]],
      [600, 1, [1, 1]],
    ]);
    // Up to a second after the last that confirmed the book.
    expect(rows.filter(([, segment]) => segment === 1).at(-1)).toEqual([1_600, 1, 2_002, 0, [-1, -1], null]);
    expect(rows.filter(([, segment]) => segment > 1).map(([ms, segment]) => [ms - 1_209_600_000, segment])).toEqual([
      [100, 2],
      [200, 2],
      [500, 3],
    ]);
  });

  it('know what an external series said before them', () => {
    const inputs = [book(-10, 1, [1_000, 5], [1_002, 5]), book(210, 2, [1_000, 5], [1_002, 5])];
    const series = [
      [START_US + 100 * MS, 0.5],
      [START_US + 110 * MS, -0.25],
    ] as const;
    const before = (timeUs: number): number | null => series.findLast(([us]) => us < timeUs)?.[1] ?? null;
    expect(rowsOf(inputs, { sentiment: { before } }).map((row) => row[5])).toEqual([null, null, -0.25]);
  });
});
