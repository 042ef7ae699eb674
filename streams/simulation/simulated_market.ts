import type { ExchangeSide } from './exchange_side.ts';
import type { OrderBus } from './order_bus.ts';
import type { SeenRows } from './rows.ts';
import type { Strategy } from './strategy.ts';
import type { TradingDesk } from './trading_desk.ts';

/** Where a market's rows come from: a tape in pages, which two readers go through one after the other. */
export interface RowPages {
  /**
   * The page of an index, or undefined behind the last one. It stays valid until the same reader asks for another.
   *
   * @param reader 0 the exchange's side, 1 ours
   */
  page(reader: 0 | 1, index: number): SeenRows | undefined;
}

/** Answers at one time: ten for each order that may be open. */
const HEARD_AT_ONCE_MOST = 100_000;

/** What a market is made of. */
export interface SimulatedMarketParts {
  readonly pages: RowPages;
  readonly exchange: ExchangeSide;
  readonly desk: TradingDesk;
  readonly toExchange: OrderBus;
  readonly toUs: OrderBus;
}

/** How far one reader of the pages has come. */
class Reader {
  readonly #pages: RowPages;
  readonly #number: 0 | 1;
  #index = 0;
  rows: SeenRows | undefined;
  at = 0;

  constructor(pages: RowPages, number: 0 | 1) {
    this.#pages = pages;
    this.#number = number;
    this.rows = pages.page(number, 0);
    this.turn();
  }

  /** Goes on to the next page with rows when this one is read. */
  turn(): void {
    while (this.rows !== undefined && this.at === this.rows.length) {
      this.#index += 1;
      this.at = 0;
      this.rows = this.#pages.page(this.#number, this.#index);
    }
  }
}

/**
 * One market: its exchange, which sees the rows of the tape at their event times, and our desk, which sees them at their receive
 * times, with orders and answers travelling in between.
 *
 * What one side does matters to the other only through messages. So the two need not take turns row by row: each runs alone up
 * to the next arrival of a message, over columns, and then the message is delivered. At one and the same time our data comes
 * first, then answers to us, then the exchange's data, then our orders there, as in hftbacktest.
 */
export class SimulatedMarket {
  readonly desk: TradingDesk;
  readonly #exchange: ExchangeSide;
  readonly #toExchange: OrderBus;
  readonly #toUs: OrderBus;
  readonly #theirs: Reader;
  readonly #ours: Reader;
  readonly #strategy: Strategy;
  #heardNs = Number.NaN;
  #heardAtOnce = 0;

  constructor(parts: SimulatedMarketParts, strategy: Strategy) {
    this.desk = parts.desk;
    this.#exchange = parts.exchange;
    this.#toExchange = parts.toExchange;
    this.#toUs = parts.toUs;
    this.#theirs = new Reader(parts.pages, 0);
    this.#ours = new Reader(parts.pages, 1);
    this.#strategy = strategy;
    if (strategy.book === 'touch' && this.#exchange.leaveTrail !== undefined)
      this.#exchange.leaveTrail(this.desk.follow());
    else if (strategy.book !== 'none') this.desk.keepBook(0);
  }

  /** When the next thing happens on either side, +∞ at the end. */
  get nextNs(): number {
    const { rows: theirs, at: theirAt } = this.#theirs;
    const { rows: ours, at: ourAt } = this.#ours;
    return Math.min(
      this.#toExchange.nextNs,
      this.#toUs.nextNs,
      theirs === undefined ? Number.POSITIVE_INFINITY : theirs.exchangeNs[theirAt]!,
      ours === undefined ? Number.POSITIVE_INFINITY : ours.localNs[ourAt]!,
    );
  }

  /**
   * Lets everything happen that is due by a time.
   *
   * @param replan gives an earlier time, or the same, after each answer that we hear
   * @returns the time that has been reached
   */
  advance(untilNs: number, replan?: (untilNs: number) => number): number {
    const toUs = this.#toUs;
    const toExchange = this.#toExchange;
    for (;;) {
      this.#happen(Math.min(untilNs, toUs.nextNs, toExchange.nextNs));
      // The exchange may have answered meanwhile, and answers are heard before what it does next.
      // Nothing is ever due at +∞, where a bus says that it is empty and a strategy that it wants no wake.
      const reachedNs = Math.min(untilNs, toUs.nextNs, toExchange.nextNs, Number.MAX_VALUE);
      this.#receive(reachedNs);
      if (toUs.nextNs <= reachedNs) {
        while (toUs.nextNs <= reachedNs) {
          this.#bound(reachedNs);
          this.desk.hear(toUs.take(), this.#strategy);
        }
        if (replan !== undefined) untilNs = replan(untilNs);
      } else if (toExchange.nextNs <= reachedNs) {
        while (toExchange.nextNs <= reachedNs) this.#arrive();
      } else break;
    }
    this.desk.nowNs = untilNs;
    return untilNs;
  }

  /** @throws RangeError where a strategy answers answers at one time without end, which orders without latency let it */
  #bound(nowNs: number): void {
    this.#heardAtOnce = nowNs === this.#heardNs ? this.#heardAtOnce + 1 : 1;
    this.#heardNs = nowNs;
    if (this.#heardAtOnce > HEARD_AT_ONCE_MOST)
      throw new RangeError(
        `more than ${HEARD_AT_ONCE_MOST} answers at ${nowNs} ns: expected a strategy that comes to an end`,
      );
  }

  #happen(untilNs: number): void {
    const reader = this.#theirs;
    while (reader.rows !== undefined) {
      if (!reader.rows.alike && this.desk.follows) this.#part(reader.rows);
      // On a page's last row the exchange may have answered, and the next page is for after we have heard that.
      reader.at = this.#exchange.drain(reader.rows, reader.at, Math.min(untilNs, this.#toUs.nextNs));
      if (reader.at < reader.rows.length) return;
      reader.turn();
    }
  }

  /** From a page on the two sides see different rows: each has its own book. */
  #part({ firstRow }: SeenRows): void {
    this.desk.keepBook(firstRow, this.#exchange.leaveTrail!(undefined));
  }

  #receive(untilNs: number): void {
    const reader = this.#ours;
    while (reader.rows !== undefined) {
      reader.at = this.desk.receive(reader.rows, reader.at, untilNs, this.#strategy);
      if (reader.at < reader.rows.length) return;
      reader.turn();
    }
  }

  #arrive(): void {
    const { kind, order, arrivesNs } = this.#toExchange.take();
    if (kind === 'place') this.#exchange.place(order, arrivesNs);
    else this.#exchange.cancel(order, arrivesNs);
  }
}
