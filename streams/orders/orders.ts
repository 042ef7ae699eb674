import type { Reducer, Turn } from '../actor/reducer.ts';
import type { AccountInput } from '../inputs.ts';
import type { Reject, Side } from '../market/types.ts';
import type { OrderRate } from '../risk/order_rate.ts';
import { type Approved, approvedBefore, isApproved } from '../risk/risk.ts';
import type { TradingState } from '../trading/causes.ts';
import type { TradingOutput } from '../trading/trading.ts';
import { book, settle } from './execution.ts';
import { LIFE_CYCLE, type LiveStatus, type OrderEvent } from './life_cycle.ts';
import { blocksMissed, type Recovery, reconcile, recover } from './recovery.ts';
import { send } from './transactions.ts';
import type { Fill, LiveOrder, OrderBatch, OrderUpdate, Reconciled, Settlement, Working } from './types.ts';

/** A live order of ours, plain data. */
export interface WorkingOrder {
  readonly clientOrderId: string;
  orderId: string;
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
  remainingLots: number;
  status: LiveStatus;
  /** Number of the event that asked for it. */
  readonly causeSeq: number;
  /** How many reconciliations in a row did not find it on the venue. */
  missing: number;
  /** To be cancelled whatever is wished: nobody knows where it comes from, or everything was to be cancelled. */
  unwanted: boolean;
}

/** The one transaction that is under way. */
export interface InFlight {
  readonly batchId: number;
  readonly places: readonly string[];
  readonly cancels: readonly string[];
}

/** The state of the order stage: plain data but for the orders, which are an object where they are encoded. */
export interface OrdersState {
  trading: TradingState;
  /** What was found since the account's journal was told; null once it agrees with the chain. */
  recovery: Recovery | null;
  /** Executions of ours may be lost: since the last comparison with the chain blocks could not be read. */
  blocksMissed: boolean;
  /** Until then orders of before a start rest on although nothing is wished yet in their market. */
  patientUntilUs: number;
  height: number;
  /** The height after which the last batch went out: the next waits for a newer block. */
  sentHeight: number;
  batches: number;
  inFlight: InFlight | null;
  rate: OrderRate;
  /** The newest approved quote of each market. */
  wanted: Record<string, Approved>;
  /** Live orders by client order id, in order of placing. */
  orders: Map<string, WorkingOrder>;
  /** Settlements of orders whose placing is not confirmed yet. */
  unclaimed: Settlement[];
  /** The newest settlement ids, oldest first, so that a repeat is recognised. */
  settled: string[];
}

/** Time for the order stage to look at what is wanted: comes right after the markets were sampled. */
export interface Wake {
  readonly kind: 'wake';
  readonly timeUs: number;
}

/** Limits of the order stage, for the whole account. */
export interface OrderParameters {
  /** New orders a second; a bucket of one second's worth. Cancels are never held back. */
  readonly maxOrdersPerS: number;
  /** A wish older than this is taken for withdrawn: whoever made it has fallen silent. */
  readonly wishExpiresMs: number;
  /** What to do with an order of the account that nobody here has placed: `cancel` it, or `adopt` it like one of ours. */
  readonly unknownOrders?: 'cancel' | 'adopt';
}

/** What the order stage takes in. */
export type OrdersInput = Approved | AccountInput | TradingOutput | Wake;

/** What the order stage gives out. */
export type OrdersOutput = OrderBatch | OrderUpdate | Fill | Working | Reconciled | Reject;

/**
 * The order stage of one account: turns approved quotes into transactions, and what the venue reports into fills.
 *
 * Wishes conflate: only the newest of each market counts, and it is diffed against what rests when a transaction may go
 * out: right after the markets were sampled (or on command), when none is under way and a block has passed since the last
 * one. In between, a block's news may be half told. Cancels come before places. An outcome that is not known
 * keeps the transaction under way until the venue has found out.
 */
