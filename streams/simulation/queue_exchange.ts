import type { Answers, ExchangeSide } from './exchange_side.ts';
import { OwnSide } from './own_side.ts';
import { type QueuePositionModel, reached, tradeThrough } from './queue_position.ts';
import { SEEN, type SeenRows, SIDE, WHOLE_SIDE } from './rows.ts';
import type { SimulatedOrder } from './simulated_order.ts';
import { TouchBook } from './touch_book.ts';
import type { TouchTrail } from './touch_trail.ts';

/**
 * How much of an order is filled at a time.
 *
 * - `whole`: all of it. One that takes is filled at the other side's best price whatever is there (hftbacktest's
 *   `NoPartialFillExchange`). For orders that are small beside the market.
 * - `partial`: what a trade leaves once the queue ahead is eaten, and what the levels hold that an order takes
 *   (`PartialFillExchange`).
 */
export type FillModel = 'whole' | 'partial';

/**
 * The exchange of a tape that tells levels and trades (level 2): where our orders stand in a level is a model's estimate.
 *
 * A resting order is filled at its own price: wholly when a level of the other side reaches its price or a trade goes through it,
 * and when trades at its price have eaten the queue ahead of it. The market doesn't react: what we took is still there for the
 * next. Equal to hftbacktest in what is filled when.
 */
export class QueueExchange implements ExchangeSide {
  readonly #book = new TouchBook();
  readonly #buys = new OwnSide(1);
  readonly #sells = new OwnSide(-1);
  readonly #model: QueuePositionModel;
  readonly #answers: Answers;
  readonly #fills: FillModel;
  #trail: TouchTrail | undefined;

  constructor(model: QueuePositionModel, answers: Answers, fills: FillModel) {
    this.#model = model;
    this.#answers = answers;
    this.#fills = fills;
  }

  leaveTrail(trail: TouchTrail | undefined): TouchBook {
    this.#trail = trail;
    return this.#book;
  }

  drain(rows: SeenRows, from: number, untilNs: number): number {
    const { length, exchangeNs, exchangeSees, tick, lots } = rows;
    const [book, buys, sells] = [this.#book, this.#buys, this.#sells];
    let { bidTick, askTick } = book;
    let limitNs = untilNs;
    let at = from;
    for (; at < length && exchangeNs[at]! <= limitNs; at += 1) {
      const seen = exchangeSees[at]!;
      let filled = false;
      if (seen === SEEN.bid) {
        const before = book.setBid(tick[at]!, lots[at]!);
        const first = buys.firstAt(tick[at]!);
        if (first >= 0) this.#resize(buys, first, tick[at]!, before, lots[at]!);
      } else if (seen === SEEN.ask) {
        const before = book.setAsk(tick[at]!, lots[at]!);
        const first = sells.firstAt(tick[at]!);
        if (first >= 0) this.#resize(sells, first, tick[at]!, before, lots[at]!);
      } else if (seen === SEEN.buyTrade) filled = this.#trade(sells, -1, rows, at);
      else if (seen === SEEN.sellTrade) filled = this.#trade(buys, 1, rows, at);
      else if (seen === SEEN.clear) clearSide(book, rows.side[at]!, tick[at]!);
      if (book.bidTick !== bidTick || book.askTick !== askTick) {
        filled = this.#touchMoved(rows, at, bidTick, askTick);
        ({ bidTick, askTick } = book);
      }
      // Our side hears of it before the exchange goes beyond that time.
      if (filled) limitNs = Math.min(limitNs, this.#answers.nextNs);
    }
    return at;
  }

  place(order: SimulatedOrder, nowNs: number): void {
    const { bidTick, askTick } = this.#book;
    const crosses = order.side > 0 ? order.tick >= askTick : order.tick <= bidTick;
    const rests = order.type === 'postOnly' || order.type === 'limit';
    if (crosses ? order.type === 'postOnly' : !rests) this.#answers.tell('expired', order, nowNs);
    else if (crosses) this.#take(order, nowNs);
    else {
      order.ahead = order.side > 0 ? this.#book.bids.lotsAt(order.tick) : this.#book.asks.lotsAt(order.tick);
      order.traded = 0;
      (order.side > 0 ? this.#buys : this.#sells).add(order);
      this.#answers.tell('accepted', order, nowNs);
    }
  }

  cancel(order: SimulatedOrder, nowNs: number): void {
    const own = order.side > 0 ? this.#buys : this.#sells;
    const at = own.orders.indexOf(order);
    if (at >= 0) own.removeAt(at);
    this.#answers.tell(at >= 0 ? 'cancelled' : 'rejected', order, nowNs);
  }

  /** An order takes: from the best level on, as far as its price and what is there go. */
  #take(order: SimulatedOrder, nowNs: number): void {
    const { side, tick, type } = order;
    const { bidTick, askTick, bids, asks } = this.#book;
    const best = side > 0 ? askTick : bidTick;
    if (this.#fills === 'whole') {
      this.#answers.fill(order, nowNs, best, order.restingLots, false);
      return;
    }
    if (type === 'fillOrKill' && this.#takeable(order) < order.lots) {
      this.#answers.tell('expired', order, nowNs);
      return;
    }
    for (
      let at = best;
      order.restingLots > 0 && (tick - at) * side >= 0;
      at = side > 0 ? asks.above(at) : bids.below(at)
    ) {
      // A limit order can't rest in the other side's book, which doesn't know of it: what is left goes at its price, as in hftbacktest.
      if (at === tick && type === 'limit') break;
      const there = side > 0 ? asks.lotsAt(at) : bids.lotsAt(at);
      this.#answers.fill(order, nowNs, at, Math.min(there, order.restingLots), false);
    }
    if (order.restingLots === 0) return;
    if (type === 'limit') this.#answers.fill(order, nowNs, tick, order.restingLots, false);
    else this.#answers.tell('expired', order, nowNs);
  }

  /** Lots on the other side up to an order's price. */
  #takeable({ side, tick }: SimulatedOrder): number {
    const { bidTick, askTick, bids, asks } = this.#book;
    let lots = 0;
    for (
      let at = side > 0 ? askTick : bidTick;
      (tick - at) * side >= 0;
      at = side > 0 ? asks.above(at) : bids.below(at)
    ) {
      lots += side > 0 ? asks.lotsAt(at) : bids.lotsAt(at);
    }
    return lots;
  }

  /**
   * A row has moved the best prices.
   *
   * @returns whether orders of ours were filled: those that a better price has reached
   */
  #touchMoved({ firstRow, exchangeNs }: SeenRows, at: number, bidBefore: number, askBefore: number): boolean {
    const { bidTick, askTick } = this.#book;
    this.#trail?.push(firstRow + at, bidTick, askTick);
    const [buys, sells] = [this.#buys, this.#sells];
    if (bidTick > bidBefore && bidTick >= sells.bestTick) return this.#reach(sells, -1, bidTick, exchangeNs[at]!);
    if (askTick < askBefore && askTick <= buys.bestTick) return this.#reach(buys, 1, askTick, exchangeNs[at]!);
    return false;
  }

  #resize({ orders, single }: OwnSide, first: number, tick: number, beforeLots: number, nowLots: number): void {
    for (let i = first; i < orders.length; i += 1) {
      const order = orders[i]!;
      if (order.tick === tick) this.#model.resize(order, beforeLots, nowLots);
      if (single) return;
    }
  }

