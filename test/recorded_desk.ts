import type { Market } from '../streams/market/types.ts';
import type { Desk, OrderSide, OrderType, OwnOrder } from '../streams/simulation/strategy.ts';
import { NO_ASK } from '../streams/simulation/touch_book.ts';

/** A market for strategies: a tick is a cent, a lot a thousandth, so that at 10,000 ticks an order of 100 is 1,000 lots. */
export const DESK_MARKET: Market = {
  ...{ symbol: 'XUSDC', venue: 'binance-spot', base: 'X', quote: 'USDC' },
  ...{ tickSize: '0.01', lotSize: '0.001', contract: 'linear', contractSize: '1' },
};

/** A desk that a test sets up by hand, and that writes down what is asked of it: `buy 1000@9990 postOnly`, `cancel 1`. */
export class RecordedDesk implements Desk {
  readonly index = 0;
  readonly market = DESK_MARKET;
  nowNs = 0;
  bidTick = 0;
  askTick: number = NO_ASK;
  positionLots = 0;
  cashTickLots = 0;
  askLots = 1_000_000;
  orders: { -readonly [Key in keyof OwnOrder]: OwnOrder[Key] }[] = [];
  #asked: string[] = [];
  #placed = 0;

  bidLotsAt(): number {
    return 1_000_000;
  }

  askLotsAt(): number {
    return this.askLots;
  }

  place(side: OrderSide, tick: number, lots: number, type: OrderType): OwnOrder {
    this.#placed += 1;
    const order = {
      id: this.#placed,
      side,
      tick,
      lots,
      type,
      leftLots: lots,
      state: 'placing',
      cancelling: false,
    } as const;
    this.orders.push({ ...order });
    this.#asked.push(`${side > 0 ? 'buy' : 'sell'} ${lots}@${tick} ${type}`);
    return order;
  }

  cancel(order: OwnOrder): void {
    this.orders.find(({ id }) => id === order.id)!.cancelling = true;
    this.#asked.push(`cancel ${order.id}`);
  }

  /** What was asked since the last time. */
  asked(): readonly string[] {
    const asked = this.#asked;
    this.#asked = [];
    return asked;
  }
}
