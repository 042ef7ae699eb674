import type { BookDelta, BookSnapshot, BookTicker, Market, MarketInput, Trade } from '../../streams/market/types.ts';
import { LevelScratch } from './level_scratch.ts';
import type { Tape, TapeBatch } from './reader.ts';
import { FLAG, KIND, NO_ID, SIDE } from './rows.ts';
import { TapeError } from './tape_error.ts';

const NANOS_PER_MICRO = 1_000;
const MICROS_PER_S = 1_000_000;

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The messages of one market's tapes, one after another, as the inputs that the pipeline takes: those that a recording gave
 * come out as they went into the import. An input is valid until the next is asked for: there is one of each kind,
 * filled anew each time, so that reading allocates nothing.
 *
 * The pipeline's book goes by update ids. Where a tape states those of the exchange (`U`, `u` and on futures `pu`), they are
 * given, and with them every message that the exchange sent. Where it states none, messages are numbered here, the first
 * that changes the book is taken as a snapshot, and rows that our side of a simulation does not see are left out.
 */
export class TapeInputs {
  readonly market: Market;
  readonly rows: number;
  /** Receive time of the next input, integer microseconds since the epoch; Infinity at the end. */
  nextUs = 0;
  /** Rows whose receive time went back and was taken for the one before. */
  clamped = 0;
  /** Rows that the pipeline has no use for, by what they are. */
  readonly leftOut = { level3: 0, tradesWithoutSide: 0 };
  readonly #tapes: readonly Tape[];
  readonly #stated: boolean;
  #tape: Tape;
  #rowsBefore = 0;
  #nextTape = 1;
  #nextBatch = 1;
  #batch: TapeBatch;
  #at = 0;
  #originUs = 0;
  // Where the tape has no ids: messages counted so far, and the number of the last one that changed the book.
  #count = 0;
  #bookId = 0;
  readonly #bids = new LevelScratch();
  readonly #asks = new LevelScratch();
  readonly #delta: Open<BookDelta>;
  readonly #snapshot: Open<BookSnapshot>;
  readonly #ticker: Open<BookTicker>;
  readonly #trade: Open<Trade>;

  /** @param tapes of one market, with ids, oldest first; each for this reader alone */
  constructor(market: Market, tapes: readonly Tape[]) {
    const stamp = { seq: 0, timeUs: 0, market: market.symbol, eventUs: 0 };
    const levels = { bids: [], asks: [] };
    this.market = market;
    this.rows = tapes.reduce((sum, { rows }) => sum + rows, 0);
    this.#tapes = tapes;
    this.#delta = { kind: 'bookDelta', ...stamp, firstId: 0, lastId: 0, previousId: NO_ID, ...levels };
    this.#snapshot = { kind: 'bookSnapshot', ...stamp, lastId: 0, ...levels };
    this.#ticker = { kind: 'bookTicker', ...stamp, updateId: 0, bidTick: 0, bidLots: 0, askTick: 0, askLots: 0 };
    this.#trade = { kind: 'trade', ...stamp, tradeId: 0, side: 'buy', tick: 0, lots: 0 };
    this.#tape = tapes[0]!;
    this.#batch = this.#tape.batch(0);
    this.#originUs = this.#tape.originS * MICROS_PER_S;
    this.#stated = statesIds(this.#batch, market);
    this.#seek();
  }

  /** Rows read so far. */
  get rowsRead(): number {
    return this.#rowsBefore + this.#batch.firstRow + this.#at;
  }

  /** The next input, unnumbered. To be called while {@link nextUs} is finite. @throws TapeError naming file and row */
  next(): MarketInput {
    const batch = this.#batch;
    const at = this.#at;
    const kind = batch.kind[at]!;
    const eventNs = batch.eventNs[at]!;
    const eventUs = Number.isNaN(eventNs) ? 0 : this.#originUs + Math.floor(eventNs / NANOS_PER_MICRO);
    const input = kind === KIND.trade ? this.#readTrade() : kind === KIND.best ? this.#readTicker() : this.#readBook();
    input.timeUs = this.nextUs;
    input.eventUs = eventUs;
    this.#seek();
    return input;
  }

