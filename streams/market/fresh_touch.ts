import type { OrderBook } from './order_book.ts';
import type { BookTicker } from './types.ts';

/** A {@link FreshTouch} as plain data: its own update id, the book's, and the four figures. */
export type FreshTouchState = readonly [
  id: number,
  bookId: number,
  fromTicker: 0 | 1,
  bidTick: number,
  bidLots: number,
  askTick: number,
  askLots: number,
];

/**
 * The newest best prices that the venue has told: those of our book, or those of its `bookTicker` where that names a newer
 * update id. On Binance spot the depth stream comes every 100 ms and the ticker with every change, so that a book's own touch
 * is up to 100 ms old; on a chain that tells whole books the two are the same.
 *
 * It means something while the local book is `live`. An empty side has 0 lots.
 */
export class FreshTouch {
  bidTick = -1;
  bidLots = 0;
  askTick = -1;
  askLots = 0;
  // Update ids of this touch and of the newest book; -1 before the first.
  #id = -1;
  #bookId = -1;
  #fromTicker = false;

  /** Whether both sides have a price, and not the same one. */
  get twoSided(): boolean {
    return this.bidLots > 0 && this.askLots > 0 && this.bidTick < this.askTick;
  }

  /** Bid and ask tick added: twice the mid, an integer. */
  get midHalfTicks(): number {
    return this.bidTick + this.askTick;
  }

  /** Our book is now at an update id. */
  book(id: number, { bestBidTick, bestBidLots, bestAskTick, bestAskLots }: OrderBook): void {
    // The book began anew at a lower id: the ids before were wrong, and the touch with them.
    if (id < this.#bookId) this.#id = -1;
    this.#bookId = id;
    if (id < this.#id) return;
    this.#id = id;
    this.#fromTicker = false;
    this.bidTick = bestBidTick;
    this.bidLots = bestBidLots;
    this.askTick = bestAskTick;
    this.askLots = bestAskLots;
  }

  /** The exchange tells its best prices. Who feeds this has dropped what is repeated, late or crossed. */
  ticker({ updateId, bidTick, bidLots, askTick, askLots }: BookTicker): void {
    // A ticker that was taken though its id is below the last one's: the ids before were wrong.
    if (updateId < this.#id && !this.#fromTicker) return;
    this.#id = updateId;
    this.#fromTicker = true;
    this.bidTick = bidTick;
    this.bidLots = bidLots;
    this.askTick = askTick;
    this.askLots = askLots;
  }

  /** Update ids begin anew. */
  forget(): void {
    this.#id = -1;
    this.#bookId = -1;
    this.#fromTicker = false;
    this.bidTick = -1;
    this.bidLots = 0;
    this.askTick = -1;
    this.askLots = 0;
  }

  encode(): FreshTouchState {
    const { bidTick, bidLots, askTick, askLots } = this;
    return [this.#id, this.#bookId, this.#fromTicker ? 1 : 0, bidTick, bidLots, askTick, askLots];
  }

  /** Takes on the state that {@link encode} described. */
  restore([id, bookId, fromTicker, bidTick, bidLots, askTick, askLots]: FreshTouchState): void {
    this.#id = id;
    this.#bookId = bookId;
    this.#fromTicker = fromTicker === 1;
    Object.assign(this, { bidTick, bidLots, askTick, askLots });
  }
}
