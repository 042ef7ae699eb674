import { describe, expect, it } from 'vitest';
import { randomFrom, seededRandom } from './random.ts';

const draw = (random: () => number, n: number): number[] => Array.from({ length: n }, random);

describe('the seeded generator', () => {
  it('gives the same numbers for a seed on every machine and in every version', () => {
    expect(draw(seededRandom(1), 3)).toEqual([0.6305594528462224, 0.11630155713771662, 0.4308581915108364]);
    expect(draw(seededRandom(1), 5)).toEqual(draw(seededRandom(1), 5));
  });

  it('goes on from a state, through JSON', () => {
    const random = seededRandom(42);
    draw(random, 10);
    const again = randomFrom(JSON.parse(JSON.stringify(random.state())));
    expect(draw(again, 10)).toEqual(draw(random, 10));
  });

  it('is uniform over [0, 1), and neighbouring seeds have nothing in common', () => {
    const one = draw(seededRandom(7), 10_000);
    const two = draw(seededRandom(8), 10_000);
    const mean = (xs: number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
    expect(Math.min(...one)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...one)).toBeLessThan(1);
    expect(mean(one)).toBeCloseTo(0.5, 1);
    const covariance = mean(one.map((x, i) => (x - 0.5) * (two[i]! - 0.5)));
    expect(Math.abs(covariance * 12)).toBeLessThan(0.04);
  });

  it('refuses a seed that is no integer', () => {
    expect(() => seededRandom(0.5)).toThrow('seed 0.5: expected an integer');
  });
});
