import type { Ladder } from '../market/ladder.ts';
import type { LocalBook } from '../market/local_book.ts';
import type { LiveOrder } from '../orders/types.ts';

/** A {@link MarketMid} as plain data. */
export interface MarketMidState {
  readonly own: readonly (readonly [buys: 0 | 1, tick: number, lots: number])[];
  readonly lastId: number;
  readonly halfTicks: number;
}

/**
 * The mid of everybody else's best prices. Models are trained on markets without us, and our own requoting is no move: where
 * orders of ours rest in the book they are taken out, from the book's next update on, as the features have it.
 */
export class MarketMid {
  #own: MarketMidState['own'] = [];
  #lastId = -1;
  #halfTicks = -1;

  /** Our orders that live on the venue. */
  orders(orders: readonly LiveOrder[]): void {
    this.#own = orders
      .filter(({ resting }) => resting)
      .map(({ side, tick, lots }) => [side === 'buy' ? 1 : 0, tick, lots] as const);
  }

  /** Twice the mid, ticks; -1 where it is not known. */
  of(view: LocalBook): number {
    const { status, touch, book, lastId } = view;
    if (status !== 'live' || !touch.twoSided) {
      this.#lastId = -1;
      return -1;
    }
    // Best prices newer than the book come from venues that we do not rest on.
    if (lastId === this.#lastId && this.#own.length > 0) return this.#halfTicks;
    this.#lastId = lastId;
    this.#halfTicks =
      this.#own.length === 0
        ? touch.midHalfTicks
        : sum(bestOf(book.bids, this.#own, 1), bestOf(book.asks, this.#own, 0));
    return this.#halfTicks;
  }

  encode(): MarketMidState {
    return { own: this.#own, lastId: this.#lastId, halfTicks: this.#halfTicks };
  }

  /** What {@link encode} described. */
  static decode({ own, lastId, halfTicks }: MarketMidState): MarketMid {
    const mid = new MarketMid();
    mid.#own = own;
    mid.#lastId = lastId;
    mid.#halfTicks = halfTicks;
    return mid;
  }
}

function sum(bid: number, ask: number): number {
  return bid < 0 || ask < 0 ? -1 : bid + ask;
}

/** The best price at which more rests than what is ours, or -1. */
function bestOf(ladder: Ladder, own: MarketMidState['own'], buys: 0 | 1): number {
  let best = -1;
  ladder.forEach(own.length + 1, (tick, lots) => {
    if (best >= 0) return;
    const ours = own.reduce((sum, [side, at, of]) => (side === buys && at === tick ? sum + of : sum), 0);
    if (lots > ours) best = tick;
  });
  return best;
}
