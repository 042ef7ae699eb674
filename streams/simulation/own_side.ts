import { removeOrder, type SimulatedOrder } from './simulated_order.ts';
import type { OrderSide } from './strategy.ts';
import { NO_TICK_ABOVE, NO_TICK_BELOW } from './tick_ladder.ts';

const MARKS = 1 << 16;
const MARK_MASK = MARKS - 1;

/**
 * Our resting orders of one side in the order of arrival, made to be asked about by every row of a tape and to say no at once:
 * a few orders, a best price, and a mark for each tick that may have one.
 */
export class OwnSide {
  readonly orders: SimulatedOrder[] = [];
  /** The price that others reach first, beyond all prices when no order rests. */
  bestTick: number;
  readonly #side: OrderSide;
  /** Orders that share their mark with one before them. */
  #sharing = 0;
  // By the low bits of the tick, one more than the place of the first order there in `orders`; another tick may share a mark.
  readonly #firsts = new Uint16Array(MARKS);

  constructor(side: OrderSide) {
    this.#side = side;
    this.bestTick = side > 0 ? NO_TICK_BELOW : NO_TICK_ABOVE;
  }

  /** Where in `orders` the first may be that rests at a tick; -1 where none does. Others at the tick come after it. */
  firstAt(tick: number): number {
    return this.#firsts[tick & MARK_MASK]! - 1;
  }

  /** Whether each order is the only one at its tick. */
  get single(): boolean {
    return this.#sharing === 0;
  }

  add(order: SimulatedOrder): void {
    this.orders.push(order);
    this.#mark(order, this.orders.length);
    if ((order.tick - this.bestTick) * this.#side > 0) this.bestTick = order.tick;
  }

  /** Takes the order at an index out. */
  removeAt(index: number): void {
    const { orders } = this;
    const gone = orders[index]!.tick;
    for (const { tick } of orders) this.#firsts[tick & MARK_MASK] = 0;
    removeOrder(orders, index);
    this.#sharing = 0;
    for (let i = 0; i < orders.length; i += 1) this.#mark(orders[i]!, i + 1);
    if (gone !== this.bestTick) return;
    this.bestTick = this.#side > 0 ? NO_TICK_BELOW : NO_TICK_ABOVE;
    for (const { tick } of orders) if ((tick - this.bestTick) * this.#side > 0) this.bestTick = tick;
  }

  #mark({ tick }: SimulatedOrder, place: number): void {
    if (this.#firsts[tick & MARK_MASK] === 0) this.#firsts[tick & MARK_MASK] = place;
    else this.#sharing += 1;
  }
}
