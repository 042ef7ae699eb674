import { NO_TICK_ABOVE, NO_TICK_BELOW, TickLadder } from './tick_ladder.ts';

/** The best tick of a side that is empty: below any bid, above any ask. */
export const NO_BID = NO_TICK_BELOW;
/** See {@link NO_BID}. */
export const NO_ASK = NO_TICK_ABOVE;

/**
 * A book whose touch is never crossed, by hftbacktest's rule: where a level comes in at or beyond the other side's best, the
 * newer one is believed, and the other side's best is the next one that does not cross. The levels in between stay in the
 * book and out of the touch until their own update comes.
 */
export class TouchBook {
  readonly bids = new TickLadder();
  readonly asks = new TickLadder();
  bidTick = NO_BID;
  askTick = NO_ASK;

  /** @returns the level's size before */
  setBid(tick: number, lots: number): number {
    const before = this.bids.set(tick, lots);
    if (lots > 0) {
      if (tick > this.bidTick) this.#raiseBid(tick);
    } else if (tick === this.bidTick) this.#stepBidBack(tick);
    return before;
  }

  /** @returns the level's size before */
  setAsk(tick: number, lots: number): number {
    const before = this.asks.set(tick, lots);
    if (lots > 0) {
      if (tick < this.askTick) this.#lowerAsk(tick);
    } else if (tick === this.askTick) this.#stepAskBack(tick);
    return before;
  }

  /** An empty book becomes what another is. */
  copy(other: TouchBook): void {
    this.bids.copy(other.bids);
    this.asks.copy(other.asks);
    this.bidTick = other.bidTick;
    this.askTick = other.askTick;
  }

  clearBids(): void {
    this.bids.clear();
    this.bidTick = NO_BID;
  }

  clearAsks(): void {
    this.asks.clear();
    this.askTick = NO_ASK;
  }

  /** Removes the bids from the best one down to a tick, inclusive. */
  clearBidsTo(tick: number): void {
    for (let at = this.bidTick; at >= tick && at !== NO_BID; at = this.bids.below(at)) this.bids.set(at, 0);
    if (this.bidTick >= tick) this.#stepBidBack(tick);
  }

  /** Removes the asks from the best one up to a tick, inclusive. */
  clearAsksTo(tick: number): void {
    for (let at = this.askTick; at <= tick; at = this.asks.above(at)) this.asks.set(at, 0);
    if (this.askTick <= tick) this.#stepAskBack(tick);
  }

  #raiseBid(tick: number): void {
    this.bidTick = tick;
    this.bids.centre(tick);
    if (tick >= this.askTick) this.#stepAskBack(tick);
  }

  #lowerAsk(tick: number): void {
    this.askTick = tick;
    this.asks.centre(tick);
    if (tick <= this.bidTick) this.#stepBidBack(tick);
  }

  /** The best bid is the next one below a tick. */
  #stepBidBack(tick: number): void {
    this.bidTick = this.bids.below(tick);
    if (this.bidTick !== NO_BID) this.bids.centre(this.bidTick);
  }

  /** The best ask is the next one above a tick. */
  #stepAskBack(tick: number): void {
    this.askTick = this.asks.above(tick);
    if (this.askTick !== NO_ASK) this.asks.centre(this.askTick);
  }
}
