import { OrderBook } from './order_book.ts';
import type { BookDelta, BookSnapshot, BookTicker, FeedStatus, Levels, MarketInput, Reject, Trade } from './types.ts';

/**
 * Whether the local book is the venue's: `syncing` before the first snapshot, `gapped` after a missed update or a
 * disagreement, `crossed` while best bid ≥ best ask, `down` while the feed is; `live` otherwise.
 */
export type BookStatus = 'syncing' | 'live' | 'gapped' | 'crossed' | 'down';

/** Updates that wait for a snapshot at most; the oldest are given up, which the snapshot then shows as a gap. */
const WAITING_MOST = 2_000;

/** How many update ids are remembered to compare our best prices with the exchange's. */
const COMPARED_IDS = 4_096;

/** The best prices of a book at an update id. */
type Top = Pick<BookTicker, 'updateId' | 'bidTick' | 'bidLots' | 'askTick' | 'askLots'>;

/** A book as plain data, for snapshots of the whole system. */
export interface LocalBookState {
  readonly status: BookStatus;
  readonly numbers: Readonly<Record<(typeof NUMBERS)[number], number>>;
  readonly resyncWanted: boolean;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly waiting: readonly BookDelta[];
  readonly ours: readonly Top[];
  readonly theirs: readonly Top[];
}

const NUMBERS = [
  'seq',
  'updatedUs',
  'eventUs',
  'lastId',
  'ofiLots',
  'takerBuyLots',
  'takerSellLots',
  'lastTradeTick',
  'comparisons',
  'mismatches',
] as const;

/**
 * A market as its feed shows it: the book and what has flowed. One record for each market, changed in place; readers
 * copy what they keep.
 */
export class LocalBook {
  readonly kind = 'market';
  readonly market: string;
  readonly book = new OrderBook();
  status: BookStatus = 'syncing';
  /** Number and time of the newest input, and the venue's time of it. */
  seq = 0;
  updatedUs = 0;
  eventUs = 0;
  /** The newest update id that the book includes; 0 before the first snapshot. */
  lastId = 0;
  /** Order-flow imbalance at the touch, summed, lots: e_n of Cont, Kukanov and Stoikov (2014), eq. 4. */
  ofiLots = 0;
  takerBuyLots = 0;
  takerSellLots = 0;
  lastTradeTick = -1;
  comparisons = 0;
  mismatches = 0;
  /** True from the moment a snapshot is needed until one arrives. */
  resyncWanted = false;
  #waiting: BookDelta[] = [];
  // Our tops and the exchange's by update id, whichever came first; bounded by COMPARED_IDS.
  readonly #ours = new Map<number, Top>();
  readonly #theirs = new Map<number, Top>();

  constructor(market: string) {
    this.market = market;
  }

  /** Takes in an input of this market. Allocates next to nothing. @returns what was refused and why, or null */
  apply(input: MarketInput): Reject | null {
    let refused: Reject | null = null;
    switch (input.kind) {
      case 'bookSnapshot':
        refused = this.#takeSnapshot(input);
        break;
      case 'bookDelta':
        refused = this.#takeDelta(input);
        break;
      case 'bookTicker':
        refused = this.#takeTicker(input);
        break;
      case 'trade':
        refused = this.#takeTrade(input);
        break;
      case 'feedStatus':
        this.#takeStatus(input);
        break;
      case 'kline':
        break;
    }
    this.seq = input.seq;
    return refused;
  }

