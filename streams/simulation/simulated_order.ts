import type { QueuePosition } from './queue_position.ts';
import type { OrderSide, OrderType, OwnOrder } from './strategy.ts';

/**
 * An order as both sides have it: what we know of it, which the strategy sees as an {@link OwnOrder}, and what the exchange
 * holds. News travels between the two as messages with a latency; the object is one, so that an order costs one allocation.
 */
export class SimulatedOrder implements OwnOrder, QueuePosition {
  readonly id: number;
  readonly side: OrderSide;
  readonly tick: number;
  readonly lots: number;
  readonly type: OrderType;

  // Ours.
  leftLots: number;
  state: OwnOrder['state'] = 'placing';
  cancelling = false;

  // The exchange's.
  restingLots: number;
  ahead = 0;
  traded = 0;

  constructor(id: number, side: OrderSide, tick: number, lots: number, type: OrderType) {
    this.id = id;
    this.side = side;
    this.tick = tick;
    this.lots = lots;
    this.type = type;
    this.leftLots = lots;
    this.restingLots = lots;
  }
}

/** Takes the order at an index out of a list and closes the gap. `splice` would make an array of what it took. */
export function removeOrder(orders: SimulatedOrder[], index: number): void {
  for (let i = index + 1; i < orders.length; i += 1) orders[i - 1] = orders[i]!;
  orders.pop();
}
