import { Ladder } from '../market/ladder.ts';

/** The best tick of a side that is empty: below any bid, above any ask. */
export const NO_BID = -1;
/** See {@link NO_BID}. */
export const NO_ASK = 2 ** 31;

/**
 * A book whose touch is never crossed, by hftbacktest's rule: where a level comes in at or beyond the other side's best, the
 * newer one is believed, and the other side's best is the next one that does not cross. The levels in between stay in the
 * book and out of the touch until their own update comes.
 */
export class TouchBook {
  readonly bids = new Ladder('bid');
  readonly asks = new Ladder('ask');
  bidTick = NO_BID;
  askTick = NO_ASK;

  setBid(tick: number, lots: number): void {
    this.bids.set(tick, lots);
    if (lots === 0) {
      if (tick === this.bidTick) this.bidTick = this.#bidBelow(tick);
    } else if (tick > this.bidTick) {
      this.bidTick = tick;
      if (tick >= this.askTick) this.askTick = this.#askAbove(tick);
    }
  }

  setAsk(tick: number, lots: number): void {
    this.asks.set(tick, lots);
    if (lots === 0) {
      if (tick === this.askTick) this.askTick = this.#askAbove(tick);
    } else if (tick < this.askTick) {
      this.askTick = tick;
      if (tick <= this.bidTick) this.bidTick = this.#bidBelow(tick);
    }
  }

  clearBids(): void {
    this.bids.clear();
    this.bidTick = NO_BID;
  }

  clearAsks(): void {
    this.asks.clear();
    this.askTick = NO_ASK;
  }

  #bidBelow(tick: number): number {
    const best = this.bids.bestTick;
    return best < tick ? best : this.bids.nextTick(tick);
  }

  #askAbove(tick: number): number {
    const best = this.asks.bestTick;
    if (best < 0) return NO_ASK;
    const next = best > tick ? best : this.asks.nextTick(tick);
    return next < 0 ? NO_ASK : next;
  }
}
