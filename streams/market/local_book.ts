import { FreshTouch, type FreshTouchState } from './fresh_touch.ts';
import { OrderBook } from './order_book.ts';
import { LATE_MOST, RisingId } from './rising_id.ts';
import { TouchCheck, type TouchCheckState } from './touch_check.ts';
import type { BookDelta, BookSnapshot, BookTicker, FeedStatus, Levels, MarketInput, Reject, Trade } from './types.ts';

/**
 * Whether the local book is the venue's: `syncing` before the first snapshot, `gapped` after a missed update or a
 * disagreement, `crossed` while best bid ≥ best ask, `down` while the feed is; `live` otherwise.
 */
export type BookStatus = 'syncing' | 'live' | 'gapped' | 'crossed' | 'down';

/** Updates that wait for a snapshot at most; the oldest are given up, which the snapshot then shows as a gap. */
const WAITING_MOST = 2_000;

/** Slots of time in which trades' extremes are kept, unless told otherwise: those of decisions at 5 Hz. */
const SLOT_US = 200_000;

const NUMBERS = [
  'seq',
  'updatedUs',
  'eventUs',
  'lastId',
  'ofiLots',
  'takerBuyLots',
  'takerSellLots',
  'lastTradeTick',
  'lastTradeUs',
  'tradeSlot',
  'tradeHighTick',
  'tradeLowTick',
  'resyncs',
] as const;

/** A book as plain data, for snapshots of the whole system. */
export interface LocalBookState {
  readonly status: BookStatus;
  readonly numbers: Readonly<Record<(typeof NUMBERS)[number], number>>;
  readonly resyncWanted: boolean;
  readonly bridged: boolean;
  readonly late: number;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly waiting: readonly BookDelta[];
  readonly touch: FreshTouchState;
  readonly touches: TouchCheckState;
  readonly tickerIds: readonly [number, number];
  readonly tradeIds: readonly [number, number];
}

/**
 * A market as its feed shows it: the book and what has flowed. One record for each market, changed in place; readers
 * copy what they keep.
 *
 * The book follows Binance's published rules ("How to manage a local order book correctly", spot and futures): updates wait
 * for a snapshot, those that it includes are dropped, the first that counts straddles it, each further one continues the one
 * before; where one does not, the book is given up and a snapshot wished for. A venue that sends a snapshot with each block
 * replaces the book each time.
 */
export class LocalBook {
  readonly kind = 'market';
  readonly market: string;
  readonly book = new OrderBook();
  /** The newest best prices: at times newer than the book's. */
  readonly touch = new FreshTouch();
  status: BookStatus = 'syncing';
  /** Number and time of the newest input, and the venue's time of it; the times are those of the newest book input. */
  seq = 0;
  updatedUs = 0;
  eventUs = 0;
  /** The newest update id that the book includes; 0 before the first snapshot. */
  lastId = 0;
  /** Order-flow imbalance at the touch, summed, lots: e_n of Cont, Kukanov and Stoikov (2014), eq. 4. */
  ofiLots = 0;
  takerBuyLots = 0;
  takerSellLots = 0;
  /** Price and time of the newest trade; -1 before the first. */
  lastTradeTick = -1;
  lastTradeUs = -1;
  /** The newest slot of time in which something traded, counted from the epoch; -1 before the first trade. */
  tradeSlot = -1;
  /** The highest price that a buyer and the lowest that a seller took in that slot; -1 where none did. */
  tradeHighTick = -1;
  tradeLowTick = -1;
  /** Length of a slot, microseconds: a sampling period, so that a slot is what lies between two samples. */
  readonly slotUs: number;
  /** True while a snapshot is needed: from the loss of the book until the snapshot that brings it back. */
  resyncWanted = false;
  /** Counts the snapshots wished for. A snapshot that does not help is followed by another wish. */
  resyncs = 0;
  // Whether an update has been applied since the snapshot: the first one may straddle it, the others must continue.
  #bridged = false;
  // Updates refused in a row for being late.
  #late = 0;
  #waiting: BookDelta[] = [];
  #touches = new TouchCheck();
  #tickerIds = new RisingId();
  #tradeIds = new RisingId();

  constructor(market: string, slotUs = SLOT_US) {
    this.market = market;
    this.slotUs = slotUs;
  }

  /** How often our best prices and the exchange's were named for the same update id. */
  get comparisons(): number {
    return this.#touches.comparisons;
  }

  /** How often they were not the same. */
  get mismatches(): number {
    return this.#touches.mismatches;
  }

