import type { SchedulerLike } from 'rxjs';

/**
 * The one source of time inside `streams/`.
 *
 * Time moves only with inputs: whoever delivers an input of time t first fires every timer due at or before t, in order
 * of due time, then of rank, then of creation. Live, in backtest and in replay the clock is a {@link HeapClock} advanced by the
 * edge; in marble tests it is {@link testClock} over RxJS's TestScheduler.
 *
 * Every RxJS operator that takes a scheduler takes a Clock: `now()` is in milliseconds as RxJS expects, {@link nowUs}
 * is the same instant in integer microseconds since the epoch.
 */
export interface Clock extends SchedulerLike {
  /** The current instant, integer microseconds since the epoch. */
  nowUs(): number;
  /**
   * Runs `work` once at `dueUs`, or at the next advance if that is past. Returns a function that cancels it.
   *
   * @param dueUs integer microseconds since the epoch
   * @param rank among timers due at one instant a lower one fires first; the kernel gives each scope its own. 0 if absent
   */
  at(dueUs: number, work: () => void, rank?: number): () => void;
}

/** Microseconds in a millisecond. */
export const MICROS_PER_MS = 1_000;
/** Microseconds in a second. */
export const MICROS_PER_SECOND = 1_000_000;
