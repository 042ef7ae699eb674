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
  // In order of arrival. Lists, as a side has a few orders and each row of the tape looks at them.
  readonly #buys: RestingOrder[] = [];
  readonly #sells: RestingOrder[] = [];
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
      const before = this.#buys.length > 0 ? book.bids.lotsAt(tick) : 0;
      const best = book.bidTick;
      book.setBid(tick, lots);
      this.#resize(this.#buys, tick, before, lots);
      if (book.bidTick > best) this.#reach(this.#sells, -1, book.bidTick, timeNs);
    } else {
      const before = this.#sells.length > 0 ? book.asks.lotsAt(tick) : 0;
      const best = book.askTick;
      book.setAsk(tick, lots);
      this.#resize(this.#sells, tick, before, lots);
      if (book.askTick < best) this.#reach(this.#buys, 1, book.askTick, timeNs);
    }
  }

  /** Others traded. @param side the aggressor's */
  trade(side: number, tick: number, lots: number, timeNs: number): void {
    const orders = side > 0 ? this.#sells : this.#buys;
    for (let i = 0; i < orders.length; i += 1) {
      const order = orders[i]!;
      // How far the trade went beyond our price, seen from our side.
      const beyond = (order.tick - tick) * order.side;
      if (beyond < 0) continue;
      if (beyond === 0) {
        tradeThrough(order.place, lots);
        if (!reached(order.place)) continue;
      }
      orders.splice(i, 1);
      i -= 1;
      this.#onFill(order, timeNs);
    }
  }

  /** A post-only order arrives. */
  place(id: number, side: 1 | -1, tick: number): Answer {
    const { book } = this;
    if (side > 0 ? tick >= book.askTick : tick <= book.bidTick) return 'expired';
    const place = joinQueue(side > 0 ? book.bids.lotsAt(tick) : book.asks.lotsAt(tick));
    (side > 0 ? this.#buys : this.#sells).push({ id, side, tick, place });
    return 'accepted';
  }

  /** A cancel arrives. */
  cancel(id: number): Answer {
    return remove(this.#buys, id) || remove(this.#sells, id) ? 'cancelled' : 'rejected';
  }

  #resize(orders: readonly RestingOrder[], tick: number, beforeLots: number, nowLots: number): void {
    for (let i = 0; i < orders.length; i += 1) {
      const order = orders[i]!;
      if (order.tick === tick) this.#model.resize(order.place, beforeLots, nowLots);
    }
  }

  /** The best price of the other side is now here: orders of ours at it or beyond are filled. */
  #reach(orders: RestingOrder[], side: 1 | -1, tick: number, timeNs: number): void {
    for (let i = 0; i < orders.length; i += 1) {
      const order = orders[i]!;
      if ((order.tick - tick) * side < 0) continue;
      orders.splice(i, 1);
      i -= 1;
      this.#onFill(order, timeNs);
    }
  }
}

function remove(orders: RestingOrder[], id: number): boolean {
  const at = orders.findIndex((order) => order.id === id);
  if (at >= 0) orders.splice(at, 1);
  return at >= 0;
}
