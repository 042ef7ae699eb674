import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Moments, NO_MOMENTS, ProfitChanges, pooledMoments } from './profit_changes.ts';

/** From the definition: the mean first, then the powers of the distances from it. */
function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const power = (n: number): number => values.reduce((sum, value) => sum + (value - mean) ** n, 0);
  return { count: values.length, mean, m2: power(2), m3: power(3), m4: power(4) };
}

const sample = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 30 });

function expectNear(found: Moments, wanted: Moments): void {
  expect(found.count).toBe(wanted.count);
  for (const key of ['mean', 'm2', 'm3', 'm4'] as const) {
    expect(Math.abs(found[key] - wanted[key])).toBeLessThanOrEqual(1e-9 * (1 + wanted.m4));
  }
}

describe('moments of the profit’s changes', () => {
  it('are those of all changes, however they are pooled', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expectNear(pooledMoments(momentsOf(a), momentsOf(b)), momentsOf([...a, ...b]));
        expect(pooledMoments(NO_MOMENTS, momentsOf(a))).toEqual(momentsOf(a));
        expect(pooledMoments(momentsOf(a), NO_MOMENTS)).toEqual(momentsOf(a));
      }),
    );
  });

  it('are of one change for each 10 s, from the profit at the end of one to that at the end of the next', () => {
    fc.assert(
      fc.property(sample, (changes) => {
        const kept = new ProfitChanges();
        let profit = 0;
        kept.add(1e6, 0);
        for (const [i, change] of changes.entries()) {
          // What lies in between does not count.
          kept.add((1 + 10 * i + 5) * 1e6, profit + 77);
          profit += change;
          kept.add((1 + 10 * (i + 1)) * 1e6, profit);
        }
        expectNear(kept.moments, momentsOf(changes));
      }),
    );
  });
});
