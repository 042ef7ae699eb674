import type { BookQuality } from '../market/sample.ts';
import type { Caused } from '../orders/types.ts';

/** How many features a vector has. */
export const FEATURE_COUNT = 64;

/** Distance of two vectors of a market, milliseconds: 5 Hz. Models are trained on windows of vectors so far apart. */
export const FEATURE_PERIOD_MS = 200;

/** The longest look back. After so long without a break every window is full and the vector is warm. */
export const LOOKBACK_MS = 60_000;

/** One feature as the reference page states it. Its place in the list is its place in the vector. */
export interface FeatureSpec {
  /** Unique, in snake_case, with the window where there is one: `momentum_5s`. */
  readonly name: string;
  /** In the notation of the reference page. */
  readonly formula: string;
  /** `bps`, `ratio` (within −1 to 1 or 0 to 1), `log` (natural logarithm of a ratio), `bps/√s`, `touch` (multiples of the usual touch). */
  readonly unit: 'bps' | 'ratio' | 'log' | 'bps/√s' | 'touch';
  /**
   * What it is in the mirrored market, where bids are asks and rises falls: the same (`even`), its negative (`odd`), or what
   * the feature of this name is here. Follows from the formula; training doubles its data by it.
   */
  readonly mirror: 'even' | 'odd' | `depth_slope_${'bid' | 'ask'}`;
  /** What it looks back on: `now`, a time, or a half-life. */
  readonly window: string;
  /** How long after the first book it says what the formula says, milliseconds. */
  readonly warmUpMs: number;
  /** Where it comes from: paper and equation, or what it is for. */
  readonly source: string;
}

/** Whether a market's features are made at all. */
export interface FeatureParameters {
  /** Distance of two vectors, milliseconds; the samples that lie on the grid of this period are used. */
  readonly periodMs: number;
}

/** The feature vector of a market at a grid instant. Readers copy what they keep; nobody changes it. */
export interface Features extends Caused {
  readonly kind: 'features';
  readonly market: string;
  /** That of the sample of the same instant. */
  readonly quality: BookQuality;
  /** Whether every window is full and the book is live: a model is asked only then. */
  readonly warm: boolean;
  /** {@link FEATURE_COUNT} finite numbers in the order of the list; 0 where one cannot be said yet. */
  readonly vector: Float32Array;
}
