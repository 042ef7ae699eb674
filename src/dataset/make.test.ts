import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { LANES } from '../../streams/actor/kernel.ts';
import { FEATURES } from '../../streams/features/list.ts';
import { featuresHash } from '../inference/features_hash.ts';
import { JournalWriter } from '../journal/writer.ts';
import { accountOf, bookSnapshot, START_US } from '../runtime/fixtures/account.ts';
import { Reactor } from '../runtime/reactor.ts';
import { journalSource } from './journal.ts';
import { type DatasetSummary, type MakeOptions, makeDatasets } from './make.ts';
import { openDataset } from './reader.ts';
import { recordingSources } from './recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-dataset-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tape = (name: string): string[] =>
  gunzipSync(readFileSync(new URL(`../../tapes/${name}_20240808.gz`, import.meta.url)))
    .toString()
    .split('\n')
    .slice(0, 6_000);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const btc = tape('spot_btcusdt');
const head = file('btc_1', `${btc.slice(0, 4_000).join('\n')}\n`);
const rest = file('btc_2', btc.slice(4_000).join('\n'));

const base: MakeOptions = {
  ...{ out: join(folder, 'out'), everyMs: 50, thresholdBps: 0, smoothingMs: 0, staleAfterMs: 3_000 },
  ...{ force: true, flashmm: '0.0.0' },
};

async function made(files: readonly string[], change: Partial<MakeOptions> = {}): Promise<DatasetSummary[]> {
  const all: DatasetSummary[] = [];
  for (const source of await recordingSources(files)) all.push(...(await makeDatasets(source, { ...base, ...change })));
  return all;
}

const bytesOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Every row of a dataset: instant, segment, warm, labels, first move, mid, imbalance, sentiment, first feature. */
async function rowsOf(path: string) {
  const dataset = await openDataset(path);
  const rows: unknown[][] = [];
  for await (const batch of dataset.batches())
    for (let i = 0; i < batch.length; i += 1) {
      const labels = batch.labels.map((column) => column[i]);
      const [mid, imbalance] = [batch.midTicks[i], batch.topImbalances[i]];
      const state = [batch.timesUs[i], batch.segments[i], batch.warm.get(i)];
      rows.push([...state, ...labels, batch.movesBps[0]![i], mid, imbalance, batch.sentiment.get(i)]);
    }
  return { metadata: dataset.metadata, rows };
}

