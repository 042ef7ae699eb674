import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OrderBook } from '../../streams/market/order_book.ts';
import { rowsOf, rowText, TapeFolder } from '../../test/tape_files.ts';
import { cutTape } from './cut.ts';
import { exportTape } from './export.ts';
import { Tape } from './reader.ts';
import { FLAG, type TapeRow } from './rows.ts';
import { applyRow } from './tape_book.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const golden = new URL('./fixtures/events.npz', import.meta.url).pathname;
const HEADER = 'ts_ns,kind,side,price,qty';

async function exported(tape: string, name: string, format: 'csv' | 'npz') {
  const open = Tape.open(tape, { ids: true });
  const report = await exportTape(open, join(folder.path, name), format);
  open.close();
  return { path: join(folder.path, name), report };
}

/** The bytes of the only entry of an archive. */
function unzipped(path: string): Buffer {
  const zip = readFileSync(path);
  return inflateRawSync(zip.subarray(30 + zip.readUInt16LE(26) + zip.readUInt16LE(28)));
}

const neutralRow = fc.record({
  gapNs: fc.integer({ min: 0, max: 3_000_000_000 }),
  kind: fc.constantFrom('depth', 'trade'),
  side: fc.constantFrom('b', 'a'),
  tick: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  lots: fc.integer({ min: 0, max: 2 ** 40 }),
});

describe('an export', () => {
  it('to neutral CSV is what was imported, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(neutralRow, { minLength: 1, maxLength: 30 }), async (rows) => {
        let ns = 1_723_161_255_000_000_000n;
        const lines = rows.map(({ gapNs, kind, side, tick, lots }) => {
          ns += BigInt(gapNs);
          return `${ns},${kind},${side},${(tick / 100).toFixed(2)},${(lots / 1_000).toFixed(3)}`;
        });
        const text = `${[HEADER, ...lines].join('\n')}\n`;
        const { tape } = await folder.imported([folder.file('random.csv', text)], {
          tickSize: '0.01',
          lotSize: '0.001',
        });
        const { path } = await exported(tape, 'random_out.csv', 'csv');
        expect(readFileSync(path, 'utf8')).toBe(text);
      }),
      { numRuns: 20 },
    );
  });

  it("to an array is what hftbacktest's own conversion wrote, byte for byte", async () => {
    const { tape } = await folder.imported([golden], { symbol: 'BTCUSDT', venue: 'binance-usdm' });
    const { path, report } = await exported(tape, 'golden.npz', 'npz');
    expect(unzipped(path)).toEqual(unzipped(golden));
    expect(report).toMatchObject({ rows: 12, leftOut: new Map() });
  });

  it('to npz of single orders leaves out the levels that the import made of them', async () => {
    const orders = new URL('../../test/hftbacktest/level3.npz', import.meta.url).pathname;
    const { tape } = await folder.imported([orders]);
    const { path, report } = await exported(tape, 'orders.npz', 'npz');
    expect(unzipped(path).equals(unzipped(orders))).toBe(true);
    expect([...report.leftOut.keys()]).toEqual(['levels made of single orders']);
  });

  it('to CSV says what it has no place for, and turns a cleared side into removed levels', async () => {
    const { tape } = await folder.imported([golden]);
    const { path, report } = await exported(tape, 'golden.csv.gz', 'csv');
    expect([...report.leftOut]).toEqual([
      ['rows that the trader’s side does not see', 1],
      ['orders (level 3)', 1],
    ]);
    const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
    expect(lines.slice(5).map((line) => line.slice(20))).toEqual([
      'depth,b,61800.2,0.000',
      'depth,b,61800.1,0.000',
      'depth,b,61800.0,2.909',
      'depth,b,61799.9,0.696',
      'depth,a,61800.3,0.000',
      'depth,a,61800.4,0.500',
      'depth,a,61800.5,20.004',
    ]);
  });

  it('to an array is refused by row where the exchange’s times go back, and leaves no file', async () => {
    const path = new URL('../../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname;
    const { tape } = await folder.imported([path]);
    await expect(exported(tape, 'unordered.npz', 'npz')).rejects.toThrow(
      /row 10668: event time .* is before .*: hftbacktest needs/,
    );
    expect(() => readFileSync(join(folder.path, 'unordered.npz.partial'))).toThrow();
  });
});

describe('a cut', () => {
  const bookOf = (rows: readonly TapeRow[]): OrderBook => {
    const book = new OrderBook();
    for (const { kind, side, tick, lots, flags } of rows)
      if ((flags & FLAG.local) !== 0) applyRow(book, kind, side, tick, lots);
    return book;
  };

  it('stands alone: its book is that of the whole tape at its end, and its rows follow a snapshot', async () => {
    const path = new URL('../../tapes/spot_ethusdt_20240808.gz', import.meta.url).pathname;
    const { tape } = await folder.imported([path]);
    const open = Tape.open(tape, { ids: true });
    const { firstNs } = open.edgesNs();
    const out = join(folder.path, 'cut.arrow');
    const [fromNs, toNs] = [firstNs + 60e9, firstNs + 90e9];
    const report = cutTape(open, out, fromNs, toNs);
    const all = rowsOf(tape);
    const nsOf = ({ receiveS, receiveNs }: TapeRow): number => (receiveS - open.originS) * 1e9 + receiveNs;
    const inside = all.filter((row) => nsOf(row) >= fromNs && nsOf(row) < toNs);
    const cut = rowsOf(out);
    expect(cut.slice(report.snapshotLevels + 2).map(rowText)).toEqual(inside.map(rowText));
    const before = bookOf(all.filter((row) => nsOf(row) < toNs));
    for (const side of ['bid', 'ask'] as const)
      expect(bookOf(cut).best(side, 100_000)).toEqual(before.best(side, 100_000));
    expect(report).toMatchObject({ rows: cut.length });
  });

  it('of nothing is refused, and of everything is everything', async () => {
    const { tape, rows } = await folder.imported([golden]);
    const open = Tape.open(tape, { ids: true });
    expect(() => cutTape(open, join(folder.path, 'none.arrow'), 5e9, 6e9)).toThrow(/holds no message in that time/);
    cutTape(open, join(folder.path, 'all.arrow'), 0, 10e9);
    expect(rowsOf(join(folder.path, 'all.arrow')).map(rowText)).toEqual(rows);
  });
});
