import { readFileSync } from 'node:fs';
import { type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../test/tape_files.ts';
import { ArrowTapes, verifyTapes } from '../backtest/arrow_tapes.ts';
import { checkTape } from './check.ts';
import { Tape } from './reader.ts';
import { wrongRow } from './row_check.ts';
import { FLAG, KIND, WHOLE_SIDE } from './rows.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const T = 1_723_161_255_000_000_000n;

let whole: Buffer;
beforeAll(async () => {
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${T + BigInt(i)},depth,${i % 2 ? 'b' : 'a'},${i % 2 ? 99 : 101},5`,
  );
  const file = folder.file('rows.csv', ['ts_ns,kind,side,price,qty', ...rows, ''].join('\n'));
  whole = readFileSync((await folder.imported([file], { symbol: 'BTCUSDT' })).tape);
});

/** Reads a tape as a backtest does, to the end. */
function read(path: string): void {
  verifyTapes([path]);
  for (const tape of ArrowTapes.open([path]).together())
    for (const { length } of tape.batches()) expect(length).toBe(40);
}

/** The tape with some of its bytes changed. */
function changed(name: string, change: (bytes: Buffer) => Buffer): string {
  return folder.file(name, change(Buffer.from(whole)));
}

/** The tape as another program writes it, with other values in a column. */
function rewritten(name: string, column: string, change: (values: never) => void): string {
  const table: Table = tableFromIPC(Uint8Array.from(whole));
  table.schema.metadata.delete('flashmm.crc32');
  change(table.getChild(column)!.data[0]!.values as never);
  return folder.file(name, tableToIPC(table, 'file'));
}

describe('a tape that is no good', () => {
  it('is read where nothing is wrong, with its checksum and without', () => {
    read(changed('whole.arrow', (bytes) => bytes));
    read(rewritten('again.arrow', 'kind', () => {}));
    expect(Tape.open(changed('whole.arrow', (bytes) => bytes)).intact()).toBe(true);
    expect(Tape.open(rewritten('again.arrow', 'kind', () => {})).intact()).toBe(undefined);
  });

  it.each([8, 200, 700, 1_200, 2_000])('is damaged with a bit of byte %i another', (at) => {
    const path = changed('flipped.arrow', (bytes) => {
      bytes[at]! ^= 4;
      return bytes;
    });
    expect(() => read(path)).toThrow(/flipped\.arrow: (?:damaged: its bytes are not|a block|column|a record batch)/);
  });

  it('says so in a check, whatever its rows look like', () => {
    const path = changed('checked.arrow', (bytes) => {
      // A size of one lot becomes one of seven.
      const one = Buffer.from(new Float64Array([1]).buffer);
      Buffer.from(new Float64Array([7]).buffer).copy(bytes, bytes.indexOf(one));
      return bytes;
    });
    const tape = Tape.open(path, { ids: true });
    const { sound, findings } = checkTape(tape, 10);
    expect(sound).toBe(false);
    expect([...findings.keys()].filter((name) => name !== 'no-book')).toEqual(['damaged']);
    tape.close();
  });

  it.each([
    ['in the middle', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), "does not end with 'ARROW1': truncated"],
    ['by a byte', (bytes: Buffer) => bytes.subarray(0, -1), "does not end with 'ARROW1': truncated"],
    ['to nothing', (bytes: Buffer) => bytes.subarray(0, 0), "does not begin with 'ARROW1'"],
  ])('is truncated %s', (_where, change, message) => {
    expect(() => read(changed('cut.arrow', change))).toThrow(message);
  });

  it('has a footer that makes no sense', () => {
    for (const length of [0, -1, 8, 64, 1e9]) {
      const path = changed('footer.arrow', (bytes) => {
        bytes.writeInt32LE(length, bytes.length - 10);
        return bytes;
      });
      expect(() => read(path)).toThrow(/footer\.arrow: (?:footer of -?\d+ bytes: damaged|an Arrow file without)/);
    }
  });

  it.each<[string, string, (values: never) => void, RegExp]>([
    ['a kind', 'kind', (kinds: Uint8Array) => (kinds[7] = 99), /row 8: malformed: kind 99: expected one of 0, 1/],
    ['a side', 'side', (sides: Int8Array) => (sides[7] = 0), /row 8: malformed: side 0 of a level: expected 1 or -1/],
    ['half a lot', 'size_lots', (lots: Float64Array) => (lots[3] = 1.5), /row 4: malformed: size of 1\.5 lots/],
    ['a size below 0', 'size_lots', (lots: Float64Array) => (lots[3] = -1), /row 4: malformed: size of -1 lots/],
    ['no size', 'size_lots', (lots: Float64Array) => (lots[3] = Number.NaN), /row 4: malformed: size of NaN lots/],
    ['a price below 0', 'price_tick', (ticks: Int32Array) => (ticks[0] = -3), /row 1: malformed: price of -3 ticks/],
    [
      'a time that goes back',
      'receive_time',
      (times: BigInt64Array) => (times[20] = T),
      /row 21: unsorted: received at 2024-08-08T23:54:15\.000000000Z, before 2024-08-08T23:54:15\.000000019Z/,
    ],
    [
      'microseconds',
      'receive_time',
      (times: BigInt64Array) => times.set(times.map((time) => time / 1_000n)),
      /row 1: mixed-unit: receive_time 1723161255000000: expected nanoseconds/,
    ],
    [
      'microseconds from some row on',
      'receive_time',
      (times: BigInt64Array) => times.set(times.map((time, i) => (i < 30 ? time : time / 1_000n))),
      /row 40: mixed-unit: receive_time 1723161255000000: expected nanoseconds/,
    ],
  ])('has %s that no import writes', (_what, column, change, message) => {
    expect(() => read(rewritten('wrong.arrow', column, change))).toThrow(message);
  });

  it('is looked at across batches, and at what we see alone', () => {
    const rows = (receiveNs: readonly number[], flags: number) => ({
      ...{ length: receiveNs.length, firstRow: 0, eventNs: new Float64Array(0), firstId: new Float64Array(0) },
      ...{ lastId: new Float64Array(0), previousId: new Float64Array(0), receiveNs: Float64Array.from(receiveNs) },
      kind: new Uint8Array(receiveNs.length).fill(KIND.clear),
      side: new Int8Array(receiveNs.length),
      flags: new Uint8Array(receiveNs.length).fill(flags),
      tick: new Int32Array(receiveNs.length).fill(WHOLE_SIDE),
      lots: new Float64Array(receiveNs.length),
    });
    expect(wrongRow(rows([5, 6, 6], FLAG.local), 5, 0)).toBe(6);
    expect(wrongRow(rows([5, 6, 6], FLAG.local), 5.5, 0)).toMatchObject({ at: 0 });
    expect(wrongRow(rows([5, 4, 3], FLAG.exchange), 5.5, 0)).toBe(5.5);
  });
});
