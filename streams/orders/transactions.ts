import type { Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import type { Side } from '../market/types.ts';
import { refill } from '../risk/order_rate.ts';
import type { Approved } from '../risk/risk.ts';
import { diffSide } from './diff.ts';
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
  const batchId = state.batches + 1;
  const plan = new Plan(parameters, state, turn.nowUs(), turn.nowUs().toString(36));
  for (const market of marketsInTurn(state, batchId)) plan.market(market);
  if (plan.cancels.length === 0 && plan.places.length === 0) return;
  const seq = turn.nextSeq();
  const { causes } = plan;
  for (const order of plan.placed) state.orders[order.clientOrderId] = order;
  state.batches = batchId;
  state.sentHeight = state.height;
  state.rate.tokens -= plan.places.length;
  state.inFlight = {
    batchId,
    places: plan.places.map((place) => place.clientOrderId),
    cancels: plan.cancels.map((cancel) => cancel.clientOrderId),
  };
  for (const { clientOrderId } of plan.cancels) move(state, state.orders[clientOrderId]!, 'cancelSent', seq, turn);
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
function marketsInTurn(state: OrdersState, batchId: number): readonly string[] {
  const all = [...new Set([...Object.keys(state.wanted), ...Object.values(state.orders).map((order) => order.market)])];
  const first = all.length === 0 ? 0 : batchId % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

class Plan {
  readonly cancels: CancelRequest[] = [];
  readonly places: PlaceRequest[] = [];
  readonly placed: WorkingOrder[] = [];
  readonly causes: number[] = [];
  readonly #state: OrdersState;
  readonly #nowUs: number;
  readonly #expiresUs: number;
  readonly #idPrefix: string;
  #tokens: number;

  constructor(parameters: OrderParameters, state: OrdersState, nowUs: number, idPrefix: string) {
    this.#state = state;
    this.#nowUs = nowUs;
    this.#expiresUs = parameters.wishExpiresMs * MICROS_PER_MS;
    this.#idPrefix = idPrefix;
    this.#tokens = refill(state.rate, parameters.maxOrdersPerS, nowUs);
  }

  market(market: string): void {
    const newest = this.#state.wanted[market] ?? null;
    const fresh = newest !== null && this.#nowUs - newest.timeUs <= this.#expiresUs;
    const wanted = fresh && (this.#state.trading === 'active' || this.#state.trading === 'reducing') ? newest : null;
    const before = this.cancels.length + this.places.length;
    for (const side of ['buy', 'sell'] as const) this.#side(market, side, wanted);
    if (newest !== null && this.cancels.length + this.places.length > before) this.causes.push(newest.seq);
  }

  #side(market: string, side: Side, wanted: Approved | null): void {
    const orders = Object.values(this.#state.orders).filter((order) => order.market === market);
    const { cancels, places } = diffSide((side === 'buy' ? wanted?.bids : wanted?.asks) ?? [], side, orders);
    const best = places[0];
    // With the order rate used up an order stays that is further from the market than wished: it is safe where it is.
    const stays = (order: WorkingOrder): boolean =>
      best !== undefined && !this.#mayPlace() && (side === 'buy' ? order.tick <= best : order.tick >= best);
    for (const order of cancels) {
      if (stays(order)) continue;
      const { clientOrderId, orderId, tick } = order;
      this.cancels.push({ clientOrderId, orderId, market, side, tick });
    }
    for (let i = 0; i < places.length && wanted !== null && this.#mayPlace(); i += 2) {
      this.#place(wanted.seq, { market, side, tick: places[i]!, lots: places[i + 1]! });
    }
  }

  #mayPlace(): boolean {
    return this.#tokens > 0 && this.places.length < PLACES_A_BATCH;
  }

  #place(causeSeq: number, order: Omit<PlaceRequest, 'clientOrderId'>): void {
    this.#tokens -= 1;
    const clientOrderId = `flashmm_${order.market}_${this.#idPrefix}${this.places.length.toString(36)}`;
    this.places.push({ clientOrderId, ...order });
    const placing = { orderId: '', remainingLots: order.lots, status: 'placing', causeSeq, missing: 0 } as const;
    this.placed.push({ clientOrderId, ...order, ...placing });
  }
}
