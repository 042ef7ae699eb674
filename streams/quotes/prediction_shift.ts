import type { Prediction } from '../predictions/types.ts';

/** How far predictions may move a quote. */
export interface PredictionParameters {
  /** Below this calibrated confidence a horizon is not listened to, 0 to 1. */
  readonly minConfidence: number;
  /** Share of the expected move by which the quote is shifted, 0 to 1. */
  readonly predictionWeight: number;
}

/** The shift is at most this many standard deviations of the price over the horizon: a probability can't promise more. */
const DEVIATIONS_MOST = 1;

/** A prediction counts until its shortest horizon has passed this often: an old one speaks of a time that is over. */
const HORIZONS_VALID = 2;

const MICROS_PER_MS = 1_000;
const MS_PER_S = 1_000;

/**
 * How far a prediction moves the centre of the quote, basis points, positive upwards.
 *
 * Over a horizon h the price typically moves σ√h; the model expects (bullish − bearish) of it, and is believed as far as its
 * calibrated confidence goes. Horizons that are sure enough are averaged, weighted with their confidence; the others, old
 * predictions, and none at all shift nothing.
 *
 * @param sigmaBps volatility, basis points per square root of a second
 */
export function predictionShift(
  prediction: Prediction | null,
  sigmaBps: number,
  nowUs: number,
  { minConfidence, predictionWeight }: PredictionParameters,
): number {
  if (prediction === null || predictionWeight === 0) return 0;
  const ageMs = (nowUs - prediction.timeUs) / MICROS_PER_MS;
  let sum = 0;
  let weights = 0;
  for (const { horizonMs, bearish, bullish, confidence } of prediction.horizons) {
    if (confidence < minConfidence || ageMs > HORIZONS_VALID * horizonMs) continue;
    const deviationBps = sigmaBps * Math.sqrt(horizonMs / MS_PER_S);
    const share = Math.max(-DEVIATIONS_MOST, Math.min(DEVIATIONS_MOST, bullish - bearish));
    sum += confidence * confidence * share * deviationBps;
    weights += confidence;
  }
  return weights === 0 ? 0 : (predictionWeight * sum) / weights;
}
