import type { Caused } from '../orders/types.ts';
import type { MoneyRecord } from './record.ts';

/**
 * How the account stands, for people and for the limits on losses; in USDC, once each second of the clock and after each fill.
 *
 * `total = realised + unrealised − fees − gas + adjustments`, and for this session `session = captured + inventory − fees − gas +
 * adjustments` of it: exact to the last digit in {@link exact}.
 */
export interface Equity extends Caused {
  readonly kind: 'equity';
  /** Realised and unrealised profit less fees and gas, since the account's record began. */
  readonly totalPnlUsdc: number;
  /** The same since this session began, and since the UTC day did. */
  readonly sessionPnlUsdc: number;
  readonly dailyPnlUsdc: number;
  /** The highest total so far, and how far below it the account is. */
  readonly peakUsdc: number;
  readonly drawdownUsdc: number;
  readonly realisedUsdc: number;
  readonly unrealisedUsdc: number;
  /** Fees less rebates, and what gas was worth when it was paid. */
  readonly feesUsdc: number;
  readonly gasUsdc: number;
  /** All gas paid, smallest units; what no market here has a price for is in no other figure. */
  readonly gasUsei: string;
  /** The part of both that this session paid. */
  readonly sessionGasUsdc: number;
  readonly sessionGasUsei: string;
  /** Sum over the markets of what is held, long or short, at the mid. */
  readonly grossUsdc: number;
  /** What the account's balances are worth at the mids, or null while a balance or a price is not known. */
  readonly equityUsdc: number | null;
  /** Units of 10⁻¹⁸ of the quote currency, decimal strings. */
  readonly exact: ExactEquity;
  /** This session's profit by market. */
  readonly markets: Readonly<Record<string, MarketProfit>>;
}

/** The sums behind {@link Equity}: units of 10⁻¹⁸ of the quote currency, as decimal strings. */
export interface ExactEquity {
  readonly total: string;
  readonly realised: string;
  readonly unrealised: string;
  readonly fees: string;
  readonly gas: string;
  /** Profit of executions that nobody told, found in the balances. */
  readonly adjustments: string;
  readonly daily: string;
  readonly peak: string;
  readonly drawdown: string;
  /** Of this session. */
  readonly session: string;
  readonly captured: string;
  readonly inventory: string;
}

/** Where the profit of a market comes from in this session, USDC: `profit = captured + inventory − fees`. */
export interface MarketProfit {
  readonly profitUsdc: number;
  /** Distance from the fills' prices to the mids of their moments. */
  readonly capturedUsdc: number;
  /** What was held, times the way of the mid. */
  readonly inventoryUsdc: number;
  readonly feesUsdc: number;
}

/** What each source gave to a denom of the account, and what it has: smallest units, decimal strings. */
export interface LedgerBalance {
  readonly opening: string;
  readonly trades: string;
  readonly fees: string;
  readonly gas: string;
  readonly transfers: string;
  readonly adjustments: string;
  readonly balance: string;
}

/** The ledger was compared with the chain's balances as of a block, or has to be before anything else. */
export interface LedgerCompared extends Caused {
  readonly kind: 'ledger';
  readonly height: number;
  /**
   * `waiting`: nothing was compared since the start. `opened` and `agrees`: all is well. `doubt`: the next look decides.
   * `broken`: see {@link LedgerBreak}.
   */
  readonly status: 'waiting' | 'opened' | 'agrees' | 'doubt' | 'broken';
  readonly books: Readonly<Record<string, LedgerBalance>>;
  /** What differed and what is done about it; the empty string when nothing did. */
  readonly text: string;
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

/** What the account's journal keeps of the money: the newest replaces the one before. */
export interface MoneyKept extends Caused {
  readonly kind: 'moneyRecord';
  readonly record: MoneyRecord;
}
