import { Tape, type TapeBatch } from '../../src/tape/reader.ts';
import { FLAG, KIND, SIDE } from '../../src/tape/rows.ts';
import type { QueuePositionModel } from '../../streams/simulation/queue_position.ts';
import { NO_ASK, TouchBook } from '../../streams/simulation/touch_book.ts';
import { type Answer, WholeFillExchange } from '../../streams/simulation/whole_fill_exchange.ts';

/** A fill: the exchange's time in nanoseconds from the tape's origin, our side, the price in ticks. */
export type Fill = readonly [timeNs: number, side: number, tick: number];

/** How the grid is run. Latencies are nanoseconds and constant, as in the field's benchmark. */
export interface GridOptions {
  readonly model: QueuePositionModel;
  readonly intervalNs: number;
  /** Added to the tape's receive time. */
  readonly feedLatencyNs: number;
  readonly orderLatencyNs: number;
  readonly responseLatencyNs: number;
  /** Size of an order and the position beyond which a side is not quoted, in units of the market. */
  readonly clip: number;
  readonly positionMax: number;
  readonly halfTicks: number;
}

/** What a run gives. */
export interface GridOutcome {
  readonly fills: readonly Fill[];
  readonly position: number;
  readonly wakes: number;
  readonly requests: number;
  readonly rows: number;
}

const LEVELS = 5;

/** Messages between us and the exchange in order of arrival, used again: a ring of numbers. */
class Bus {
  readonly #times: number[] = [];
  readonly #messages: Message[] = [];
  #head = 0;
  nextNs = Number.POSITIVE_INFINITY;

  push(timeNs: number, message: Message): void {
    this.#times.push(timeNs);
    this.#messages.push(message);
    this.nextNs = this.#times[this.#head]!;
  }

  shift(): Message {
    const message = this.#messages[this.#head]!;
    this.#head += 1;
    if (this.#head === this.#times.length) {
      this.#times.length = 0;
      this.#messages.length = 0;
      this.#head = 0;
    }
    this.nextNs = this.#times[this.#head] ?? Number.POSITIVE_INFINITY;
    return message;
  }
}

interface Message {
  readonly what: 'place' | 'cancel' | 'fill' | Answer;
  readonly order: OwnOrder;
}

/** Our order as we know it: what of it is on its way, and whether it rests as far as we know. */
interface OwnOrder {
  readonly id: number;
  readonly side: 1 | -1;
  readonly tick: number;
  resting: boolean;
  requested: boolean;
  gone: boolean;
}

/** One side's view of a tape: the rows that it sees, in their order. */
class Cursor {
  readonly tape: Tape;
  readonly #flag: number;
  readonly #addedNs: number;
  batch: TapeBatch;
  at = -1;
  nextNs = Number.POSITIVE_INFINITY;
  rows = 0;
  #index = 0;
  readonly #exchange: boolean;

  constructor(path: string, flag: number, addedNs: number) {
    this.tape = Tape.open(path);
    this.#flag = flag;
    this.#exchange = flag === FLAG.exchange;
    this.#addedNs = addedNs;
    this.batch = this.tape.batch(0);
    this.next();
  }

