import type { Prediction } from '../predictions/types.ts';

/** How far predictions may move a quote. */
export interface PredictionParameters {
  /** Below this calibrated confidence a horizon is not listened to, 0 to 1. */
  readonly minConfidence: number;
  /** How many times the expected move a quote stands back. */
  readonly predictionWeight: number;
  /** How far ahead a quote has to look, milliseconds: until it can be elsewhere, and takers have done what they know. */
  readonly predictionReachMs: number;
}

/** The expected move is at most this many standard deviations of the price over the reach: a probability can't promise more. */
const DEVIATIONS_MOST = 1;

/** A prediction counts until its shortest horizon has passed this often: an old one speaks of a time that is over. */
const HORIZONS_VALID = 2;

const MICROS_PER_MS = 1_000;
const MS_PER_S = 1_000;

/**
 * How far a prediction moves the quote, basis points, positive upwards.
 *
 * The model says how much likelier a rise is than a fall within a horizon h. A quote stands for longer, and who knows more goes
 * on trading: over the reach T that is T/h times as much, at most certainty, of the move σ√T that is usual; and it is
 * believed as far as the calibrated confidence goes. Horizons that are sure enough are averaged, weighted with their
 * confidence; the others, old predictions, and none at all move nothing.
 *
 * @param sigmaBps volatility, basis points per square root of a second
 */
export function predictionShift(
  prediction: Prediction | null,
  sigmaBps: number,
  nowUs: number,
  { minConfidence, predictionWeight, predictionReachMs }: PredictionParameters,
): number {
  if (prediction === null || predictionWeight === 0) return 0;
  const ageMs = (nowUs - prediction.timeUs) / MICROS_PER_MS;
  let sum = 0;
  let weights = 0;
  for (const { horizonMs, bearish, bullish, confidence } of prediction.horizons) {
    if (confidence < minConfidence || ageMs > HORIZONS_VALID * horizonMs) continue;
    const reached = ((bullish - bearish) * predictionReachMs) / horizonMs;
    sum += confidence * confidence * Math.max(-DEVIATIONS_MOST, Math.min(DEVIATIONS_MOST, reached));
    weights += confidence;
  }
  const deviationBps = sigmaBps * Math.sqrt(predictionReachMs / MS_PER_S);
  return weights === 0 ? 0 : (predictionWeight * deviationBps * sum) / weights;
}
