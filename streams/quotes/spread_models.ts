/** How the model's half spread becomes ours. */
export type SpreadModel = 'aggressive' | 'conservative' | 'adaptive';

/** What the spread models go by. */
export interface SpreadConditions {
  /** The quoting model's half spread, basis points. */
  readonly halfSpreadBps: number;
  /** Volatility now and usually, basis points per square root of a second. */
  readonly sigmaBps: number;
  readonly usualSigmaBps: number;
  /** How one-sided takers are, 0 to 1. */
  readonly toxicity: number;
  /** How far the price goes against us after a fill, smoothed, basis points; negative when it comes our way. */
  readonly adverseBps: number;
  /** Our fills over the times that the market traded, 0 to 1. */
  readonly share: number;
}

/** What a model that quotes as the only dealer leaves on the table to others: half of its distance is contested. */
const CONTESTED_SHARE = 0.5;

const CONSERVATIVE_FACTOR = 1.25;

/** From seeing a price to having a cancel in a block: a sample, a decision, and the wait for a block of 400 ms. */
const REACTION_S = 0.6;

/** The adaptive factor's bounds. */
const ADAPTIVE_LEAST = 0.4;
const ADAPTIVE_MOST = 1.5;

/** Calm narrows no further than this. */
const CALM_LEAST = 0.8;

/** What adverse selection adds at most, basis points: more is not a matter of the spread. */
const ADVERSE_MOST_BPS = 5;

/**
 * Half of the model's half spread: Avellaneda–Stoikov and GLFT solve for a dealer whom nobody answers, and at their distance
 * the next one is in front. Works for volume.
 */
export function aggressive({ halfSpreadBps }: SpreadConditions): number {
  return CONTESTED_SHARE * halfSpreadBps;
}

/** A quarter more than the model asks, and one standard deviation of the price over the time that a cancel needs. */
export function conservative({ halfSpreadBps, sigmaBps }: SpreadConditions): number {
  return CONSERVATIVE_FACTOR * halfSpreadBps + sigmaBps * Math.sqrt(REACTION_S);
}

/**
 * From the aggressive distance outwards, as the market treats us:
 *
 *     h · clamp(½ · calm · (1 + toxicity) · (¾ + ½ share), 0.4, 1.5) + clamp(adverse / 2, 0, 5 bps)
 *
 * `calm` is σ over its usual value, within 0.8 and 1 (what lies above widens every model, see `widening.ts`). One-sided takers
 * may know something. Who wins all of the flow need not be so near; who wins none has to come nearer. Half of what a fill
 * costs is added to each quote, as Guéant, Lehalle and Fernandez-Tapia (2013, section 5.2) do with their impact ξ/2, so that
 * a round trip earns the same again.
 */
export function adaptive(conditions: SpreadConditions): number {
  const { halfSpreadBps, sigmaBps, usualSigmaBps, toxicity, adverseBps, share } = conditions;
  const calm = Math.max(CALM_LEAST, Math.min(1, sigmaBps / usualSigmaBps));
  const factor = CONTESTED_SHARE * calm * (1 + toxicity) * (0.75 + 0.5 * share);
  const bounded = Math.max(ADAPTIVE_LEAST, Math.min(ADAPTIVE_MOST, factor));
  return halfSpreadBps * bounded + Math.max(0, Math.min(ADVERSE_MOST_BPS, adverseBps / 2));
}

/** The spread models by name. */
export const SPREAD_MODELS: Readonly<Record<SpreadModel, (conditions: SpreadConditions) => number>> = {
  aggressive,
  conservative,
  adaptive,
};
