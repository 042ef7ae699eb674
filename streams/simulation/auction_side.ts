import type { QueuePositionModel } from './queue_position.ts';
import { WHOLE_SIDE } from './rows.ts';
import type { SimulatedOrder } from './simulated_order.ts';
import type { OrderSide } from './strategy.ts';
import { NO_ASK, NO_BID, type TouchBook } from './touch_book.ts';

/** An order of ours that rests, and what its level showed when it last was looked at. */
export interface Resting {
  readonly order: SimulatedOrder;
  levelLots: number;
}

/** Lots that wait at a price: ours, or of the recorded book where there is no order. */
export interface Waiting {
  readonly order: SimulatedOrder | undefined;
  lots: number;
}

/**
 * One side of the book as a block's matching finds it: the recorded levels less what orders of ours have taken of them since
 * they were last told, and our resting orders in the order in which the chain serves them: best price first, then first come.
 */
export class AuctionSide {
  readonly resting: Resting[] = [];
  readonly #side: OrderSide;
  readonly #book: TouchBook;
  /** Lots that our orders have taken of recorded levels. */
  readonly #taken = new Map<number, number>();

  constructor(side: OrderSide, book: TouchBook) {
    this.#side = side;
    this.#book = book;
  }

  /** Recorded lots at a tick that nobody of us has taken; none beyond the touch, where levels only wait to be removed. */
  offered(tick: number): number {
    const { bids, asks, bidTick, askTick } = this.#book;
    if (this.#side > 0 ? tick > bidTick : tick < askTick) return 0;
    return Math.max(0, (this.#side > 0 ? bids : asks).lotsAt(tick) - (this.#taken.get(tick) ?? 0));
  }

  /** The best price at which anybody waits, ours or recorded; undefined where nobody does. */
  get bestTick(): number | undefined {
    const ours = this.resting[0]?.order.tick;
    const recorded = this.#bestRecorded();
    if (ours === undefined || recorded === undefined) return ours ?? recorded;
    return (ours - recorded) * this.#side > 0 ? ours : recorded;
  }

  /** A level has been told anew. */
  told(tick: number): void {
    if (this.#taken.size > 0) this.#taken.delete(tick);
  }

  /** Levels have gone, from the best one to a tick or all. */
  cleared(toTick: number): void {
    for (const tick of this.#taken.keys())
      if (toTick === WHOLE_SIDE || (tick - toTick) * this.#side >= 0) this.#taken.delete(tick);
  }

  /** An order enters the book, behind everybody at its price. @param levelLots what stood there in the block, traded or not */
  enter(order: SimulatedOrder, levelLots: number): void {
    order.ahead = levelLots;
    order.traded = 0;
    const better = this.resting.findIndex((one) => (order.tick - one.order.tick) * this.#side > 0);
    this.resting.splice(better < 0 ? this.resting.length : better, 0, { order, levelLots });
  }

  /** Takes an order off the book. @returns false where it does not rest */
  leave(order: SimulatedOrder): boolean {
    const at = this.resting.findIndex((one) => one.order === order);
    if (at >= 0) this.resting.splice(at, 1);
    return at >= 0;
  }

  /** Moves our orders up by what was cancelled ahead of them in the block, as the model estimates. */
  resize(model: QueuePositionModel): void {
    for (const one of this.resting) {
      const { order } = one;
      const nowLots = this.offered(order.tick);
      model.resize(order, one.levelLots, nowLots);
      order.ahead = Math.max(0, order.ahead);
      one.levelLots = nowLots;
    }
  }

  /** Who waits at a price, first in first: what is recorded ahead of each of our orders, the order, and the recorded rest. */
  queueAt(tick: number): Waiting[] {
    const queue: Waiting[] = [];
    let recorded = this.offered(tick);
    let passed = 0;
    for (const { order } of this.resting) {
      if (order.tick !== tick) continue;
      const ahead = Math.min(Math.max(0, Math.ceil(order.ahead) - passed), recorded);
      queue.push({ order: undefined, lots: ahead }, { order, lots: order.restingLots });
      recorded -= ahead;
      passed += ahead;
    }
    queue.push({ order: undefined, lots: recorded });
    return queue.filter(({ lots }) => lots > 0);
  }

  /** Recorded lots of a level have gone to an order of ours. */
  take(tick: number, lots: number): void {
    this.#taken.set(tick, (this.#taken.get(tick) ?? 0) + lots);
    for (const one of this.resting) {
      if (one.order.tick !== tick) continue;
      one.order.ahead = Math.max(0, one.order.ahead - lots);
      one.levelLots = Math.max(0, one.levelLots - lots);
    }
  }

  #bestRecorded(): number | undefined {
    const { bids, asks, bidTick, askTick } = this.#book;
    let tick = this.#side > 0 ? bidTick : askTick;
    while (tick !== NO_BID && tick !== NO_ASK) {
      if (this.offered(tick) > 0) return tick;
      tick = this.#side > 0 ? bids.below(tick) : asks.above(tick);
    }
    return undefined;
  }
}
