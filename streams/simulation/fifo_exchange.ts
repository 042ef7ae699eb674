import type { Answers, ExchangeSide } from './exchange_side.ts';
import { OwnSide } from './own_side.ts';
import { clearSide } from './queue_exchange.ts';
import { KIND, SEEN, type SeenRows, SIDE, WHOLE_SIDE } from './rows.ts';
import type { SimulatedOrder } from './simulated_order.ts';
import { TouchBook } from './touch_book.ts';

/** An order in a queue: one of the tape, or ours. */
interface Waiting {
  readonly side: number;
  tick: number;
  lots: number;
  readonly ours: SimulatedOrder | undefined;
}

/** The orders of a side by price, first in first. */
type Queues = Map<number, Waiting[]>;

/**
 * The exchange of a tape that tells single orders (level 3): where ours stand among them is known. Orders of the tape and ours wait in one
 * queue at each price, first in first out, as in hftbacktest's `L3FIFOQueueModel` with `NoPartialFillExchange`.
 *
 * A resting order is filled, wholly and at its own price, when an order of the tape behind it at its price or at a worse one is executed, and
 * when a level of the other side reaches its price. One of the tape that gets larger, or changes its price, goes to the end; a smaller
 * one keeps its place. A clear of a side ends our orders there, as our places in its queues are lost. Of a tape's order from before its
 * beginning nothing is known but that it stood before ours.
 */
export class FifoExchange implements ExchangeSide {
  readonly #book = new TouchBook();
  readonly #buys = new OwnSide(1);
  readonly #sells = new OwnSide(-1);
  readonly #bids: Queues = new Map();
  readonly #asks: Queues = new Map();
  /** Orders of the tape by id. */
  readonly #orders = new Map<number, Waiting>();
  readonly #answers: Answers;
  readonly #through: boolean;

  /** @param through whether executions at a worse price than ours fill us, as they would have; false is what hftbacktest 2.4.4 does */
  constructor(answers: Answers, through = true) {
    this.#answers = answers;
    this.#through = through;
  }

