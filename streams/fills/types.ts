import type { Caused } from '../orders/types.ts';

/** How the account stands, for people and for the limits on losses; in USDC. */
export interface Equity extends Caused {
  readonly kind: 'equity';
  /** Realised and unrealised profit less fees, since the account's record began. */
  readonly totalPnlUsdc: number;
  /** The same since the UTC day began. */
  readonly dailyPnlUsdc: number;
  /** The highest total so far, and how far below it the account is. */
  readonly peakUsdc: number;
  readonly drawdownUsdc: number;
  /** Sum over the markets of what is held, long or short, at the mid. */
  readonly grossUsdc: number;
  /** What the account's balances are worth at the mids, or null while a balance or a price is not known. */
  readonly equityUsdc: number | null;
}

/** The ledger and the chain differ by something that nothing of ours explains. */
export interface LedgerBreak extends Caused {
  readonly kind: 'ledgerBreak';
  readonly denom: string;
  /** Smallest units, decimal strings. */
  readonly expected: string;
  readonly found: string;
  readonly height: number;
  readonly text: string;
}
