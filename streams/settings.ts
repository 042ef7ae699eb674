import type { FairValueParameters } from './fairvalue/fair_value.ts';
import type { FeatureParameters } from './features/types.ts';
import type { FeeParameters } from './fills/positions.ts';
import type { ConditionParameters } from './guard/conditions.ts';
import type { GuardParameters } from './guard/guard.ts';
import type { Market } from './market/types.ts';
import type { OrderParameters } from './orders/orders.ts';
import type { PredictionsParameters } from './predictions/predictions.ts';
import type { QuoteParameters } from './quotes/quotes.ts';
import type { ExposureParameters, RiskParameters } from './risk/risk.ts';
import type { TradingParameters } from './trading/trading.ts';

/** When a market is looked at. */
export interface SamplingParameters {
  /** Distance of two decisions in milliseconds: 200 for 5 Hz. */
  readonly periodMs: number;
  /** A book without news for longer than this is not quoted from. */
  readonly staleAfterMs: number;
}

/** One market and how it is traded. */
export interface MarketSettings {
  readonly market: Market;
  readonly sampling: SamplingParameters;
  /** Null where no model asks for features: then none are made. */
  readonly features: FeatureParameters | null;
  readonly fairValue: FairValueParameters;
  readonly quotes: QuoteParameters;
  readonly risk: RiskParameters;
  readonly guard: GuardParameters;
  /** How what a model says of this market is watched; null where none says anything. */
  readonly predictions: PredictionsParameters | null;
}

/** One account: its markets, and what they share. */
export interface AccountSettings {
  readonly markets: readonly MarketSettings[];
  readonly conditions: ConditionParameters;
  readonly trading: TradingParameters;
  readonly exposure: ExposureParameters;
  readonly orders: OrderParameters;
  readonly fees: FeeParameters;
  /** How often the order stage looks at what is wanted, milliseconds. */
  readonly wakePeriodMs: number;
  /** How long after sampling that is, milliseconds: what models may take to answer. 0 where nobody is asked. */
  readonly wakeDelayMs: number;
}
