import type { Levels, Side } from '../market/types.ts';
import type { LiveOrder } from '../orders/types.ts';

/** Lots of the live orders of a side: each may fill in full before a cancel takes effect. */
export function liveLots(live: readonly LiveOrder[], side: Side): number {
  let lots = 0;
  for (const order of live) if (order.side === side) lots += order.lots;
  return lots;
}

/**
 * What of a wished level rests already and stays, lots: orders at its price, the oldest first, as long as together they are
 * not more than wished. This is the rule by which the order stage diffs (`orders/diff.ts`).
 *
 * @param live in order of placing
 */
export function keptLots(live: readonly LiveOrder[], side: Side, tick: number, wishedLots: number): number {
  let kept = 0;
  for (const order of live) {
    if (order.side === side && order.tick === tick && kept + order.lots <= wishedLots) kept += order.lots;
  }
  return kept;
}

/** What some wished levels add to the live orders of a side: the lots, and how many orders. */
export function added(
  live: readonly LiveOrder[],
  side: Side,
  levels: Levels,
): { readonly lots: number; readonly orders: number } {
  let lots = 0;
  let orders = 0;
  for (let i = 0; i < levels.length; i += 2) {
    const kept = keptLots(live, side, levels[i]!, levels[i + 1]!);
    lots += levels[i + 1]! - kept;
    if (kept === 0) orders += 1;
  }
  return { lots, orders };
}

/**
 * The largest positions, long and short, that any order of fills can lead to: what is held, every live order of a side, and its
 * wished levels in so far as no live order stays for them. In lots; below zero where the contrary is held and stays so.
 */
export function worstCaseLots(
  positionLots: number,
  live: readonly LiveOrder[],
  { bids, asks }: { readonly bids: Levels; readonly asks: Levels },
): { readonly long: number; readonly short: number } {
  return {
    long: positionLots + liveLots(live, 'buy') + added(live, 'buy', bids).lots,
    short: -positionLots + liveLots(live, 'sell') + added(live, 'sell', asks).lots,
  };
}
