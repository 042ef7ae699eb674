import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Moments, NO_MOMENTS, pooledMoments } from '../../streams/report/profit_changes.ts';
import { deflatedSharpe, expectedMostSharpe, probabilisticSharpe } from './deflated_sharpe.ts';
import { normalCdf, normalQuantile } from './normal.ts';

interface Golden {
  readonly samples: readonly {
    readonly trials: readonly (readonly number[])[];
    readonly expectedMost: number;
    readonly probability: number;
  }[];
  readonly normal: readonly (readonly [number, number])[];
  readonly quantiles: readonly (readonly [number, number])[];
  readonly paper: { readonly expectedMost: number; readonly probability: number };
}

const path = new URL('./golden/deflated_sharpe.json', import.meta.url);
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;

const momentsOf = (returns: readonly number[]): Moments =>
  returns.reduce((all, mean) => pooledMoments(all, { ...NO_MOMENTS, count: 1, mean }), NO_MOMENTS);

/** The moments of a sample with this ratio, skewness and kurtosis, and variance 1. */
const shaped = (count: number, ratio: number, skewness: number, kurtosis: number): Moments => ({
  count,
  mean: ratio,
  m2: count,
  m3: skewness * count,
  m4: kurtosis * count,
});

describe('the deflated Sharpe ratio', () => {
  it('is that of an independent calculation from the returns', () => {
    for (const { trials, expectedMost, probability } of golden.samples) {
      const all = trials.map(momentsOf);
      const best = all.toSorted((a, b) => b.mean / Math.sqrt(b.m2) - a.mean / Math.sqrt(a.m2))[0]!;
      const found = deflatedSharpe(best, all)!;
      expect(found.trials).toBe(trials.length);
      expect(found.expectedMost).toBeCloseTo(expectedMost, 12);
      expect(found.probability).toBeCloseTo(probability, 12);
    }
  });

  it('is that of the paper’s own example', () => {
    const most = expectedMostSharpe(0.5 / 250, 100);
    const probability = probabilisticSharpe(shaped(1_250, 2.5 / Math.sqrt(250), -3, 10), most)!;
    expect([most, probability]).toEqual([
      expect.closeTo(golden.paper.expectedMost, 12),
      expect.closeTo(golden.paper.probability, 12),
    ]);
    expect([most.toFixed(4), probability.toFixed(4)]).toEqual(['0.1132', '0.9004']);
  });

  it('falls with every further trial, and is the plain probability of a single one', () => {
    const best = shaped(1_000, 0.05, 0, 3);
    const others = [0.01, -0.02, 0.03].map((ratio) => shaped(1_000, ratio, 0, 3));
    const probabilities = [0, 1, 2, 3].map((n) => deflatedSharpe(best, [best, ...others.slice(0, n)])!.probability);
    expect(probabilities[0]).toBe(probabilisticSharpe(best, 0));
    expect(probabilities.toSorted((a, b) => b - a)).toEqual(probabilities);
    expect(new Set(probabilities).size).toBe(4);
  });

  it('counts trials that have no ratio, and says nothing of a best that has none', () => {
    const best = shaped(1_000, 0.05, 0, 3);
    const all = [best, shaped(1_000, 0.01, 0, 3)];
    const flat = { ...NO_MOMENTS, count: 1_000 };
    expect(deflatedSharpe(best, [...all, flat])!.trials).toBe(3);
    expect(deflatedSharpe(best, [...all, flat])!.probability).toBeLessThan(deflatedSharpe(best, all)!.probability);
    expect(deflatedSharpe(flat, all)).toBe(null);
  });
});

describe('the normal distribution', () => {
  it('is that of another library, in the middle and in the tails', () => {
    for (const [x, probability] of golden.normal) expect(normalCdf(x) / probability).toBeCloseTo(1, 12);
    for (const [probability, x] of golden.quantiles) expect(normalQuantile(probability)).toBeCloseTo(x, 10);
  });

  it('has no quantile of what is no probability', () => {
    for (const wrong of [0, 1, -0.1, Number.NaN]) expect(() => normalQuantile(wrong)).toThrow('expected one in (0, 1)');
  });
});
