import { MICROS_PER_SECOND } from '../clock/clock.ts';

/** Spans over which changes of the profit are taken. */
const SPAN_US = 10 * MICROS_PER_SECOND;
const CHANGES_LEAST = 30;
const SECONDS_A_YEAR = 31_536_000;

/** What turns a Sharpe ratio of one span into that of a year: the root of such spans in it. */
export const SPANS_TO_YEAR = Math.sqrt((SECONDS_A_YEAR * MICROS_PER_SECOND) / SPAN_US);

/** Count, mean and sums of powers of the distances from the mean, the second to the fourth; USDC and its powers. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
}

/** Moments of nothing. */
export const NO_MOMENTS: Moments = { count: 0, mean: 0, m2: 0, m3: 0, m4: 0 };

/** The moments of two samples taken together, Pébay 2008 ("Formulas for robust, one-pass parallel computation"), eq. 2.1 to 2.4. */
export function pooledMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const n = a.count + b.count;
  const delta = b.mean - a.mean;
  const [na, nb, step] = [a.count, b.count, delta / n];
  return {
    count: n,
    mean: a.mean + nb * step,
    m2: a.m2 + b.m2 + delta * step * na * nb,
    m3: a.m3 + b.m3 + delta * step ** 2 * na * nb * (na - nb) + 3 * step * (na * b.m2 - nb * a.m2),
    m4:
      a.m4 +
      b.m4 +
      delta * step ** 3 * na * nb * (na ** 2 - na * nb + nb ** 2) +
      6 * step ** 2 * (na ** 2 * b.m2 + nb ** 2 * a.m2) +
      4 * step * (na * b.m3 - nb * a.m3),
  };
}

/** Mean over standard deviation of one span's change, not annualised; null with fewer than 30 changes, or when nothing varied. */
export function sharpeOfSpan({ count, mean, m2 }: Moments): number | null {
  const variance = m2 / count;
  return count < CHANGES_LEAST || !(variance > 1e-18) ? null : mean / Math.sqrt(variance);
}

/** A year's Sharpe ratio and its standard error. */
export interface SharpeFigures {
  /**
   * Mean over standard deviation of the profit's changes over 10 s, times the root of such spans in a year (Sharpe 1994, without a
   * riskless rate); null with fewer than 30 changes, or when nothing varied.
   */
  readonly sharpe: number | null;
  /**
   * Its standard error for independent changes, √((1 + s²/2) / n) with s the ratio of one span, annualised as it is (Lo 2002, "The
   * Statistics of Sharpe Ratios"); null with it.
   */
  readonly sharpeError: number | null;
}

/** The Sharpe ratio of a year, with its error. */
export function sharpeFigures(moments: Moments): SharpeFigures {
  const ofOne = sharpeOfSpan(moments);
  if (ofOne === null) return { sharpe: null, sharpeError: null };
  return {
    sharpe: ofOne * SPANS_TO_YEAR,
    sharpeError: Math.sqrt((1 + ofOne ** 2 / 2) / moments.count) * SPANS_TO_YEAR,
  };
}

/** Takes the profit as it comes, and keeps the moments of its changes from one span of 10 s to the next. */
export class ProfitChanges {
  #moments = NO_MOMENTS;
  #spanEndUs = 0;
  #spanStartUsdc = 0;

  /** @param pnlUsdc the profit since the report began */
  add(timeUs: number, pnlUsdc: number): void {
    if (this.#spanEndUs === 0) this.#spanEndUs = timeUs + SPAN_US;
    if (timeUs < this.#spanEndUs) return;
    const change = { ...NO_MOMENTS, count: 1, mean: pnlUsdc - this.#spanStartUsdc };
    this.#moments = pooledMoments(this.#moments, change);
    this.#spanStartUsdc = pnlUsdc;
    this.#spanEndUs = timeUs + SPAN_US;
  }

  get moments(): Moments {
    return this.#moments;
  }
}