  /** Goes to the next row that this side sees. */
  next(): void {
    this.at += 1;
    for (;;) {
      for (; this.at < this.batch.length; this.at += 1) {
        if ((this.batch.flags[this.at]! & this.#flag) === 0) continue;
        this.nextNs = (this.#exchange ? this.batch.eventNs[this.at]! : this.batch.receiveNs[this.at]!) + this.#addedNs;
        this.rows += 1;
        return;
      }
      this.#index += 1;
      if (this.#index >= this.tape.batchCount) {
        this.nextNs = Number.POSITIVE_INFINITY;
        return;
      }
      this.batch = this.tape.batch(this.#index);
      this.at = 0;
    }
  }
}

/**
 * Runs the grid over a tape: the exchange sees each row at its event time, we see it at its receive time, orders and answers
 * travel in between. At one time our data comes first, then answers to us, then the exchange's data, then our orders there.
 * Two readers of one tape, so memory is two batches.
 */
export class GridEngine {
  readonly #options: GridOptions;
  readonly #exchangeRows: Cursor;
  readonly #ourRows: Cursor;
  readonly #toExchange = new Bus();
  readonly #toUs = new Bus();
  readonly #exchange: WholeFillExchange;
  readonly #book = new TouchBook();
  readonly #orders = new Map<number, OwnOrder>();
  readonly #known = new Map<number, OwnOrder>();
  readonly #fills: Fill[] = [];
  #position = 0;
  #wakes = 0;
  #requests = 0;

  constructor(path: string, options: GridOptions) {
    this.#options = options;
    this.#exchangeRows = new Cursor(path, FLAG.exchange, 0);
    this.#ourRows = new Cursor(path, FLAG.local, options.feedLatencyNs);
    this.#exchange = new WholeFillExchange(options.model, (order, timeNs) => {
      this.#fills.push([timeNs, order.side, order.tick]);
      this.#answer(timeNs, 'fill', this.#known.get(order.id)!);
    });
  }

  /** Runs to the end of the tape. */
  run(): GridOutcome {
    let nowNs = Math.min(this.#exchangeRows.nextNs, this.#ourRows.nextNs);
    while (this.#advance(nowNs + this.#options.intervalNs)) {
      nowNs += this.#options.intervalNs;
      this.#wakes += 1;
      this.#quote(nowNs);
    }
    const { rows } = this.#exchangeRows;
    this.#exchangeRows.tape.close();
    this.#ourRows.tape.close();
    return {
      fills: this.#fills,
      position: this.#position,
      wakes: this.#wakes,
      requests: this.#requests,
      rows,
    };
  }

  /** Lets everything happen that is due by a time. @returns false when nothing is left to happen */
  #advance(untilNs: number): boolean {
    const [ours, theirs, toUs, toExchange] = [this.#ourRows, this.#exchangeRows, this.#toUs, this.#toExchange];
    for (;;) {
      const dataNs = ours.nextNs;
      const theirNs = theirs.nextNs;
      const answerNs = toUs.nextNs;
      const orderNs = toExchange.nextNs;
      const nextNs = Math.min(dataNs, theirNs, answerNs, orderNs);
      if (nextNs > untilNs) return nextNs !== Number.POSITIVE_INFINITY;
      if (dataNs === nextNs) {
        this.#see(ours.batch, ours.at);
        ours.next();
      } else if (answerNs === nextNs) this.#hear(toUs.shift());
      else if (theirNs === nextNs) {
        this.#happen(theirs.batch, theirs.at, nextNs);
        theirs.next();
      } else this.#arrive(toExchange.shift(), nextNs);
    }
  }

  #see({ kind, side, tick, lots }: TapeBatch, at: number): void {
    const what = kind[at]!;
    if (what === KIND.level || what === KIND.snapshotLevel) {
      if (side[at] === SIDE.buy) this.#book.setBid(tick[at]!, lots[at]!);
      else this.#book.setAsk(tick[at]!, lots[at]!);
    } else if (what === KIND.clear) clear(this.#book, side[at]!);
  }

  #happen({ kind, side, tick, lots }: TapeBatch, at: number, timeNs: number): void {
    const what = kind[at]!;
    if (what === KIND.level || what === KIND.snapshotLevel)
      this.#exchange.level(side[at]!, tick[at]!, lots[at]!, timeNs);
    else if (what === KIND.trade) this.#exchange.trade(side[at]!, tick[at]!, lots[at]!, timeNs);
    else if (what === KIND.clear) clear(this.#exchange.book, side[at]!);
  }

  #arrive({ what, order }: Message, timeNs: number): void {
    if (what === 'place') {
      this.#known.set(order.id, order);
      this.#answer(timeNs, this.#exchange.place(order.id, order.side, order.tick), order);
    } else this.#answer(timeNs, this.#exchange.cancel(order.id), order);
  }

  #answer(timeNs: number, what: Message['what'], order: OwnOrder): void {
    this.#toUs.push(timeNs + this.#options.responseLatencyNs, { what, order });
  }

  #hear({ what, order }: Message): void {
    if (what === 'fill') this.#position += this.#options.clip * order.side;
    if (what === 'accepted') order.resting = true;
    else if (what !== 'rejected') order.gone = true;
    // A refused cancel changes nothing: the fill that made it too late has been heard before.
    order.requested = false;
  }

  #quote(nowNs: number): void {
    for (const order of this.#orders.values()) if (order.gone) this.#orders.delete(order.id);
    const { bidTick, askTick } = this.#book;
    if (bidTick <= 0 || askTick >= NO_ASK || askTick <= bidTick) return;
    const { clip, positionMax, halfTicks } = this.#options;
    const position = this.#position;
    const reservation = (bidTick + askTick) / 2 - (position / clip) * 0.5;
    const bid = Math.min(Math.floor(reservation - halfTicks), bidTick);
    const ask = Math.max(Math.ceil(reservation + halfTicks), askTick);
    for (const order of this.#orders.values()) {
      if (!order.resting || order.requested) continue;
      const stays =
        order.side > 0
          ? order.tick <= bid && order.tick > bid - LEVELS && position < positionMax
          : order.tick >= ask && order.tick < ask + LEVELS && position > -positionMax;
      if (!stays) this.#request('cancel', order, nowNs);
    }
    for (let i = 0; i < LEVELS; i += 1) {
      if (position < positionMax) this.#place(1, bid - i, nowNs);
      if (position > -positionMax) this.#place(-1, ask + i, nowNs);
    }
  }

  #place(side: 1 | -1, tick: number, nowNs: number): void {
    if (this.#orders.has(tick)) return;
    const order: OwnOrder = { id: tick, side, tick, resting: false, requested: false, gone: false };
    this.#orders.set(tick, order);
    this.#request('place', order, nowNs);
  }

  #request(what: 'place' | 'cancel', order: OwnOrder, nowNs: number): void {
    order.requested = true;
    this.#requests += 1;
    this.#toExchange.push(nowNs + this.#options.orderLatencyNs, { what, order });
  }
}

function clear(book: TouchBook, side: number): void {
  if (side !== SIDE.sell) book.clearBids();
  if (side !== SIDE.buy) book.clearAsks();
}
