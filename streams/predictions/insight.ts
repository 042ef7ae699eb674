import type { Stamped } from '../market/types.ts';
import type { HorizonPrediction, Prediction } from './types.ts';

/**
 * A language model's opinion of one market, made beside the hot path: enters from outside like any other input, late or
 * never. It does not predict; it leans on what a model predicts, within {@link InsightLimits} and for a while.
 */
export interface Insight extends Stamped {
  readonly kind: 'insight';
  readonly market: string;
  /** From −1 (prices will fall more often than the model says) to 1 (rise more often). */
  readonly lean: number;
  /** From 0 (the model can be believed) to 1 (the market is in a state in which it should be believed less). */
  readonly doubt: number;
  /** Who says so: deployment and version of the prompt, `gpt-4o enhance/1`. */
  readonly by: string;
}

/** How far an insight may move a prediction, and for how long. */
export interface InsightLimits {
  /** Most by which any one probability and the confidence move, 0 to 1; 0 lets nothing through. */
  readonly maxShift: number;
  /** Its weight falls in a straight line from all to nothing over this time, so that no jump marks its end. */
  readonly validMs: number;
}

const MICROS_PER_MS = 1_000;
const CLASSES = 3;

/**
 * The prediction as the insight would have it: the same for every horizon.
 *
 * With m = `maxShift` times what is left of the insight's weight, `m · |lean|` of probability goes from the fall to the rise
 * (or back, never more than there is), then the three are mixed with the uniform distribution by `m · doubt`. What that
 * comes to is scaled down until no probability has moved by more than m: a step from the model's distribution towards another
 * one, so that it stays a distribution. Confidence moves as the largest probability does; uncertainty is worked out anew.
 * The conformal set stays the model's: nobody has calibrated this.
 *
 * @param nowUs when the prediction is used
 * @returns the prediction itself where nothing changes
 */
export function adjusted(
  prediction: Prediction,
  insight: Insight | null,
  nowUs: number,
  { maxShift, validMs }: InsightLimits,
): Prediction {
  if (insight === null || insight.market !== prediction.market) return prediction;
  const ageMs = Math.max(0, nowUs - insight.timeUs) / MICROS_PER_MS;
  if (!(ageMs < validMs)) return prediction;
  const most = maxShift * (1 - ageMs / validMs);
  if (most <= 0 || (insight.lean === 0 && insight.doubt === 0)) return prediction;
  return { ...prediction, horizons: prediction.horizons.map((horizon) => leaned(horizon, insight, most)) };
}

function leaned(horizon: HorizonPrediction, { lean, doubt }: Insight, most: number): HorizonPrediction {
  const { bearish, neutral, bullish } = horizon;
  const moved = lean > 0 ? Math.min(most * lean, bearish) : -Math.min(-most * lean, bullish);
  const mixed = (p: number): number => p + most * doubt * (1 / CLASSES - p);
  const falls = mixed(bearish - moved) - bearish;
  const rises = mixed(bullish + moved) - bullish;
  // What the two take or leave, so that the sum stays what it was.
  const stays = -(falls + rises);
  const largest = Math.max(Math.abs(falls), Math.abs(stays), Math.abs(rises));
  const part = largest > most ? most / largest : 1;
  const after = {
    bearish: bearish + part * falls,
    neutral: neutral + part * stays,
    bullish: bullish + part * rises,
  };
  const gained = Math.max(after.bearish, after.neutral, after.bullish) - Math.max(bearish, neutral, bullish);
  return {
    ...horizon,
    ...after,
    confidence: Math.min(1, Math.max(0, horizon.confidence + gained)),
    uncertainty: entropyShare([after.bearish, after.neutral, after.bullish]),
  };
}

function entropyShare(probabilities: readonly number[]): number {
  const entropy = probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
  return Math.min(1, entropy / Math.log(CLASSES));
}
