import type { Message, OrderBus } from './order_bus.ts';
import type { OrderLatency } from './order_latency.ts';
import { clearSide } from './queue_exchange.ts';
import { SEEN, type SeenRows } from './rows.ts';
import { removeOrder, SimulatedOrder } from './simulated_order.ts';
import type { Answer, Desk, DeskMarket, OrderSide, OrderType, OwnOrder, Strategy } from './strategy.ts';
import { NO_ASK, NO_BID, TouchBook } from './touch_book.ts';
import { TouchTrail } from './touch_trail.ts';

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
  bidTick = NO_BID;
  askTick = NO_ASK;
  #book: TouchBook | undefined;
  #trail: TouchTrail | undefined;
  /** The first row that no trail tells of. */
  #trailEnd = 0;
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

  /** Our best prices will be those of a trail. @returns the trail, to be written from the first row on */
  follow(): TouchTrail {
    this.#trail = new TouchTrail();
    this.#trailEnd = Number.POSITIVE_INFINITY;
    return this.#trail;
  }

  /**
   * We keep a book of our own.
   *
   * @param fromRow the first row of which nothing else tells
   * @param before the book before it, empty when left out
   */
  keepBook(fromRow: number, before?: TouchBook): void {
    this.#trailEnd = fromRow;
    this.#book = new TouchBook();
    if (before !== undefined) this.#book.copy(before);
  }

  /** Whether our best prices are those of a trail, to the last row. */
  get follows(): boolean {
    return this.#trailEnd === Number.POSITIVE_INFINITY;
  }

  bidLotsAt(tick: number): number {
    return this.#levels().bids.lotsAt(tick);
  }

  askLotsAt(tick: number): number {
    return this.#levels().asks.lotsAt(tick);
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
    const to = receivedBy(rows, from, untilNs);
    if (rows.firstRow < this.#trailEnd) this.#followTrail(rows.firstRow + to);
    else if (this.#book !== undefined) this.#apply(this.#book, rows, from, to);
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

  #levels(): TouchBook {
    if (this.#book !== undefined) return this.#book;
    throw new Error(
      `${this.market.symbol}: levels were asked for by a strategy that wants none; expected book: 'levels'`,
    );
  }

  #followTrail(row: number): void {
    const trail = this.#trail!;
    trail.follow(row);
    this.bidTick = trail.bidTick;
    this.askTick = trail.askTick;
  }

  #apply(book: TouchBook, { localSees, side, tick, lots }: SeenRows, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const seen = localSees[at]!;
      if (seen === SEEN.bid) book.setBid(tick[at]!, lots[at]!);
      else if (seen === SEEN.ask) book.setAsk(tick[at]!, lots[at]!);
      else if (seen === SEEN.clear) clearSide(book, side[at]!, tick[at]!);
    }
    this.bidTick = book.bidTick;
    this.askTick = book.askTick;
  }
}

function receivedBy({ length, localNs }: SeenRows, from: number, untilNs: number): number {
  let at = from;
  while (at < length && localNs[at]! <= untilNs) at += 1;
  return at;
}