  /**
   * Takes in an input of this market, which may be changed afterwards: what is kept of it is a copy. Allocates nothing on the
   * normal path.
   *
   * @returns what was refused and why, or null
   */
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
    const { lastId } = snapshot;
    if (this.status === 'down') return this.#reject(snapshot, 'feed-down', `snapshot ${lastId}: the feed is down`);
    if (this.status === 'live' && lastId < this.lastId) {
      return this.#reject(snapshot, 'out-of-order', `snapshot ${lastId} is older than the book at ${this.lastId}`);
    }
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = this.book;
    const continued = this.status === 'live';
    this.book.replace(snapshot.bids, snapshot.asks);
    this.lastId = lastId;
    this.#bridged = false;
    this.#late = 0;
    this.#regain();
    this.#touched(snapshot);
    if (continued) this.#flow(bestBidTick, bestBidLots, bestAskTick, bestAskLots);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [i, delta] of waiting.entries()) {
      if (delta.lastId <= this.lastId) continue;
      // The rest goes on waiting: a newer snapshot may fit it.
      if (!this.#follows(delta)) return this.#gap(delta, waiting.slice(i));
      if (!this.#applyDelta(delta)) return this.#mismatch(delta, delta.lastId, waiting.slice(i));
    }
    return this.#crossing(snapshot);
  }

  #takeDelta(delta: BookDelta): Reject | null {
    const { firstId, lastId } = delta;
    if (this.status === 'down')
      return this.#reject(delta, 'feed-down', `update ${firstId}–${lastId}: the feed is down`);
    const following = this.status === 'live' || this.status === 'crossed';
    const newestId = following ? this.lastId : (this.#waiting.at(-1)?.lastId ?? -1);
    if (lastId <= newestId) return this.#refuseLate(delta, newestId);
    this.#late = 0;
    if (!following) {
      this.#wait(delta);
      this.#lose(this.status);
      return null;
    }
    if (!this.#follows(delta)) return this.#gap(delta, [copyOf(delta)]);
    // What a crossed book takes in, the snapshot that it wished for has to be continued with.
    if (this.status === 'crossed') this.#wait(delta);
    if (!this.#applyDelta(delta)) return this.#mismatch(delta, lastId, [copyOf(delta)]);
    return this.#crossing(delta);
  }

  /**
   * Spot: `U` is at most the last id plus one. Futures: `pu` is the last id; the first update after a snapshot straddles it.
   * The published `U ≤ lastUpdateId` of that one is too strict where ids between `pu` and `U` belong to other markets: the
   * update holds everything since `pu`, so that is what must not lie behind the snapshot.
   */
  #follows({ firstId, previousId }: BookDelta): boolean {
    if (previousId < 0) return firstId <= this.lastId + 1;
    return this.#bridged ? previousId === this.lastId : previousId <= this.lastId;
  }

  /** @returns false when the exchange has already told other best prices for this update */
  #applyDelta(delta: BookDelta): boolean {
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = this.book;
    this.book.apply(delta.bids, delta.asks);
    this.lastId = delta.lastId;
    this.#bridged = true;
    this.#touched(delta);
    this.#flow(bestBidTick, bestBidLots, bestAskTick, bestAskLots);
    return this.#touches.ours(delta.lastId, this.book);
  }

  #refuseLate(delta: BookDelta, newestId: number): Reject | null {
    this.#late += 1;
    // So many late ones in a row: it is the newest id that is wrong, and with it the book.
    if (this.#late >= LATE_MOST) {
      this.#late = 0;
      return this.#gap(delta, [copyOf(delta)]);
    }
    // The snapshot was faster than the stream and includes what comes now: dropped by the rules, and nothing wrong.
    if (this.status === 'live' && !this.#bridged) return null;
    const reason = delta.lastId === newestId ? 'duplicate' : 'out-of-order';
    return this.#reject(delta, reason, `update ${delta.firstId}–${delta.lastId}: ${newestId} is already here`);
  }