describe('datasets of recordings', () => {
  it('say what they are, and hold a row at each instant of the grid', async () => {
    const [summary] = await made([head, rest]);
    const { path, rows: count, classes, fromUs, toUs, segments } = summary!;
    const { metadata, rows } = await rowsOf(path);
    expect(metadata).toMatchObject({
      ...{ featuresHash: featuresHash(), market: 'BTCUSDT', venue: 'binance-spot', domain: 'binance' },
      ...{ everyMs: 50, thresholdBps: 0, smoothingMs: 0, source: 'btc_1,btc_2', flashmm: '0.0.0' },
      sourceSha256: `${bytesOf(head)},${bytesOf(rest)}`,
    });
    expect(metadata.featureNames).toEqual(FEATURES.map(({ name }) => name));
    expect([rows.length, segments]).toEqual([count, 1]);
    expect(rows.every(([timeUs], i) => timeUs === fromUs + i * 50_000)).toBe(true);
    expect(rows.at(-1)![0]).toBe(toUs);
    for (const [i, { bearish, neutral, bullish, unknown }] of classes.entries()) {
      const labels = rows.map((row) => row[3 + i]);
      const counted = [0, 1, 2, -1].map((label) => labels.filter((one) => one === label).length);
      expect(counted).toEqual([bearish, neutral, bullish, unknown]);
      expect(Math.min(bearish, bullish)).toBeGreaterThan(10);
      expect(unknown).toBeLessThanOrEqual([2, 4, 10][i]!);
    }
    // The label of 100 ms is what the mid two rows later says: both see what came strictly before.
    const mids = rows.map((row) => row[7] as number);
    const byRows = mids.map((mid, i) => 1 + Math.sign((mids[i + 2] ?? Number.NaN) - mid));
    const told = rows.map((row) => row[3]);
    expect(told.slice(0, -2)).toEqual(byRows.slice(0, -2));
  });

  it('are the same bytes for the same files, however the recording is cut', async () => {
    const [first] = await made([head, rest]);
    const bytes = bytesOf(first!.path);
    const [second] = await made([head, rest], { out: join(folder, 'again') });
    expect(bytesOf(second!.path)).toBe(bytes);
    const whole = file('btc_whole', btc.join('\n'));
    const [third] = await made([whole]);
    expect((await rowsOf(third!.path)).rows).toEqual((await rowsOf(first!.path)).rows);
  });

  it('are one for each market, with what an external series said', async () => {
    const eth = file('eth', tape('spot_ethusdt').join('\n'));
    const before = await made([head, eth]);
    expect(before.map(({ market }) => market)).toEqual(['BTCUSDT', 'ETHUSDT']);
    const fromUs = before[0]!.fromUs;
    const sentiment = file('mood.csv', `ts_us,value\n${fromUs + 1_000_000},0.25\n`);
    const [summary] = await made([head], { sentiment, everyMs: 200, thresholdBps: 2, smoothingMs: 100 });
    const { metadata, rows } = await rowsOf(summary!.path);
    expect([metadata.everyMs, metadata.thresholdBps, metadata.smoothingMs]).toEqual([200, 2, 100]);
    const known = rows.map((row) => [(row[0] as number) > fromUs + 1_000_000, row[9]]);
    expect(known.every(([later, value]) => value === (later ? 0.25 : null))).toBe(true);
    expect(summary!.classes[2]!.neutral).toBeGreaterThan(summary!.rows / 2);
  });

  it('leave no file where the work breaks off, and replace none unasked', async () => {
    const out = join(folder, 'broken');
    const onProgress = (): void => {
      throw new Error('stopped');
    };
    await expect(made([head, rest], { out, onProgress })).rejects.toThrow('stopped');
    expect(readdirSync(out)).toEqual([]);
    await made([head], { out });
    await expect(made([head], { out, force: false })).rejects.toThrow(
      'btc_1.arrow: is there already; --force replaces',
    );
    const bad = file('bad.csv', 'nonsense');
    await expect(made([head], { out, sentiment: bad })).rejects.toThrow("bad.csv:1: 'nonsense': expected the header");
    expect(readdirSync(out)).toEqual(['btc_1.arrow']);
  });
});

describe('datasets of sessions', () => {
  const settings = accountOf('AAA', 'BBB');
  const directory = join(folder, 'session');

  it('are one for each of the session’s markets', async () => {
    const plan = { settings, seed: 1, startUs: START_US };
    const options = { directory, session: 's1', plan, flashmm: '0', segmentMaxBytes: 1e9, segmentsMost: 9 } as const;
    const writer = new JournalWriter({ ...options, fsync: 'never', snapshotEveryS: 60 });
    const reactor = new Reactor(plan);
    for (let i = 1; i <= 20; i += 1) {
      const market = i % 2 === 0 ? 'AAA' : 'BBB';
      const input = { ...bookSnapshot(market, i, 10_000 + i), seq: i * LANES, timeUs: START_US + i * 150_000 };
      writer.append(input);
      reactor.take(input);
      writer.settled(reactor);
    }
    writer.close(reactor.digest.mark(), 'end');
    const source = await journalSource(directory);
    const both = await makeDatasets(source, { ...base, everyMs: 200 });
    expect(both.map(({ market, domain, segments }) => [market, domain, segments])).toEqual([
      ['AAA', 'sei', 1],
      ['BBB', 'sei', 1],
    ]);
    expect(source.progress).toEqual({ done: 20, total: 20 });
    const { metadata, rows } = await rowsOf(both[0]!.path);
    expect(metadata.source).toBe('session: 00000001.journal');
    expect(rows.slice(0, 3).map((row) => [(row[0] as number) - START_US, row[7], row[5]])).toEqual([
      [400_000, 10_002, 2],
      [600_000, 10_002, 2],
      [800_000, 10_004, 2],
    ]);
    await expect(journalSource(join(folder, 'none'))).rejects.toThrow('none: there is no such file or folder');
  });
});

describe('reading a dataset', () => {
  it('refuses what is none, and what is cut short', async () => {
    const [summary] = await made([head]);
    const whole = readFileSync(summary!.path);
    await expect(openDataset(head)).rejects.toThrow('btc_1: cannot be read as a dataset');
    await expect(openDataset(file('cut', whole.subarray(0, whole.length - 100)))).rejects.toThrow(
      'cut: cannot be read',
    );
    await expect(openDataset(join(folder, 'none'))).rejects.toThrow('none: cannot be read as a dataset: ENOENT');
  });
});
