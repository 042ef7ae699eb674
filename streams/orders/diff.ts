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
  const kept = new Map<number, number>();
  const wished = new Map<number, number>();
  for (let i = 0; i < wanted.length; i += 2) wished.set(wanted[i]!, wanted[i + 1]!);
  for (const order of orders) {
    if (order.side !== side || order.status === 'cancelling') continue;
    const there = kept.get(order.tick) ?? 0;
    const fits = !order.unwanted && there + order.remainingLots <= (wished.get(order.tick) ?? 0);
    if (fits) kept.set(order.tick, there + order.remainingLots);
    else if (order.status === 'resting') cancels.push(order);
  }
  const places: number[] = [];
  for (const [tick, lots] of wished) {
    const there = kept.get(tick) ?? 0;
    if (there < lots * ENOUGH_SHARE) places.push(tick, lots - there);
  }
  return { cancels, places };
}
