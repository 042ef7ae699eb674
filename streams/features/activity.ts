import { DEPTH, type SideLevels } from './levels.ts';
import type { FeatureSpec } from './types.ts';
import { imbalance, LONG, LONGS_IN_SECOND, SHORT, type Windows } from './windows.ts';

const SIXTY_S = 60 * LONGS_IN_SECOND;
const SHORTS_IN_SECOND = 20;

/** Orders that come and go within what is shown of the book. */
export const ACTIVITY_FEATURES: readonly FeatureSpec[] = [
  {
    name: 'add_imbalance_1s',
    formula: '(lots added to bids − to asks) / (both)',
    unit: 'ratio',
    mirror: 'odd',
    window: '1 s',
    warmUpMs: 1_000,
    source: 'limit orders by side: Cont, Stoikov and Talreja (2010)',
  },
  {
    name: 'cancel_imbalance_1s',
    formula: '(C of asks − C of bids) / (both), C = max(0, lots removed − lots that takers took there)',
    unit: 'ratio',
    mirror: 'odd',
    window: '1 s',
    warmUpMs: 1_000,
    source: 'cancellations by side: Cont, Stoikov and Talreja (2010)',
  },
  {
    name: 'update_intensity_1s',
    formula: 'ln((U₁ₛ + 1) / (U₆₀ₛ / 60 + 1)), U updates of the book',
    unit: 'log',
    mirror: 'even',
    window: '1 s, 60 s',
    warmUpMs: 60_000,
    source: 'messages a second against the usual: Hasbrouck and Saar (2013)',
  },
];

/** Writes {@link ACTIVITY_FEATURES}. */
export function writeActivity(out: Float32Array, at: number, { short, long }: Windows): void {
  const gained = (channel: number): number => short.gained(channel, SHORTS_IN_SECOND);
  out[at] = imbalance(gained(SHORT.addedBids), gained(SHORT.addedAsks));
  const bids = Math.max(0, gained(SHORT.removedBids) - gained(SHORT.sold));
  const asks = Math.max(0, gained(SHORT.removedAsks) - gained(SHORT.bought));
  out[at + 1] = imbalance(asks, bids);
  out[at + 2] = Math.log((gained(SHORT.updates) + 1) / (long.gained(LONG.updates, SIXTY_S) / 60 + 1));
}

/**
 * Adds what one side gained and lost between two looks, price by price, as far down as both show it: what comes into view
 * because something better left was there before.
 *
 * @param sign 1 for asks, whose ticks rise from the best one; −1 for bids
 */
export function countChanges(
  before: SideLevels,
  after: SideLevels,
  sign: 1 | -1,
  now: Float64Array,
  added: number,
  removed: number,
): void {
  const end = Math.min(lastSeen(before, sign), lastSeen(after, sign));
  let [i, j] = [0, 0];
  for (;;) {
    const tickBefore = i < before.count ? sign * before.ticks[i]! : Number.POSITIVE_INFINITY;
    const tickAfter = j < after.count ? sign * after.ticks[j]! : Number.POSITIVE_INFINITY;
    const tick = Math.min(tickBefore, tickAfter);
    if (tick > end || tick === Number.POSITIVE_INFINITY) return;
    let change = 0;
    if (tickAfter === tick) {
      change += after.lots[j]!;
      j += 1;
    }
    if (tickBefore === tick) {
      change -= before.lots[i]!;
      i += 1;
    }
    if (change > 0) now[added]! += change;
    else now[removed]! -= change;
  }
}

/** The furthest price that is in view: everything where the side has fewer levels than are looked at. */
function lastSeen(side: SideLevels, sign: 1 | -1): number {
  return side.count === DEPTH ? sign * side.ticks[DEPTH - 1]! : Number.POSITIVE_INFINITY;
}
