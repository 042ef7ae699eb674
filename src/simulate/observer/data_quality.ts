import { MICROS_PER_MS } from '../../../streams/clock/clock.ts';
import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { Quote } from '../../../streams/quotes/quotes.ts';
import type { OrderLimits } from '../../../streams/risk/limits.ts';
import type { AccountSettings, MarketSettings } from '../../../streams/settings.ts';
import type { ChainFacts, ChainOrder } from './chain_facts.ts';
import type { Tally } from './invariant.ts';
import type { ProcessFacts, TradeFacts } from './process_facts.ts';

/** From the book that a quote is made of to the block's transaction: as long as a wish counts, and a sample's distance. */
const LOOK_BACK_PERIODS = 2;

/** What the middle of a book and the fair value may differ by: half the spread and the shift, as a share of the collar. */
const FAIR_SHARE = 0.25;

/**
 * Invariant 5. No quote is made from a book that is older than configured, crossed, one-sided, that lacks orders of ours which rested
 * in its block, or of a feed that is down. No two
 * orders of ours could ever match: when a block places one, it meets nothing of ours that rests or is placed beside it. Every
 * order is within the collar around a middle, with or without our own orders, that counted when it was priced, and around a last
 * trade that did, unless that was too old by then; and no larger than the largest order. No second sees more orders than the rate allows.
 */
export class DataQuality {
  readonly #facts: ChainFacts;
  readonly #tally: Tally;
  readonly #settings: AccountSettings;
  readonly #bySymbol: ReadonlyMap<string, MarketSettings>;
  /** When orders were placed, microseconds of the process's own clock. */
  #placedUs: number[] = [];

  constructor(facts: ChainFacts, tally: Tally, settings: AccountSettings) {
    this.#facts = facts;
    this.#tally = tally;
    this.#settings = settings;
    this.#bySymbol = new Map(settings.markets.map((one) => [one.market.symbol, one]));
  }

  quoted(quote: Quote, process: ProcessFacts): void {
    if (quote.bids.length + quote.asks.length === 0) return;
    const { sampling } = this.#bySymbol.get(quote.market)!;
    const book = process.book(quote.market);
    const staleUs = (sampling.staleAfterMs + sampling.periodMs) * MICROS_PER_MS;
    const ageUs = quote.timeUs - book.timeUs;
    const down = process.down.has(quote.market);
    this.#tally.check(
      'data',
      !book.lacksOwn,
      () =>
        `${quote.market} quoted from a book told as that of block ${book.height}, which lacks our own orders of then`,
    );
    this.#tally.check(
      'data',
      ageUs <= staleUs && book.bidTick < book.askTick && !down,
      () =>
        `${quote.market} quoted from the book of block ${book.height} (bid ${book.bidTick}, ask ${book.askTick}), ${ageUs} µs old${down ? ', feed down' : ''}`,
    );
  }

  decided(batch: OrderBatch, process: ProcessFacts): void {
    for (const { market: symbol, side, tick, lots } of batch.places) {
      const { risk, market, sampling } = this.#bySymbol.get(symbol)!;
      const sinceUs =
        batch.timeUs -
        (this.#settings.orders.wishExpiresMs + sampling.staleAfterMs + LOOK_BACK_PERIODS * sampling.periodMs) *
          MICROS_PER_MS;
      let offBps = Number.POSITIVE_INFINITY;
      const books = process.books.get(symbol) ?? [];
      // They are in order of time, by the process's own clock, which never goes back.
      for (let i = books.length - 1; i >= 0 && books[i]!.timeUs >= sinceUs; i -= 1) {
        const { bidTick, askTick, othersBidTick, othersAskTick } = books[i]!;
        offBps = Math.min(offBps, distanceBps(bidTick, askTick, tick), distanceBps(othersBidTick, othersAskTick, tick));
      }
      this.#tally.check(
        'data',
        nearLastTrade(process.trades.get(symbol) ?? [], tick, sinceUs, batch.timeUs, risk),
        () => `${symbol} ${side} at tick ${tick} is outside the collar of every last trade that counted`,
      );
      const worth = lots * tick * Number(market.tickSize) * Number(market.lotSize);
      this.#tally.check(
        'data',
        offBps <= risk.priceCollarBps * (1 + FAIR_SHARE),
        () => `${symbol} ${side} at tick ${tick} is ${offBps.toFixed(1)} bps from every middle that counted`,
      );
      this.#tally.check(
        'data',
        worth <= risk.maxOrderUsdc * (1 + (risk.priceCollarBps * (1 + FAIR_SHARE)) / 10_000),
        () => `${symbol} ${side} ${lots} lots at tick ${tick} are worth ${worth.toFixed(2)}`,
      );
    }
    this.#rate(batch);
  }

  /** A process has started: its clock and its allowance are new. */
  started(): void {
    this.#placedUs = [];
  }

  /** A block has placed orders: none of them meets another of ours. */
  block(): void {
    const { placed, before, resting, settlements } = this.#facts;
    if (placed.length === 0) return;
    const settled = new Set<string>();
    for (const { orderId } of settlements) settled.add(String(orderId));
    // What was cancelled in this block was gone before it placed: gone from the book, without a settlement.
    const there = [...before.values()].filter(({ orderId }) => resting.has(orderId) || settled.has(orderId));
    const all = [...there, ...placed];
    for (const order of placed) {
      const met = all.find((other) => meets(order, other));
      this.#tally.check(
        'data',
        met === undefined,
        () => `our ${order.side} at tick ${order.tick} meets our own ${met!.side} at ${met!.tick} (${met!.orderId})`,
      );
    }
  }

  #rate({ places, timeUs, batchId }: OrderBatch): void {
    const { maxOrdersPerS } = this.#settings.orders;
    for (const _ of places) this.#placedUs.push(timeUs);
    while (this.#placedUs.length > 0 && this.#placedUs[0]! <= timeUs - 1_000_000) this.#placedUs.shift();
    // A bucket of one second's worth that fills meanwhile: twice as many in the worst second.
    this.#tally.check(
      'data',
      this.#placedUs.length <= 2 * maxOrdersPerS,
      () => `batch ${batchId} makes it ${this.#placedUs.length} orders within a second`,
    );
  }
}

/**
 * Whether a price is within the collar of one of the trades that were the last between two instants; or, at one of them, none was
 * known or the last was too old.
 */
function nearLastTrade(
  trades: readonly TradeFacts[],
  tick: number,
  sinceUs: number,
  untilUs: number,
  { priceCollarBps, lastTradeExpiresMs }: OrderLimits,
): boolean {
  for (let i = trades.length - 1; i >= 0; i -= 1) {
    const trade = trades[i]!;
    const lastUntilUs = Math.min(untilUs, trades[i + 1]?.timeUs ?? untilUs);
    if (Number.isNaN(trade.tick) || lastUntilUs - trade.timeUs >= lastTradeExpiresMs * MICROS_PER_MS) return true;
    if ((Math.abs(tick - trade.tick) / trade.tick) * 10_000 <= priceCollarBps) return true;
    if (trade.timeUs < sinceUs) return false;
  }
  return true;
}

function distanceBps(bidTick: number, askTick: number, tick: number): number {
  const mid = (bidTick + askTick) / 2;
  return Number.isNaN(mid) ? Number.POSITIVE_INFINITY : (Math.abs(tick - mid) / mid) * 10_000;
}

function meets(order: ChainOrder, other: ChainOrder): boolean {
  if (order.market !== other.market || order.side === other.side) return false;
  return order.side === 'buy' ? other.tick <= order.tick : other.tick >= order.tick;
}
