import { describe, expect, it } from 'vitest';
import { Chain } from '../chain.ts';
import { populate, readPath } from './crowds.ts';
import { pathOf, relativeAt } from './fundamental.ts';

const tapes = ['btcusdt', 'ethusdt'].map(
  (name) => new URL(`../../../tapes/spot_${name}_20240808.gz`, import.meta.url).pathname,
);

/** mulberry32: enough for a test that only needs the same numbers twice. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function run(paths: Parameters<typeof populate>[0], seed: number, blocks: number) {
  const { onGenesis, onBeginBlock, crowds } = populate(paths, generator(seed));
  const chain = new Chain({ chainId: 'test', contractAddress: 'sei1contract', bookHistoryBlocks: 1 });
  onGenesis(chain);
  const spreadsBps: number[] = [];
  const distanceBps: number[] = [];
  let settlements = 0;
  for (let i = 0; i < blocks; i += 1) {
    const timeUs = 1_700_000_000_000_000 + i * 400_000;
    chain.beginBlock(timeUs);
    onBeginBlock(chain, timeUs);
    settlements += chain.endBlock().match?.settlements.length ?? 0;
    const bid = chain.dex.book(0, 'buy').best()?.tick;
    const ask = chain.dex.book(0, 'sell').best()?.tick;
    if (bid === undefined || ask === undefined) continue;
    const fair = crowds.get('BTCUSDC')!.fundamentalTick(timeUs);
    spreadsBps.push(((ask - bid) / fair) * 10_000);
    distanceBps.push((Math.abs((ask + bid) / 2 - fair) / fair) * 10_000);
  }
  const mean = (all: number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;
  return { chain, settlements, spreadBps: mean(spreadsBps), distanceBps: mean(distanceBps), quoted: spreadsBps.length };
}

describe('the crowd of a devnet market', () => {
  it('makes a market with a spread worth improving, tied to a real price, and the same for the same seed', async () => {
    const paths = await Promise.all(tapes.map(readPath));
    const one = run(paths, 1, 1_500);
    expect(one.quoted).toBeGreaterThan(1_450);
    expect(one.settlements).toBeGreaterThan(500);
    expect(one.spreadBps).toBeGreaterThan(10);
    expect(one.spreadBps).toBeLessThan(40);
    expect(one.distanceBps).toBeLessThan(10);
    const again = run(paths, 1, 300);
    const same = run(paths, 1, 300);
    expect(same.chain.dex.matches.at(-1)).toEqual(again.chain.dex.matches.at(-1));
    expect(run(paths, 2, 300).chain.dex.matches.at(-1)).not.toEqual(again.chain.dex.matches.at(-1));
  });

  it('follows its path forwards, then backwards, without a jump', () => {
    const path = pathOf([0, 1, 2, 3, 4].map((i) => ({ timeUs: i * 100_000, mid: 100 + i })));
    expect([...path.relative]).toEqual([1, 1.01, 1.02, 1.03, 1.04]);
    expect([0, 200_000, 400_000, 500_000, 800_000, 900_000].map((us) => relativeAt(path, us))).toEqual([
      1, 1.02, 1.04, 1.03, 1, 1.01,
    ]);
    expect(() => pathOf([{ timeUs: 0, mid: 1 }])).toThrow('too short');
    expect(() => pathOf([{ timeUs: 0, mid: 0 }])).toThrow('mid price 0');
  });
});
