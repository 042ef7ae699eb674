import type { FeatureSpec } from './types.ts';

const DAY_US = 86_400_000_000;

/** Where in the day it is: markets have their hours. */
export const TIME_FEATURES: readonly FeatureSpec[] = (['sin', 'cos'] as const).map((wave) => ({
  name: `day_${wave}`,
  formula: `${wave}(2π · time since midnight UTC / 24 h)`,
  unit: 'ratio',
  mirror: 'even',
  window: 'now',
  warmUpMs: 0,
  source: 'intraday seasonality: Andersen and Bollerslev (1997)',
}));

/** Writes {@link TIME_FEATURES}. */
export function writeTime(out: Float32Array, at: number, nowUs: number): void {
  const angle = (2 * Math.PI * (nowUs % DAY_US)) / DAY_US;
  out[at] = Math.sin(angle);
  out[at + 1] = Math.cos(angle);
}
