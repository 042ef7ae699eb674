import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { LocalBook } from '../../streams/market/local_book.ts';
import { Recording } from './recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tape = new URL('../../tapes/spot_ethusdt_20240808.gz', import.meta.url).pathname;
const text = gunzipSync(readFileSync(tape)).toString();
const head = text.split('\n').slice(0, 3_000);

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function inputsOf(...files: string[]) {
  const recording = await Recording.open(files);
  const inputs = [];
  for await (const { input } of recording.inputs()) inputs.push(input);
  return { recording, inputs };
}

describe('a recording', () => {
  it('gives a book that equals the exchange at every update both name', async () => {
    const { recording, inputs } = await inputsOf(tape);
    const book = new LocalBook(recording.market.symbol);
    const rejects = inputs
      .map((input) => (input.kind === 'reject' ? input : book.apply(input as never)))
      .filter((one) => one !== null);
    expect([inputs.length, rejects.length]).toEqual([33_618, 0]);
    expect([book.comparisons, book.mismatches, book.status]).toEqual([577, 0, 'live']);
    expect(recording.progress.bytesRead).toBe(recording.progress.bytesTotal);
  });

  it('gives the same inputs when it is cut in two at any line end', async () => {
    const whole = await inputsOf(file('whole', head.join('\n')));
    for (const at of [1, 700, 2_999]) {
      const parts = [head.slice(0, at).join('\n'), gzipSync(`${head.slice(at).join('\n')}\n`)] as const;
      const cut = await inputsOf(file(`a${at}`, parts[0]), file(`b${at}.gz`, parts[1]));
      expect(cut.inputs).toEqual(whole.inputs);
    }
  });

  it('knows its market also where the first part shows nothing of it', async () => {
    const ticker =
      '1723161253937085768 {"e":"bookTicker","u":1,"s":"ETHUSDT","b":"2680.00","B":"1","a":"2680.01","A":"1","T":1723161255208,"E":1723161255208}';
    const depth =
      '1723161253937085999 {"e":"depthUpdate","E":1723161255208,"T":1723161255208,"s":"ETHUSDT","U":2,"u":3,"pu":1,"b":[],"a":[]}';
    const cut = await inputsOf(file('c', ticker), file('d', depth));
    expect(cut.recording.market).toMatchObject({ venue: 'binance-usdm', tickSize: '0.01' });
    expect(cut.inputs).toEqual((await inputsOf(file('cd', `${ticker}\n${depth}`))).inputs);
  });

  it('turns bad lines into rejects that name file and line, and goes on', async () => {
    const bad = [head[0], 'nonsense', '12 {"e":"trade"}', head[1]!.slice(0, 90), '', head[2]];
    const { inputs } = await inputsOf(file('bad', bad.join('\r\n')));
    expect(inputs.map((input) => input.kind)).toEqual(['bookTicker', 'reject', 'reject', 'reject', expect.any(String)]);
    expect(inputs[1]).toMatchObject({ reason: 'malformed', detail: expect.stringContaining('bad:2: ') });
  });

  it('tells of a truncated file where it ends, with everything before it read', async () => {
    const { inputs } = await inputsOf(file('cut.gz', gzipSync(head.join('\n')).subarray(0, 60_000)));
    expect(inputs.length).toBeGreaterThan(500);
    expect(inputs.at(-1)).toMatchObject({ kind: 'reject', reason: 'truncated' });
  });

  it('tells of damage in the middle, the same in every reading', async () => {
    const bytes = gzipSync(head.join('\n'));
    bytes.fill(0xff, 60_000, 60_040);
    const path = file('damaged.gz', bytes);
    const readings = [await inputsOf(path), await inputsOf(path)];
    expect(readings[0]!.inputs.at(-1)).toMatchObject({ kind: 'reject', reason: 'damaged' });
    expect(readings[1]!.inputs).toEqual(readings[0]!.inputs);
  });

  it.each([0, 1, 20])('refuses a receive time years ahead in line %i, and goes on in time', async (at) => {
    const garbled = head.slice(0, 40).map((line, i) => (i === at ? `2${line.slice(1)}` : line));
    const { recording, inputs } = await inputsOf(file(`ahead${at}`, garbled.join('\n')));
    const rejects = inputs.filter((input) => input.kind === 'reject');
    expect(rejects).toEqual([expect.objectContaining({ reason: 'malformed' })]);
    expect(rejects[0]).toMatchObject({ detail: expect.stringContaining(`:${at + 1}: receive time 27`) });
    expect([inputs.length, recording.progress.clamped]).toEqual([40, 0]);
  });

  it('believes a gap that the lines behind it confirm', async () => {
    const later = (line: string): string => `${BigInt(line.slice(0, 19)) + 7_200_000_000_000n}${line.slice(19)}`;
    const lines = head.slice(0, 40).filter((line) => line.includes('@bookTicker'));
    const { inputs } = await inputsOf(file('gap', [...lines, ...lines.map(later)].join('\n')));
    expect(inputs.map(({ kind, timeUs }) => [kind, timeUs])).toEqual(
      [...lines, ...lines.map(later)].map((line) => ['bookTicker', Number(line.slice(0, 16))]),
    );
  });

  it('gives what it refuses before the first good line the time of that line', async () => {
    const { inputs } = await inputsOf(
      file('start', ['nonsense', `2${head[0]!.slice(1)}`, ...head.slice(1, 4)].join('\n')),
    );
    const startUs = Number(head[1]!.slice(0, 16));
    expect(inputs.slice(0, 3).map(({ kind, timeUs }) => [kind, timeUs])).toEqual([
      ['reject', startUs],
      ['reject', startUs],
      [expect.any(String), startUs],
    ]);
  });

  it('finds tick and lot of a market it does not know, or knows otherwise, from the messages', async () => {
    const depth = (symbol: string, more: string, bids: string, asks: string) =>
      `1723161253937085768 {"e":"depthUpdate","E":1723161255208,"s":"${symbol}","U":1,"u":2,${more}"b":[${bids}],"a":[${asks}]}`;
    const marketOf = async (line: string) => (await Recording.open([file('one', line)])).market;
    const prices = ['["0.01230","40.0"]', '["0.01240","10.0"],["0.01315","5.0"]'] as const;
    expect(await marketOf(depth('XYZUSDT', '"pu":0,', ...prices))).toMatchObject({
      ...{ venue: 'binance-usdm', base: 'XYZ', quote: 'USDT', tickSize: '0.00005', lotSize: '5' },
    });
    expect(await marketOf(depth('XYZUSD_PERP', '"pu":0,"ps":"XYZUSD",', ...prices))).toMatchObject({
      ...{ venue: 'binance-coinm', contract: 'inverse', contractSize: '10' },
    });
    // Bitcoin once had another tick.
    const changed = ['["61800.015","0.5"]', '["61800.020","0.1"]'] as const;
    expect(await marketOf(depth('BTCUSDT', '', ...changed))).toMatchObject({
      venue: 'binance-spot',
      tickSize: '0.005',
    });
    await expect(marketOf(depth('XYZUSDT', '', '', ''))).rejects.toThrow('tick and lot of XYZUSDT do not show');
  });

  it('takes a stamp that goes back for the one before it, and counts it', async () => {
    const { recording, inputs } = await inputsOf(file('back', [head[10], head[5]].join('\n')));
    expect(inputs[1]!.timeUs).toBe(inputs[0]!.timeUs);
    expect(recording.progress.clamped).toBe(1);
  });

  it('says what is wrong with a file that is no recording', async () => {
    await expect(Recording.open([join(folder, 'missing')])).rejects.toThrow('no such file');
    await expect(Recording.open([file('text', 'hello\nworld\n')])).rejects.toThrow(
      'no Binance message in its first 2 lines',
    );
    await expect(Recording.open([file('nothing', '')])).rejects.toThrow('nothing: is empty');
    const micros = file('micros', '1723161253937085 {"stream":"btcusdt@trade","data":{}}\n');
    await expect(Recording.open([micros])).rejects.toThrow(
      "a time in microseconds: expected '<nanoseconds> <message>'",
    );
    await expect(Recording.open([file('fake.gz', 'hello')])).rejects.toThrow('not a gzip file');
    await expect(Recording.open([])).rejects.toThrow('name at least one file');
  });
});
