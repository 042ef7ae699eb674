import type { Side } from '../market/types.ts';
import type { Approved } from '../risk/risk.ts';
import type { WorkingOrder } from './orders.ts';

/** What would have to change on one side of one market. */
export interface SideDiff {
  readonly cancels: readonly WorkingOrder[];
  readonly place: { readonly tick: number; readonly lots: number } | null;
}

/** A partly filled order that is at the wished price keeps its place in the queue down to this share of the wished size. */
const KEEP_FROM_SHARE = 0.5;

/**
 * The fewest messages that turn the resting orders of a side into the wished one: an order at the wished price stays while
 * it is not larger than wished and not smaller than half of it; everything else goes.
 */
export function diffSide(wanted: Approved | null, side: Side, orders: readonly WorkingOrder[]): SideDiff {
  const tick = side === 'buy' ? (wanted?.bidTick ?? 0) : (wanted?.askTick ?? 0);
  const lots = side === 'buy' ? (wanted?.bidLots ?? 0) : (wanted?.askLots ?? 0);
  let kept = false;
  const cancels: WorkingOrder[] = [];
  for (const order of orders) {
    if (order.side !== side) continue;
    const fits = order.tick === tick && order.remainingLots <= lots && order.remainingLots >= lots * KEEP_FROM_SHARE;
    if (order.status === 'resting' && !(fits && !kept && lots > 0)) cancels.push(order);
    if (fits && order.status !== 'cancelling') kept = true;
  }
  return { cancels, place: kept || lots === 0 ? null : { tick, lots } };
}
