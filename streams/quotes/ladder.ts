import type { Levels } from '../market/types.ts';

/** How many orders a side has and how they differ. */
export interface LadderParameters {
  readonly levels: number;
  /** Distance of two levels, basis points; at least a tick. */
  readonly levelSpacingBps: number;
  /** Size of each level over that of the one before. */
  readonly levelSizeFactor: number;
}

/**
 * A side's levels outwards from its best price, best first, flat pairs of tick and lots. Sizes are whole order steps, at least
 * one; a level below the lowest price that there is, is left out.
 *
 * @param sign 1 for bids, -1 for asks
 * @param clipLots size of the first level, a multiple of `stepLots`
 * @param fairTick what basis points are of
 */
export function ladder(
  { levels, levelSpacingBps, levelSizeFactor }: LadderParameters,
  sign: 1 | -1,
  bestTick: number,
  clipLots: number,
  stepLots: number,
  fairTick: number,
): Levels {
  const distance = Math.max(1, Math.round((levelSpacingBps * fairTick) / 10_000));
  const pairs: number[] = [];
  for (let level = 0; level < levels; level += 1) {
    const tick = bestTick - sign * level * distance;
    if (tick <= 0) break;
    pairs.push(tick, stepLots * Math.max(1, Math.round((clipLots * levelSizeFactor ** level) / stepLots)));
  }
  return pairs;
}
