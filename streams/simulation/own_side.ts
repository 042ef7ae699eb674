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
  // Counts by the low bits of the tick: another tick may share a mark, and finds no order when it looks.
  readonly #marks = new Uint16Array(MARKS);

  constructor(side: OrderSide) {
    this.#side = side;
    this.bestTick = side > 0 ? NO_TICK_BELOW : NO_TICK_ABOVE;
  }

  /** False where no order of ours rests at a tick. */
  mayRestAt(tick: number): boolean {
    return this.#marks[tick & MARK_MASK]! > 0;
  }

  add(order: SimulatedOrder): void {
    this.orders.push(order);
    this.#marks[order.tick & MARK_MASK]! += 1;
    if ((order.tick - this.bestTick) * this.#side > 0) this.bestTick = order.tick;
  }

  /** Takes the order at an index out. */
  removeAt(index: number): void {
    const gone = this.orders[index]!.tick;
    removeOrder(this.orders, index);
    this.#marks[gone & MARK_MASK]! -= 1;
    if (gone !== this.bestTick) return;
    this.bestTick = this.#side > 0 ? NO_TICK_BELOW : NO_TICK_ABOVE;
    for (const { tick } of this.orders) if ((tick - this.bestTick) * this.#side > 0) this.bestTick = tick;
  }
}
