import { Observable } from 'rxjs';
import { type Clock, MICROS_PER_MS } from '../clock/clock.ts';

/** When {@link gridTicks} ticks. */
export interface GridTickOptions {
  readonly clock: Clock;
  readonly periodMs: number;
  /** How long after each multiple of the period, microseconds, less than the period. */
  readonly offsetUs: number;
}

/**
 * Emits the instant of each multiple of the period plus the offset, in event time, aligned to the epoch.
 *
 *     period      200 ms        column 50 ms
 *     ticks       ----t---t---t---
 *
 * - *Emits when* the clock reaches a grid instant. *Drops* nothing. *Completes* never. *Errors* never.
 *
 * Holds one timer while subscribed; the next instant follows from the clock alone, so there is no timer to restore.
 *
 * @throws RangeError when period or offset make no grid of whole microseconds
 */
export function gridTicks({ clock, periodMs, offsetUs }: GridTickOptions): Observable<number> {
  const periodUs = periodMs * MICROS_PER_MS;
  if (
    !Number.isSafeInteger(periodUs) ||
    periodUs <= 0 ||
    !Number.isInteger(offsetUs) ||
    offsetUs < 0 ||
    offsetUs >= periodUs
  ) {
    throw new RangeError(`periodMs ${periodMs}, offsetUs ${offsetUs}: expected a grid of whole microseconds`);
  }
  return new Observable((subscriber) => {
    let cancel: (() => void) | undefined;
    const arm = (): void => {
      const dueUs = (Math.floor((clock.nowUs() - offsetUs) / periodUs) + 1) * periodUs + offsetUs;
      cancel = clock.at(dueUs, () => {
        arm();
        subscriber.next(dueUs);
      });
    };
    arm();
    return () => cancel?.();
  });
}
