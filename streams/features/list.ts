import { ACTIVITY_FEATURES } from './activity.ts';
import { BOOK_FEATURES } from './book_shape.ts';
import { IMPACT_FEATURES } from './impact.ts';
import { MOMENTUM_FEATURES } from './momentum.ts';
import { TOUCH_FEATURES } from './newest_touch.ts';
import { FLOW_FEATURES } from './order_flow.ts';
import { TIME_FEATURES } from './time_of_day.ts';
import { TRADE_FEATURES } from './trades.ts';
import type { FeatureSpec } from './types.ts';
import { VOLATILITY_FEATURES } from './volatility.ts';
import { PROFILE_FEATURES } from './volume_profile.ts';

/** A family of features: they stand one after another in the vector. */
export interface FeatureFamily {
  readonly name: string;
  readonly features: readonly FeatureSpec[];
}

/** The families in the order of the vector. */
export const FAMILIES = [
  { name: 'Shape of the book', features: BOOK_FEATURES },
  { name: 'Newest best prices', features: TOUCH_FEATURES },
  { name: 'Momentum', features: MOMENTUM_FEATURES },
  { name: 'Order flow', features: FLOW_FEATURES },
  { name: 'Trades', features: TRADE_FEATURES },
  { name: 'Volume profile', features: PROFILE_FEATURES },
  { name: 'Volatility', features: VOLATILITY_FEATURES },
  { name: 'Impact', features: IMPACT_FEATURES },
  { name: 'Activity', features: ACTIVITY_FEATURES },
  { name: 'Time of day', features: TIME_FEATURES },
] as const satisfies readonly FeatureFamily[];

/** The features in the order of the vector. */
export const FEATURES: readonly FeatureSpec[] = FAMILIES.flatMap(({ features }) => features);

/**
 * What a model is bound to: a line a feature, in order, with all that changes its numbers. Its SHA-256 stands in every model
 * card, and a model made for another text is refused.
 */
export const FEATURES_TEXT = [
  'flashmm-features/1',
  ...FEATURES.map(({ name, formula, unit, window }) => [name, unit, window, formula].join(' | ')),
].join('\n');
