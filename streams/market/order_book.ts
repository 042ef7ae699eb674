import { Ladder } from './ladder.ts';
import type { Levels } from './types.ts';

/**
 * A mutable order book in integer ticks and lots. Top of book is read in O(1), an update allocates nothing.
 *
 * An empty side has best tick -1 and 0 lots. The book itself allows any state, a crossed one too: who reads it asks
 * {@link crossed} first.
 */
export class OrderBook {
  readonly bids = new Ladder('bid');
  readonly asks = new Ladder('ask');
  /** What {@link best} read last of each side. */
  readonly #read: Record<'bid' | 'ask', { version: number; most: number; levels: Levels }> = {
    bid: { version: -1, most: 0, levels: [] },
    ask: { version: -1, most: 0, levels: [] },
  };

  get bestBidTick(): number {
    return this.bids.bestTick;
  }

  get bestBidLots(): number {
    return this.bids.bestLots;
  }

  get bestAskTick(): number {
    return this.asks.bestTick;
  }

  get bestAskLots(): number {
    return this.asks.bestLots;
  }

  /** Whether both sides have a level. */
  get twoSided(): boolean {
    return this.bids.bestTick >= 0 && this.asks.bestTick >= 0;
  }

  /** Whether the best bid is at or above the best ask. */
  get crossed(): boolean {
    return this.twoSided && this.bids.bestTick >= this.asks.bestTick;
  }

  /** Sets levels to their new absolute sizes; flat pairs of tick and lots. */
  apply(bids: Levels, asks: Levels): void {
    for (let i = 0; i < bids.length; i += 2) this.bids.set(bids[i]!, bids[i + 1]!);
    for (let i = 0; i < asks.length; i += 2) this.asks.set(asks[i]!, asks[i + 1]!);
  }

  /** Forgets everything, then takes the levels. */
  replace(bids: Levels, asks: Levels): void {
    this.bids.clear();
    this.asks.clear();
    this.apply(bids, asks);
  }

  /** The best `most` levels of a side as flat pairs, best first. */
  best(side: 'bid' | 'ask', most: number): Levels {
    const ladder = side === 'bid' ? this.bids : this.asks;
    const read = this.#read[side];
    // A market whose book comes with its blocks is sampled several times in between.
    if (read.version === ladder.version && read.most === most) return read.levels;
    const pairs: number[] = [];
    ladder.forEach(most, (tick, lots) => pairs.push(tick, lots));
    this.#read[side] = { version: ladder.version, most, levels: pairs };
    return pairs;
  }
}
