import { Observable, type OperatorFunction } from 'rxjs';

/** How {@link conflate} folds, and when it lets go. */
export interface ConflateOptions<T, K> {
  /** Values of one key are folded together. */
  readonly key: (value: T) => K;
  /** What waits and what arrives, made one. `(_, arriving) => arriving` keeps the newest. */
  readonly fold: (waiting: T, arriving: T) => T;
  /** Most keys waiting at once; one more is an error, because a key cannot be dropped without losing its news. */
  readonly maxKeys: number;
  /** Each value of this lets go of everything that waits: a committed block, an acknowledgement, a tick of a grid. */
  readonly release$: Observable<unknown>;
}

/**
 * Folds values of one key together until they are released.
 *
 * The slow side sets the pace: a chain that moves by blocks takes one wish a market and block, the newest, however many
 * there were. Keys keep the order in which they began to wait, so that a busy key cannot starve the others.
 *
 *     column      1 block
 *     source      -a1-a2-b1-------a3-|        fold: keep the newest
 *     release$    r---------r--r----
 *     out         ----------(a2b1)---(a3|)
 *
 * @example
 *     wishes$.pipe(conflate({ key: (wish) => wish.market, fold: (_, newest) => newest, maxKeys: 64, release$: blocks$ }))
 *
 * - *Emits when* `release$` does: one value for each waiting key, oldest key first. A release with nothing waiting emits nothing.
 * - *Drops when* never; values of one key become one by `fold`.
 * - *Completes when* the source does, after letting go of what waits. The end of `release$` ends nothing.
 * - *Errors when* the source or `release$` does, `key` or `fold` throws, or more than `maxKeys` keys wait.
 *
 * Holds at most `maxKeys` values.
 */
export function conflate<T, K>(options: ConflateOptions<T, K>): OperatorFunction<T, T> {
  const { key, fold, maxKeys, release$ } = options;
  if (!Number.isInteger(maxKeys) || maxKeys < 1)
    throw new RangeError(`maxKeys ${maxKeys}: expected a positive integer`);
  return (source) =>
    new Observable((subscriber) => {
      // Replaced at each release, so that what comes back while values go out waits for the next one.
      let waiting = new Map<K, T>();
      const take = (value: T): void => {
        const itsKey = key(value);
        const before = waiting.get(itsKey);
        if (before === undefined && !waiting.has(itsKey)) {
          if (waiting.size >= maxKeys) throw new RangeError(`conflate: more than ${maxKeys} keys wait`);
          waiting.set(itsKey, value);
        } else {
          waiting.set(itsKey, fold(before as T, value));
        }
      };
      const release = (): void => {
        if (waiting.size === 0) return;
        const released = waiting;
        waiting = new Map();
        for (const value of released.values()) subscriber.next(value);
      };
      const fail = (error: unknown): void => subscriber.error(error);
      subscriber.add(release$.subscribe({ next: release, error: fail }));
      subscriber.add(
        source.subscribe({
          next: (value) => {
            try {
              take(value);
            } catch (error) {
              fail(error);
            }
          },
          error: fail,
          complete: () => {
            release();
            subscriber.complete();
          },
        }),
      );
    });
}
