import { joinQueue, type QueuePosition, type QueuePositionModel, reached, tradeThrough } from './queue_position.ts';
import { TouchBook } from './touch_book.ts';

/** An order as the exchange holds it. */
export interface RestingOrder {
  /** Unique among what rests. */
  readonly id: number;
  readonly side: 1 | -1;
  readonly tick: number;
  readonly place: QueuePosition;
}

/** What the exchange answers: accepted, refused as it would take, cancelled, or too late to cancel. */
export type Answer = 'accepted' | 'expired' | 'cancelled' | 'rejected';

/** Told when an order is filled, whole, at its own price. */
export type OnFill = (order: RestingOrder, timeNs: number) => void;

/**
 * An exchange for post-only orders that are filled whole or not at all: hftbacktest's `NoPartialFillExchange`, with the same
 * fills in the same order. A resting order is filled when a level of the other side reaches its price, when a trade goes
 * through its price, or when trades at its price have eaten the queue ahead of it.
 */
export class WholeFillExchange {
  readonly book = new TouchBook();
  readonly #orders = new Map<number, RestingOrder>();
  readonly #model: QueuePositionModel;
  readonly #onFill: OnFill;

  constructor(model: QueuePositionModel, onFill: OnFill) {
    this.#model = model;
    this.#onFill = onFill;
  }

  /** A level of the book has a new absolute size. */
  level(side: number, tick: number, lots: number, timeNs: number): void {
    const { book } = this;
    if (side > 0) {
      const before = this.#orders.size > 0 ? book.bids.lotsAt(tick) : 0;
      const best = book.bidTick;
      book.setBid(tick, lots);
      if (this.#orders.size === 0) return;
      this.#resize(1, tick, before, lots);
      if (book.bidTick > best) this.#reach(-1, book.bidTick, timeNs);
    } else {
      const before = this.#orders.size > 0 ? book.asks.lotsAt(tick) : 0;
      const best = book.askTick;
      book.setAsk(tick, lots);
      if (this.#orders.size === 0) return;
      this.#resize(-1, tick, before, lots);
      if (book.askTick < best) this.#reach(1, book.askTick, timeNs);
    }
  }

  /** Others traded. @param side the aggressor's */
  trade(side: number, tick: number, lots: number, timeNs: number): void {
    for (const order of this.#orders.values()) {
      if (order.side === side) continue;
      // How far the trade went beyond our price, seen from our side.
      const beyond = (order.tick - tick) * order.side;
      if (beyond < 0) continue;
      if (beyond === 0) {
        tradeThrough(order.place, lots);
        if (!reached(order.place)) continue;
      }
      this.#fill(order, timeNs);
    }
  }

  /** A post-only order arrives. */
  place(id: number, side: 1 | -1, tick: number): Answer {
    const { book } = this;
    if (side > 0 ? tick >= book.askTick : tick <= book.bidTick) return 'expired';
    const place = joinQueue(side > 0 ? book.bids.lotsAt(tick) : book.asks.lotsAt(tick));
    this.#orders.set(id, { id, side, tick, place });
    return 'accepted';
  }

  /** A cancel arrives. */
  cancel(id: number): Answer {
    return this.#orders.delete(id) ? 'cancelled' : 'rejected';
  }

  #resize(side: 1 | -1, tick: number, beforeLots: number, nowLots: number): void {
    for (const order of this.#orders.values()) {
      if (order.side === side && order.tick === tick) this.#model.resize(order.place, beforeLots, nowLots);
    }
  }

  /** The best price of the other side is now here: orders of ours at it or beyond are filled. */
  #reach(side: 1 | -1, tick: number, timeNs: number): void {
    for (const order of this.#orders.values()) {
      if (order.side === side && (order.tick - tick) * side >= 0) this.#fill(order, timeNs);
    }
  }

  #fill(order: RestingOrder, timeNs: number): void {
    this.#orders.delete(order.id);
    this.#onFill(order, timeNs);
  }
}
