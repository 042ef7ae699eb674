/** Where the series gives way to the continued fraction: both have double precision there. */
const SERIES_MOST = 3;
const FRACTION_TERMS = 80;
/** Bisections that leave nothing of the span below: 80 / 2^60 is less than a double's step near 1. */
const BISECTIONS = 60;
const QUANTILE_MOST = 40;

/**
 * Φ, the standard normal distribution function: a series around zero (Abramowitz and Stegun 26.2.11), a continued fraction in the tails
 * (26.2.14). Exact to about 14 digits.
 */
export function normalCdf(x: number): number {
  const at = Math.abs(x);
  const density = Math.exp(-(at * at) / 2) / Math.sqrt(2 * Math.PI);
  if (at < SERIES_MOST) {
    let term = at;
    let sum = at;
    for (let n = 3; term > sum * 1e-17; n += 2) {
      term *= (at * at) / n;
      sum += term;
    }
    return x < 0 ? 0.5 - density * sum : 0.5 + density * sum;
  }
  let fraction = at;
  for (let n = FRACTION_TERMS; n >= 1; n -= 1) fraction = at + n / fraction;
  const tail = density / fraction;
  return x < 0 ? tail : 1 - tail;
}

/**
 * Φ⁻¹, by bisection.
 *
 * @param probability between 0 and 1, neither of them
 * @throws RangeError otherwise
 */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError(`probability ${probability}: expected one in (0, 1)`);
  let [low, high] = [-QUANTILE_MOST, QUANTILE_MOST];
  for (let n = 0; n < BISECTIONS; n += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
