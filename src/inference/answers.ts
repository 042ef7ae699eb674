import type { HorizonPrediction } from '../../streams/predictions/types.ts';
import { ANSWER_LENGTH, CLASSES, HORIZONS_MS } from './model_format.ts';

/** How far the three probabilities of a horizon may be from 1 together: float32 and a softmax. */
const SUM_TOLERANCE = 1e-3;

/** A probability may be off its range by rounding. */
const RANGE_TOLERANCE = 1e-6;

/** Natural logarithm of the number of classes: the greatest entropy there is. */
const MAX_ENTROPY = Math.log(CLASSES);

/** What is wrong with one window's answer, nine probabilities from `offset` on, or undefined. */
export function answerFault(output: Float32Array, offset: number): string | undefined {
  for (let h = 0; h < HORIZONS_MS.length; h += 1) {
    let sum = 0;
    for (let c = 0; c < CLASSES; c += 1) {
      const p = output[offset + h * CLASSES + c]!;
      if (!Number.isFinite(p)) return `answers ${p} at ${HORIZONS_MS[h]} ms, expected a probability`;
      if (p < -RANGE_TOLERANCE || p > 1 + RANGE_TOLERANCE) {
        return `answers ${p} at ${HORIZONS_MS[h]} ms, expected a probability from 0 to 1`;
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      return `answers probabilities at ${HORIZONS_MS[h]} ms that add up to ${sum.toFixed(4)}, expected 1`;
    }
  }
  return undefined;
}

/**
 * The predictions in one window's answer.
 *
 * @param quantiles of the conformal score 1 − p(true class), one a horizon: a class is in the prediction set when its
 * probability is at least 1 − quantile (Sadinle, Lei, Wasserman 2019, "Least ambiguous set-valued classifiers", §2). A set that
 * comes out empty counts as all classes: nothing like it was seen in calibration.
 */
export function horizonsOf(
  output: Float32Array,
  offset: number,
  quantiles: readonly number[],
): readonly HorizonPrediction[] {
  return HORIZONS_MS.map((horizonMs, h) => {
    const at = offset + h * CLASSES;
    const [bearish, neutral, bullish] = [clamped(output[at]!), clamped(output[at + 1]!), clamped(output[at + 2]!)];
    const least = 1 - quantiles[h]!;
    const inSet = Number(bearish >= least) + Number(neutral >= least) + Number(bullish >= least);
    return {
      horizonMs,
      bearish,
      neutral,
      bullish,
      confidence: Math.max(bearish, neutral, bullish),
      uncertainty: Math.min(1, (surprise(bearish) + surprise(neutral) + surprise(bullish)) / MAX_ENTROPY),
      classes: inSet === 0 ? CLASSES : inSet,
    };
  });
}

/** How many numbers one window's answer has. */
export const answerOffset = (window: number): number => window * ANSWER_LENGTH;

function clamped(p: number): number {
  return Math.min(1, Math.max(0, p));
}

function surprise(p: number): number {
  return p > 0 ? -p * Math.log(p) : 0;
}
