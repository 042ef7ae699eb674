import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { rowsOf, TapeFolder } from '../../test/tape_files.ts';
import { Tape } from './reader.ts';
import { BATCH_ROWS, blankRow, nanosText, type TapeRow } from './rows.ts';
import type { TapeMarket } from './schema.ts';
import { TapeWriter } from './writer.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const market: TapeMarket = {
  symbol: 'BTCUSDT',
  venue: 'binance-usdm',
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.1',
  lotSize: '0.001',
  contract: 'linear',
  contractSize: '1',
};

function written(name: string, rows: Iterable<TapeRow>): string {
  const path = join(folder.path, name);
  const writer = new TapeWriter(path, { market, origin: { format: 'test', files: ['a.csv'] } });
  for (const row of rows) writer.push(row);
  writer.close();
  return path;
}

const id = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER });
const row: fc.Arbitrary<TapeRow> = fc.record({
  receiveS: fc.integer({ min: 1_700_000_000, max: 1_708_000_000 }),
  receiveNs: fc.integer({ min: 0, max: 999_999_999 }),
  eventS: fc.integer({ min: 1_700_000_000, max: 1_708_000_000 }),
  eventNs: fc.integer({ min: 0, max: 999_999_999 }),
  kind: fc.integer({ min: 0, max: 255 }),
  side: fc.constantFrom(1, -1, 0),
  flags: fc.integer({ min: 0, max: 255 }),
  tick: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  lots: fc.maxSafeNat(),
  firstId: id,
  lastId: id,
  previousId: id,
});

function* many(count: number): Generator<TapeRow> {
  const one = blankRow();
  for (let i = 0; i < count; i += 1) {
    one.receiveS = 1_700_000_000 + Math.floor(i / 1_000);
    one.receiveNs = (i % 1_000) * 1_000_000;
    one.tick = i;
    one.lots = i * 7;
    yield one;
  }
}

describe('a tape', () => {
  it('gives back every row that was written', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        expect(rowsOf(written('property.arrow', rows))).toEqual(rows);
      }),
      { numRuns: 25 },
    );
  });

  it('knows its market, its origin and how many rows it has', () => {
    const tape = Tape.open(written('known.arrow', many(3)));
    expect(tape).toMatchObject({
      market,
      origin: { format: 'test', files: ['a.csv'] },
      rows: 3,
      originS: 1_700_000_000,
    });
    expect(tape.edgesNs()).toEqual({ firstNs: 0, lastNs: 2_000_000 });
  });

  it('is read a batch at a time into the same arrays', () => {
    const tape = Tape.open(written('batches.arrow', many(2 * BATCH_ROWS + 5)));
    const arrays = new Set<Float64Array>();
    let [rows, sum] = [0, 0];
    for (const batch of tape.batches()) {
      expect(batch.firstRow).toBe(rows);
      arrays.add(batch.lots);
      for (let i = 0; i < batch.length; i += 1) sum += batch.lots[i]! - 7 * (rows + i);
      rows += batch.length;
    }
    expect([rows, sum, arrays.size, tape.batchCount]).toEqual([2 * BATCH_ROWS + 5, 0, 1, 3]);
  });

  it('counts its times from another origin on demand, as tapes that are merged need', () => {
    const tape = Tape.open(written('origin.arrow', many(1)), { originS: 1_699_999_990 });
    expect(tape.batch(0).receiveNs[0]).toBe(10e9);
  });

  it('has its name only when it is complete', () => {
    const path = join(folder.path, 'later.arrow');
    const writer = new TapeWriter(path, { market, origin: { format: 'test', files: [] } });
    for (const one of many(10)) writer.push(one);
    expect(existsSync(path)).toBe(false);
    writer.abandon();
    expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([false, false]);
  });
});

describe('what is refused', () => {
  const bytes = readFileSync(written('whole.arrow', many(100)));

  it.each([
    ['a file that is not there', () => join(folder.path, 'nowhere.arrow'), /nowhere\.arrow: cannot be read/],
    ['another format', () => folder.file('text.arrow', 'ts_ns,kind,side,price,qty\n'), /does not begin with 'ARROW1'/],
    ['an empty file', () => folder.file('empty.arrow', ''), /does not begin with 'ARROW1'/],
    [
      'a truncated file',
      () => folder.file('cut.arrow', bytes.subarray(0, bytes.length - 40)),
      /truncated, or still being/,
    ],
    ['an Arrow file of something else', () => folder.file('other.arrow', otherArrow()), /no tape/],
    ['a span of more than 100 days', () => written('long.arrow', farApart()), /cut the tape into parts/],
  ])('%s, by name and reason', (_what, path, message) => {
    expect(() => Tape.open(path())).toThrow(message);
  });

  it('a file that shrinks while it is read', () => {
    const path = folder.file('shrinks.arrow', bytes);
    const tape = Tape.open(path);
    truncateSync(path, 600);
    expect(() => tape.batch(0)).toThrow(/shrinks\.arrow: truncated: ends at byte 600/);
  });

  it('a footer that lies', () => {
    const lying = Buffer.from(bytes);
    lying.writeInt32LE(7, lying.length - 10);
    writeFileSync(join(folder.path, 'lying.arrow'), lying);
    expect(() => Tape.open(join(folder.path, 'lying.arrow'))).toThrow(/lying\.arrow: /);
  });

  function otherArrow(): Uint8Array {
    return tableToIPC(tableFromArrays({ price: Float64Array.of(1, 2) }), 'file');
  }

  function* farApart(): Generator<TapeRow> {
    yield { ...blankRow(), receiveS: 1_700_000_000 };
    yield { ...blankRow(), receiveS: 1_700_000_000 + 101 * 86_400 };
  }
});

describe('what pyarrow reads of a tape', () => {
  // Made by fixtures/read_tape.py from the tape of fixtures/events.npz.
  const golden = JSON.parse(readFileSync(new URL('./fixtures/events_in_pyarrow.json', import.meta.url), 'utf8'));

  it('is what was imported', async () => {
    const events = new URL('./fixtures/events.npz', import.meta.url).pathname;
    const { tape } = await folder.imported([events], { symbol: 'BTCUSDT', venue: 'binance-usdm' });
    const rows = rowsOf(tape);
    expect(golden.validated).toBe(true);
    expect(golden.columns).toEqual({
      receive_time: rows.map(({ receiveS, receiveNs }) => nanosText(receiveS, receiveNs)),
      event_time: rows.map(({ eventS, eventNs }) => nanosText(eventS, eventNs)),
      kind: rows.map(({ kind }) => kind),
      side: rows.map(({ side }) => side),
      flags: rows.map(({ flags }) => flags),
      price_tick: rows.map(({ tick }) => tick),
      size_lots: rows.map(({ lots }) => lots),
      first_id: rows.map(({ firstId }) => firstId),
      last_id: rows.map(({ lastId }) => lastId),
      previous_id: rows.map(({ previousId }) => previousId),
    });
  });

  it('has the columns and the metadata that docs/tapes.md describes', () => {
    const path = written('described.arrow', many(1));
    const described = readFileSync(new URL('../../docs/tapes.md', import.meta.url), 'utf8');
    for (const column of golden.schema) {
      const [name, type] = column.split(' ');
      expect(described).toContain(`\`${name}\``);
      expect(described).toContain(type.replace(/,.*/, ''));
    }
    expect(Object.keys(golden.metadata)).toEqual(['flashmm.tape', 'flashmm.market', 'flashmm.origin']);
    expect(Tape.open(path).market).toEqual(market);
  });
});
