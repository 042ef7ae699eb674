import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalBook } from '../../streams/market/local_book.ts';
import type { Market, MarketInput } from '../../streams/market/types.ts';
import type { MarketRows } from '../../streams/simulation/rows.ts';
import { binanceMarket } from '../binance/instruments.ts';
import { RowInputs } from './row_inputs.ts';
import { FLAG, KIND, NO_ID, SIDE, WHOLE_SIDE } from './rows.ts';

const ORIGIN_S = 1_700_000_000;
const SPOT = binanceMarket('binance-spot', 'BTCUSDT', '0.01', '0.001');
const FUTURES = binanceMarket('binance-usdm', 'BTCUSDT', '0.1', '0.001');
const SEEN = FLAG.exchange | FLAG.local;

type Row = readonly [
  kind: number,
  side: number,
  tick: number,
  lots: number,
  flags: number,
  ids?: readonly [number, number, number],
];

/** Rows a millisecond apart. */
function rowsOf(rows: readonly Row[]): MarketRows {
  const ids = (at: 0 | 1 | 2): Float64Array => Float64Array.from(rows, (row) => row[5]?.[at] ?? NO_ID);
  return {
    length: rows.length,
    kind: Uint8Array.from(rows, (row) => row[0]),
    side: Int8Array.from(rows, (row) => row[1]),
    tick: Int32Array.from(rows, (row) => row[2]),
    lots: Float64Array.from(rows, (row) => row[3]),
    flags: Uint8Array.from(rows, (row) => row[4]),
    eventNs: Float64Array.from(rows, (_, i) => (i === 0 ? Number.NaN : i * 1e6 - 500)),
    receiveNs: Float64Array.from(rows, (_, i) => i * 1e6 + 999),
    firstId: ids(0),
    lastId: ids(1),
    previousId: ids(2),
  };
}

/** All inputs of rows that come in chunks that end at the given rows. */
function inputsOf(market: Market, rows: MarketRows, ends: readonly number[] = []): MarketInput[] {
  const reader = new RowInputs(market, ORIGIN_S);
  const all: MarketInput[] = [];
  let from = 0;
  for (const end of [...ends, rows.length]) {
    reader.feed(rows, from, end, rows.receiveNs);
    for (let input = reader.next(); input !== null; input = reader.next()) all.push(structuredClone(input));
    from = end;
  }
  const last = reader.end();
  return last === null ? all : [...all, structuredClone(last)];
}

const RECORDED: readonly Row[] = [
  [KIND.level, SIDE.buy, 99, 4, 0, [5, 9, NO_ID]],
  [KIND.level, SIDE.sell, 102, 4, FLAG.end, [5, 9, NO_ID]],
  [KIND.clear, SIDE.buy, WHOLE_SIDE, 0, SEEN, [NO_ID, 10, NO_ID]],
  [KIND.snapshotLevel, SIDE.buy, 100, 7, SEEN, [NO_ID, 10, NO_ID]],
  [KIND.clear, SIDE.sell, WHOLE_SIDE, 0, SEEN, [NO_ID, 10, NO_ID]],
  [KIND.snapshotLevel, SIDE.sell, 101, 8, SEEN, [NO_ID, 10, NO_ID]],
  [KIND.level, SIDE.sell, 101, 9, SEEN | FLAG.again | FLAG.end, [10, 11, NO_ID]],
  [KIND.level, SIDE.buy, 100, 6, SEEN, [11, 12, NO_ID]],
  [KIND.level, SIDE.sell, 103, 1, SEEN | FLAG.end, [11, 12, NO_ID]],
  [KIND.trade, SIDE.sell, 100, 2, SEEN | FLAG.end, [NO_ID, 40, NO_ID]],
  [KIND.best, SIDE.buy, 100, 6, SEEN, [NO_ID, 12, NO_ID]],
  [KIND.best, SIDE.sell, 101, 8, SEEN | FLAG.end, [NO_ID, 12, NO_ID]],
  [KIND.empty, SIDE.none, 0, 0, SEEN | FLAG.end, [13, 13, NO_ID]],
];

