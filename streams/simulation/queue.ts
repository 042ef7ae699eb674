/**
 * What is known of our place in the queue of a price level: how many lots stand ahead. Trades at the level eat from the
 * front; where cancels come from is what the models differ in.
 */
export interface QueuePlace {
  /** Lots ahead of us at our price: an estimate, so not always whole. */
  ahead: number;
  /** Traded at the level since the book last told its size: the part of the next fall that is no cancel. */
  traded: number;
}

/** A model of the queue. */
export interface QueueModel {
  /** Our order joins a level that shows `levelLots`. */
  join(levelLots: number): QueuePlace;
  /** `lots` traded at our price. @returns what of it reached our order, whole lots */
  trade(place: QueuePlace, lots: number): number;
  /** The book tells the level's new size. */
  resize(place: QueuePlace, beforeLots: number, nowLots: number): void;
}

/** Names of the models. */
export type QueueModelName = 'back' | 'power';

/**
 * - `back`, the cautious one: every cancel is taken to come from behind us, so we move up by trades alone, except that no
 *   more can be ahead than the level shows (hftbacktest's `RiskAdverseQueueModel`).
 * - `power`: of what was cancelled, the share bⁿ / (bⁿ + fⁿ) comes from behind us, with f lots ahead, b behind and n the
 *   exponent: 1 is in proportion, more means that those who have waited longest stay (Rigtorp 2013, "Estimating order
 *   queue position"; hftbacktest's `ProbQueueModel` with `PowerProbQueueFunc`).
 *
 * @param exponent n of `power`, above 0
 */
export function queueModel(name: QueueModelName, exponent: number): QueueModel {
  return name === 'back' ? { join, trade, resize: behind } : { join, trade, resize: shared(exponent) };
}

function join(levelLots: number): QueuePlace {
  return { ahead: levelLots, traded: 0 };
}

function trade(place: QueuePlace, lots: number): number {
  const eaten = Math.min(place.ahead, lots);
  place.ahead -= eaten;
  place.traded += lots;
  return Math.floor(lots - eaten);
}

function behind(place: QueuePlace, _beforeLots: number, nowLots: number): void {
  place.ahead = Math.min(place.ahead, nowLots);
  place.traded = 0;
}

function shared(exponent: number): QueueModel['resize'] {
  return (place, beforeLots, nowLots) => {
    // What is left of the level once the trades are taken off: the rest of the fall was cancelled.
    const left = Math.max(0, beforeLots - place.traded);
    const cancelled = left - nowLots;
    place.traded = 0;
    if (cancelled > 0 && place.ahead > 0) {
      const back = Math.max(0, left - place.ahead);
      const weight = back ** exponent;
      const fromBehind = Math.min(back, cancelled, (cancelled * weight) / (weight + place.ahead ** exponent));
      place.ahead = Math.max(0, place.ahead - (cancelled - fromBehind));
    }
    place.ahead = Math.min(place.ahead, nowLots);
  };
}
