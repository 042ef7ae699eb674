import type { Side, Stamped } from '../market/types.ts';
import type { TradingMemory } from '../trading/trading.ts';

/** Fields every event made inside `streams/` carries: its own number, its time, and the numbers of what caused it. */
export interface Caused {
  readonly seq: number;
  readonly timeUs: number;
  readonly causes: readonly number[];
}

/** A limit order to place, GTC. */
export interface PlaceRequest {
  /** `flashmm_<market>_<n>`, unique for the account for ever. */
  readonly clientOrderId: string;
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
}

/** A resting order of ours to cancel. Price and side must be those of the order (the chain compares them). */
export interface CancelRequest {
  readonly clientOrderId: string;
  /** The chain's order id, a decimal string because it is a u64. */
  readonly orderId: string;
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
}

/** Everything that one account wants changed in one transaction: cancels first, then places. */
export interface OrderBatch extends Caused {
  readonly kind: 'orderBatch';
  /** Counts the account's batches from 1. */
  readonly batchId: number;
  readonly cancels: readonly CancelRequest[];
  readonly places: readonly PlaceRequest[];
}

// ── What the venue reports back, as inputs ──────────────────────────────────────────────────────────────────────────

/** A block was committed: the chain lives, and a new batch may go out. A venue without blocks reports its own cadence. */
export interface BlockCommitted extends Stamped {
  readonly kind: 'block';
  readonly height: number;
  /** Block header time, integer microseconds. */
  readonly chainTimeUs: number;
}

/** The batch passed the venue's first check (CheckTx, code 0). Not yet in a block. */
export interface BatchAccepted extends Stamped {
  readonly kind: 'batchAccepted';
  readonly batchId: number;
  readonly txHash: string;
}

/** The batch is in a block and took effect. */
export interface BatchCommitted extends Stamped {
  readonly kind: 'batchCommitted';
  readonly batchId: number;
  readonly txHash: string;
  readonly height: number;
  /** The venue's ids of the placed orders, in the order of `places`; the empty string for one that it refused. */
  readonly orderIds: readonly string[];
  /** What the transaction cost in usei, where the venue charges so. */
  readonly feeUsei?: string;
}

/** The batch certainly had no effect on any order, and never will. */
export interface BatchRefused extends Stamped {
  readonly kind: 'batchRefused';
  readonly batchId: number;
  readonly txHash: string;
  readonly code: number;
  readonly codespace: string;
  readonly reason: string;
  /** What it cost in usei all the same: a transaction that fails in a block has paid. Absent when it cost nothing. */
  readonly feeUsei?: string;
}

/**
 * Nothing is known of the batch's fate (a network error is not a refusal). The venue goes on looking and reports
 * `batchCommitted` or `batchRefused` in the end.
 */
export interface BatchUnknown extends Stamped {
  readonly kind: 'batchUnknown';
  readonly batchId: number;
  readonly txHash: string;
  readonly reason: string;
}

/** An execution of an order of ours, from the venue's settlement; the only source of fills. */
export interface Settlement extends Stamped {
  readonly kind: 'settlement';
  readonly market: string;
  readonly orderId: string;
  readonly side: Side;
  readonly lots: number;
  /** Price in millionths of a tick: a batch auction settles between ticks. */
  readonly microTicks: number;
  /** The same as the chain states it, × 10^18, a decimal string: what its bank goes by. Absent where `microTicks` is exact. */
  readonly priceE18?: string;
  /** Whether we rested (maker) or took. A batch auction's crossed limits are `maker`. */
  readonly liquidity: 'maker' | 'taker';
  readonly height: number;
  /** Unique for the account, for ever: what makes a repeat recognisable. */
  readonly settlementId: string;
}

/** One order of ours that rests on the venue now. */
export interface RestingOrder {
  readonly orderId: string;
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
}

/** All orders of ours that rest on the venue as of `height`, for reconciliation. */
export interface OpenOrders extends Stamped {
  readonly kind: 'openOrders';
  readonly height: number;
  readonly orders: readonly RestingOrder[];
}

/** The account's balances by denom, as exact decimal strings of the smallest unit. */
export interface Balances extends Stamped {
  readonly kind: 'balances';
  readonly height: number;
  readonly amounts: Readonly<Record<string, string>>;
}

/** An order that the account's journal knows to rest, or to be on its way. */
export interface RecoveredOrder extends RestingOrder {
  readonly clientOrderId: string;
  readonly remainingLots: number;
  readonly status: 'placing' | 'resting' | 'cancelling';
}

/**
 * What the account's journal knows from before: delivered once, before anything else of the account, and empty on a first
 * start. `openOrders`, `balances` and the fate of the batch that was under way follow from the venue.
 */
export interface Recovered extends Stamped {
  readonly kind: 'recovered';
  /** Settlements are booked up to this block. */
  readonly height: number;
  /** Number of the last batch, so that none is ever given out again. */
  readonly batches: number;
  readonly orders: readonly RecoveredOrder[];
  readonly inFlight: {
    readonly batchId: number;
    readonly places: readonly string[];
    readonly cancels: readonly string[];
  } | null;
  /** The newest settlement ids, oldest first. */
  readonly settled: readonly string[];
  /** Positions and ledger as the money stage encodes them, or null. */
  readonly money: unknown;
  /** What of the trading state has to outlive the process, such as a halt, or null. */
  readonly trading: TradingMemory | null;
}

/** No node has these blocks any more: what was settled in them will never be told. */
export interface BlocksMissed extends Stamped {
  readonly kind: 'blocksMissed';
  /** The first and the last of them. */
  readonly fromHeight: number;
  readonly toHeight: number;
}

/** Everything that a venue, or the account's journal, reports about the account. */
export type ExecutionInput =
  | BlockCommitted
  | BatchAccepted
  | BatchCommitted
  | BatchRefused
  | BatchUnknown
  | Settlement
  | OpenOrders
  | Balances
  | Recovered
  | BlocksMissed;

// ── What the order stage tells the others ───────────────────────────────────────────────────────────────────────────

/** One live order as the other stages need it; `lots` is what remains of it. */
export interface LiveOrder {
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
  /** False while its placing transaction is on the way: it may rest, and it may not. */
  readonly resting: boolean;
}

/** Every order of ours in a market that rests or may rest, after a change. */
export interface Working extends Caused {
  readonly kind: 'working';
  readonly market: string;
  readonly orders: readonly LiveOrder[];
}

/** A change in the life of one order. */
export interface OrderUpdate extends Caused {
  readonly kind: 'order';
  readonly market: string;
  readonly clientOrderId: string;
  readonly orderId: string;
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
  readonly remainingLots: number;
  readonly status: 'placing' | 'resting' | 'cancelling' | 'filled' | 'cancelled' | 'refused' | 'adopted' | 'vanished';
}

/** Journal and chain were compared: quoting may begin, or must not. */
export interface Reconciled extends Caused {
  readonly kind: 'reconciled';
  readonly ok: boolean;
  /** What differed and what was done about it, one sentence each. */
  readonly differences: readonly string[];
}

/** An execution of ours, attributed to its order. */
export interface Fill extends Caused {
  readonly kind: 'fill';
  readonly market: string;
  /** The empty string for an order that this session never placed. */
  readonly clientOrderId: string;
  readonly settlementId: string;
  readonly side: Side;
  readonly lots: number;
  /** Price in millionths of a tick. */
  readonly microTicks: number;
  /** The same as the chain states it, × 10^18, a decimal string; absent where `microTicks` is exact. */
  readonly priceE18?: string;
  readonly liquidity: 'maker' | 'taker';
  readonly height: number;
}
