import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../test/tape_files.ts';
import { Tape } from '../tape/reader.ts';
import { npyHeader, ROUND_TRIPS } from '../tape/sources/npy.ts';
import { OrderLatencies } from './order_latencies.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const HEADER = 'sent_ns,exchange_ns,answered_ns';
const S = 1_700_000_000n * 1_000_000_000n;

const csv = (...rows: readonly string[]): string => folder.file('trips.csv', [HEADER, ...rows, ''].join('\n'));

/** An array of round trips, times as they are. */
function array(trips: readonly (readonly bigint[])[], stated = trips.length): string {
  const body = Buffer.alloc(32 * trips.length);
  for (const [row, times] of trips.entries()) {
    for (const [i, time] of times.entries()) body.writeBigInt64LE(time, 32 * row + 8 * i);
  }
  return folder.file('trips.npy', Buffer.concat([npyHeader(stated, ROUND_TRIPS), body]));
}

let tape: Tape;
beforeAll(async () => {
  const rows = [`${S},depth,b,100.0,1`, `${S + 4_000_000_000n},depth,a,100.1,1`];
  const file = folder.file('rows.csv', ['ts_ns,kind,side,price,qty', ...rows, ''].join('\n'));
  tape = Tape.open((await folder.imported([file])).tape);
});
afterAll(() => tape.close());

const readOf = (file: string) => OrderLatencies.read(file).then((read) => read.on(tape));

describe('recorded latencies of orders', () => {
  it.each([
    ['a CSV', () => csv(`${S},${S + 100n},${S + 150n}`, `${S + 1_000n},${S + 1_300n},${S + 1_500n}`)],
    [
      'an array',
      () =>
        array([
          [S, S + 100n, S + 150n],
          [S + 1_000n, S + 1_300n, S + 1_500n],
        ]),
    ],
  ])('of %s lie on the line between two, on the scale of the tape', async (_what, file) => {
    const { entryNs, responseNs } = await readOf(file());
    expect([-5, 0, 500, 1_000, 9_000].map(entryNs)).toEqual([100, 100, 200, 300, 300]);
    expect([0, 100, 700, 1_300].map(responseNs)).toEqual([50, 50, 125, 200]);
  });

  it.each([
    [
      'a CSV',
      () => csv(`${S},${S + 100n},${S + 150n}`, `${S + 1_000n},,${S + 1_500n}`, `${S + 2_000n},0,${S + 2_400n}`),
    ],
    [
      'an array',
      () =>
        array([
          [S, S + 100n, S + 150n],
          [S + 1_000n, 0n, S + 1_500n],
          [S + 2_000n, 0n, S + 2_400n],
        ]),
    ],
  ])('of %s may say that an order never got there', async (_what, file) => {
    const { entryNs, responseNs } = await readOf(file());
    expect([500, 1_500, 3_000].map(entryNs)).toEqual([-325, -450, -400]);
    expect(responseNs(3_000)).toBe(50);
  });

  it('take what overtook another at the exchange in the order of the exchange', async () => {
    const { responseNs } = await readOf(csv(`${S},${S + 900n},${S + 950n}`, `${S + 10n},${S + 100n},${S + 120n}`));
    expect([100, 500, 900].map(responseNs)).toEqual([20, 35, 50]);
  });

  it.each([
    ['no header', () => folder.file('bare.csv', `${S},${S},${S}\n`), "row 1: header '1700000000"],
    ['an empty file', () => folder.file('empty.csv', ''), "row 1: header ''"],
    ['no round trip', () => csv(), 'holds no round trip'],
    ['none that arrived', () => csv(`${S},0,${S + 5n}`), 'no order of it ever reached the exchange'],
    ['a field too few', () => csv(`${S},${S}`), 'row 2: 2 fields: expected 3'],
    ['a word', () => csv(`${S},soon,${S}`), "row 2: at the exchange 'soon': expected nanoseconds"],
    ['microseconds', () => csv(`${S / 1_000n},${S},${S}`), "row 2: sent '1700000000000000': expected nanoseconds"],
    [
      'times that go back',
      () => csv(`${S + 9n},${S + 9n},${S + 9n}`, '', `${S},${S},${S}`),
      'row 4: unsorted: sent at 2023',
    ],
    [
      'an arrival before the start',
      () => csv(`${S + 9n},${S},${S + 9n}`),
      'row 2: at the exchange 9 ns before it was sent',
    ],
    [
      'an answer before the order',
      () => csv(`${S},${S + 9n},${S + 2n}`),
      'row 2: answered 7 ns before it was at the exchange',
    ],
    ['a loss known too early', () => csv(`${S},0,${S - 2n}`), 'row 2: answered 2 ns before it was sent'],
    [
      'an array in milliseconds',
      () => array([[1_700_000_000_000n, 0n, 0n]]),
      'row 1: req_ts 1700000000000: expected nanoseconds',
    ],
    ['an array that is cut', () => array([[S, S, S]], 2), 'row 2: truncated: 1 round trips: the header says 2'],
    ['an array of events', () => folder.file('events.npy', npyHeader(0)), "expected hftbacktest 2's req_ts <i8"],
    [
      'another day',
      () =>
        csv(
          `${S + 86_400_000_000_000n},0,${S + 86_400_000_000_001n}`,
          `${S + 86_400_000_000_002n},${S + 86_400_000_000_003n},${S + 86_400_000_000_004n}`,
        ),
      "expected some of the tape's time, 2023-11-14T22:13:20.000000000Z to",
    ],
    ['no file', () => 'nowhere.csv', 'nowhere.csv: cannot be read'],
  ])('are refused with %s, by file and row', async (_what, file, message) => {
    await expect(readOf(file())).rejects.toThrow(message);
  });
});
