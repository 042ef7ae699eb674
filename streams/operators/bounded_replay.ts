import { type MonoTypeOperatorFunction, ReplaySubject, share } from 'rxjs';
import type { Clock } from '../clock/clock.ts';

/** How much {@link boundedReplay} remembers. */
export interface ReplayOptions {
  readonly clock: Clock;
  /** Most values kept. */
  readonly maxCount: number;
  /** A value of this age, milliseconds, is no longer replayed. */
  readonly maxAgeMs: number;
}

/**
 * Shares a source, and gives who comes later the last few values that are still young enough.
 *
 * RxJS's ReplaySubject on our clock, with both bounds compulsory: its own defaults are infinite. For what is looked at from
 * time to time (inspector, status page), not for the hot path.
 *
 *     maxCount 2, maxAge 200 ms, column 50 ms
 *     source      -a-b-c-----|
 *     at 250 ms   -----(bc)--|
 *     at 350 ms   -------c---|        b is 200 ms old
 *
 * @example
 *     fills$.pipe(boundedReplay({ clock, maxCount: 100, maxAgeMs: 60_000 }))
 *
 * - *Emits when* the source does; to a new subscriber first what is remembered, at once and in order.
 * - *Drops when* more than `maxCount` are remembered, or one is `maxAgeMs` old: from memory, never from the stream.
 * - *Completes when* the source does; who comes later is replayed what is remembered, then completes.
 * - *Errors when* the source does; who comes later likewise.
 *
 * Forgets everything and leaves the source when its last subscriber leaves before the end.
 *
 * @throws RangeError unless `maxCount` is a positive integer and `maxAgeMs` positive
 */
export function boundedReplay<T>({ clock, maxCount, maxAgeMs }: ReplayOptions): MonoTypeOperatorFunction<T> {
  if (!Number.isSafeInteger(maxCount) || maxCount < 1) {
    throw new RangeError(`maxCount ${maxCount}: expected a positive integer`);
  }
  if (!(maxAgeMs > 0 && Number.isFinite(maxAgeMs))) throw new RangeError(`maxAgeMs ${maxAgeMs}: expected more than 0`);
  return share({
    connector: () => new ReplaySubject<T>(maxCount, maxAgeMs, clock),
    resetOnComplete: false,
    resetOnError: false,
    resetOnRefCountZero: true,
  });
}
