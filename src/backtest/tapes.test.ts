import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { Tapes } from './tapes.ts';

const tape = (name: string) => new URL(`../../tapes/${name}_20240808.gz`, import.meta.url).pathname;
const [btc, eth] = [tape('spot_btcusdt'), tape('spot_ethusdt')];
const folder = mkdtempSync(join(tmpdir(), 'flashmm-tapes-'));
afterAll(() => rmSync(folder, { recursive: true }));

function part(name: string, from: string, first: number, last: number, change = (text: string) => text): string {
  const path = join(folder, name);
  const lines = gunzipSync(readFileSync(from)).toString().split('\n').slice(first, last);
  writeFileSync(path, change(lines.join('\n')));
  return path;
}

async function read(tapes: Tapes): Promise<readonly [string, number][]> {
  const all: [string, number][] = [];
  for await (const { input } of tapes.inputs()) all.push(['market' in input ? input.market : '', input.timeUs]);
  return all;
}

describe('the tapes of a session', () => {
  it('merges markets by time, and takes files of one market one after another', async () => {
    const files = [part('e1', eth, 0, 1_500), part('b', btc, 0, 2_000), part('e2', eth, 1_500, 3_000)];
    const tapes = await Tapes.open(files);
    expect(tapes.markets.map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'BTCUSDT']);
    const all = await read(tapes);
    const count = (symbol: string) => all.filter(([market]) => market === symbol).length;
    expect([count('ETHUSDT'), count('BTCUSDT')]).toEqual([3_000, 2_000]);
    const times = all.map(([, timeUs]) => timeUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(tapes.progress.bytesRead).toBe(tapes.progress.bytesTotal);
  });

  it('gives at one instant the market that was named first', async () => {
    const sameTime = (text: string) => text.replaceAll(/^\d{19}/gm, '1723161256000000000');
    const all = await read(await Tapes.open([part('s1', eth, 0, 400, sameTime), part('s2', btc, 0, 400, sameTime)]));
    expect(all.map(([market]) => market)).toEqual([...Array(400).fill('ETHUSDT'), ...Array(400).fill('BTCUSDT')]);
  });

  it('takes one market of several, and names them when it is none of them', async () => {
    const files = [part('o1', eth, 0, 400), part('o2', btc, 0, 400)];
    const tapes = await Tapes.open(files, 'BTCUSDT');
    expect(tapes.recordings.map((recording) => recording.files)).toEqual([[files[1]]]);
    await expect(Tapes.open(files, 'SOLUSDT')).rejects.toThrow(
      "no recording of market 'SOLUSDT': expected one of ETHUSDT, BTCUSDT",
    );
  });

  it('puts a part that tells no market with the one before it, and at the beginning with the one behind it', async () => {
    const files = [part('p1', btc, 0, 0), part('p2', btc, 0, 300), part('p3', eth, 0, 300), part('p4', eth, 300, 300)];
    const tapes = await Tapes.open(files);
    expect(tapes.recordings.map((recording) => recording.files)).toEqual([files.slice(0, 2), files.slice(2)]);
  });

  it('refuses two venues’ markets of one name', async () => {
    const futures = (text: string) => text.replaceAll('"U":', '"pu":1,"U":');
    const files = [part('v1', btc, 0, 400), part('v2', btc, 0, 400, futures)];
    await expect(Tapes.open(files)).rejects.toThrow(
      `${files[1]}: BTCUSDT of binance-usdm, while ${files[0]} is of binance-spot`,
    );
  });
});
