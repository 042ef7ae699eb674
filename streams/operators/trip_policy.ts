import { MICROS_PER_MS } from '../clock/clock.ts';

/** What a {@link TripPolicy} remembers: a few numbers, immutable and JSON-safe, meaningful to that policy only. */
export type Tally = readonly number[];

/**
 * When to trip. What happens then is the breaker's business (`circuit_breaker.ts`); the split is cockatiel's
 * `IBreaker` against its policy.
 */
export interface TripPolicy {
  /** Nothing counted yet. */
  readonly initial: Tally;
  /** The tally after one call more. */
  record(tally: Tally, outcome: 'success' | 'failure', nowUs: number): Tally;
  /** Whether that is enough to trip. Asked after a failure. */
  trips(tally: Tally): boolean;
}

/**
 * Trips at the n-th failure in a row; one success begins the count anew.
 *
 * @throws RangeError unless `failures` is a positive integer
 */
export function consecutiveFailures(failures: number): TripPolicy {
  if (!Number.isInteger(failures) || failures < 1) throw new RangeError(`failures ${failures}: expected ≥ 1`);
  return {
    initial: [0],
    record: (tally, outcome) => {
      const count = tally[0] ?? 0;
      if (outcome === 'success') return count === 0 ? tally : [0];
      return [count + 1];
    },
    trips: ([count = 0]) => count >= failures,
  };
}

/** What {@link failureRate} trips at. */
export interface FailureRateSettings {
  /** The part of all calls that may fail, in (0, 1]: trips at or above it. */
  readonly threshold: number;
  /** How far back calls count, to a tenth of itself. */
  readonly windowMs: number;
  /** With fewer calls than this in the window, a rate means nothing and does not trip. */
  readonly minimumCalls: number;
}

/** The window slides in this many steps: memory stays bounded whatever the rate of calls. */
const BUCKETS = 10;

/** Numbers of a bucket in the tally: when it began in µs, its successes, its failures. */
const STRIDE = 3;

/**
 * Trips when too large a part of the calls in a sliding window failed.
 *
 * @throws RangeError when a setting is out of its range
 */
export function failureRate({ threshold, windowMs, minimumCalls }: FailureRateSettings): TripPolicy {
  const bucketUs = (windowMs * MICROS_PER_MS) / BUCKETS;
  if (!(threshold > 0 && threshold <= 1)) throw new RangeError(`threshold ${threshold}: expected (0, 1]`);
  if (!(bucketUs >= 1 && Number.isFinite(bucketUs))) throw new RangeError(`windowMs ${windowMs}: expected ≥ 0.01`);
  if (!Number.isInteger(minimumCalls) || minimumCalls < 1) {
    throw new RangeError(`minimumCalls ${minimumCalls}: expected a positive integer`);
  }
  return {
    initial: [],
    record: (tally, outcome, nowUs) => {
      const startUs = Math.floor(nowUs / bucketUs) * bucketUs;
      const oldestUs = startUs - (BUCKETS - 1) * bucketUs;
      const kept: number[] = [];
      for (let i = 0; i < tally.length; i += STRIDE) {
        // Half a bucket of slack, for starts that are not whole numbers.
        if (tally[i]! > oldestUs - bucketUs / 2) kept.push(tally[i]!, tally[i + 1]!, tally[i + 2]!);
      }
      if (kept.length === 0 || kept[kept.length - STRIDE]! < startUs - bucketUs / 2) kept.push(startUs, 0, 0);
      kept[kept.length - (outcome === 'failure' ? 1 : 2)]! += 1;
      return kept;
    },
    trips: (tally) => {
      let calls = 0;
      let failures = 0;
      for (let i = 0; i < tally.length; i += STRIDE) {
        calls += tally[i + 1]! + tally[i + 2]!;
        failures += tally[i + 2]!;
      }
      return calls >= minimumCalls && failures >= threshold * calls;
    },
  };
}
