import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { openDataset } from '../../dataset/reader.ts';
import type { CommandContext } from '../command.ts';
import { command } from './dataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-dataset-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Values = Parameters<typeof command.run>[0] extends CommandContext<infer V> ? V : never;

const lines = gunzipSync(readFileSync(new URL('../../../tapes/spot_ethusdt_20240808.gz', import.meta.url)))
  .toString()
  .split('\n')
  .slice(0, 3_000);
const tape = join(folder, 'eth');
writeFileSync(tape, lines.join('\n'));

async function printed(options: Partial<Values>, json = true): Promise<unknown[]> {
  const out: unknown[] = [];
  const defaults = Object.fromEntries(
    Object.entries(command.options).map(([key, { schema }]) => [key, schema.parse(undefined)]),
  );
  const context = {
    options: { ...defaults, out: join(folder, 'out'), ...options },
    json,
    stderr: { isTTY: false, write: () => true },
    signal: new AbortController().signal,
    config: () => loadConfig({ env: {}, flags: [] }),
    print: (text: string) => out.push(text),
    printJson: (value: unknown) => out.push(value),
  };
  await command.run(context as unknown as CommandContext<Values>);
  return out;
}

describe('flashmm dataset', () => {
  it('makes a dataset of a recording and says what is in it', async () => {
    const [document] = (await printed({ tape: [tape] })) as [{ datasets: Record<string, unknown>[] }];
    const [one] = document.datasets;
    expect(one).toMatchObject({ dataset: join(folder, 'out', 'eth.arrow'), market: 'ETHUSDT', domain: 'binance' });
    expect(one!.rows).toBeGreaterThan(400);
    expect(one!.segments).toBe(1);
    const text = (await printed({ tape: [tape], force: true }, false)) as string[];
    expect(text[0]).toMatch(
      /eth\.arrow\n {2}ETHUSDT of binance-spot, \d+ rows over \d+ s, segments 1, warm 0\.0 %\n {2}100 ms/,
    );
  });

  it('makes datasets of the simulated market, one for each seed, alike for the same seed', async () => {
    const simulated = { devnet: true, seeds: 2, firstSeed: 7, hours: 0.01, everyMs: 200, maker: 'naive' } as const;
    const [document] = (await printed(simulated)) as [{ datasets: Record<string, unknown>[] }];
    expect(document.datasets.map(({ dataset }) => dataset)).toEqual(
      [7, 8].map((seed) => join(folder, 'out', `devnet_seed${seed}_BTCUSDC.arrow`)),
    );
    const { metadata } = await openDataset(document.datasets[0]!.dataset as string);
    expect(metadata).toMatchObject({ domain: 'sei', venue: 'sei', market: 'BTCUSDC', everyMs: 200 });
    expect(metadata.source).toMatch(/^devnet BTCUSDC, seed 7, 0.01 h, maker naive, prices of spot_btcusdt_20240808.gz/);
    const bytes = readFileSync(document.datasets[0]!.dataset as string);
    const following = { ...simulated, tape: [tape], seeds: 1, out: join(folder, 'following') };
    const [other] = (await printed(following)) as [{ datasets: Record<string, unknown>[] }];
    expect(other.datasets[0]!.source).toMatch(/prices of eth$/);
    await printed({ ...simulated, seeds: 1, force: true });
    expect(readFileSync(document.datasets[0]!.dataset as string).equals(bytes)).toBe(true);
  });

  it('says what is wrong with what it was given', async () => {
    const expected = 'expected one of --tape FILE…, --journal DIR…, --devnet';
    await expect(printed({})).rejects.toThrow(`no source is given: ${expected}`);
    await expect(printed({ journal: ['x'], devnet: true })).rejects.toThrow('more than one kind of source is given');
    await expect(printed({ devnet: true, market: 'X' })).rejects.toThrow('--market X: expected one of BTCUSDC');
    await expect(printed({ tape: [tape], market: 'X' })).rejects.toThrow('--market X: expected one of ETHUSDT');
    await expect(printed({ tape: [join(folder, 'none')] })).rejects.toThrow('none: no such file');
    await expect(printed({ journal: [folder] })).rejects.toThrow('holds no journal segment');
    await expect(printed({ tape: [tape], out: join(tape, 'below') })).rejects.toThrow('below: cannot be made: ENOTDIR');
  });
});
