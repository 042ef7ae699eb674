import { describe, expect, it } from 'vitest';
import { seededRandom } from '../runtime/random.ts';
import { bootstrap, dailySharpe, mean } from './bootstrap.ts';

describe('the bootstrap interval', () => {
  it('covers the mean of a known distribution about as often as it says', () => {
    const random = seededRandom(7);
    const uniform = (): number[] => Array.from({ length: 30 }, random);
    let covered = 0;
    for (let trial = 0; trial < 60; trial += 1) {
      const { low, high } = bootstrap(uniform(), mean, random);
      if (low <= 0.5 && 0.5 <= high) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(51);
  });

  it('is the same for the same seed, and refuses nothing', () => {
    const runs = [1, 5, 2, 9];
    expect(bootstrap(runs, mean, seededRandom(1))).toEqual(bootstrap(runs, mean, seededRandom(1)));
    expect(() => bootstrap([], mean, seededRandom(1))).toThrow('runs: expected at least one');
  });
});

describe('the Sharpe ratio of a day', () => {
  it('is mean over deviation, scaled', () => {
    expect(dailySharpe([1, 3], 4)).toBeCloseTo(4, 12);
    expect(dailySharpe([2, 2], 1_440)).toBe(0);
  });
});
