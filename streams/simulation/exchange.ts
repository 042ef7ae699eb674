import type { Input } from '../inputs.ts';
import type { LocalBook } from '../market/local_book.ts';
import type { MarketInput, Side, Trade } from '../market/types.ts';
import type { CancelRequest, OrderBatch, PlaceRequest } from '../orders/types.ts';
import type { QueueModel, QueuePlace } from './queue.ts';

/** Something the exchange reports, and when the sender gets to know it. */
export interface Report {
  readonly dueUs: number;
  readonly input: Input;
}

/** How the exchange behaves. */
export interface ExchangeModel {
  readonly queue: QueueModel;
  /** From a decision to its effect, microseconds. On the receive-time scale of a tape this includes the feed's own delay. */
  readonly orderLatencyUs: number;
  /** From an effect to our knowing of it, microseconds. */
  readonly responseLatencyUs: number;
  /** Whether an order that would take is refused (post-only) or executed against the book as it stands. */
  readonly crossing: 'refuse' | 'take';
}

interface Resting {
  readonly orderId: string;
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
  remainingLots: number;
  /** Size of our level as the book last told it. */
  levelLots: number;
  readonly place: QueuePlace;
}

const MICRO = 1_000_000;

/** Levels of the book that an order which takes may eat through. */
const TAKEN_LEVELS_MOST = 50;

const NOTHING: readonly Report[] = [];

/**
 * An exchange made out of a recorded market: our orders stand in the recorded book, wait in its queues, and fill when
 * recorded trades reach them. The market does not react to us, so sizes should be small beside it.
 *
 * A resting order fills when trades at its price have eaten what stood ahead of it, in parts, and what an order of ours
 * before it took is not there for it. It fills wholly when the market trades through its price or the other side's best
 * quote reaches it. It fills at its own price.
 */
export class SimulatedExchange {
  readonly #model: ExchangeModel;
  readonly #books: ReadonlyMap<string, LocalBook>;
  readonly #resting = new Map<string, Resting>();
  #orders = 0;
  #settlements = 0;
  #height = 0;

  /** @param books the recorded books by market, which the caller keeps up to date */
  constructor(model: ExchangeModel, books: ReadonlyMap<string, LocalBook>) {
    this.#model = model;
    this.#books = books;
  }

  /** Orders that rest. */
  get open(): number {
    return this.#resting.size;
  }

  /** When a batch decided at a time takes effect. */
  arrivesUs(decidedUs: number): number {
    return decidedUs + this.#model.orderLatencyUs;
  }

  /** The report that opens the exchange: without a block nothing is sent. */
  opening(nowUs: number): Report {
    return this.#report(nowUs, { kind: 'block', height: this.#height, chainTimeUs: nowUs }, 0);
  }

