import { afterAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../test/tape_files.ts';
import { type CheckName, checkTape } from './check.ts';
import { Tape } from './reader.ts';
import { blankRow, FLAG, KIND, SIDE, type TapeRow, WHOLE_SIDE } from './rows.ts';
import { TapeWriter } from './writer.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const market = {
  symbol: 'X',
  venue: 'x',
  base: 'X',
  quote: 'Y',
  tickSize: '1',
  lotSize: '1',
  contract: 'linear',
  contractSize: '1',
} as const;

const S = 1_723_161_255;
const row = (over: Partial<TapeRow>): TapeRow => ({
  ...blankRow(),
  receiveS: S,
  eventS: S,
  side: SIDE.buy,
  tick: 100,
  lots: 1,
  ...over,
});
const snapshot = [
  row({ kind: KIND.clear, side: SIDE.none, tick: WHOLE_SIDE, lots: 0, flags: FLAG.exchange | FLAG.local }),
  row({ kind: KIND.snapshotLevel, flags: FLAG.exchange | FLAG.local }),
  row({ kind: KIND.snapshotLevel, side: SIDE.sell, tick: 102 }),
];

function check(rows: readonly TapeRow[]) {
  const path = `${folder.path}/check.arrow`;
  const writer = new TapeWriter(path, { market, origin: { format: 'test', files: [] } });
  for (const one of rows) writer.push(one);
  writer.close();
  const { findings, sound, bookComparisons } = checkTape(Tape.open(path, { ids: true }), 10);
  return { found: Object.fromEntries(findings) as Partial<Record<CheckName, unknown>>, sound, bookComparisons };
}

describe('a check', () => {
  it('finds nothing in a sound tape', () => {
    const sound = [
      ...snapshot,
      row({ lots: 5 }),
      row({ kind: KIND.trade, lastId: 1 }),
      row({ kind: KIND.trade, lastId: 2 }),
    ];
    expect(check(sound)).toEqual({ found: {}, sound: true, bookComparisons: 0 });
  });

  it.each([
    [
      'unsorted',
      [row({}), row({ receiveS: S - 1, eventS: 0 })],
      'row 5, 2024-08-08T23:54:14.000000000Z: 1 s before the row above',
    ],
    [
      'gap',
      [row({ flags: FLAG.gap | FLAG.end | FLAG.exchange | FLAG.local, firstId: 8, lastId: 9 })],
      'row 4, 2024-08-08T23:54:15.000000000Z: update ids 8 to 9',
    ],
    ['crossed', [row({ tick: 102 })], 'row 4, 2024-08-08T23:54:15.000000000Z: bid 102, ask 102 ticks'],
    ['clock-jump', [row({ receiveS: S + 11 })], 'row 4, 2024-08-08T23:54:26.000000000Z: 11 s after the row above'],
    [
      'duplicate',
      [row({ kind: KIND.trade, lastId: 7 }), row({ kind: KIND.trade, lastId: 7 })],
      'row 5, 2024-08-08T23:54:15.000000000Z: trade id 7 after 7',
    ],
    [
      'duplicate',
      [row({ lastId: 7 }), row({ lastId: 6 })],
      'row 5, 2024-08-08T23:54:15.000000000Z: update id 6 after 7',
    ],
    [
      'malformed',
      [row({ kind: 9 })],
      'row 4, 2024-08-08T23:54:15.000000000Z: kind 9: expected one of 0, 1, 2, 3, 4, 5, 10, 11, 12, 13',
    ],
    [
      'malformed',
      [row({ lots: 0.5 })],
      'row 4, 2024-08-08T23:54:15.000000000Z: size of 0.5 lots: expected an integer from 0',
    ],
    ['malformed', [row({ side: 0 })], 'row 4, 2024-08-08T23:54:15.000000000Z: side 0'],
    ['malformed', [row({ tick: -4 })], 'row 4, 2024-08-08T23:54:15.000000000Z: price of -4 ticks: expected from 0'],
  ] as const)('finds a fault: %s', (name, rows, example) => {
    const { found, sound } = check([...snapshot, ...rows]);
    expect(found).toMatchObject({ [name]: { count: 1, examples: [example] } });
    expect(sound).toBe(false);
  });

  it('holds the book against the exchange’s best prices at the same update id, whichever comes first', () => {
    const best = (bid: number, lastId: number) => [
      row({ kind: KIND.best, tick: bid, lots: 5, lastId, flags: FLAG.exchange | FLAG.local }),
      row({ kind: KIND.best, side: SIDE.sell, tick: 102, lots: 1, lastId }),
    ];
    expect(check([...snapshot, row({ lots: 5, lastId: 7 }), ...best(100, 7)])).toEqual({
      found: {},
      sound: true,
      bookComparisons: 1,
    });
    const wrong = check([...snapshot, ...best(99, 7), row({ lots: 5, lastId: 7 })]);
    expect(wrong).toMatchObject({ found: { mismatch: { count: 1 } }, sound: false, bookComparisons: 1 });
  });

  it('tells what is the market’s or the recorder’s, and is no fault', () => {
    const { found, sound } = check([row({ eventS: S + 1 }), row({ eventS: S })]);
    expect(found).toMatchObject({
      'no-book': { count: 2 },
      'event-after': { count: 1, examples: ['row 1, 2024-08-08T23:54:15.000000000Z: 1 s'] },
      'event-before': {
        count: 1,
        examples: ['row 2, 2024-08-08T23:54:15.000000000Z: 1 s before the last of its kind'],
      },
    });
    expect(sound).toBe(true);
  });

  it('keeps no more examples than it shows', () => {
    const { found } = check(Array.from({ length: 50 }, () => row({})));
    expect(found['no-book']).toEqual({
      count: 50,
      examples: [expect.any(String), expect.any(String), expect.any(String)],
    });
  });
});
