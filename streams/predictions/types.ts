import type { LabelRule } from '../labels/labeller.ts';
import type { Stamped } from '../market/types.ts';
import type { Insight } from './insight.ts';

/** What a model expects of the mid over one horizon. The three probabilities sum to 1. */
export interface HorizonPrediction {
  readonly horizonMs: number;
  /** Probability of a fall, of neither, and of a rise. */
  readonly bearish: number;
  readonly neutral: number;
  readonly bullish: number;
  /** The largest of the three. Calibrated: of the predictions made with confidence 0.7, seven in ten come true. 0 to 1. */
  readonly confidence: number;
  /** Entropy of the three probabilities over its maximum, 0 (certain) to 1 (anything). */
  readonly uncertainty: number;
  /** Classes in the conformal prediction set, 1 to 3: with 3 the model does not know. Absent where none was fitted. */
  readonly classes?: number;
}

/** What a model is there for: a champion's predictions are quoted from, a challenger's are only watched. */
export type ModelRole = 'champion' | 'challenger';

/** A model's answer for one market: enters from outside like any other input, late or never. */
export interface Prediction extends Stamped {
  readonly kind: 'prediction';
  readonly market: string;
  /** Name and version: `binance-trees/1`. */
  readonly model: string;
  readonly role: ModelRole;
  /** Number of the newest feature vector of the window that it was made from: what caused it. */
  readonly featuresSeq: number;
  /** One entry a horizon, shortest first; empty is the neutral prediction. */
  readonly horizons: readonly HorizonPrediction[];
}

/** What the inputs of a model looked like when it was trained. */
export interface DriftReference {
  /** Inner decile edges of each feature, rising: 64 × 9. */
  readonly edges: readonly (readonly number[])[];
  /** Share of the training data in each tenth: 64 × 10, each row sums to 1. */
  readonly shares: readonly (readonly number[])[];
  /** From which population stability index on a feature counts as drifted: 64. */
  readonly limits: readonly number[];
}

/** With what a market is predicted from now on: told at the start, and at every swap before the first answer of the new one. */
export interface ModelNotice extends Stamped {
  readonly kind: 'model';
  readonly market: string;
  readonly role: ModelRole;
  /** Name and version; the empty string where there is none from now on. */
  readonly model: string;
  /** The rule by which a move was called one in training. */
  readonly labels: LabelRule;
  /** For the watch over its inputs; null where the model's card has none. */
  readonly reference: DriftReference | null;
}

/** What the models, and who leans on them, say to one market. */
export type ModelInput = Prediction | ModelNotice | Insight;

/** The key under which the kernel's entry hands on what the models say to a market; no symbol has a slash in it. */
export function modelsOf(market: string): string {
  return `${market}/models`;
}