  /** The best price of the other side is now here: orders of ours at it or beyond are filled. @returns true, as there are some */
  #reach(own: OwnSide, side: 1 | -1, tick: number, nowNs: number): true {
    const { orders } = own;
    for (let i = 0; i < orders.length; ) {
      const order = orders[i]!;
      if ((order.tick - tick) * side >= 0) {
        own.removeAt(i);
        this.#answers.fill(order, nowNs, order.tick, order.restingLots, true);
      } else i += 1;
    }
    return true;
  }

  /**
   * Others traded at a price: orders of ours beyond it are filled, and those at it once trades have come through to them.
   *
   * @returns whether orders of ours were filled
   */
  #trade(own: OwnSide, side: 1 | -1, rows: SeenRows, at: number): boolean {
    const tick = rows.tick[at]!;
    if ((own.bestTick - tick) * side < 0) return false;
    const { orders } = own;
    const lots = rows.lots[at]!;
    let filled = false;
    for (let i = 0; i < orders.length; ) {
      const order = orders[i]!;
      const beyond = (order.tick - tick) * side;
      if (beyond === 0) tradeThrough(order, lots);
      const part = beyond > 0 ? order.restingLots : beyond === 0 ? this.#reachedLots(order, lots) : 0;
      if (part > 0) {
        this.#answers.fill(order, rows.exchangeNs[at]!, order.tick, part, true);
        filled = true;
      }
      if (order.restingLots === 0) own.removeAt(i);
      else i += 1;
    }
    return filled;
  }

  /** What of a trade at its price comes through to an order, in whole lots. */
  #reachedLots(order: SimulatedOrder, tradedLots: number): number {
    if (!reached(order)) return 0;
    return this.#fills === 'whole'
      ? order.restingLots
      : Math.min(Math.floor(-order.ahead), tradedLots, order.restingLots);
  }
}

/** Empties one side of a book or both, up to a tick or wholly. @param side see SIDE; `none` is both */
export function clearSide(book: TouchBook, side: number, tick: number): void {
  if (side === SIDE.none || tick === WHOLE_SIDE) {
    if (side !== SIDE.sell) book.clearBids();
    if (side !== SIDE.buy) book.clearAsks();
  } else if (side === SIDE.buy) book.clearBidsTo(tick);
  else book.clearAsksTo(tick);
}
