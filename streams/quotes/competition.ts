import { type OrderValueTerms, orderValue } from './order_value.ts';
import { lotsBefore, type QuotedSide } from './side.ts';

/** How far the strategy goes to stand in front: not at all, to the others' best price, or a tick before it. */
export type Competition = 'ignore' | 'join' | 'improve';

/**
 * The best price of a side in view of the others', from the one that the model wants.
 *
 * Where the model's price is better than everybody's, or equal, it stays: there is nobody to answer. Behind the others' best
 * price there are three choices: stay back, join them at the end of their queue, or improve by a tick and be first. The one
 * with the highest {@link orderValue} is taken, of equal ones the one further back; a price that would not leave the least
 * edge, or that might cross, is no choice.
 */
export function compete(
  competition: Competition,
  side: QuotedSide,
  wantedTick: number,
  terms: OrderValueTerms,
): number {
  const { sign, theirs, limitTick } = side;
  const [touchTick, touchLots] = theirs;
  if (competition === 'ignore' || touchTick === undefined || sign * wantedTick >= sign * touchTick) return wantedTick;
  let best = wantedTick;
  let value = orderValue(terms, sign, wantedTick, lotsBefore(side, wantedTick));
  const consider = (tick: number, aheadLots: number): void => {
    if (sign * tick > sign * limitTick) return;
    const its = orderValue(terms, sign, tick, aheadLots);
    if (its <= value) return;
    value = its;
    best = tick;
  };
  consider(touchTick, touchLots!);
  if (competition === 'improve') consider(touchTick + sign, 0);
  return best;
}
