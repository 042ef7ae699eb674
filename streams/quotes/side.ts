import type { Levels } from '../market/types.ts';

/** One side of the book as the strategy sees it: with `sign` both sides are worked by the same rules. */
export interface QuotedSide {
  readonly side: 'buy' | 'sell';
  /** 1 for bids, -1 for asks: of two prices the better one has the larger `sign · tick`. */
  readonly sign: 1 | -1;
  /** The others' orders on this side, best first. */
  readonly theirs: Levels;
  /** No price of ours may be better than this one: the post-only limit and the least edge. */
  readonly limitTick: number;
}

/** Lots of others that trade before a new order at a price: all at better prices and at the same. */
export function lotsBefore({ sign, theirs }: QuotedSide, tick: number): number {
  let lots = 0;
  for (let i = 0; i < theirs.length; i += 2) if (sign * theirs[i]! >= sign * tick) lots += theirs[i + 1]!;
  return lots;
}

/** A price brought back to what is allowed on its side. */
export function within({ sign, limitTick }: QuotedSide, tick: number): number {
  return sign * tick > sign * limitTick ? limitTick : tick;
}
