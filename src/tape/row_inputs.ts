import type { BookDelta, BookSnapshot, BookTicker, Market, MarketInput, Trade } from '../../streams/market/types.ts';
import type { MarketRows } from '../../streams/simulation/rows.ts';
import { LevelScratch } from './level_scratch.ts';
import { FLAG, KIND, NO_ID, SIDE } from './rows.ts';

const NANOS_PER_MICRO = 1_000;
const MICROS_PER_S = 1_000_000;

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

/** What rows make up one input together: a trade is one row, best prices and changes of the book are several. */
type Group = 'none' | 'trade' | 'best' | 'book';

/** Sides that a message has emptied. */
const [BIDS, ASKS, BOTH] = [1, 2, 3];

/**
 * Turns a market's rows into the inputs that the pipeline takes: those that a recording gave come out as they went into the
 * import. There is one input of each kind, filled anew each time, so that nothing is allocated; it is valid until the next is
 * asked for. Rows come in chunks, and a message may go on in the next chunk.
 *
 * The pipeline's book goes by update ids. Where rows state those of the exchange (`U`, `u` and on futures `pu`), they are
 * given, and with them every message that the exchange sent. Where they state none, messages are numbered here, the first
 * that changes the book is taken as a snapshot, and rows that our side of a simulation does not see are left out.
 */
export class RowInputs {
  /** When the next input was received, integer microseconds since the epoch; Infinity where the chunk has none. */
  nextUs = Number.POSITIVE_INFINITY;
  /** Rows that the pipeline has no use for, by what they are. */
  readonly leftOut = { level3: 0, tradesWithoutSide: 0 };
  /** The row in the chunk that is read next. */
  at = 0;
  readonly #market: Market;
  readonly #originUs: number;
  #stated: boolean | undefined;
  #rows: MarketRows = NO_ROWS;
  #timesNs: Float64Array = NO_ROWS.receiveNs;
  #to = 0;
  #open: Group = 'none';
  #cleared = 0;
  #gap = false;
  #timeUs = 0;
  // Where rows have no ids: messages counted so far, and the number of the last one that changed the book.
  #count = 0;
  #bookId = 0;
  readonly #bids = new LevelScratch();
  readonly #asks = new LevelScratch();
  readonly #delta: Open<BookDelta>;
  readonly #snapshot: Open<BookSnapshot>;
  readonly #ticker: Open<BookTicker>;
  readonly #trade: Open<Trade>;

  /** @param originS the whole second since the epoch that the rows' times count from */
  constructor(market: Market, originS: number) {
    const stamp = { seq: 0, timeUs: 0, market: market.symbol, eventUs: 0 };
    const levels = { bids: [], asks: [] };
    this.#market = market;
    this.#originUs = originS * MICROS_PER_S;
    this.#delta = { kind: 'bookDelta', ...stamp, firstId: 0, lastId: 0, previousId: NO_ID, ...levels };
    this.#snapshot = { kind: 'bookSnapshot', ...stamp, lastId: 0, ...levels };
    this.#ticker = { kind: 'bookTicker', ...stamp, updateId: 0, bidTick: 0, bidLots: 0, askTick: 0, askLots: 0 };
    this.#trade = { kind: 'trade', ...stamp, tradeId: 0, side: 'buy', tick: 0, lots: 0 };
  }

