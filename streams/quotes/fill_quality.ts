import { MICROS_PER_SECOND } from '../clock/clock.ts';

/** What our own fills tell about the market; plain data. */
export interface FillQuality {
  /** Fills whose price of later is awaited, oldest first; `sign` is 1 for a purchase. */
  waiting: { sign: number; fairTick: number; dueUs: number }[];
  /** Smoothed move against us after a fill, basis points. */
  adverseBps: number;
  /** Smoothed fills a second. */
  fillsPerS: number;
  lastUs: number;
}

/** A fill is judged by where the fair value is after five seconds. */
const JUDGED_AFTER_US = 5 * MICROS_PER_SECOND;

/** More fills than these in five seconds are not judged one by one. */
const WAITING_MOST = 64;

/** One fill's share in the smoothed move: about forty fills count. */
const NEWS_A_FILL = 0.05;

/** One fill's move counts no further than this, basis points: a jump is one event, not a rule. */
const MOVE_MOST_BPS = 20;

/** Half-life of the rate of fills, seconds. */
const RATE_HALF_LIFE_S = 60;

/** Nothing filled yet. */
export function freshFillQuality(): FillQuality {
  return { waiting: [], adverseBps: 0, fillsPerS: 0, lastUs: 0 };
}

/** Takes in a fill. @param fairTick the fair value before the news of it */
export function filled(quality: FillQuality, bought: boolean, fairTick: number, nowUs: number): void {
  quality.fillsPerS += Math.LN2 / RATE_HALF_LIFE_S;
  if (quality.waiting.length < WAITING_MOST && fairTick > 0)
    quality.waiting.push({ sign: bought ? 1 : -1, fairTick, dueUs: nowUs + JUDGED_AFTER_US });
}

/** Takes in the fair value of a sample: judges the fills that are due, and forgets old ones. */
export function judge(quality: FillQuality, fairTick: number, nowUs: number): void {
  const elapsedS = Math.max(0, nowUs - quality.lastUs) / MICROS_PER_SECOND;
  quality.fillsPerS *= 0.5 ** (elapsedS / RATE_HALF_LIFE_S);
  quality.lastUs = nowUs;
  while (quality.waiting.length > 0 && quality.waiting[0]!.dueUs <= nowUs) {
    const { sign, fairTick: before } = quality.waiting.shift()!;
    const againstBps = -sign * (fairTick / before - 1) * 10_000;
    const held = Math.max(-MOVE_MOST_BPS, Math.min(MOVE_MOST_BPS, againstBps));
    quality.adverseBps += (held - quality.adverseBps) * NEWS_A_FILL;
  }
}
