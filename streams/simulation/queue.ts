/**
 * What is known of our place in the queue of a price level: how many lots stand ahead. Trades at the level eat from the
 * front; where cancels come from is what the models differ in.
 */
export interface QueuePlace {
  /** Lots ahead of us at our price. */
  ahead: number;
  /** Traded at the level since the book last told its size: the part of the next fall that is no cancel. */
  traded: number;
}

/** A model of the queue. */
export interface QueueModel {
  /** Our order joins a level that shows `levelLots`. */
  join(levelLots: number): QueuePlace;
  /** `lots` traded at our price. @returns what of it reached our order */
  trade(place: QueuePlace, lots: number): number;
  /** The book tells the level's new size. */
  resize(place: QueuePlace, beforeLots: number, nowLots: number): void;
}

/** Names of the models. */
export type QueueModelName = 'back' | 'proportional';

/**
 * - `back`: every cancel is taken to come from behind us, so we move up by trades alone, except that no more can be ahead
 *   than the level shows (hftbacktest's `RiskAdverseQueueModel`).
 * - `proportional`: cancels come from ahead and behind in proportion to what stands there.
 */
export const QUEUE_MODELS: Readonly<Record<QueueModelName, QueueModel>> = {
  back: {
    join,
    trade,
    resize: (place, _beforeLots, nowLots) => {
      place.ahead = Math.min(place.ahead, nowLots);
      place.traded = 0;
    },
  },
  proportional: {
    join,
    trade,
    resize: (place, beforeLots, nowLots) => {
      const cancelled = Math.max(0, beforeLots - nowLots - place.traded);
      const left = Math.max(1, beforeLots - place.traded);
      place.ahead = Math.min(Math.max(0, place.ahead - Math.ceil((cancelled * place.ahead) / left)), nowLots);
      place.traded = 0;
    },
  },
};

function join(levelLots: number): QueuePlace {
  return { ahead: levelLots, traded: 0 };
}

function trade(place: QueuePlace, lots: number): number {
  const eaten = Math.min(place.ahead, lots);
  place.ahead -= eaten;
  place.traded += lots;
  return lots - eaten;
}
