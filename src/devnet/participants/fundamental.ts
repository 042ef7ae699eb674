/** A price path as multiples of its first price, at equal steps of time. */
export interface FundamentalPath {
  readonly stepUs: number;
  readonly relative: Float64Array;
}

/** Distance of two points of a path, microseconds: finer than a block. */
export const PATH_STEP_US = 100_000;

/**
 * The path's multiple at a time since the start. Beyond its end the path runs backwards, then forwards again: it stays
 * continuous, keeps the recording's volatility, and never ends.
 *
 * @param elapsedUs microseconds, not negative
 * @param offset where in the path to begin, as a share of its length in [0, 1)
 */
export function relativeAt(path: FundamentalPath, elapsedUs: number, offset = 0): number {
  const last = path.relative.length - 1;
  if (last < 1) return 1;
  const raw = elapsedUs / path.stepUs + offset * last;
  const phase = raw % (2 * last);
  const position = phase <= last ? phase : 2 * last - phase;
  const index = Math.min(Math.floor(position), last - 1);
  const share = position - index;
  return path.relative[index]! * (1 - share) + path.relative[index + 1]! * share;
}

/**
 * Makes a path of mid prices in order of time: the newest at each step, over the first.
 *
 * @throws RangeError when there are fewer than two steps, or a price is not positive
 */
export function pathOf(mids: Iterable<{ readonly timeUs: number; readonly mid: number }>): FundamentalPath {
  const relative: number[] = [];
  let startUs = 0;
  let first = 0;
  let newest = 0;
  for (const { timeUs, mid } of mids) {
    if (!(mid > 0)) throw new RangeError(`mid price ${mid}: expected a positive number`);
    if (first === 0) {
      startUs = timeUs;
      first = mid;
      newest = mid;
    }
    while (startUs + relative.length * PATH_STEP_US < timeUs) relative.push(newest / first);
    newest = mid;
  }
  if (first > 0) relative.push(newest / first);
  if (relative.length < 2) throw new RangeError('recording is too short: expected mid prices over at least 0.2 s');
  return { stepUs: PATH_STEP_US, relative: Float64Array.from(relative) };
}
