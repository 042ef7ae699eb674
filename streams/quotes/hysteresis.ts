import type { Levels } from '../market/types.ts';
import { type OrderValueTerms, orderValue } from './order_value.ts';
import type { QueuePlace } from './queue_place.ts';
import { lotsBefore, type QuotedSide } from './side.ts';

/** Beyond the slack a place in the queue is kept only this many times as far. */
const PATIENCE = 3;

/**
 * Levels to wish for on a side, given those wished before: each stays where it is
 *
 * - while it would move by no more than the slack, or
 * - by no more than three times that, as long as its place in the queue is worth at least what the new price is, with
 *   everybody there ahead ({@link orderValue});
 *
 * but never one that is beyond the side's limit, where it might cross or has lost its edge. Levels that would come out of
 * order are all taken anew.
 *
 * @param slackTicks how far a level may be from where it is wanted without moving
 */
export function keepPlaces(
  side: QuotedSide,
  last: Levels,
  wanted: Levels,
  slackTicks: number,
  places: readonly QueuePlace[],
  terms: OrderValueTerms,
): Levels {
  if (last.length !== wanted.length) return wanted;
  const { sign, limitTick } = side;
  const kept: number[] = [];
  for (let i = 0; i < wanted.length; i += 2) {
    const [oldTick, oldLots, tick, lots] = [last[i]!, last[i + 1]!, wanted[i]!, wanted[i + 1]!];
    const moved = Math.abs(oldTick - tick);
    const allowed = sign * oldTick <= sign * limitTick;
    const stays =
      allowed &&
      (moved <= slackTicks || (moved <= PATIENCE * slackTicks && placeIsWorthMore(side, oldTick, tick, places, terms)));
    if (stays) kept.push(oldTick, oldLots);
    else kept.push(tick, lots);
    if (i > 0 && sign * kept[i]! >= sign * kept[i - 2]!) return wanted;
  }
  return kept;
}

function placeIsWorthMore(
  side: QuotedSide,
  oldTick: number,
  newTick: number,
  places: readonly QueuePlace[],
  terms: OrderValueTerms,
): boolean {
  const place = places.find((one) => one.side === side.side && one.tick === oldTick);
  if (place === undefined) return false;
  const ahead = lotsBefore(side, oldTick + side.sign) + place.aheadLots;
  const there = orderValue(terms, side.sign, oldTick, ahead);
  return there >= orderValue(terms, side.sign, newTick, lotsBefore(side, newTick));
}