export function orders(parameters: OrderParameters): Reducer<OrdersState, OrdersInput, OrdersOutput> {
  return {
    initial: () => ({
      trading: 'active',
      recovery: null,
      blocksMissed: false,
      patientUntilUs: 0,
      height: 0,
      sentHeight: -1,
      batches: 0,
      inFlight: null,
      rate: { tokens: parameters.maxOrdersPerS, atUs: 0 },
      wanted: {},
      orders: new Map(),
      unclaimed: [],
      settled: [],
    }),
    step: (state, event, turn) => step(parameters, state, event, turn),
    encode: (state) => ({ ...state, orders: Object.fromEntries(state.orders) }),
    decode: (plain) => {
      const copy = JSON.parse(JSON.stringify(plain)) as Omit<OrdersState, 'orders'> & EncodedOrders;
      for (const market in copy.wanted) copy.wanted[market] = approvedBefore(copy.wanted[market]!);
      return { ...copy, orders: new Map(Object.entries(copy.orders)) };
    },
  };
}

interface EncodedOrders {
  readonly orders: Readonly<Record<string, WorkingOrder>>;
}

function step(parameters: OrderParameters, state: OrdersState, event: OrdersInput, turn: Turn<OrdersOutput>): void {
  switch (event.kind) {
    case 'approved':
      if (isApproved(event)) state.wanted[event.market] = event;
      else reject(turn, event.market, 'not-approved', `quote ${event.seq} does not come from the risk stage`);
      return;
    case 'wake':
      send(parameters, state, turn);
      return;
    case 'tradingState':
      state.trading = event.state;
      send(parameters, state, turn);
      return;
    case 'command':
      if (event.command === 'cancelAll') cancelAll(state);
      send(parameters, state, turn);
      return;
    case 'block':
      state.height = Math.max(state.height, event.height);
      return;
    case 'settlement':
      settle(state, event, turn);
      return;
    case 'openOrders':
      reconcile(parameters, state, event, turn);
      return;
    case 'recovered':
      recover(state, event, turn);
      return;
    case 'blocksMissed':
      blocksMissed(state, event, turn);
      return;
    case 'batchCommitted':
    case 'batchRefused':
      book(state, event, turn);
      return;
    case 'batchAccepted':
    case 'batchUnknown':
    case 'balances':
    case 'component':
    case 'drift':
    case 'alert':
    case 'reject':
      return;
  }
}

/** Everything that is live now goes, and what is wished anew comes a block later. */
function cancelAll(state: OrdersState): void {
  state.wanted = {};
  for (const order of state.orders.values()) order.unwanted = true;
}

/** Counts and shows something that the order stage refuses to act on. */
export function reject(turn: Turn<OrdersOutput>, market: string, reason: string, detail: string): void {
  turn.emit({ kind: 'reject', seq: turn.nextSeq(), timeUs: turn.nowUs(), market, source: 'orders', reason, detail });
}

/**
 * Moves an order along the table of its life and tells so. A move that the table does not know is refused and counted.
 *
 * @returns whether the move was legal
 */
export function move(
  state: OrdersState,
  order: WorkingOrder,
  event: OrderEvent,
  causeSeq: number,
  turn: Turn<OrdersOutput>,
): boolean {
  const status = LIFE_CYCLE[order.status][event];
  if (status === undefined) {
    reject(
      turn,
      order.market,
      'illegal-transition',
      `order ${order.clientOrderId}: '${event}' while '${order.status}'`,
    );
    return false;
  }
  if (status === 'placing' || status === 'resting' || status === 'cancelling') order.status = status;
  else state.orders.delete(order.clientOrderId);
  turn.emit(update(order, status, causeSeq, turn));
  return true;
}

/** The event that tells of an order's new status. */
export function update(
  order: WorkingOrder,
  status: OrderUpdate['status'],
  causeSeq: number,
  turn: Turn<OrdersOutput>,
): OrderUpdate {
  return {
    kind: 'order',
    seq: turn.nextSeq(),
    timeUs: turn.nowUs(),
    causes: [causeSeq],
    market: order.market,
    clientOrderId: order.clientOrderId,
    orderId: order.orderId,
    side: order.side,
    tick: order.tick,
    lots: order.lots,
    remainingLots: order.remainingLots,
    status,
  };
}

/** Tells the other stages what rests or may rest in a market. */
export function tellWorking(state: OrdersState, market: string, causeSeq: number, turn: Turn<OrdersOutput>): void {
  const orders: LiveOrder[] = [];
  for (const { market: of, side, tick, remainingLots: lots, status } of state.orders.values())
    if (of === market) orders.push({ side, tick, lots, resting: status !== 'placing' });
  turn.emit({ kind: 'working', seq: turn.nextSeq(), timeUs: turn.nowUs(), causes: [causeSeq], market, orders });
}
