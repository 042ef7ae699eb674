import { systemWallClock, type WallClock } from './wall_clock.ts';

/**
 * All that the shell knows of time: what it is, and being woken. The real one is {@link systemTimers}; a simulation has its
 * own, in which nothing ever waits.
 */
export interface Timers {
  /** Wall time, integer microseconds since the epoch. */
  readonly nowUs: () => number;
  /** Microseconds from anywhere, for how long something took; never goes back. */
  readonly stopwatchUs: () => number;
  /** Runs `work` once after `delayMs`; returns what cancels it. */
  readonly after: (delayMs: number, work: () => void) => () => void;
  /** Runs `work` again and again; returns what ends it. */
  readonly every: (periodMs: number, work: () => void) => () => void;
}

/** Node's timers and clocks. */
export function systemTimers(wallNowUs: WallClock = systemWallClock()): Timers {
  return {
    nowUs: wallNowUs,
    stopwatchUs: () => performance.now() * 1_000,
    after: (delayMs, work) => {
      const timer = setTimeout(work, delayMs);
      return () => clearTimeout(timer);
    },
    every: (periodMs, work) => {
      const timer = setInterval(work, periodMs);
      return () => clearInterval(timer);
    },
  };
}

/** Resolves after `delayMs`. */
export function waited({ after }: Pick<Timers, 'after'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    after(delayMs, resolve);
  });
}