  #readTrade(): Open<Trade> {
    const trade = this.#trade;
    const { side, tick, lots, lastId } = this.#batch;
    const at = this.#at;
    trade.tradeId = this.#stated ? lastId[at]! : this.#number();
    trade.side = side[at] === SIDE.buy ? 'buy' : 'sell';
    trade.tick = tick[at]!;
    trade.lots = lots[at]!;
    this.#at += 1;
    return trade;
  }

  #readTicker(): Open<BookTicker> {
    const ticker = this.#ticker;
    ticker.updateId = this.#stated ? this.#batch.lastId[this.#at]! : this.#number();
    ticker.bidTick = -1;
    ticker.bidLots = 0;
    ticker.askTick = -1;
    ticker.askLots = 0;
    do {
      const { side, tick, lots } = this.#batch;
      const at = this.#at;
      if (side[at] === SIDE.buy) {
        ticker.bidTick = tick[at]!;
        ticker.bidLots = lots[at]!;
      } else {
        ticker.askTick = tick[at]!;
        ticker.askLots = lots[at]!;
      }
    } while (this.#goesOn() && this.#batch.kind[this.#at] === KIND.best);
    return ticker;
  }

  #readBook(): Open<BookDelta> | Open<BookSnapshot> {
    const { firstId, lastId, previousId, flags } = this.#batch;
    const at = this.#at;
    const [first, last, previous] = [firstId[at]!, lastId[at]!, previousId[at]!];
    const gap = (flags[at]! & FLAG.gap) !== 0;
    const whole = this.#readLevels();
    const delta = this.#delta;
    if (this.#stated) {
      delta.firstId = first;
      delta.lastId = last;
      delta.previousId = previous;
    } else {
      // One number that nobody gives is what is missing.
      if (gap) this.#count += 1;
      const begins = this.#bookId === 0;
      delta.firstId = gap ? this.#count + 1 : this.#bookId + 1;
      delta.lastId = this.#number();
      this.#bookId = delta.lastId;
      if (begins) return this.#asSnapshot();
    }
    if (whole) return this.#asSnapshot();
    delta.bids = this.#bids.levels();
    delta.asks = this.#asks.levels();
    return delta;
  }

  #asSnapshot(): Open<BookSnapshot> {
    const snapshot = this.#snapshot;
    snapshot.lastId = this.#delta.lastId;
    snapshot.bids = this.#bids.levels();
    snapshot.asks = this.#asks.levels();
    return snapshot;
  }

  /** Reads the levels of a message. @returns whether it empties both sides first */
  #readLevels(): boolean {
    this.#bids.clear();
    this.#asks.clear();
    let cleared = 0;
    do {
      const { kind: kinds, side: sides, tick: ticks, lots, flags } = this.#batch;
      const at = this.#at;
      if (!this.#shown(flags[at]!)) continue;
      const kind = kinds[at]!;
      const side = sides[at]!;
      if (kind === KIND.clear) cleared |= this.#clear(side);
      else if (kind !== KIND.empty) (side === SIDE.buy ? this.#bids : this.#asks).add(ticks[at]!, lots[at]!);
    } while (this.#goesOn() && isBook(this.#batch.kind[this.#at]!));
    if (cleared !== 0 && cleared !== BOTH) {
      throw new TapeError(this.#tape.path, `row ${this.#row()}: a message that clears one side: expected both`);
    }
    return cleared === BOTH;
  }

  #clear(side: number): number {
    if (side !== SIDE.sell) this.#bids.clear();
    if (side !== SIDE.buy) this.#asks.clear();
    return side === SIDE.buy ? BIDS : side === SIDE.sell ? ASKS : BOTH;
  }

  /** Goes to the next row. @returns whether it is of the same message */
  #goesOn(): boolean {
    const ends = (this.#batch.flags[this.#at]! & FLAG.end) !== 0;
    this.#at += 1;
    return !ends && (this.#at < this.#batch.length || this.#load());
  }

  /** Goes on to the next message that the pipeline takes. */
  #seek(): void {
    while (this.#at < this.#batch.length || this.#load()) {
      const { kind: kinds, side, flags, receiveNs } = this.#batch;
      const at = this.#at;
      const kind = kinds[at]!;
      if (kind >= KIND.orderAdd) this.leftOut.level3 += 1;
      else if (kind === KIND.trade && side[at] === SIDE.none) this.leftOut.tradesWithoutSide += 1;
      else if (this.#shown(flags[at]!)) {
        const timeUs = this.#originUs + Math.floor(receiveNs[at]! / NANOS_PER_MICRO);
        if (timeUs < this.nextUs) this.clamped += 1;
        else this.nextUs = timeUs;
        return;
      }
      this.#at += 1;
    }
    this.nextUs = Number.POSITIVE_INFINITY;
  }

  /** Whether the pipeline sees a row. One who keeps a book by ids drops by itself what a snapshot includes. */
  #shown(flags: number): boolean {
    const seen = flags & (FLAG.local | FLAG.exchange);
    if (!this.#stated) return (seen & FLAG.local) !== 0;
    return (flags & FLAG.again) === 0 && seen !== FLAG.exchange;
  }

  /** Loads the next batch. @returns false at the end of the last tape */
  #load(): boolean {
    while (this.#nextBatch >= this.#tape.batchCount) {
      const next = this.#tapes[this.#nextTape];
      if (next === undefined) return false;
      this.#rowsBefore += this.#tape.rows;
      this.#tape = next;
      this.#nextTape += 1;
      this.#nextBatch = 0;
      this.#originUs = next.originS * MICROS_PER_S;
    }
    this.#batch = this.#tape.batch(this.#nextBatch);
    this.#nextBatch += 1;
    this.#at = 0;
    return this.#batch.length > 0 || this.#load();
  }

  #number(): number {
    this.#count += 1;
    return this.#count;
  }

  #row(): number {
    return this.#batch.firstRow + this.#at;
  }
}

const [BIDS, ASKS, BOTH] = [1, 2, 3];

function isBook(kind: number): boolean {
  return kind === KIND.level || kind === KIND.clear || kind === KIND.snapshotLevel || kind === KIND.empty;
}

/** Whether the first level of a batch comes with ids that say what it continues. */
function statesIds({ kind, firstId, lastId, previousId, length }: TapeBatch, { venue }: Market): boolean {
  const at = kind.subarray(0, length).indexOf(KIND.level);
  if (at < 0) return false;
  return firstId[at]! >= 0 && lastId[at]! >= 0 && (venue === 'binance-spot' || previousId[at]! >= 0);
}
