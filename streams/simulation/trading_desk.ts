import type { Message, OrderBus } from './order_bus.ts';
import type { OrderLatency } from './order_latency.ts';
import { clearSide } from './queue_exchange.ts';
import { SEEN, type SeenRows } from './rows.ts';
import { removeOrder, SimulatedOrder } from './simulated_order.ts';
import type { Answer, Desk, DeskMarket, OrderSide, OrderType, OwnOrder, Strategy } from './strategy.ts';
import { TouchBook } from './touch_book.ts';

/** Orders of ours that may be open at once in one market: a strategy that places without end fails soon and says so. */
const OPEN_ORDERS_MOST = 10_000;

/** Our side of one market: the book as we have received it, our orders and holdings as we have heard of them. */
export class TradingDesk implements Desk {
  readonly index: number;
  readonly market: DeskMarket;
  nowNs = Number.NEGATIVE_INFINITY;
  positionLots = 0;
  cashTickLots = 0;
  /** Requests sent. */
  requests = 0;
  readonly orders: SimulatedOrder[] = [];
  readonly #book = new TouchBook();
  readonly #toExchange: OrderBus;
  readonly #fromExchange: OrderBus;
  readonly #latency: OrderLatency;
  #placed = 0;

  constructor(index: number, market: DeskMarket, toExchange: OrderBus, fromExchange: OrderBus, latency: OrderLatency) {
    this.index = index;
    this.market = market;
    this.#toExchange = toExchange;
    this.#fromExchange = fromExchange;
    this.#latency = latency;
  }

  get bidTick(): number {
    return this.#book.bidTick;
  }

  get askTick(): number {
    return this.#book.askTick;
  }

  bidLotsAt(tick: number): number {
    return this.#book.bids.lotsAt(tick);
  }

  askLotsAt(tick: number): number {
    return this.#book.asks.lotsAt(tick);
  }

  place(side: OrderSide, tick: number, lots: number, type: OrderType): OwnOrder {
    if ((tick | 0) !== tick) throw new RangeError(`price of ${tick} ticks: expected a 32-bit integer`);
    if (!Number.isSafeInteger(lots) || lots <= 0)
      throw new RangeError(`size of ${lots} lots: expected an integer from 1`);
    if (this.orders.length === OPEN_ORDERS_MOST)
      throw new RangeError(`${OPEN_ORDERS_MOST} orders are open at ${this.market.symbol}: expected fewer`);
    this.#placed += 1;
    const order = new SimulatedOrder(this.#placed, side, tick, lots, type);
    this.orders.push(order);
    this.#request('place', order);
    return order;
  }

  cancel(order: OwnOrder): void {
    if (!(order instanceof SimulatedOrder)) throw new TypeError('an order that no desk has placed');
    if (order.state === 'gone' || order.cancelling) return;
    order.cancelling = true;
    this.#request('cancel', order);
  }

  /** Takes in the rows from an index on that we have received by a time. @returns the index of the next row */
  receive(rows: SeenRows, from: number, untilNs: number, strategy: Strategy): number {
    const to = strategy.usesBook === false ? receivedBy(rows, from, untilNs) : this.#keepBook(rows, from, untilNs);
    if (to > from && strategy.observe !== undefined) {
      this.nowNs = rows.localNs[to - 1]!;
      strategy.observe(this, rows, from, to);
    }
    return to;
  }

  /** An answer arrives. */
  hear(message: Message, strategy: Strategy): void {
    const { order, kind } = message;
    this.nowNs = message.arrivesNs;
    if (kind === 'filled') {
      order.leftLots -= message.lots;
      this.positionLots += order.side * message.lots;
      this.cashTickLots -= order.side * message.lots * message.tick;
      if (order.leftLots === 0) this.#forget(order);
    } else if (kind === 'accepted') order.state = 'working';
    else if (kind === 'rejected' && order.cancelling) order.cancelling = false;
    else this.#forget(order);
    strategy.hear?.(this, message as Answer);
  }

  #request(kind: 'place' | 'cancel', order: SimulatedOrder): void {
    this.requests += 1;
    const entryNs = this.#latency.entryNs(this.nowNs);
    if (entryNs >= 0) this.#toExchange.send(this.nowNs + entryNs, kind, order);
    else this.#fromExchange.send(this.nowNs - entryNs, 'rejected', order).exchangeNs = Number.NaN;
  }

  #forget(order: SimulatedOrder): void {
    order.state = 'gone';
    order.cancelling = false;
    const at = this.orders.indexOf(order);
    if (at >= 0) removeOrder(this.orders, at);
  }

  #keepBook(rows: SeenRows, from: number, untilNs: number): number {
    const { length, localNs, localSees, tick, lots } = rows;
    const book = this.#book;
    let at = from;
    for (; at < length && localNs[at]! <= untilNs; at += 1) {
      const seen = localSees[at]!;
      if (seen === SEEN.bid) book.setBid(tick[at]!, lots[at]!);
      else if (seen === SEEN.ask) book.setAsk(tick[at]!, lots[at]!);
      else if (seen === SEEN.clear) clearSide(book, rows.side[at]!, tick[at]!);
    }
    return at;
  }
}

function receivedBy({ length, localNs }: SeenRows, from: number, untilNs: number): number {
  let at = from;
  while (at < length && localNs[at]! <= untilNs) at += 1;
  return at;
}