  #takeSnapshot(snapshot: BookSnapshot): Reject | null {
    if (this.status === 'live' && snapshot.lastId < this.lastId) {
      return this.#reject(
        snapshot,
        'out-of-order',
        `snapshot ${snapshot.lastId} is older than the book at ${this.lastId}`,
      );
    }
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = this.book;
    const continued = this.status === 'live';
    this.book.replace(snapshot.bids, snapshot.asks);
    this.lastId = snapshot.lastId;
    this.resyncWanted = false;
    this.status = 'live';
    this.#touched(snapshot);
    if (continued) this.#flow(bestBidTick, bestBidLots, bestAskTick, bestAskLots);
    const waiting = this.#waiting;
    this.#waiting = [];
    let first = true;
    for (const delta of waiting) {
      if (delta.lastId <= snapshot.lastId) continue;
      // The first update that counts has to begin at or before the snapshot's next id.
      const follows = first
        ? delta.firstId <= snapshot.lastId + 1 || delta.previousId === snapshot.lastId
        : this.#follows(delta);
      if (!follows) return this.#gap(delta);
      this.#applyDelta(delta);
      first = false;
    }
    return this.#crossedNow(snapshot);
  }

  #takeDelta(delta: BookDelta): Reject | null {
    if (this.status === 'down') this.status = 'gapped';
    if (this.status !== 'live' && this.status !== 'crossed') {
      this.resyncWanted = true;
      this.#waiting.push(delta);
      if (this.#waiting.length > WAITING_MOST) this.#waiting.splice(0, WAITING_MOST / 2);
      return null;
    }
    if (delta.lastId <= this.lastId) {
      const reason = delta.lastId === this.lastId ? 'duplicate' : 'out-of-order';
      return this.#reject(delta, reason, `update ${delta.firstId}–${delta.lastId}: the book is at ${this.lastId}`);
    }
    if (!this.#follows(delta)) return this.#gap(delta);
    this.#applyDelta(delta);
    return this.#crossedNow(delta);
  }

  /**
   * Spot: the first id is at most the last one plus one. Futures: `pu` is the last one; the first event after a snapshot may
   * straddle it.
   */
  #follows(delta: BookDelta): boolean {
    if (delta.previousId < 0) return delta.firstId <= this.lastId + 1;
    return delta.previousId === this.lastId || (delta.firstId <= this.lastId && delta.lastId >= this.lastId);
  }

  #applyDelta(delta: BookDelta): void {
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = this.book;
    this.book.apply(delta.bids, delta.asks);
    this.lastId = delta.lastId;
    this.#touched(delta);
    this.#flow(bestBidTick, bestBidLots, bestAskTick, bestAskLots);
    const ours = this.#top();
    remember(this.#ours, ours);
    const theirs = this.#theirs.get(delta.lastId);
    if (theirs !== undefined) this.#compare(ours, theirs);
  }

  #takeTicker(ticker: BookTicker): Reject | null {
    if (ticker.bidTick >= ticker.askTick && ticker.bidLots > 0 && ticker.askLots > 0) {
      return this.#reject(
        ticker,
        'crossed',
        `bookTicker ${ticker.updateId}: bid ${ticker.bidTick} ≥ ask ${ticker.askTick}`,
      );
    }
    const ours = this.#ours.get(ticker.updateId);
    if (ours === undefined) remember(this.#theirs, ticker);
    else if (!this.#compare(ours, ticker)) {
      return this.#reject(
        ticker,
        'mismatch',
        `update ${ticker.updateId}: our best prices are not the exchange's; the book is fetched anew`,
      );
    }
    return null;
  }

  #takeTrade(trade: Trade): Reject | null {
    if (trade.side === 'buy') this.takerBuyLots += trade.lots;
    else this.takerSellLots += trade.lots;
    this.lastTradeTick = trade.tick;
    return null;
  }

  #takeStatus({ status }: FeedStatus): void {
    this.#waiting = [];
    this.#ours.clear();
    this.#theirs.clear();
    this.status = status === 'down' ? 'down' : 'syncing';
    this.resyncWanted = status === 'up';
    this.lastId = 0;
  }

  /** Counts a comparison; the book is no longer trusted when it disagrees. */
  #compare(ours: Top, theirs: Top): boolean {
    this.#theirs.delete(theirs.updateId);
    this.comparisons += 1;
    const same =
      ours.bidTick === theirs.bidTick &&
      ours.askTick === theirs.askTick &&
      ours.bidLots === theirs.bidLots &&
      ours.askLots === theirs.askLots;
    if (same) return true;
    this.mismatches += 1;
    this.status = 'gapped';
    this.resyncWanted = true;
    return false;
  }

  #gap(delta: BookDelta): Reject {
    this.status = 'gapped';
    this.resyncWanted = true;
    this.#waiting = [delta];
    const from = delta.previousId < 0 ? delta.firstId : delta.previousId;
    return this.#reject(
      delta,
      'gap',
      `update ${delta.firstId}–${delta.lastId} follows ${from}: the book is at ${this.lastId}`,
    );
  }

  #crossedNow(input: BookDelta | BookSnapshot): Reject | null {
    const { crossed, bestBidTick, bestAskTick } = this.book;
    const before = this.status;
    if (crossed) this.status = 'crossed';
    else if (before === 'crossed') this.status = 'live';
    if (!crossed || before === 'crossed') return null;
    return this.#reject(input, 'crossed', `update ${input.lastId}: bid ${bestBidTick} ≥ ask ${bestAskTick}`);
  }

  #touched(input: BookDelta | BookSnapshot): void {
    this.updatedUs = input.timeUs;
    if (input.eventUs > 0) this.eventUs = input.eventUs;
  }

  /** Adds e_n: what came to the best bid and left the best ask, less the contrary. */
  #flow(bidTick: number, bidLots: number, askTick: number, askLots: number): void {
    if (bidTick < 0 || askTick < 0 || !this.book.twoSided) return;
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = this.book;
    if (bestBidTick >= bidTick) this.ofiLots += bestBidLots;
    if (bestBidTick <= bidTick) this.ofiLots -= bidLots;
    if (bestAskTick <= askTick) this.ofiLots -= bestAskLots;
    if (bestAskTick >= askTick) this.ofiLots += askLots;
  }

  #top(): Top {
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = this.book;
    return {
      updateId: this.lastId,
      bidTick: bestBidTick,
      bidLots: bestBidLots,
      askTick: bestAskTick,
      askLots: bestAskLots,
    };
  }

  #reject({ seq, timeUs }: MarketInput, reason: string, detail: string): Reject {
    return { kind: 'reject', seq, timeUs, market: this.market, source: 'book', reason, detail };
  }

  /** Everything as plain data. */
  encode(): LocalBookState {
    return {
      status: this.status,
      numbers: Object.fromEntries(NUMBERS.map((name) => [name, this[name]])) as LocalBookState['numbers'],
      resyncWanted: this.resyncWanted,
      bids: this.book.bids.encode(),
      asks: this.book.asks.encode(),
      waiting: [...this.#waiting],
      ours: [...this.#ours.values()],
      theirs: [...this.#theirs.values()],
    };
  }

  /** The book that {@link encode} described. */
  static decode(market: string, state: LocalBookState): LocalBook {
    const book = new LocalBook(market);
    book.status = state.status;
    for (const name of NUMBERS) book[name] = state.numbers[name];
    book.resyncWanted = state.resyncWanted;
    book.book.replace(state.bids, state.asks);
    book.#waiting = [...state.waiting];
    for (const top of state.ours) book.#ours.set(top.updateId, top);
    for (const top of state.theirs) book.#theirs.set(top.updateId, top);
    return book;
  }
}

function remember(tops: Map<number, Top>, top: Top): void {
  tops.set(top.updateId, top);
  if (tops.size <= COMPARED_IDS) return;
  for (const oldest of tops.keys()) {
    tops.delete(oldest);
    return;
  }
}
