import { Observable, type OperatorFunction } from 'rxjs';
import { type Clock, MICROS_PER_MS } from '../clock/clock.ts';

/** What {@link sampleOnGrid} samples by. */
export interface GridOptions {
  readonly clock: Clock;
  /** Distance of two grid instants in milliseconds, a positive whole number of microseconds: 200 for 5 Hz. */
  readonly periodMs: number;
  /** Whether the last value is repeated at grid instants before which nothing new came. */
  readonly heartbeat: boolean;
}

/** {@link GridOptions} with a projection that makes the sample. */
export interface FrozenGridOptions<T, S> extends GridOptions {
  /**
   * Makes the immutable sample at the grid instant, where the value is a record that goes on changing (an order book).
   *
   * @param sampleUs the grid instant, integer microseconds since the epoch
   */
  readonly freeze: (value: T, sampleUs: number) => S;
}

/**
 * Emits the newest value at each multiple of the period in event time.
 *
 * The grid is aligned to the epoch, not to the subscription: every market, and every run over the same inputs, samples at the
 * same instants, and the next one follows from the clock alone, so a restored process has no timer to restore. A value
 * that comes at a grid instant belongs to the next sample, because a timer due at t fires before an input of time t; the
 * operator compares times itself, so that it holds on a scheduler that delivers the input first, too.
 *
 *     period      200 ms        column 50 ms
 *     source      -a--b-c-----d-------|
 *     samples     ----a---c-------d---|       heartbeat off
 *     samples     ----a---c---c---d---|       heartbeat on
 *
 * @example
 *     book$.pipe(sampleOnGrid({ clock, periodMs: 200, heartbeat: true, freeze: topOfBook }))
 *
 * - *Emits when* a grid instant is reached and a value came since the last one; with `heartbeat` at every grid instant
 *   after the first value.
 * - *Drops when* a newer value comes before the grid instant, and when the source ends before it.
 * - *Completes when* the source does, at once.
 * - *Errors when* the source does, at once, or `freeze` throws.
 *
 * Holds one value and at most one timer, and none while silent without `heartbeat`.
 *
 * @throws RangeError when `periodMs` is not a positive whole number of microseconds
 */
export function sampleOnGrid<T, S>(options: FrozenGridOptions<T, S>): OperatorFunction<T, S>;
export function sampleOnGrid<T>(options: GridOptions): OperatorFunction<T, T>;
export function sampleOnGrid<T, S>(
  options: GridOptions & Partial<FrozenGridOptions<T, S>>,
): OperatorFunction<T, T | S> {
  const { clock, heartbeat, freeze } = options;
  const periodUs = options.periodMs * MICROS_PER_MS;
  if (!Number.isSafeInteger(periodUs) || periodUs <= 0) {
    throw new RangeError(`periodMs ${options.periodMs}: expected a positive whole number of microseconds`);
  }
  return (source) =>
    new Observable<T | S>((subscriber) => {
      let newest: T | undefined;
      // Finite exactly while a timer is pending, and so while there is something to sample.
      let dueUs = Number.POSITIVE_INFINITY;
      let cancel: (() => void) | undefined;

      const arm = (): void => {
        dueUs = (Math.floor(clock.nowUs() / periodUs) + 1) * periodUs;
        cancel = clock.at(dueUs, sample);
      };
      const sample = (): void => {
        const sampleUs = dueUs;
        const value = newest as T;
        cancel?.();
        dueUs = Number.POSITIVE_INFINITY;
        // Armed before the value goes out: what it sets off may come back as an input to this very operator.
        if (heartbeat) arm();
        else newest = undefined;
        let frozen: T | S;
        try {
          frozen = freeze === undefined ? value : freeze(value, sampleUs);
        } catch (error) {
          subscriber.error(error);
          return;
        }
        subscriber.next(frozen);
      };
      const sampleIfDue = (): void => {
        if (clock.nowUs() >= dueUs) sample();
      };

      subscriber.add(() => cancel?.());
      subscriber.add(
        source.subscribe({
          next: (value) => {
            sampleIfDue();
            newest = value;
            if (dueUs === Number.POSITIVE_INFINITY && !subscriber.closed) arm();
          },
          error: (error: unknown) => {
            sampleIfDue();
            subscriber.error(error);
          },
          complete: () => {
            sampleIfDue();
            subscriber.complete();
          },
        }),
      );
    });
}
