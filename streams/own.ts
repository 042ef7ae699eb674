import type { Decision } from './decisions.ts';
import type { Position } from './fills/positions.ts';
import type { Reconciled, Working } from './orders/types.ts';
import type { TradingStateChange } from './trading/trading.ts';

/** What quoting and risk learn of our own doing, fed back through the loop. */
export type Own = Working | Reconciled | Position | TradingStateChange;

/** Whether a decision is fed back. */
export function isOwn(decision: Decision): decision is Own {
  switch (decision.kind) {
    case 'working':
    case 'reconciled':
    case 'position':
    case 'tradingState':
      return true;
    default:
      return false;
  }
}