describe('rows as inputs', () => {
  it('are the messages that the exchange sent, with its ids, the late ones too and none of them twice', () => {
    const inputs = inputsOf(SPOT, rowsOf(RECORDED));
    expect(inputs).toMatchObject([
      { kind: 'bookDelta', firstId: 5, lastId: 9, bids: [99, 4], asks: [102, 4], eventUs: 0 },
      { kind: 'bookSnapshot', lastId: 10, bids: [100, 7], asks: [101, 8] },
      { kind: 'bookDelta', firstId: 11, lastId: 12, bids: [100, 6], asks: [103, 1] },
      { kind: 'trade', tradeId: 40, side: 'sell', tick: 100, lots: 2 },
      { kind: 'bookTicker', updateId: 12, bidTick: 100, bidLots: 6, askTick: 101, askLots: 8 },
      { kind: 'bookDelta', firstId: 13, lastId: 13, bids: [], asks: [] },
    ]);
    expect(inputs[2]).toMatchObject({
      timeUs: ORIGIN_S * 1e6 + 7_000,
      eventUs: ORIGIN_S * 1e6 + 6_999,
      market: 'BTCUSDT',
    });
  });

  it('are the same however the rows are cut into chunks', () => {
    const rows = rowsOf(RECORDED);
    const whole = inputsOf(SPOT, rows);
    fc.assert(
      fc.property(fc.array(fc.nat(RECORDED.length), { maxLength: 6 }), (cuts) => {
        expect(
          inputsOf(
            SPOT,
            rows,
            cuts.sort((a, b) => a - b),
          ),
        ).toEqual(whole);
      }),
    );
  });

  it('are numbered here where the exchange’s ids are not stated: a book is live from the first, and lost at a gap', () => {
    const unnumbered = RECORDED.slice(7).map((row) => row.slice(0, 5) as unknown as Row);
    const book = new LocalBook('BTCUSDT');
    const rejects = inputsOf(FUTURES, rowsOf(unnumbered)).map((input) => book.apply(input));
    expect(rejects.every((reject) => reject === null)).toBe(true);
    expect([book.status, book.lastId, book.comparisons]).toEqual(['live', 4, 0]);
    const later: readonly Row[] = [
      [KIND.level, SIDE.buy, 90, 1, SEEN | FLAG.end],
      [KIND.level, SIDE.sell, 95, 1, SEEN | FLAG.end],
      [KIND.level, SIDE.sell, 96, 1, SEEN | FLAG.end | FLAG.gap],
      [KIND.level, SIDE.sell, 97, 1, FLAG.exchange | FLAG.end],
    ];
    const gapped = new LocalBook('BTCUSDT');
    const told = inputsOf(FUTURES, rowsOf(later)).map((input) => gapped.apply(input)?.reason ?? null);
    expect(told).toEqual([null, null, 'gap']);
  });

  it('leave out single orders and trades of nobody knows whom, and count them', () => {
    const reader = new RowInputs(SPOT, ORIGIN_S);
    const rows = rowsOf([
      [KIND.orderAdd, SIDE.buy, 100, 1, SEEN],
      [KIND.trade, SIDE.buy, 101, 1, SEEN],
      [KIND.trade, SIDE.none, 101, 1, SEEN],
      [KIND.level, SIDE.buy, 100, 1, SEEN | FLAG.end],
    ]);
    reader.feed(rows, 0, rows.length, rows.receiveNs);
    expect([reader.next()?.kind, reader.next()?.kind, reader.next()]).toEqual(['trade', 'bookSnapshot', null]);
    expect(reader.leftOut).toEqual({ level3: 1, tradesWithoutSide: 1 });
  });

  it('refuse to empty one side of the book alone', () => {
    const rows = rowsOf([[KIND.clear, SIDE.buy, WHOLE_SIDE, 0, SEEN | FLAG.end]]);
    expect(() => inputsOf(SPOT, rows)).toThrow('clears one side of the book: expected both');
  });
});