  drain(rows: SeenRows, from: number, untilNs: number): number {
    const { length, exchangeNs, exchangeSees, side, tick, lots } = rows;
    let limitNs = untilNs;
    let at = from;
    for (; at < length && exchangeNs[at]! <= limitNs; at += 1) {
      const nowNs = exchangeNs[at]!;
      const seen = exchangeSees[at]!;
      let answered = false;
      if (seen === SEEN.bid) answered = this.#level(1, tick[at]!, lots[at]!, nowNs);
      else if (seen === SEEN.ask) answered = this.#level(-1, tick[at]!, lots[at]!, nowNs);
      else if (seen === SEEN.order) answered = this.#order(rows, at, nowNs);
      else if (seen === SEEN.clear) answered = this.#clear(side[at]!, tick[at]!, nowNs);
      // Our side hears of it before the exchange goes beyond that time.
      if (answered) limitNs = Math.min(limitNs, this.#answers.nextNs);
    }
    return at;
  }

  place(order: SimulatedOrder, nowNs: number): void {
    const { bidTick, askTick } = this.#book;
    const { side, tick, type } = order;
    const crosses = side > 0 ? tick >= askTick : tick <= bidTick;
    const rests = type === 'postOnly' || type === 'limit';
    if (crosses && type !== 'postOnly')
      this.#answers.fill(order, nowNs, side > 0 ? askTick : bidTick, order.restingLots, false);
    else if (crosses || !rests) this.#answers.tell('expired', order, nowNs);
    else {
      this.#ownSide(side).add(order);
      queueAt(this.#queues(side), tick).push({ side, tick, lots: order.lots, ours: order });
      this.#answers.tell('accepted', order, nowNs);
    }
  }

  cancel(order: SimulatedOrder, nowNs: number): void {
    const own = this.#ownSide(order.side);
    const at = own.orders.indexOf(order);
    if (at >= 0) this.#leave(own, at);
    this.#answers.tell(at >= 0 ? 'cancelled' : 'rejected', order, nowNs);
  }

  /** A level has a new size. @returns whether orders of ours were filled */
  #level(side: 1 | -1, tick: number, lots: number, nowNs: number): boolean {
    const improves = lots > 0 && (side > 0 ? tick > this.#book.bidTick : tick < this.#book.askTick);
    if (side > 0) this.#book.setBid(tick, lots);
    else this.#book.setAsk(tick, lots);
    // Ours at the price or beyond it, on the other side.
    return improves && this.#fill(this.#ownSide(-side), (order) => (tick - order.tick) * side >= 0, nowNs);
  }

  /** Something happens to an order of the tape. @returns whether orders of ours were filled */
  #order({ kind, side, tick, lots, lastId }: SeenRows, at: number, nowNs: number): boolean {
    const id = lastId[at]!;
    const order = this.#orders.get(id);
    switch (kind[at]) {
      case KIND.orderAdd: {
        const added = { side: side[at]!, tick: tick[at]!, lots: lots[at]!, ours: undefined };
        this.#orders.set(id, added);
        queueAt(this.#queues(added.side), added.tick).push(added);
        return false;
      }
      case KIND.orderCancel:
        if (order !== undefined) remove(this.#queues(order.side), order);
        this.#orders.delete(id);
        return false;
      case KIND.orderModify:
        if (order !== undefined) this.#modify(order, tick[at]!, lots[at]!);
        return false;
      default:
        return this.#executed(side[at]!, tick[at]!, order, nowNs);
    }
  }

  #modify(order: Waiting, tick: number, lots: number): void {
    const queues = this.#queues(order.side);
    const stays = tick === order.tick && lots <= order.lots;
    if (!stays) remove(queues, order);
    order.tick = tick;
    order.lots = lots;
    if (!stays) queueAt(queues, tick).push(order);
  }

  /** An order of the tape is executed: those of ours that stood before it are, too. @returns whether there were any */
  #executed(side: number, tick: number, order: Waiting | undefined, nowNs: number): boolean {
    const own = this.#ownSide(side);
    if (own.orders.length === 0) return false;
    const before = new Set<SimulatedOrder>();
    if (order !== undefined) {
      for (const one of queueAt(this.#queues(side), order.tick)) {
        if (one === order) break;
        if (one.ours !== undefined) before.add(one.ours);
      }
    }
    const through = this.#through;
    return this.#fill(own, (ours) => (through && (ours.tick - tick) * side > 0) || before.has(ours), nowNs);
  }

  /** @returns whether orders of ours have ended */
  #clear(side: number, tick: number, nowNs: number): boolean {
    clearSide(this.#book, side, tick);
    if (side !== SIDE.none && tick !== WHOLE_SIDE) return false;
    for (const [id, order] of this.#orders) if (side === SIDE.none || order.side === side) this.#orders.delete(id);
    if (side !== SIDE.sell) this.#bids.clear();
    if (side !== SIDE.buy) this.#asks.clear();
    const sides = side === SIDE.none ? [this.#buys, this.#sells] : [this.#ownSide(side)];
    const ended = sides.flatMap(({ orders }) => [...orders]);
    for (const order of ended) {
      const own = this.#ownSide(order.side);
      own.removeAt(own.orders.indexOf(order));
      this.#answers.tell('expired', order, nowNs);
    }
    return ended.length > 0;
  }

  #fill(own: OwnSide, isFilled: (order: SimulatedOrder) => boolean, nowNs: number): boolean {
    let filled = false;
    for (let i = 0; i < own.orders.length; ) {
      const order = own.orders[i]!;
      if (isFilled(order)) {
        this.#leave(own, i);
        this.#answers.fill(order, nowNs, order.tick, order.restingLots, true);
        filled = true;
      } else i += 1;
    }
    return filled;
  }

  /** Takes our order at an index out of its side and its queue. */
  #leave(own: OwnSide, index: number): void {
    const { side, tick } = own.orders[index]!;
    const queues = this.#queues(side);
    remove(queues, queueAt(queues, tick).find(({ ours }) => ours === own.orders[index])!);
    own.removeAt(index);
  }

  #ownSide(side: number): OwnSide {
    return side > 0 ? this.#buys : this.#sells;
  }

  #queues(side: number): Queues {
    return side > 0 ? this.#bids : this.#asks;
  }
}

function queueAt(queues: Queues, tick: number): Waiting[] {
  let queue = queues.get(tick);
  if (queue === undefined) {
    queue = [];
    queues.set(tick, queue);
  }
  return queue;
}

function remove(queues: Queues, order: Waiting): void {
  const queue = queueAt(queues, order.tick);
  queue.splice(queue.indexOf(order), 1);
  if (queue.length === 0) queues.delete(order.tick);
}
