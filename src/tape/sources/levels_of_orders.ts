import { FLAG, KIND, SIDE, type TapeRow } from '../rows.ts';
import { RowError } from './row_error.ts';

/** Orders known at a time at most: NASDAQ has some ten thousand in one stock. */
const ORDERS_MOST = 2_000_000;

/** A level as it is now, and who has seen it become so: bits, see {@link FLAG}. */
export interface MadeLevel {
  readonly side: number;
  readonly tick: number;
  readonly lots: number;
  flags: number;
}

interface Order {
  side: number;
  tick: number;
  lots: number;
}

/** Single orders as one side of a simulation has seen them, and what they add up to. */
class OrderBook {
  readonly #orders = new Map<number, Order>();
  readonly #lots = { bids: new Map<number, number>(), asks: new Map<number, number>() };

  /** @returns ticks whose level has changed @throws RowError where an order joins that is there */
  take({ kind, side, tick, lots, lastId }: TapeRow): readonly Order[] {
    const order = this.#orders.get(lastId);
    if (kind === KIND.orderAdd) {
      if (order !== undefined) throw new RowError('malformed', `order ${lastId} joins the book, and is there already`);
      if (this.#orders.size >= ORDERS_MOST)
        throw new RowError('malformed', `more than ${ORDERS_MOST} orders at a time`);
      const added = { side, tick, lots };
      this.#orders.set(lastId, added);
      return [this.#change(added, lots)];
    }
    // Of an order from before the file nothing is known; a fill tells, and a change or an end of the order follows.
    if (order === undefined || kind === KIND.orderFill) return [];
    const left = this.#change(order, -order.lots);
    if (kind === KIND.orderCancel) {
      this.#orders.delete(lastId);
      return [left];
    }
    const moved = order.tick !== tick;
    order.tick = tick;
    order.lots = lots;
    const joined = this.#change(order, lots);
    return moved ? [left, joined] : [joined];
  }

  /** Empties a side, or both. */
  clear(side: number): void {
    for (const [id, order] of this.#orders) if (side === SIDE.none || order.side === side) this.#orders.delete(id);
    if (side !== SIDE.sell) this.#lots.bids.clear();
    if (side !== SIDE.buy) this.#lots.asks.clear();
  }

  #change({ side, tick }: Order, lots: number): Order {
    const levels = side === SIDE.buy ? this.#lots.bids : this.#lots.asks;
    const now = (levels.get(tick) ?? 0) + lots;
    if (now === 0) levels.delete(tick);
    else levels.set(tick, now);
    return { side, tick, lots: now };
  }
}

/**
 * The levels that single orders add up to, for sources that tell orders and no levels: a book of levels is what most readers of a tape
 * know. The two sides of a simulation may see orders at different places, so there are two books.
 */
export class LevelsOfOrders {
  readonly #books = [
    { flag: FLAG.exchange, book: new OrderBook() },
    { flag: FLAG.local, book: new OrderBook() },
  ] as const;

  /** Takes in a row of an order. @returns the levels that it changes @throws RowError where an order joins that is there */
  take(row: TapeRow): readonly MadeLevel[] {
    const made: MadeLevel[] = [];
    for (const { flag, book } of this.#books) {
      if ((row.flags & flag) === 0) continue;
      for (const { side, tick, lots } of book.take(row)) {
        const same = made.find((one) => one.side === side && one.tick === tick && one.lots === lots);
        if (same === undefined) made.push({ side, tick, lots, flags: flag });
        else same.flags |= flag;
      }
    }
    return made;
  }

  /** Takes in a row that empties a side or both. */
  clear({ side, flags }: TapeRow): void {
    for (const { flag, book } of this.#books) if ((flags & flag) !== 0) book.clear(side);
  }
}
