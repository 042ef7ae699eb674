/** An estimate with its interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Resamples: the 2.5 % quantile then rests on 50 of them. */
const RESAMPLES = 2_000;
const TAIL = 0.025;

/**
 * The 95 % percentile interval of a figure of several independent runs: runs are drawn with replacement and the figure is
 * calculated anew (Efron 1979, "Bootstrap Methods: Another Look at the Jackknife"). Whole runs are drawn, because what
 * happens within one depends on itself.
 *
 * @param random numbers in [0, 1)
 * @throws RangeError without any run
 */
export function bootstrap<T>(
  runs: readonly T[],
  figure: (runs: readonly T[]) => number,
  random: () => number,
): Interval {
  if (runs.length === 0) throw new RangeError('runs: expected at least one');
  const drawn = Array.from({ length: RESAMPLES }, () =>
    figure(runs.map(() => runs[Math.floor(random() * runs.length)]!)),
  ).sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))]!;
  return { mean: figure(runs), low: at(TAIL), high: at(1 - TAIL) };
}

/** The arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The Sharpe ratio of a day from the profits of its parts: their mean over their standard deviation, times the root of
 * their number in a day (Sharpe 1994, without a riskless rate); 0 when nothing varied.
 */
export function dailySharpe(profits: readonly number[], partsADay: number): number {
  const average = mean(profits);
  const variance = mean(profits.map((profit) => (profit - average) ** 2));
  return variance === 0 ? 0 : (average / Math.sqrt(variance)) * Math.sqrt(partsADay);
}
