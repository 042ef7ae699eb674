import type { Levels, Side } from '../market/types.ts';
import type { WorkingOrder } from './orders.ts';

/** What would have to change on one side of one market. */
export interface SideDiff {
  readonly cancels: readonly WorkingOrder[];
  /** Levels to place, best first, flat pairs of tick and lots. */
  readonly places: Levels;
}

/** What is left at a wished price is topped up only when less than this share of the wished size is there. */
const ENOUGH_SHARE = 0.5;

/**
 * The fewest messages that turn the resting orders of a side into the wished levels. Orders at a wished price keep their
 * place in the queue as long as together they are not more than wished, the oldest first; where they are less than half of
 * it, what is missing is placed beside them, which costs one message and no queue position. Everything else goes.
 *
 * @param wanted levels, best first, flat pairs of tick and lots; one entry a price
 * @param orders the live orders of the market, in order of placing
 */
export function diffSide(wanted: Levels, side: Side, orders: readonly WorkingOrder[]): SideDiff {
  const cancels: WorkingOrder[] = [];
  // What stays at each wished price. A side has a handful of levels: looking through them is faster than a map.
  const kept: number[] = [];
  for (let i = 0; i < wanted.length; i += 2) kept.push(0);
  for (const order of orders) {
    if (order.side !== side || order.status === 'cancelling') continue;
    const level = levelAt(wanted, order.tick);
    const lots = level < 0 ? 0 : kept[level]! + order.remainingLots;
    const fits = level >= 0 && !order.unwanted && lots <= wanted[2 * level + 1]!;
    if (fits) kept[level] = lots;
    else if (order.status === 'resting') cancels.push(order);
  }
  const places: number[] = [];
  for (let level = 0; level < kept.length; level += 1) {
    const lots = wanted[2 * level + 1]!;
    if (kept[level]! < lots * ENOUGH_SHARE) places.push(wanted[2 * level]!, lots - kept[level]!);
  }
  return { cancels, places };
}

/** Which of the levels is at a price, or -1. */
function levelAt(levels: Levels, tick: number): number {
  for (let i = 0; i < levels.length; i += 2) if (levels[i] === tick) return i >> 1;
  return -1;
}
