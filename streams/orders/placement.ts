import {
  admits,
  type Breaker,
  type BreakerSettings,
  breakerStep,
  closedBreaker,
} from '../operators/circuit_breaker.ts';
import { consecutiveFailures } from '../operators/trip_policy.ts';

/**
 * The component breaker `order_placement`: ten batches in a row whose places came to nothing, and for a minute none is sent but
 * cancels; then one is tried. A batch's fate always comes, so a trial has as long as the slowest may take.
 */
const SETTINGS: BreakerSettings = {
  trip: consecutiveFailures(10),
  recoverAfterMs: 60_000,
  trials: 1,
  trialTimeoutMs: 60_000,
};

/** A breaker that has seen no batch. */
export function freshPlacement(): Breaker {
  return closedBreaker(SETTINGS);
}

/** The breaker as of now, and whether places may be sent. */
export function mayPlace(breaker: Breaker, nowUs: number): { readonly breaker: Breaker; readonly allowed: boolean } {
  const now = breakerStep(SETTINGS, breaker, { kind: 'time' }, nowUs);
  return { breaker: now, allowed: admits(SETTINGS, now) };
}

/** A batch with places goes out. */
export function placesSent(breaker: Breaker, nowUs: number): Breaker {
  return breakerStep(SETTINGS, breaker, { kind: 'call' }, nowUs);
}

/** What became of them: `success` when at least one order was placed. */
export function placesEnded(breaker: Breaker, outcome: 'success' | 'failure', nowUs: number): Breaker {
  return breakerStep(SETTINGS, breaker, { kind: outcome, generation: breaker.generation }, nowUs);
}
