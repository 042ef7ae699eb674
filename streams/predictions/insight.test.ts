import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjusted, type Insight, type InsightLimits } from './insight.ts';
import type { HorizonPrediction, Prediction } from './types.ts';

const LIMITS: InsightLimits = { maxShift: 0.05, validMs: 60_000 };
const MADE_US = 1_700_000_000_000_000;
/** Room for the rounding of some additions of numbers below 1. */
const ROUNDING = 1e-12;

const insight = (lean: number, doubt: number, timeUs = MADE_US): Insight => ({
  kind: 'insight',
  seq: 1,
  timeUs,
  market: 'BTCUSDC',
  lean,
  doubt,
  by: 'gpt-4o enhance/1',
});

const horizon = (bearish: number, neutral: number, bullish: number): HorizonPrediction => {
  const all = [bearish, neutral, bullish];
  const entropy = all.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
  const confidence = Math.max(...all);
  return {
    ...{ horizonMs: 500, bearish, neutral, bullish, confidence, uncertainty: entropy / Math.log(3) },
    ...{ classes: 2 },
  };
};

const prediction = (...horizons: HorizonPrediction[]): Prediction =>
  ({
    ...{ kind: 'prediction', seq: 2, timeUs: MADE_US, market: 'BTCUSDC', horizons },
    ...{ model: 'sei-trees/1', role: 'champion', featuresSeq: 1 },
  }) as Prediction;

const anyHorizon = fc
  .tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 1, max: 1_000 }))
  .map(([a, b, c]) => horizon(a / (a + b + c), b / (a + b + c), c / (a + b + c)));
const anyLean = fc.double({ min: -1, max: 1, noNaN: true });
const anyDoubt = fc.double({ min: 0, max: 1, noNaN: true });
const anyLimits = fc.record({
  maxShift: fc.double({ min: 0, max: 1, noNaN: true }),
  validMs: fc.integer({ min: 1, max: 3_600_000 }),
});
const anyAgeUs = fc.integer({ min: 0, max: 4_000_000_000 });

describe('a prediction with an insight', () => {
  it('gives of the fall to the rise what the lean asks for', () => {
    const { horizons } = adjusted(prediction(horizon(0.3, 0.4, 0.3)), insight(0.6, 0), MADE_US, LIMITS);
    const [only] = horizons;
    expect(only!.bearish).toBeCloseTo(0.27, 12);
    expect(only!.neutral).toBeCloseTo(0.4, 12);
    expect(only!.bullish).toBeCloseTo(0.33, 12);
    expect(only!.confidence).toBeCloseTo(0.4, 12);
  });

  it('takes no more than there is', () => {
    const { horizons } = adjusted(prediction(horizon(0.01, 0.4, 0.59)), insight(1, 0), MADE_US, LIMITS);
    expect(horizons[0]!.bearish).toBe(0);
    expect(horizons[0]!.bullish).toBeCloseTo(0.6, 12);
    expect(horizons[0]!.confidence).toBeCloseTo(0.6, 12);
  });

  it('is less sure where there is doubt', () => {
    const before = horizon(0.1, 0.1, 0.8);
    const { horizons } = adjusted(prediction(before), insight(0, 1), MADE_US, LIMITS);
    expect(horizons[0]!.bullish).toBeCloseTo(0.8 + 0.05 * (1 / 3 - 0.8), 12);
    expect(horizons[0]!.confidence).toBeLessThan(before.confidence);
    expect(horizons[0]!.uncertainty).toBeGreaterThan(before.uncertainty);
  });

  it('moves nothing by more than the limit, and stays a distribution', () => {
    fc.assert(
      fc.property(anyHorizon, anyLean, anyDoubt, anyAgeUs, anyLimits, (before, lean, doubt, ageUs, limits) => {
        const made = adjusted(prediction(before, before), insight(lean, doubt), MADE_US + ageUs, limits);
        expect(made.horizons).toHaveLength(2);
        const after = made.horizons[1]!;
        const most = limits.maxShift + ROUNDING;
        for (const part of ['bearish', 'neutral', 'bullish', 'confidence'] as const) {
          expect(Math.abs(after[part] - before[part])).toBeLessThanOrEqual(most);
          expect(after[part]).toBeGreaterThanOrEqual(-ROUNDING);
          expect(after[part]).toBeLessThanOrEqual(1 + ROUNDING);
        }
        expect(Math.abs(after.bearish + after.neutral + after.bullish - 1)).toBeLessThanOrEqual(ROUNDING);
        expect(after.uncertainty).toBeGreaterThanOrEqual(0);
        expect(after.uncertainty).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('never leans the other way', () => {
    fc.assert(
      fc.property(anyHorizon, anyLean, (before, lean) => {
        const after = adjusted(prediction(before), insight(lean, 0), MADE_US, LIMITS).horizons[0]!;
        const gained = after.bullish - after.bearish - (before.bullish - before.bearish);
        expect(gained * Math.sign(lean)).toBeGreaterThanOrEqual(-ROUNDING);
      }),
    );
  });

  it('fades, and has expired after its time', () => {
    fc.assert(
      fc.property(anyHorizon, anyLean, anyDoubt, anyLimits, anyAgeUs, (before, lean, doubt, limits, beyondUs) => {
        const made = prediction(before);
        const endUs = MADE_US + limits.validMs * 1_000;
        expect(adjusted(made, insight(lean, doubt), endUs + beyondUs, limits)).toBe(made);
        const half = adjusted(made, insight(lean, doubt), MADE_US + limits.validMs * 500, limits).horizons[0]!;
        expect(Math.abs(half.bullish - before.bullish)).toBeLessThanOrEqual(limits.maxShift / 2 + ROUNDING);
      }),
    );
  });

  it('is itself where there is nothing to say', () => {
    const made = prediction(horizon(0.2, 0.5, 0.3));
    const elsewhere: Insight = { ...insight(1, 0), market: 'ETHUSDC' };
    expect(adjusted(made, null, MADE_US, LIMITS)).toBe(made);
    expect(adjusted(made, insight(0, 0), MADE_US, LIMITS)).toBe(made);
    expect(adjusted(made, elsewhere, MADE_US, LIMITS)).toBe(made);
    expect(adjusted(made, insight(1, 1), MADE_US, { ...LIMITS, maxShift: 0 })).toBe(made);
  });

  it('leaves the model’s own marks as they are', () => {
    const made = prediction(horizon(0.2, 0.5, 0.3));
    const after = adjusted(made, insight(1, 1), MADE_US, LIMITS);
    const { horizons: _, ...marks } = after;
    expect(marks).toEqual({ ...made, horizons: undefined });
    expect(after.horizons[0]).toMatchObject({ horizonMs: 500, classes: 2 });
  });
});
