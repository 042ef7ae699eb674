import type { Levels, Side } from '../market/types.ts';
import type { LiveOrder } from '../orders/types.ts';

/** Where our orders at one price stand in its queue; plain data. */
export interface QueuePlace {
  readonly side: Side;
  readonly tick: number;
  /** What is left of ours. */
  readonly ownLots: number;
  /** Others' lots that trade before ours, at most. */
  readonly aheadLots: number;
}

/**
 * Follows the places of our resting orders from one book to the next.
 *
 * A level is served first in, first out, by block. What is there when our order first shows is ahead of it, all of it: who
 * came in the same block may be. From then on those ahead can only become fewer, so no more are ahead than are there; and once
 * ours was filled in part, nobody is. The estimate errs to the long side.
 *
 * @param bids the book without our own orders, best first
 */
export function followQueue(
  before: readonly QueuePlace[],
  own: readonly LiveOrder[],
  bids: Levels,
  asks: Levels,
): QueuePlace[] {
  const places: QueuePlace[] = [];
  for (const { side, tick, lots, resting } of own) {
    if (!resting) continue;
    const again = places.findIndex((one) => one.side === side && one.tick === tick);
    if (again >= 0) {
      // Placed beside the first one, which keeps its place.
      places[again] = { ...places[again]!, ownLots: places[again]!.ownLots + lots };
      continue;
    }
    places.push({ side, tick, ownLots: lots, aheadLots: lotsAt(side === 'buy' ? bids : asks, tick) });
  }
  return places.map((place) => {
    const known = before.find((one) => one.side === place.side && one.tick === place.tick);
    if (known === undefined) return place;
    if (place.ownLots < known.ownLots) return { ...place, aheadLots: 0 };
    return { ...place, aheadLots: Math.min(known.aheadLots, place.aheadLots) };
  });
}

function lotsAt(levels: Levels, tick: number): number {
  for (let i = 0; i < levels.length; i += 2) if (levels[i] === tick) return levels[i + 1]!;
  return 0;
}
