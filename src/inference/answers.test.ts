import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerFault, horizonsOf } from './answers.ts';

describe('an answer', () => {
  const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 9, maxLength: 9 });

  it('of any softmax is taken, and what is made of it lies where it should', () => {
    fc.assert(
      fc.property(logits, fc.double({ min: 0, max: 1, noNaN: true }), (scores, quantile) => {
        const output = Float32Array.from(scores, (_, i) => softmax(scores, i));
        expect(answerFault(output, 0)).toBeUndefined();
        for (const one of horizonsOf(output, 0, [quantile, quantile, quantile])) {
          expect(one.bearish + one.neutral + one.bullish).toBeCloseTo(1, 3);
          expect(one.confidence).toBe(Math.max(one.bearish, one.neutral, one.bullish));
          expect(one.uncertainty).toBeGreaterThanOrEqual(0);
          expect(one.uncertainty).toBeLessThanOrEqual(1);
          expect([1, 2, 3]).toContain(one.classes);
        }
      }),
    );
  });

  it('that is certain has no entropy, one that knows nothing has all of it and every class', () => {
    const [certain, , nothing] = horizonsOf(
      Float32Array.of(0, 0, 1, 0.2, 0.6, 0.2, 1 / 3, 1 / 3, 1 / 3),
      0,
      [0.7, 0.7, 0.7],
    );
    expect(certain).toMatchObject({ uncertainty: 0, confidence: 1, classes: 1 });
    expect(nothing!.uncertainty).toBeCloseTo(1, 6);
    expect(nothing!.classes).toBe(3);
  });

  it('whose conformal set is empty knows nothing', () => {
    const answer = Float32Array.of(0.5, 0.3, 0.2, 0.5, 0.3, 0.2, 0.5, 0.3, 0.2);
    expect(horizonsOf(answer, 0, [0.4, 0.5, 0.7]).map(({ classes }) => classes)).toEqual([3, 1, 2]);
  });

  it.each([
    [[1.1, -0.1, 0], /answers 1\.1\d* at 100 ms, expected a probability from 0 to 1/],
    [[0.5, 0.4, 0], /add up to 0\.9000, expected 1/],
    [[Number.POSITIVE_INFINITY, 0, 0], /answers Infinity at 100 ms, expected a probability/],
  ])('%j is none', (first, fault) => {
    expect(answerFault(Float32Array.of(...first, 0, 1, 0, 0, 1, 0), 0)).toMatch(fault);
  });
});

function softmax(scores: readonly number[], i: number): number {
  const from = i - (i % 3);
  const three = scores.slice(from, from + 3).map(Math.exp);
  return Math.exp(scores[i]!) / three.reduce((sum, one) => sum + one, 0);
}