  /** A batch takes effect: cancels first, then places. */
  arrive(batch: OrderBatch, nowUs: number): Report[] {
    const reports: Report[] = [];
    for (const cancel of batch.cancels) this.#cancel(cancel);
    const orderIds = batch.places.map((place) => this.#place(place, nowUs, reports));
    this.#height += 1;
    const height = this.#height;
    const outcome = {
      kind: 'batchCommitted',
      batchId: batch.batchId,
      txHash: `sim-${batch.batchId}`,
      height,
      orderIds,
    } as const;
    return [
      this.#report(nowUs, { kind: 'block', height, chainTimeUs: nowUs }),
      this.#report(nowUs, outcome),
      ...reports,
    ];
  }

  /** The recorded market has moved, and its book with it. */
  moved(input: MarketInput, nowUs: number): readonly Report[] {
    if (this.#resting.size === 0) return NOTHING;
    const reports: Report[] = [];
    if (input.kind === 'trade') this.#traded(input, nowUs, reports);
    else if (input.kind === 'bookDelta' || input.kind === 'bookSnapshot') this.#booked(input.market, nowUs, reports);
    return reports;
  }

  #cancel({ orderId }: CancelRequest): void {
    // One that has filled meanwhile is not there any more: the cancel has no effect, as on the chain.
    this.#resting.delete(orderId);
  }

  #place({ market, side, tick, lots }: PlaceRequest, nowUs: number, reports: Report[]): string {
    const local = this.#books.get(market);
    if (local === undefined || local.status !== 'live') return '';
    const { book } = local;
    const opposite = side === 'buy' ? book.bestAskTick : book.bestBidTick;
    const crosses = opposite >= 0 && (side === 'buy' ? tick >= opposite : tick <= opposite);
    if (crosses && this.#model.crossing === 'refuse') return '';
    this.#orders += 1;
    const orderId = String(this.#orders);
    const left = crosses ? this.#take(orderId, { market, side, tick, lots }, nowUs, reports) : lots;
    if (left === 0) return orderId;
    const levelLots = (side === 'buy' ? book.bids : book.asks).lotsAt(tick);
    const place = this.#model.queue.join(levelLots);
    this.#resting.set(orderId, { orderId, market, side, tick, remainingLots: left, levelLots, place });
    return orderId;
  }

  /** Executes against the opposite side up to the limit, without changing the recorded book. @returns lots left */
  #take(orderId: string, order: Omit<PlaceRequest, 'clientOrderId'>, nowUs: number, reports: Report[]): number {
    const { market, side, tick, lots } = order;
    const { book } = this.#books.get(market)!;
    let left = lots;
    (side === 'buy' ? book.asks : book.bids).forEach(TAKEN_LEVELS_MOST, (at, there) => {
      if (left === 0 || (side === 'buy' ? at > tick : at < tick)) return;
      const part = Math.min(left, there);
      left -= part;
      reports.push(this.#settlement({ orderId, market, side }, part, at, 'taker', nowUs));
    });
    return left;
  }

  #traded(trade: Trade, nowUs: number, reports: Report[]): void {
    let oursLots = 0;
    // The map keeps the order in which they joined, which is their order in the queue.
    for (const order of this.#resting.values()) {
      if (order.market !== trade.market || order.side === trade.side) continue;
      const beyond = order.side === 'buy' ? order.tick - trade.tick : trade.tick - order.tick;
      if (beyond < 0) continue;
      if (beyond > 0) {
        this.#fill(order, order.remainingLots, nowUs, reports);
        continue;
      }
      const reached = this.#model.queue.trade(order.place, trade.lots) - oursLots;
      oursLots += this.#fill(order, reached, nowUs, reports);
    }
  }

  #booked(market: string, nowUs: number, reports: Report[]): void {
    const local = this.#books.get(market)!;
    if (local.status !== 'live') return;
    const { book } = local;
    for (const order of this.#resting.values()) {
      if (order.market !== market) continue;
      const buy = order.side === 'buy';
      const reached = buy ? book.bestAskTick >= 0 && book.bestAskTick <= order.tick : book.bestBidTick >= order.tick;
      if (reached) {
        this.#fill(order, order.remainingLots, nowUs, reports);
        continue;
      }
      const nowLots = (buy ? book.bids : book.asks).lotsAt(order.tick);
      if (nowLots !== order.levelLots || order.place.traded > 0) {
        this.#model.queue.resize(order.place, order.levelLots, nowLots);
        order.levelLots = nowLots;
      }
    }
  }

  /** @returns lots filled */
  #fill(order: Resting, reached: number, nowUs: number, reports: Report[]): number {
    const lots = Math.min(reached, order.remainingLots);
    if (lots <= 0) return 0;
    order.remainingLots -= lots;
    if (order.remainingLots === 0) this.#resting.delete(order.orderId);
    reports.push(this.#settlement(order, lots, order.tick, 'maker', nowUs));
    return lots;
  }

  #settlement(
    { orderId, market, side }: Pick<Resting, 'orderId' | 'market' | 'side'>,
    lots: number,
    tick: number,
    liquidity: 'maker' | 'taker',
    nowUs: number,
  ): Report {
    this.#settlements += 1;
    const settlementId = `sim/${this.#settlements}`;
    const height = this.#height;
    const microTicks = tick * MICRO;
    return this.#report(nowUs, {
      kind: 'settlement',
      market,
      orderId,
      side,
      lots,
      microTicks,
      liquidity,
      height,
      settlementId,
    });
  }

  #report(nowUs: number, input: WithoutStamp<Input>, latencyUs = this.#model.responseLatencyUs): Report {
    return { dueUs: nowUs + latencyUs, input: { ...input, seq: 0, timeUs: 0 } as Input };
  }
}

type WithoutStamp<T> = T extends unknown ? Omit<T, 'seq' | 'timeUs'> : never;
