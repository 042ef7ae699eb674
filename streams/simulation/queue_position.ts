/**
 * Where our order stands in the queue of its level, as hftbacktest estimates it (its `QueueModel`). Sizes are lots. Beside
 * `queue.ts`, which the backtest of recordings uses, these are equal to hftbacktest's to the fill; golden fills made by it hold
 * them to that.
 */
export interface QueuePosition {
  /** Lots ahead of us; below zero, what has traded past us. An estimate, so not always whole. */
  ahead: number;
  /** Lots traded at the level since the book last told its size: the part of the next fall that is no cancel. */
  traded: number;
}

/** A model: what the fall of a level by cancels does to who waits there. Trades take from the front in every model. */
export interface QueuePositionModel {
  /** The level of our order went from one size to another. */
  resize(place: QueuePosition, beforeLots: number, nowLots: number): void;
}

/** The share of a cancel that comes from behind us, of the lots ahead of us and behind us. */
export type BehindShare = (ahead: number, behind: number) => number;

/** Lots trade at our price. */
export function tradeThrough(place: QueuePosition, lots: number): void {
  place.ahead -= lots;
  place.traded += lots;
}

/** Whether trades have reached our order: half a lot and more past it, as sizes are rounded to lots. */
export function reached(place: QueuePosition): boolean {
  return place.ahead <= -0.5;
}

/** Every cancel comes from behind us (`RiskAdverseQueueModel`): we advance by trades, and as far as the level shrinks. */
export const riskAverse: QueuePositionModel = {
  resize(place, _beforeLots, nowLots) {
    place.ahead = Math.min(place.ahead, nowLots);
  },
};

/**
 * A share of the cancels comes from behind us (`ProbQueueModel`), after Rigtorp, "Estimating order queue position" (2013). Trades
 * since the last size are taken off the fall first.
 */
export function byShare(behindShare: BehindShare): QueuePositionModel {
  return {
    resize(place, beforeLots, nowLots) {
      const cancelled = beforeLots - nowLots - place.traded;
      place.traded = 0;
      const { ahead } = place;
      if (cancelled < 0) {
        place.ahead = Math.min(ahead, nowLots);
        return;
      }
      const behind = beforeLots - ahead;
      const share = behindShare(ahead, behind);
      // An empty level has no shares: then only its new size bounds us.
      const behindAll = Number.isFinite(share) ? share : 1;
      const beyond = Math.min(0, behind - behindAll * cancelled);
      const estimate = ahead - (1 - behindAll) * cancelled + beyond;
      place.ahead = Number.isNaN(share) ? nowLots : Math.min(estimate, nowLots);
    },
  };
}

const log1p = (x: number): number => Math.log(1 + x);

/** xⁿ. Products for the usual exponents: a call of the library's `pow` costs more than all else that a resize does. */
function power(n: number): (x: number) => number {
  if (n === 1) return (x) => x;
  if (n === 2) return (x) => x * x;
  if (n === 3) return (x) => x * x * x;
  return (x) => x ** n;
}

/** bⁿ / (bⁿ + fⁿ), `PowerProbQueueFunc`, with f lots ahead and b behind. */
export function powerShare(n: number): BehindShare {
  const raised = power(n);
  return (ahead, behind) => raised(behind) / (raised(behind) + raised(ahead));
}

/** bⁿ / (b + f)ⁿ, `PowerProbQueueFunc2`. */
export function powerShare2(n: number): BehindShare {
  const raised = power(n);
  return (ahead, behind) => raised(behind) / raised(behind + ahead);
}

/** 1 − (f / (f + b))ⁿ, `PowerProbQueueFunc3`. */
export function powerShare3(n: number): BehindShare {
  const raised = power(n);
  return (ahead, behind) => 1 - raised(ahead / (ahead + behind));
}

/** ln(1 + b) / (ln(1 + b) + ln(1 + f)), `LogProbQueueFunc`; unlike the powers it depends on the unit, which is hftbacktest's own. */
export const logShare =
  (lotSize: number): BehindShare =>
  (ahead, behind) =>
    log1p(behind * lotSize) / (log1p(behind * lotSize) + log1p(ahead * lotSize));

/** ln(1 + b) / ln(1 + b + f), `LogProbQueueFunc2`. */
export const logShare2 =
  (lotSize: number): BehindShare =>
  (ahead, behind) =>
    log1p(behind * lotSize) / log1p((behind + ahead) * lotSize);

/** Names of the models. */
export const QUEUE_POSITION_NAMES = ['risk_averse', 'power', 'power2', 'power3', 'log', 'log2'] as const;

/** One of {@link QUEUE_POSITION_NAMES}. */
export type QueuePositionName = (typeof QUEUE_POSITION_NAMES)[number];

/**
 * A model by its name.
 *
 * @param exponent n of the powers, above 0; the others don't use it
 * @param lotSize of the market in its units, for the logarithms
 */
export function queuePositionModel(name: QueuePositionName, exponent: number, lotSize: number): QueuePositionModel {
  switch (name) {
    case 'risk_averse':
      return riskAverse;
    case 'power':
      return byShare(powerShare(exponent));
    case 'power2':
      return byShare(powerShare2(exponent));
    case 'power3':
      return byShare(powerShare3(exponent));
    case 'log':
      return byShare(logShare(lotSize));
    case 'log2':
      return byShare(logShare2(lotSize));
  }
}
