import { type Breaker, type BreakerSettings, breakerStep, closedBreaker } from '../operators/circuit_breaker.ts';
import { consecutiveFailures } from '../operators/trip_policy.ts';

/** The breakers of the pipeline: each watches one thing that can go wrong, and has one action. */
export type PipelineBreaker = 'disconnect' | 'drift' | 'latency' | 'inventory' | 'extreme';

/** The breakers of the parts that the pipeline leans on. */
export type ComponentBreaker = 'sei_websocket' | 'ml_inference' | 'order_placement' | 'database';

/** Every breaker there is. */
export type BreakerName = PipelineBreaker | ComponentBreaker;

/** What happens while a breaker is open, for people. */
export const BREAKER_ACTIONS: Readonly<Record<BreakerName, string>> = {
  disconnect: 'all orders are cancelled and nothing is quoted',
  drift: 'fallback pricing without the model',
  latency: 'spreads are widened',
  inventory: 'the position is flattened: only orders that shrink it',
  extreme: 'this market is not quoted',
  sei_websocket: 'blocks are learnt by asking',
  ml_inference: 'fallback pricing without the model',
  order_placement: 'nothing is placed, cancels still go',
  database: 'all orders are cancelled and nothing is quoted',
};

/**
 * When the component breakers trip and recover: so many failures in a row open one, after so long one trial is admitted, and
 * its success closes the breaker.
 */
export const COMPONENT_BREAKERS: Readonly<Record<ComponentBreaker, BreakerSettings>> = {
  sei_websocket: component(5, 30_000),
  ml_inference: component(3, 10_000),
  order_placement: component(10, 60_000),
  database: component(3, 20_000),
};

function component(failures: number, recoverAfterMs: number): BreakerSettings {
  return { trip: consecutiveFailures(failures), recoverAfterMs, trials: 1, trialTimeoutMs: recoverAfterMs };
}

/**
 * A breaker of a measure: `failures` readings in a row beyond the mark open it, and after `recoverAfterMs` it takes
 * `trials` readings in a row below the lower mark to close it; one beyond the mark opens it again.
 */
export function measureBreaker(failures: number, recoverAfterMs: number, trials: number): BreakerSettings {
  // Readings are trials that end at once: no trial is ever pending.
  return { trip: consecutiveFailures(failures), recoverAfterMs, trials, trialTimeoutMs: recoverAfterMs };
}

/** Whether the breaker's action applies: until the last trial has succeeded. */
export function isTripped({ state }: Breaker): boolean {
  return state.status !== 'closed';
}

/** The breaker once time has passed. */
export function later(settings: BreakerSettings, breaker: Breaker, nowUs: number): Breaker {
  return breakerStep(settings, breaker, { kind: 'time' }, nowUs);
}

/** Breakers that have seen nothing, by name. */
export function closedBreakers<N extends string>(settings: Readonly<Record<N, BreakerSettings>>): Record<N, Breaker> {
  const all = Object.entries<BreakerSettings>(settings).map(([name, one]) => [name, closedBreaker(one)] as const);
  return Object.fromEntries(all) as Record<N, Breaker>;
}
