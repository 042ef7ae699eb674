import type { Stamped } from '../market/types.ts';

/** What a model expects of the mid over one horizon. The three probabilities sum to 1. */
export interface HorizonPrediction {
  readonly horizonMs: number;
  /** Probability of a fall, of neither, and of a rise. */
  readonly bearish: number;
  readonly neutral: number;
  readonly bullish: number;
  /** Calibrated: of the predictions made with confidence 0.7, seven in ten come true. 0 to 1. */
  readonly confidence: number;
  /** Entropy of the three probabilities over its maximum, 0 (certain) to 1 (anything). */
  readonly uncertainty: number;
}

/** A model's answer for one market: enters from outside like any other input, late or never. */
export interface Prediction extends Stamped {
  readonly kind: 'prediction';
  readonly market: string;
  /** One entry a horizon, shortest first; empty is the neutral prediction. */
  readonly horizons: readonly HorizonPrediction[];
}
