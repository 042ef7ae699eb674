import type { OrderBus } from './order_bus.ts';
import type { OrderLatency } from './order_latency.ts';
import type { SeenRows } from './rows.ts';
import type { SimulatedOrder } from './simulated_order.ts';
import type { AnswerKind } from './strategy.ts';
import type { TouchBook } from './touch_book.ts';
import type { TouchTrail } from './touch_trail.ts';

/** An exchange made out of a market's rows: it sees each at its event time, and our orders when they arrive. */
export interface ExchangeSide {
  /**
   * Takes in the rows from an index on whose time is at most `untilNs`, and stops early when it has answered and the answer
   * arrives before that: we may act on it. @returns the index of the next row
   */
  drain(rows: SeenRows, from: number, untilNs: number): number;
  /** An order of ours arrives. */
  place(order: SimulatedOrder, nowNs: number): void;
  /** A cancel of ours arrives. */
  cancel(order: SimulatedOrder, nowNs: number): void;
  /**
   * Has the moves of its best prices written down from here on, or no longer; absent where it keeps no book of levels.
   *
   * @returns its book as it stands, which who followed may copy
   */
  leaveTrail?(trail: TouchTrail | undefined): TouchBook;
}

/** Told of each execution as it happens at the exchange, before we hear of it. */
export type OnExecution = (order: SimulatedOrder, timeNs: number, tick: number, lots: number, maker: boolean) => void;

/** The exchange's way to us: every answer takes the response latency. */
export class Answers {
  readonly #bus: OrderBus;
  readonly #latency: OrderLatency;
  readonly #onExecution: OnExecution;

  constructor(bus: OrderBus, latency: OrderLatency, onExecution: OnExecution) {
    this.#bus = bus;
    this.#latency = latency;
    this.#onExecution = onExecution;
  }

  /** When the next answer arrives. */
  get nextNs(): number {
    return this.#bus.nextNs;
  }

  /** Answers a request, or tells the end of an order. */
  tell(kind: Exclude<AnswerKind, 'filled'>, order: SimulatedOrder, nowNs: number): void {
    this.#bus.send(nowNs + this.#latency.responseNs(nowNs), kind, order).exchangeNs = nowNs;
  }

  /** Executes part of an order, and tells. */
  fill(order: SimulatedOrder, nowNs: number, tick: number, lots: number, maker: boolean): void {
    order.restingLots -= lots;
    const message = this.#bus.send(nowNs + this.#latency.responseNs(nowNs), 'filled', order);
    message.exchangeNs = nowNs;
    message.tick = tick;
    message.lots = lots;
    message.maker = maker;
    this.#onExecution(order, nowNs, tick, lots, maker);
  }
}
