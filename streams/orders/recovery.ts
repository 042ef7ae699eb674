import type { Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import {
  move,
  type OrderParameters,
  type OrdersOutput,
  type OrdersState,
  reject,
  tellWorking,
  update,
  type WorkingOrder,
} from './orders.ts';
import type { BlocksMissed, OpenOrders, Recovered, RestingOrder } from './types.ts';

/** What was found since the account's journal was told. Plain data. */
export interface Recovery {
  /** What differs between journal and chain and what is done about it, one sentence each. */
  differences: string[];
}

/** An order that this many reconciliations in a row do not find is gone: one node may lag, or lie, once. */
const MISSING_MOST = 2;

/** Differences that are told one by one. */
const TOLD_MOST = 20;

/** Takes in what the account's journal knows. Until {@link reconcile} has compared it with the chain nothing is placed. */
export function recover(state: OrdersState, event: Recovered, turn: Turn<OrdersOutput>): void {
  state.recovery = { differences: [] };
  state.height = Math.max(state.height, event.height);
  state.batches = Math.max(state.batches, event.batches);
  state.inFlight = event.inFlight;
  state.settled = [...event.settled];
  state.orders.clear();
  for (const order of event.orders) {
    state.orders.set(order.clientOrderId, { ...order, causeSeq: event.seq, missing: 0, unwanted: false });
  }
  for (const market of new Set(event.orders.map((order) => order.market))) tellWorking(state, market, event.seq, turn);
}

/** Blocks that nobody has any more: what was executed in them will never be told. */
export function blocksMissed(state: OrdersState, event: BlocksMissed, turn: Turn<OrdersOutput>): void {
  const detail = `blocks ${event.fromHeight} to ${event.toHeight} cannot be read any more: positions follow the balances`;
  reject(turn, '', 'blocks-missed', detail);
  state.blocksMissed = true;
  differs(state, detail);
}

/**
 * Compares with what the venue says rests. An unknown order is cancelled, or adopted; one that is twice not found is gone. The
 * first comparison after a start also tells whether quoting may begin.
 */
export function reconcile(
  parameters: OrderParameters,
  state: OrdersState,
  event: OpenOrders,
  turn: Turn<OrdersOutput>,
): void {
  // While a transaction is under way what rests is in doubt, and an older look says nothing: a later one will see.
  if (state.inFlight !== null || event.height < state.height) return;
  const known = new Map([...state.orders.values()].map((order) => [`${order.market} ${order.orderId}`, order]));
  const touched = new Set<string>();
  let sane = true;
  for (const resting of event.orders) {
    const order = known.get(`${resting.market} ${resting.orderId}`);
    known.delete(`${resting.market} ${resting.orderId}`);
    if (order === undefined) adopt(parameters, state, resting, event.seq, turn);
    else order.missing = 0;
    if (order !== undefined && (order.side !== resting.side || order.tick !== resting.tick)) {
      const detail = `${told(order)} is a ${resting.side} at ${resting.tick} on the chain: one of them is of another chain`;
      reject(turn, order.market, 'contradiction', detail);
      differs(state, detail);
      sane = false;
    } else if (order === undefined || takesOverLots(state, order, resting)) touched.add(resting.market);
  }
  for (const order of known.values()) {
    order.missing += 1;
    if (order.missing < MISSING_MOST) {
      differs(state, `${told(order)} is not on the chain: looked for once more before it counts as gone`);
      continue;
    }
    move(state, order, 'vanished', event.seq, turn);
    touched.add(order.market);
  }
  state.blocksMissed = false;
  for (const market of touched) tellWorking(state, market, event.seq, turn);
  if (state.recovery !== null) conclude(parameters, state, sane, event.seq, turn);
}

function conclude(
  parameters: OrderParameters,
  state: OrdersState,
  ok: boolean,
  causeSeq: number,
  turn: Turn<OrdersOutput>,
): void {
  const { differences } = state.recovery!;
  state.recovery = null;
  state.patientUntilUs = turn.nowUs() + parameters.wishExpiresMs * MICROS_PER_MS;
  const stamp = { seq: turn.nextSeq(), timeUs: turn.nowUs(), causes: [causeSeq] };
  turn.emit({ kind: 'reconciled', ...stamp, ok, differences });
}

function adopt(
  { unknownOrders = 'cancel' }: OrderParameters,
  state: OrdersState,
  resting: RestingOrder,
  causeSeq: number,
  turn: Turn<OrdersOutput>,
): void {
  const order: WorkingOrder = {
    ...resting,
    clientOrderId: `flashmm_${resting.market}_adopted${resting.orderId}`,
    remainingLots: resting.lots,
    status: 'resting',
    causeSeq,
    missing: 0,
    unwanted: unknownOrders === 'cancel',
  };
  state.orders.set(order.clientOrderId, order);
  const what = unknownOrders === 'cancel' ? 'it will be cancelled' : 'it is ours from now on';
  const detail = `${told(order)}, id ${order.orderId}, rests on the chain and nobody here has placed it: ${what}`;
  differs(state, detail);
  reject(turn, order.market, 'unknown-order', detail);
  turn.emit(update(order, 'adopted', causeSeq, turn));
}

/** With all settlements told both know the same rest. Where blocks are missing, the chain knows better. @returns whether it does */
function takesOverLots(state: OrdersState, order: WorkingOrder, resting: RestingOrder): boolean {
  if (resting.lots === order.remainingLots || (state.recovery === null && !state.blocksMissed)) return false;
  differs(state, `${told(order)} has ${resting.lots} lots left on the chain: taken over`);
  order.remainingLots = resting.lots;
  return true;
}

function differs({ recovery }: OrdersState, detail: string): void {
  if (recovery === null) return;
  if (recovery.differences.length < TOLD_MOST) recovery.differences.push(detail);
  else if (recovery.differences.length === TOLD_MOST) recovery.differences.push('and more of the kind');
}

function told({ clientOrderId, market, side, remainingLots, tick }: WorkingOrder): string {
  return `order ${clientOrderId} (${market} ${side} ${remainingLots} lots at tick ${tick})`;
}
