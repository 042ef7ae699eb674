/** How market orders arrive: at a distance of δ basis points from the fair value, A·exp(−κδ) a second and side. */
export interface Arrivals {
  /** A, a second and side. */
  readonly perS: number;
  /** κ, per basis point. */
  readonly kappa: number;
  /** Whether both come from enough of this market's trades; else they are what was assumed. */
  readonly known: boolean;
  /** Share of the sampling intervals in which one side was traded, both sides together, a second. */
  readonly tradesPerS: number;
}

/** What is assumed of arrivals and how fast the past is forgotten. */
export interface ArrivalParameters {
  /** False: what is assumed holds, whatever is seen. */
  readonly arrivalsEstimated: boolean;
  readonly priorArrivalsPerS: number;
  readonly priorKappa: number;
  readonly arrivalHalfLifeMs: number;
}

/** What has been counted, by distance; plain data. */
export interface ArrivalCounts {
  readonly hits: number[];
  readonly exposureS: number[];
  traded: number;
  watchedS: number;
}

/** What happened on one side between two samples, distances from the fair value of the first, basis points. */
export interface Reached {
  /** The best price of the side at the first sample. */
  readonly touchBps: number;
  /** The furthest price at which a market order traded; NaN when none did. */
  readonly furthestBps: number;
}

/** Edges of the grid of distances: each a fourth root of two further than the one before, so that one grid fits all markets. */
const NEAREST_BPS = 0.05;
const STEPS_AN_OCTAVE = 4;
const CELLS = 44;
const CENTRES_BPS = Array.from({ length: CELLS }, (_, cell) => NEAREST_BPS * 2 ** ((cell - 0.5) / STEPS_AN_OCTAVE));

/** A distance enters the fit with this many arrivals, and a fit stands on this many distances and arrivals. */
const HITS_LEAST = 3;
const CELLS_LEAST = 4;
const HITS_TO_KNOW = 60;

/** The assumption weighs as much as this many arrivals. */
const PRIOR_HITS = 60;

/** An estimate further than this factor from the assumption is held there. */
const FACTOR_MOST = 10;

/** No arrivals counted yet. */
export function freshArrivals(): ArrivalCounts {
  return { hits: Array(CELLS).fill(0), exposureS: Array(CELLS).fill(0), traded: 0, watchedS: 0 };
}

/**
 * Takes in what both sides saw between two samples, and forgets the past exponentially.
 *
 * An interval says nothing of distances inside the touch: whoever took the best price might have taken a better one. So it
 * counts as watched from the touch outwards, and as hit up to the furthest price that traded. With the touch close to the mid
 * this is the usual count of intervals whose furthest trade was at least δ away (hftbacktest's GLFT tutorial); in a thin
 * book, where the touch itself moves about, it keeps the near distances from looking idle.
 */
export function countArrivals(
  counts: ArrivalCounts,
  elapsedS: number,
  sides: readonly Reached[],
  { arrivalHalfLifeMs }: ArrivalParameters,
): void {
  const keep = 0.5 ** ((elapsedS * 1_000) / arrivalHalfLifeMs);
  const { hits, exposureS } = counts;
  for (let cell = 0; cell < CELLS; cell += 1) {
    hits[cell]! *= keep;
    exposureS[cell]! *= keep;
  }
  counts.traded *= keep;
  counts.watchedS = counts.watchedS * keep + elapsedS;
  for (const { touchBps, furthestBps } of sides) {
    const touch = cellOf(touchBps);
    const furthest = furthestBps >= touchBps ? cellOf(furthestBps) : Number.isNaN(furthestBps) ? -1 : touch;
    if (furthest >= 0) counts.traded += 1;
    for (let cell = touch; cell < CELLS; cell += 1) {
      exposureS[cell]! += elapsedS;
      if (cell <= furthest) hits[cell]! += 1;
    }
  }
}

/**
 * A and κ from what was counted: a line through ln(hits/exposure) over the distance, each distance weighted with its hits (the
 * variance of the logarithm of a count is one over it), then drawn towards the assumption by the weight of
 * {@link PRIOR_HITS} arrivals and held within {@link FACTOR_MOST} of it.
 */
export function arrivalsOf(
  counts: ArrivalCounts,
  { arrivalsEstimated, priorArrivalsPerS, priorKappa }: ArrivalParameters,
): Arrivals {
  let [cells, n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0, 0];
  for (let cell = 0; cell < CELLS; cell += 1) {
    const hits = counts.hits[cell]!;
    if (hits < HITS_LEAST) continue;
    const x = CENTRES_BPS[cell]!;
    const y = Math.log(hits / counts.exposureS[cell]!);
    cells += 1;
    n += hits;
    sx += hits * x;
    sy += hits * y;
    sxx += hits * x * x;
    sxy += hits * x * y;
  }
  const tradesPerS = counts.watchedS === 0 ? 0 : counts.traded / counts.watchedS;
  const spread = n * sxx - sx * sx;
  const slope = cells < CELLS_LEAST || spread <= 0 ? 0 : -(n * sxy - sx * sy) / spread;
  if (!arrivalsEstimated || !(slope > 0) || counts.traded < HITS_TO_KNOW)
    return { perS: priorArrivalsPerS, kappa: priorKappa, known: false, tradesPerS };
  const weight = counts.traded / (counts.traded + PRIOR_HITS);
  const kappa = between(slope, priorKappa, weight);
  const perS = between(Math.exp((sy + slope * sx) / n), priorArrivalsPerS, weight);
  return { perS, kappa, known: true, tradesPerS };
}

/** The weighted geometric mean of an estimate and its assumption, within the bounds. */
function between(estimate: number, prior: number, weight: number): number {
  const held = Math.max(prior / FACTOR_MOST, Math.min(prior * FACTOR_MOST, estimate));
  return Math.exp(weight * Math.log(held) + (1 - weight) * Math.log(prior));
}

function cellOf(distanceBps: number): number {
  if (distanceBps <= NEAREST_BPS) return 0;
  return Math.min(CELLS - 1, Math.ceil(Math.log2(distanceBps / NEAREST_BPS) * STEPS_AN_OCTAVE));
}
