import { FLAG, KIND, SIDE, WHOLE_SIDE } from '../rows.ts';
import type { RowMaker } from './row_maker.ts';

/** One side of a book as a source states it whole: prices and sizes as decimals, best first. */
export type StatedLevels = readonly (readonly [price: string, size: string])[];

/**
 * Turns books that are stated whole, again and again, into what changed from one to the next. The first is a snapshot. A level
 * that leaves the view is removed, as nothing more is known of it.
 */
export class LevelView {
  #bids: ReadonlyMap<string, string> | undefined;
  #asks: ReadonlyMap<string, string> = new Map();

  /** Puts the rows that lead from the book before to this one; none where nothing changed. */
  put(bids: StatedLevels, asks: StatedLevels, maker: RowMaker): void {
    const [nextBids, nextAsks] = [new Map(bids), new Map(asks)];
    if (this.#bids === undefined) {
      maker.putSteps(KIND.clear, SIDE.buy, WHOLE_SIDE, 0);
      for (const [price, size] of nextBids) maker.put(KIND.snapshotLevel, SIDE.buy, price, size);
      maker.putSteps(KIND.clear, SIDE.sell, WHOLE_SIDE, 0);
      for (const [price, size] of nextAsks) maker.put(KIND.snapshotLevel, SIDE.sell, price, size);
    } else {
      changes(this.#bids, nextBids, SIDE.buy, maker);
      changes(this.#asks, nextAsks, SIDE.sell, maker);
    }
    this.#bids = nextBids;
    this.#asks = nextAsks;
  }
}

function changes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  side: number,
  maker: RowMaker,
): void {
  for (const price of before.keys()) if (!after.has(price)) maker.put(KIND.level, side, price, '0');
  for (const [price, size] of after) if (before.get(price) !== size) maker.put(KIND.level, side, price, size);
}

/** Clears both sides, as the first rows of a snapshot. @param gap whether the feed was interrupted before it */
export function putClear(maker: RowMaker, gap: boolean): void {
  if (gap) maker.row.flags |= FLAG.gap;
  maker.putSteps(KIND.clear, SIDE.buy, WHOLE_SIDE, 0);
  maker.putSteps(KIND.clear, SIDE.sell, WHOLE_SIDE, 0);
}
