import type { Ladder } from '../market/ladder.ts';
import type { Side } from '../market/types.ts';

/** How many levels of each side the features look at. */
export const DEPTH = 10;

/** One of our orders that may rest in the book. */
export interface OwnOrder {
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
}

/** What {@link SideLevels} holds, as plain data. */
export type SideLevelsState = readonly number[];

/** The best {@link DEPTH} levels of a side, our own orders taken out, best first. One record, read anew in place. */
export class SideLevels {
  readonly ticks = new Float64Array(DEPTH);
  readonly lots = new Float64Array(DEPTH);
  count = 0;
  #own: readonly OwnOrder[] = [];
  readonly #visit = (tick: number, lots: number): void => {
    let theirs = lots;
    for (const own of this.#own) if (own.tick === tick) theirs -= own.lots;
    if (theirs <= 0 || this.count === DEPTH) return;
    this.ticks[this.count] = tick;
    this.lots[this.count] = theirs;
    this.count += 1;
  };

  /** @param own our orders on this side */
  read(ladder: Ladder, own: readonly OwnOrder[]): void {
    this.count = 0;
    this.#own = own;
    ladder.forEach(DEPTH + own.length, this.#visit);
  }

  /** Lots at the best `most` levels. */
  depth(most: number): number {
    let sum = 0;
    for (let i = 0; i < this.count && i < most; i += 1) sum += this.lots[i]!;
    return sum;
  }

  encode(): SideLevelsState {
    return Array.from({ length: 2 * this.count }, (_, i) => (i % 2 === 0 ? this.ticks : this.lots)[i >> 1]!);
  }

  restore(pairs: SideLevelsState): void {
    this.count = Math.min(DEPTH, pairs.length / 2);
    for (let i = 0; i < this.count; i += 1) {
      this.ticks[i] = pairs[2 * i]!;
      this.lots[i] = pairs[2 * i + 1]!;
    }
  }
}
