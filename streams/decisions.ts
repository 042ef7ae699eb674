import type { FairValue } from './fairvalue/fair_value.ts';
import type { Features } from './features/types.ts';
import type { MoneyOutput } from './fills/money.ts';
import type { ConditionsOutput } from './guard/conditions.ts';
import type { GuardOutput } from './guard/guard.ts';
import type { Sample } from './market/sample.ts';
import type { OrdersOutput } from './orders/orders.ts';
import type { PredictionsOutput } from './predictions/predictions.ts';
import type { Quote } from './quotes/quotes.ts';
import type { Approved } from './risk/risk.ts';
import type { TradingOutput } from './trading/trading.ts';

/** The book of a market has to be fetched anew: the feed that serves it should deliver a snapshot. */
export interface ResyncRequest {
  readonly kind: 'resync';
  readonly seq: number;
  readonly timeUs: number;
  readonly causes: readonly number[];
  readonly market: string;
  readonly reason: string;
}

/** Everything the pipeline decides or reports, in the order in which it came about. */
export type Decision =
  | Sample
  | Features
  | FairValue
  | ConditionsOutput
  | GuardOutput
  | PredictionsOutput
  | Quote
  | Approved
  | TradingOutput
  | OrdersOutput
  | MoneyOutput
  | ResyncRequest;
