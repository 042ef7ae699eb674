import type { Decision } from './decisions.ts';
import type { Position } from './fills/positions.ts';
import type { Equity, LedgerBreak, LedgerCompared } from './fills/types.ts';
import type { Drift } from './inputs.ts';
import type { OrderBatch, Reconciled, Working } from './orders/types.ts';
import type { TradingStateChange } from './trading/trading.ts';

/** What the stages upstream learn of our own doing, fed back through the loop. */
export type Own =
  | Working
  | OrderBatch
  | Reconciled
  | Position
  | Equity
  | LedgerCompared
  | LedgerBreak
  | TradingStateChange
  | Drift;

/** Whether a decision is fed back. */
export function isOwn(decision: Decision): decision is Own {
  switch (decision.kind) {
    case 'working':
    case 'orderBatch':
    case 'reconciled':
    case 'position':
    case 'equity':
    case 'ledger':
    case 'ledgerBreak':
    case 'tradingState':
    case 'drift':
      return true;
    default:
      return false;
  }
}