  /**
   * Goes on with a chunk of rows, when the one before has been read.
   *
   * @param timesNs when each row is received, nanoseconds from the origin
   */
  feed(rows: MarketRows, from: number, to: number, timesNs: Float64Array): void {
    this.#stated ??= statesIds(rows, this.#market);
    this.#rows = rows;
    this.#timesNs = timesNs;
    this.at = from;
    this.#to = to;
    if (this.#open === 'none') this.#seek();
    else this.nextUs = this.#timeUs;
  }

  /**
   * The next input, unnumbered; null when the chunk is read, be it in the middle of a message.
   *
   * @throws RangeError for a message that empties one side of the book and not the other: no source is known that has one
   */
  next(): MarketInput | null {
    if (this.#open === 'none') {
      if (this.at === this.#to) return null;
      this.#begin();
    }
    return this.#goOn() ? this.#finish() : null;
  }

  /** What the last chunk left open, where no other follows. */
  end(): MarketInput | null {
    return this.#open === 'none' ? null : this.#finish();
  }

  #begin(): void {
    const { at } = this;
    const { kind, flags, eventNs, firstId, lastId, previousId } = this.#rows;
    this.#open = groupOf(kind[at]!);
    this.#timeUs = this.nextUs;
    this.#gap = (flags[at]! & FLAG.gap) !== 0;
    const stated = eventNs[at]!;
    const eventUs = Number.isNaN(stated) ? 0 : this.#originUs + Math.floor(stated / NANOS_PER_MICRO);
    if (this.#open === 'trade') {
      this.#trade.eventUs = eventUs;
      this.#trade.tradeId = this.#stated === true ? lastId[at]! : this.#number();
    } else if (this.#open === 'best') {
      const ticker = this.#ticker;
      ticker.eventUs = eventUs;
      ticker.updateId = this.#stated === true ? lastId[at]! : this.#number();
      ticker.bidTick = -1;
      ticker.bidLots = 0;
      ticker.askTick = -1;
      ticker.askLots = 0;
    } else {
      const delta = this.#delta;
      delta.eventUs = eventUs;
      delta.firstId = firstId[at] ?? NO_ID;
      delta.lastId = lastId[at] ?? NO_ID;
      delta.previousId = previousId[at] ?? NO_ID;
      this.#bids.clear();
      this.#asks.clear();
      this.#cleared = 0;
    }
  }

  /** Reads on in the message in hand. @returns whether it is whole */
  #goOn(): boolean {
    const { kind, flags } = this.#rows;
    for (let { at } = this; at < this.#to; at = this.at) {
      if (groupOf(kind[at]!) !== this.#open) return true;
      if (this.#shown(flags[at]!)) this.#take(at);
      this.at = at + 1;
      if ((flags[at]! & FLAG.end) !== 0 || this.#open === 'trade') return true;
    }
    return false;
  }

  #take(at: number): void {
    const { kind, side: sides, tick: ticks, lots } = this.#rows;
    const side = sides[at]!;
    const tick = ticks[at]!;
    switch (kind[at]) {
      case KIND.level:
      case KIND.snapshotLevel:
        (side === SIDE.buy ? this.#bids : this.#asks).add(tick, lots[at]!);
        return;
      case KIND.clear:
        if (side !== SIDE.sell) this.#bids.clear();
        if (side !== SIDE.buy) this.#asks.clear();
        this.#cleared |= side === SIDE.buy ? BIDS : side === SIDE.sell ? ASKS : BOTH;
        return;
      case KIND.trade:
        this.#trade.side = side === SIDE.buy ? 'buy' : 'sell';
        this.#trade.tick = tick;
        this.#trade.lots = lots[at]!;
        return;
      case KIND.best:
        if (side === SIDE.buy) {
          this.#ticker.bidTick = tick;
          this.#ticker.bidLots = lots[at]!;
        } else {
          this.#ticker.askTick = tick;
          this.#ticker.askLots = lots[at]!;
        }
    }
  }

  #finish(): MarketInput {
    const input = this.#open === 'trade' ? this.#trade : this.#open === 'best' ? this.#ticker : this.#book();
    input.timeUs = this.#timeUs;
    this.#open = 'none';
    this.#seek();
    return input;
  }

  #book(): Open<BookDelta> | Open<BookSnapshot> {
    const delta = this.#delta;
    if (this.#cleared !== 0 && this.#cleared !== BOTH) {
      throw new RangeError('a message that clears one side of the book: expected both, or none');
    }
    let whole = this.#cleared === BOTH;
    if (this.#stated !== true) {
      whole ||= this.#bookId === 0;
      // One number that nobody gives is what is missing.
      if (this.#gap) this.#count += 1;
      delta.firstId = this.#gap ? this.#count + 1 : this.#bookId + 1;
      delta.lastId = this.#number();
      delta.previousId = NO_ID;
      this.#bookId = delta.lastId;
    }
    const input = whole ? this.#snapshot : delta;
    input.eventUs = delta.eventUs;
    input.lastId = delta.lastId;
    input.bids = this.#bids.levels();
    input.asks = this.#asks.levels();
    return input;
  }

  /** Goes on to the next message that the pipeline takes. */
  #seek(): void {
    const { kind: kinds, side, flags } = this.#rows;
    for (; this.at < this.#to; this.at += 1) {
      const { at } = this;
      const kind = kinds[at]!;
      if (kind >= KIND.orderAdd) this.leftOut.level3 += 1;
      else if (kind === KIND.trade && side[at] === SIDE.none) this.leftOut.tradesWithoutSide += 1;
      else if (this.#shown(flags[at]!)) {
        this.nextUs = this.#originUs + Math.floor(this.#timesNs[at]! / NANOS_PER_MICRO);
        return;
      }
    }
    this.nextUs = Number.POSITIVE_INFINITY;
  }

  /** Whether the pipeline sees a row. One who keeps a book by ids drops by itself what a snapshot includes. */
  #shown(flags: number): boolean {
    const seen = flags & (FLAG.local | FLAG.exchange);
    if (this.#stated !== true) return (seen & FLAG.local) !== 0;
    return (flags & FLAG.again) === 0 && seen !== FLAG.exchange;
  }

  #number(): number {
    this.#count += 1;
    return this.#count;
  }
}

function groupOf(kind: number): Group {
  if (kind === KIND.trade) return 'trade';
  if (kind === KIND.best) return 'best';
  return kind < KIND.orderAdd ? 'book' : 'none';
}

/** Whether the first level of some rows comes with ids that say what it continues; undefined where no row is a level. */
function statesIds({ kind, firstId, lastId, previousId, length }: MarketRows, { venue }: Market): boolean | undefined {
  const at = kind.subarray(0, length).indexOf(KIND.level);
  if (at < 0) return undefined;
  return firstId[at]! >= 0 && lastId[at]! >= 0 && (venue === 'binance-spot' || previousId[at]! >= 0);
}

const NOTHING = new Float64Array(0);

const NO_ROWS: MarketRows = {
  length: 0,
  kind: new Uint8Array(0),
  side: new Int8Array(0),
  flags: new Uint8Array(0),
  tick: new Int32Array(0),
  lots: NOTHING,
  eventNs: NOTHING,
  receiveNs: NOTHING,
  firstId: NOTHING,
  lastId: NOTHING,
  previousId: NOTHING,
};
