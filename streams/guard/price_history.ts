import { MICROS_PER_MS, MICROS_PER_SECOND } from '../clock/clock.ts';

/** Fair values of the last moments: flat triples of time in µs, price in ticks, volatility in bps per √s; oldest first. */
export type PriceHistory = number[];

const STRIDE = 3;

/** Samples kept at most, whatever the window and the rate: half a minute at 20 a second. */
const SAMPLES_MOST = 600;

/** Adds a sample and forgets what lies before the window. One that goes back in time begins anew. */
export function remember(
  history: PriceHistory,
  sample: { readonly timeUs: number; readonly tick: number; readonly sigmaBps: number },
  windowMs: number,
): void {
  const oldestUs = sample.timeUs - windowMs * MICROS_PER_MS;
  if (history.length > 0 && sample.timeUs < history[history.length - STRIDE]!) history.length = 0;
  let drop = 0;
  while (drop < history.length && history[drop]! < oldestUs) drop += STRIDE;
  if (history.length - drop >= SAMPLES_MOST * STRIDE) drop += STRIDE;
  if (drop > 0) history.splice(0, drop);
  history.push(sample.timeUs, sample.tick, sample.sigmaBps);
}

/** How far the price has come within the window, and how far chance alone would take it. */
export interface Move {
  /** The newest price against the lowest or highest of the window, whichever is further, basis points, signed. */
  readonly bps: number;
  /**
   * One standard deviation over the time that the window spans, basis points: of the volatility at its beginning, because
   * the move itself is already in the newest estimate.
   */
  readonly sigmaBps: number;
  readonly seconds: number;
}

/** The move of a history; nothing moved in one with fewer than two samples. */
export function moveOf(history: PriceHistory): Move {
  const last = history.length - STRIDE;
  if (last < STRIDE) return { bps: 0, sigmaBps: 0, seconds: 0 };
  const now = history[last + 1]!;
  let low = now;
  let high = now;
  for (let i = 1; i < last; i += STRIDE) {
    const tick = history[i]!;
    if (tick < low) low = tick;
    if (tick > high) high = tick;
  }
  const up = (now / low - 1) * 10_000;
  const down = (now / high - 1) * 10_000;
  const seconds = (history[last]! - history[0]!) / MICROS_PER_SECOND;
  return { bps: up > -down ? up : down, sigmaBps: history[2]! * Math.sqrt(seconds), seconds };
}
