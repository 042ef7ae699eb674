import { MICROS_PER_SECOND } from '../clock/clock.ts';

/** A token bucket as plain data: `tokens` as of `atUs`. */
export interface OrderRate {
  tokens: number;
  atUs: number;
}

/** Refills the bucket to what it holds at `nowUs`, at most one second's worth. @returns whole tokens available */
export function refill(rate: OrderRate, perSecond: number, nowUs: number): number {
  const elapsedUs = Math.max(0, nowUs - rate.atUs);
  rate.tokens = Math.min(perSecond, rate.tokens + (elapsedUs / MICROS_PER_SECOND) * perSecond);
  rate.atUs = nowUs;
  return Math.floor(rate.tokens);
}
