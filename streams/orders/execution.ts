import type { Turn } from '../actor/reducer.ts';
import { move, type OrdersOutput, type OrdersState, reject, tellWorking, type WorkingOrder } from './orders.ts';
import type { BatchCommitted, BatchRefused, Settlement } from './types.ts';

/** How many settlement ids are remembered to recognise a repeat. */
const SETTLEMENTS_REMEMBERED = 10_000;

/** A settlement nobody claimed is ours all the same after this many blocks: the account's fill without a known order. */
const UNCLAIMED_BLOCKS = 10;

/** Settlements that wait for their order at most; more is a chain that makes no sense, and they are taken at once. */
const UNCLAIMED_MOST = 1_000;

/** Takes in the outcome of the transaction under way. An outcome of another one was told before, and is refused. */
export function book(state: OrdersState, event: BatchCommitted | BatchRefused, turn: Turn<OrdersOutput>): void {
  const { inFlight } = state;
  // The venue numbers what it sends by itself, to cancel everything at an end, above all of ours.
  if (event.batchId > state.batches) return;
  if (inFlight === null || inFlight.batchId !== event.batchId) {
    reject(
      turn,
      '',
      'unknown-batch',
      `${event.kind} for batch ${event.batchId}, under way: ${inFlight?.batchId ?? 'none'}`,
    );
    return;
  }
  state.inFlight = null;
  const committed = event.kind === 'batchCommitted';
  const touched = new Set<string>();
  for (const id of inFlight.cancels) {
    const order = state.orders.get(id);
    if (order === undefined) continue; // filled meanwhile
    move(state, order, committed ? 'cancelled' : 'cancelRefused', event.seq, turn);
    touched.add(order.market);
  }
  inFlight.places.forEach((id, i) => {
    const order = state.orders.get(id);
    if (order === undefined) return;
    const orderId = committed ? (event.orderIds[i] ?? '') : '';
    order.orderId = orderId;
    move(state, order, orderId === '' ? 'placeRefused' : 'placed', event.seq, turn);
    touched.add(order.market);
  });
  if (!committed)
    reject(
      turn,
      '',
      'batch-refused',
      `batch ${event.batchId}: code ${event.code} ${event.codespace}: ${event.reason}`.slice(0, 300),
    );
  claim(state, turn);
  for (const market of touched) tellWorking(state, market, event.seq, turn);
}

/** Sets of remembered ids by their list: looking through ten thousand texts for each settlement took a seventh of all time. */
const KNOWN = new WeakMap<readonly string[], Set<string>>();

function knownIn(settled: readonly string[]): Set<string> {
  const kept = KNOWN.get(settled);
  if (kept?.size === settled.length) return kept;
  const made = new Set(settled);
  KNOWN.set(settled, made);
  return made;
}

/** Takes in an execution of ours, once; one whose order is not known yet waits for the outcome of its placing. */
export function settle(state: OrdersState, event: Settlement, turn: Turn<OrdersOutput>): void {
  const known = knownIn(state.settled);
  if (known.has(event.settlementId)) {
    reject(turn, event.market, 'duplicate', `settlement ${event.settlementId} was taken in before`);
    return;
  }
  state.settled.push(event.settlementId);
  known.add(event.settlementId);
  if (state.settled.length > SETTLEMENTS_REMEMBERED)
    for (const forgotten of state.settled.splice(0, SETTLEMENTS_REMEMBERED / 10)) known.delete(forgotten);
  state.unclaimed.push(event);
  claim(state, turn);
}

function claim(state: OrdersState, turn: Turn<OrdersOutput>): void {
  const waiting = state.unclaimed;
  state.unclaimed = [];
  for (const settlement of waiting) {
    const order = orderOf(state, settlement);
    const mayComeYet = state.inFlight !== null && state.height - settlement.height < UNCLAIMED_BLOCKS;
    if (order === undefined && mayComeYet && state.unclaimed.length < UNCLAIMED_MOST) state.unclaimed.push(settlement);
    else fill(state, settlement, order, turn);
  }
}

function orderOf({ orders }: OrdersState, { orderId, market }: Settlement): WorkingOrder | undefined {
  for (const order of orders.values()) if (order.orderId === orderId && order.market === market) return order;
  return undefined;
}

function fill(
  state: OrdersState,
  settlement: Settlement,
  order: WorkingOrder | undefined,
  turn: Turn<OrdersOutput>,
): void {
  const { seq, market, side, lots, microTicks, priceE18, liquidity, height, settlementId } = settlement;
  const price = priceE18 === undefined ? { microTicks } : { microTicks, priceE18 };
  const stamp = {
    seq: turn.nextSeq(),
    timeUs: turn.nowUs(),
    causes: order === undefined ? [seq] : [seq, order.causeSeq],
  };
  const clientOrderId = order?.clientOrderId ?? '';
  // The chain's word counts for money whatever we think of the order.
  turn.emit({ kind: 'fill', ...stamp, market, clientOrderId, settlementId, side, lots, ...price, liquidity, height });
  if (order === undefined) {
    reject(
      turn,
      market,
      'unknown-order',
      `settlement ${settlementId}: order ${settlement.orderId} was never placed by this session`,
    );
    return;
  }
  if (lots > order.remainingLots) {
    reject(turn, market, 'overfilled', `order ${clientOrderId}: ${lots} lots settled, ${order.remainingLots} remained`);
  }
  order.remainingLots = Math.max(0, order.remainingLots - lots);
  move(state, order, order.remainingLots === 0 ? 'filled' : 'filledInPart', seq, turn);
  tellWorking(state, market, seq, turn);
}
