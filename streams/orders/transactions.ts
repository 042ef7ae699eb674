import type { Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import type { Side } from '../market/types.ts';
import { refill } from '../risk/order_rate.ts';
import type { Approved } from '../risk/risk.ts';
import { diffSide, type SideDiff } from './diff.ts';
import {
  move,
  type OrderParameters,
  type OrdersOutput,
  type OrdersState,
  tellWorking,
  update,
  type WorkingOrder,
} from './orders.ts';
import type { CancelRequest, PlaceRequest } from './types.ts';

/** The chain takes any number of messages; a transaction of more than this many orders is not ours to send. */
const PLACES_A_BATCH = 64;

/** Sends what is wanted and not there yet, if a transaction may go out now. */
export function send(parameters: OrderParameters, state: OrdersState, turn: Turn<OrdersOutput>): void {
  if (state.inFlight !== null || state.height <= state.sentHeight) return;
  const stopped = state.trading === 'paused' || state.trading === 'halted';
  // Before journal and chain agree nothing is known well enough to act on it; but what is to be stopped is.
  if (state.recovery !== null && !stopped) return;
  const batchId = state.batches + 1;
  const orders = [...state.orders.values()];
  const plan = new Plan(parameters, state, orders, turn.nowUs(), batchId);
  for (const market of marketsInTurn(state, orders, batchId)) plan.market(market);
  if (plan.cancels.length === 0 && plan.places.length === 0) return;
  const seq = turn.nextSeq();
  const { causes } = plan;
  for (const order of plan.placed) state.orders.set(order.clientOrderId, order);
  state.batches = batchId;
  state.sentHeight = state.height;
  state.rate.tokens -= plan.places.length;
  state.inFlight = {
    batchId,
    places: plan.places.map((place) => place.clientOrderId),
    cancels: plan.cancels.map((cancel) => cancel.clientOrderId),
  };
  for (const { clientOrderId } of plan.cancels) move(state, state.orders.get(clientOrderId)!, 'cancelSent', seq, turn);
  for (const order of plan.placed) turn.emit(update(order, 'placing', seq, turn));
  turn.emit({
    kind: 'orderBatch',
    seq,
    timeUs: turn.nowUs(),
    causes,
    batchId,
    cancels: plan.cancels,
    places: plan.places,
  });
  for (const market of new Set([...plan.cancels, ...plan.places].map((one) => one.market))) {
    tellWorking(state, market, seq, turn);
  }
}

/** All markets with a wish or an order, beginning with another one each time so that none is starved of the order rate. */
function marketsInTurn({ wanted }: OrdersState, orders: readonly WorkingOrder[], batchId: number): readonly string[] {
  const all = Object.keys(wanted);
  for (const { market } of orders) if (!all.includes(market)) all.push(market);
  const first = all.length === 0 ? 0 : batchId % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

class Plan {
  readonly cancels: CancelRequest[] = [];
  readonly places: PlaceRequest[] = [];
  readonly placed: WorkingOrder[] = [];
  readonly causes: number[] = [];
  readonly #state: OrdersState;
  readonly #orders: readonly WorkingOrder[];
  readonly #nowUs: number;
  readonly #expiresUs: number;
  readonly #batchId: number;
  /** Whether the trading state allows orders at all. */
  readonly #quoting: boolean;
  #tokens: number;

  constructor(
    parameters: OrderParameters,
    state: OrdersState,
    orders: readonly WorkingOrder[],
    nowUs: number,
    batchId: number,
  ) {
    this.#state = state;
    this.#orders = orders;
    this.#nowUs = nowUs;
    this.#expiresUs = parameters.wishExpiresMs * MICROS_PER_MS;
    this.#batchId = batchId;
    this.#quoting = state.trading === 'active' || state.trading === 'reducing';
    const tokens = refill(state.rate, parameters.maxOrdersPerS, nowUs);
    // What has to go goes first, alone: an order to cancel everything is seen on the chain before anything new.
    const sweeping = orders.some((order) => order.unwanted);
    this.#tokens = this.#quoting && !sweeping ? tokens : 0;
  }

  market(market: string): void {
    const newest = this.#state.wanted[market] ?? null;
    const orders = this.#orders.filter((order) => order.market === market);
    const before = this.cancels.length + this.places.length;
    // Right after a start there is no price yet: what rests keeps its place for the moment that it takes to find one.
    const wordless = newest === null || newest.bids.length + newest.asks.length === 0;
    if (this.#quoting && wordless && this.#nowUs < this.#state.patientUntilUs) {
      this.#cancel(orders.filter((order) => order.unwanted && order.status === 'resting'));
      return;
    }
    const fresh = newest !== null && this.#nowUs - newest.quotedUs <= this.#expiresUs;
    const wanted = fresh && this.#quoting ? newest : null;
    const bids = diffSide(wanted?.bids ?? [], 'buy', orders);
    const asks = diffSide(wanted?.asks ?? [], 'sell', orders);
    this.#cancel(this.#going('buy', bids));
    this.#cancel(this.#going('sell', asks));
    if (wanted !== null) {
      const left = orders.filter((order) => !this.cancels.some((one) => one.clientOrderId === order.clientOrderId));
      this.#placeSide(wanted, 'buy', bids, left);
      this.#placeSide(wanted, 'sell', asks, left);
    }
    if (newest !== null && this.cancels.length + this.places.length > before) this.causes.push(newest.seq);
  }

  /** With the order rate used up an order stays that is further from the market than wished: it is safe where it is. */
  #going(side: 'buy' | 'sell', { cancels, places }: SideDiff): readonly WorkingOrder[] {
    const best = places[0];
    if (best === undefined || this.#roomFor()) return cancels;
    return cancels.filter(({ unwanted, tick }) => unwanted || (side === 'buy' ? tick > best : tick < best));
  }

  #cancel(orders: readonly WorkingOrder[]): void {
    for (const { clientOrderId, orderId, market, side, tick } of orders) {
      this.cancels.push({ clientOrderId, orderId, market, side, tick });
    }
  }

  /** @param left what still rests, or may, once this transaction's cancels are done; the chain would match us with it */
  #placeSide(wanted: Approved, side: Side, { places }: SideDiff, left: readonly WorkingOrder[]): void {
    for (let i = 0; i < places.length && this.#roomFor(); i += 2) {
      const [tick, lots] = [places[i]!, places[i + 1]!];
      const meetsOurs = (other: { readonly side: Side; readonly tick: number }): boolean =>
        other.side !== side && (side === 'buy' ? other.tick <= tick : other.tick >= tick);
      if (left.some(meetsOurs)) continue;
      this.#place(wanted.seq, { market: wanted.market, side, tick, lots });
    }
  }

  #roomFor(): boolean {
    return this.#tokens > 0 && this.places.length < PLACES_A_BATCH;
  }

  #place(causeSeq: number, order: Omit<PlaceRequest, 'clientOrderId'>): void {
    this.#tokens -= 1;
    // Time or number would do while clocks go forward and journals are not lost; neither is certain.
    const unique = [this.#nowUs, this.#batchId, this.places.length].map((one) => one.toString(36)).join('');
    const clientOrderId = `flashmm_${order.market}_${unique}`;
    this.places.push({ clientOrderId, ...order });
    const placing = { orderId: '', remainingLots: order.lots, status: 'placing', causeSeq, missing: 0 } as const;
    this.placed.push({ clientOrderId, ...order, ...placing, unwanted: false });
  }
}