  #takeTicker(ticker: BookTicker): Reject | null {
    const { updateId, bidTick, bidLots, askTick, askLots } = ticker;
    if (bidTick >= askTick && bidLots > 0 && askLots > 0) {
      return this.#reject(ticker, 'crossed', `bookTicker ${updateId}: bid ${bidTick} ≥ ask ${askTick}`);
    }
    const newestId = this.#tickerIds.last;
    const order = this.#tickerIds.take(updateId);
    if (order !== 'new') return this.#reject(ticker, order, `bookTicker ${updateId}: ${newestId} is already here`);
    this.touch.ticker(ticker);
    return this.#touches.theirs(ticker) ? null : this.#mismatch(ticker, updateId, []);
  }

  #takeTrade(trade: Trade): Reject | null {
    const newestId = this.#tradeIds.last;
    const order = this.#tradeIds.take(trade.tradeId);
    if (order !== 'new') return this.#reject(trade, order, `trade ${trade.tradeId}: ${newestId} is already here`);
    if (trade.side === 'buy') this.takerBuyLots += trade.lots;
    else this.takerSellLots += trade.lots;
    this.lastTradeTick = trade.tick;
    this.lastTradeUs = trade.timeUs;
    this.#reach(trade);
    return null;
  }

  #reach({ timeUs, side, tick }: Trade): void {
    const slot = Math.floor(timeUs / this.slotUs);
    if (slot !== this.tradeSlot) {
      this.tradeSlot = slot;
      this.tradeHighTick = -1;
      this.tradeLowTick = -1;
    }
    if (side === 'buy') this.tradeHighTick = Math.max(this.tradeHighTick, tick);
    else this.tradeLowTick = this.tradeLowTick < 0 ? tick : Math.min(this.tradeLowTick, tick);
  }

  #takeStatus({ status }: FeedStatus): void {
    this.#waiting = [];
    this.#touches.forget();
    this.touch.forget();
    this.#tickerIds.forget();
    this.#tradeIds.forget();
    this.#late = 0;
    this.lastId = 0;
    this.#regain();
    if (status === 'up') this.#lose('syncing');
    else this.status = 'down';
  }

  #wait(delta: BookDelta): void {
    this.#waiting.push(copyOf(delta));
    if (this.#waiting.length > WAITING_MOST) this.#waiting.splice(0, WAITING_MOST / 2);
  }

  /** The book is not to be trusted, and a snapshot is wished for; once until one comes. */
  #lose(status: BookStatus): void {
    this.status = status;
    if (!this.resyncWanted) this.resyncs += 1;
    this.resyncWanted = true;
  }

  #regain(): void {
    this.status = 'live';
    this.resyncWanted = false;
  }

  #gap(delta: BookDelta, waiting: BookDelta[]): Reject {
    this.#lose('gapped');
    this.#waiting = waiting;
    this.#touches.forgetOurs();
    const { firstId, lastId, previousId } = delta;
    const from = previousId < 0 ? firstId - 1 : previousId;
    return this.#reject(delta, 'gap', `update ${firstId}–${lastId} continues ${from}: the book is at ${this.lastId}`);
  }

  #mismatch(input: BookDelta | BookTicker, updateId: number, waiting: BookDelta[]): Reject {
    // A book that is waiting already goes on waiting with what it has.
    if (this.status === 'live' || this.status === 'crossed') this.#waiting = waiting;
    this.#lose('gapped');
    this.#touches.forgetOurs();
    return this.#reject(input, 'mismatch', `update ${updateId}: our best prices are not the exchange's`);
  }

  /** An exchange's book is never crossed: ours is wrong while it is. It may mend with the next updates, or by a snapshot. */
  #crossing(input: BookDelta | BookSnapshot): Reject | null {
    const { crossed, bestBidTick, bestAskTick } = this.book;
    const before = this.status;
    if (!crossed) {
      if (before === 'crossed') {
        this.#waiting = [];
        this.#regain();
      }
      return null;
    }
    if (before === 'crossed') return null;
    if (input.kind === 'bookDelta') this.#wait(input);
    this.#lose('crossed');
    return this.#reject(input, 'crossed', `update ${input.lastId}: bid ${bestBidTick} ≥ ask ${bestAskTick}`);
  }

  #touched(input: BookDelta | BookSnapshot): void {
    this.updatedUs = input.timeUs;
    if (input.eventUs > 0) this.eventUs = input.eventUs;
    this.touch.book(this.lastId, this.book);
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

  #reject({ seq, timeUs }: MarketInput, reason: string, detail: string): Reject {
    return { kind: 'reject', seq, timeUs, market: this.market, source: 'book', reason, detail };
  }

  /** Everything as plain data. */
  encode(): LocalBookState {
    return {
      status: this.status,
      numbers: Object.fromEntries(NUMBERS.map((name) => [name, this[name]])) as LocalBookState['numbers'],
      resyncWanted: this.resyncWanted,
      bridged: this.#bridged,
      late: this.#late,
      bids: this.book.bids.encode(),
      asks: this.book.asks.encode(),
      waiting: [...this.#waiting],
      touch: this.touch.encode(),
      touches: this.#touches.encode(),
      tickerIds: this.#tickerIds.encode(),
      tradeIds: this.#tradeIds.encode(),
    };
  }

  /** The book that {@link encode} described. */
  static decode(market: string, state: LocalBookState, slotUs = SLOT_US): LocalBook {
    const book = new LocalBook(market, slotUs);
    book.status = state.status;
    for (const name of NUMBERS) book[name] = state.numbers[name];
    book.resyncWanted = state.resyncWanted;
    book.#bridged = state.bridged;
    book.#late = state.late;
    book.book.replace(state.bids, state.asks);
    book.#waiting = [...state.waiting];
    book.touch.restore(state.touch);
    book.#touches = TouchCheck.decode(state.touches);
    book.#tickerIds = RisingId.decode(state.tickerIds);
    book.#tradeIds = RisingId.decode(state.tradeIds);
    return book;
  }
}

/** An update for keeping. */
function copyOf(delta: BookDelta): BookDelta {
  return { ...delta, bids: [...delta.bids], asks: [...delta.asks] };
}
