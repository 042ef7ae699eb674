import type { Moments } from '../../streams/report/profit_changes.ts';
import { sharpeOfSpan } from '../../streams/report/profit_changes.ts';
import { normalCdf, normalQuantile } from './normal.ts';

/** Euler and Mascheroni's constant. */
const EULER = 0.577_215_664_901_532_9;

/** What is left of the best Sharpe ratio once it is known how many were tried. Ratios are of one span of 10 s, not annualised. */
export interface DeflatedSharpe {
  readonly trials: number;
  /** The largest that so many trials without any skill are expected to show. */
  readonly expectedMost: number;
  /** Probability that the true ratio is above zero, judged against `expectedMost`. */
  readonly probability: number;
}

/**
 * The largest of N independent draws of a normal distribution around zero is expected at √V · ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))):
 * Bailey and López de Prado, *The Deflated Sharpe Ratio* (2014), eq. 1.
 *
 * @param variance V of the trials' ratios
 * @param trials N; of a single one nothing larger than its own is expected
 */
export function expectedMostSharpe(variance: number, trials: number): number {
  if (trials < 2) return 0;
  const least = normalQuantile(1 - 1 / trials);
  const further = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - EULER) * least + EULER * further);
}

/**
 * Probability that the true Sharpe ratio is above `benchmark`, given what was measured, allowing for skewness and kurtosis of the
 * changes: Bailey and López de Prado 2014, eq. 2, with a benchmark of their own the probabilistic Sharpe ratio of 2012.
 *
 * @returns null where the changes have no ratio
 */
export function probabilisticSharpe(changes: Moments, benchmark: number): number | null {
  const ratio = sharpeOfSpan(changes);
  if (ratio === null) return null;
  const { count, m2, m3, m4 } = changes;
  const variance = m2 / count;
  const skewness = m3 / count / variance ** 1.5;
  const kurtosis = m4 / count / variance ** 2;
  const spread = Math.sqrt(1 - skewness * ratio + ((kurtosis - 1) / 4) * ratio ** 2);
  return normalCdf(((ratio - benchmark) * Math.sqrt(count - 1)) / spread);
}

/**
 * The deflated Sharpe ratio of one trial among all. Trials are taken for independent, which neighbours in a grid are not: so the
 * answer is on the careful side.
 *
 * @param all of every trial; those without a ratio count as trials
 * @returns null where the best has no ratio
 */
export function deflatedSharpe(best: Moments, all: readonly Moments[]): DeflatedSharpe | null {
  const ratios = all.map(sharpeOfSpan).filter((ratio) => ratio !== null);
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  const squares = ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0);
  const variance = ratios.length < 2 ? 0 : squares / (ratios.length - 1);
  const expectedMost = expectedMostSharpe(variance, all.length);
  const probability = probabilisticSharpe(best, expectedMost);
  return probability === null ? null : { trials: all.length, expectedMost, probability };
}
