/** Maps a figure's values onto a length of a drawing. */
export interface Scale {
  (value: number): number;
  /** Round values to draw lines at, ascending, within the scale. */
  readonly ticks: readonly number[];
}

/**
 * A linear scale over some values. It never has zero length, so that a constant is drawn in the middle.
 *
 * @param from where the least value lies in the drawing, and `to` the greatest
 * @param most lines wanted at most
 */
export function linear(values: readonly number[], from: number, to: number, most = 5): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  if (low === high) {
    const around = Math.abs(low) * 1e-4 || 1;
    [low, high] = [low - around, high + around];
  }
  const at = (value: number): number => from + ((value - low) / (high - low)) * (to - from);
  return Object.assign(at, { ticks: roundValues(low, high, most) });
}

/** Values that are round in the decimal system: steps of 1, 2 or 5 times a power of ten. */
export function roundValues(low: number, high: number, most: number): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high + step * 1e-9; n += 1) ticks.push(n * step);
  return ticks;
}

/** A value of an axis with as many digits as tell it from its neighbour: `1,250`, `0.05`. */
export function axisText(value: number, ticks: readonly number[]): string {
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : Math.abs(value) || 1;
  const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(step) + 1e-9)));
  return grouped(value, decimals);
}

/** `-1,234.50`; a zero has no sign. */
export function grouped(value: number, decimals: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.') as [string, string?];
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
  return value < 0 && Number(value.toFixed(decimals)) !== 0 ? `−${digits}` : digits;
}
