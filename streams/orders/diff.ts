import type { Levels, Side } from '../market/types.ts';
import type { WorkingOrder } from './orders.ts';

/** What would have to change on one side of one market. */
export interface SideDiff {
  readonly cancels: readonly WorkingOrder[];
  /** Levels to place, best first, flat pairs of tick and lots. */
  readonly places: Levels;
}

/** A partly filled order that is at the wished price keeps its place in the queue down to this share of the wished size. */
const KEEP_FROM_SHARE = 0.5;

/**
 * The fewest messages that turn the resting orders of a side into the wished levels: an order at a wished price stays while
 * it is not larger than wished and not smaller than half of it; everything else goes.
 *
 * @param wanted levels, best first, flat pairs of tick and lots
 */
export function diffSide(wanted: Levels, side: Side, orders: readonly WorkingOrder[]): SideDiff {
  const open = new Map<number, number>();
  for (let i = 0; i < wanted.length; i += 2) if (wanted[i + 1]! > 0) open.set(wanted[i]!, wanted[i + 1]!);
  const cancels: WorkingOrder[] = [];
  for (const order of orders) {
    if (order.side !== side) continue;
    const lots = open.get(order.tick) ?? 0;
    const fits = order.remainingLots <= lots && order.remainingLots >= lots * KEEP_FROM_SHARE && lots > 0;
    if (order.status === 'resting' && !fits) cancels.push(order);
    if (fits && order.status !== 'cancelling') open.delete(order.tick);
  }
  return { cancels, places: [...open].flat() };
}
