import { Observable, type OperatorFunction } from 'rxjs';

/** Where a sequence was not what it should be. */
export type SequenceBreak =
  /** The numbers `from` to `to`, both included, never came. The value that showed it follows. */
  | { readonly kind: 'sequenceGap'; readonly from: number; readonly to: number }
  /** A number that came before, or was taken for missing: its value is dropped. */
  | { readonly kind: 'sequenceRepeat'; readonly number: number };

/** What {@link detectGaps} counts by. */
export interface GapOptions<T> {
  /** The number of a value, an integer; each is expected to be one more than the last. */
  readonly numberOf: (value: T) => number;
  /** The number before the first one expected, as after a restore; without it the first value sets the count. */
  readonly after?: number;
}

/**
 * Passes on what comes in sequence, and says where something is missing or comes again.
 *
 * The break is an event in the stream, ahead of the value that showed it, so that whoever folds the stream learns of it in
 * order and before using what came after. Values in sequence pass as they are, without an allocation.
 *
 *     source      -1-2-5-4-6-|
 *     out         -1-2-(g5)-r-6-|        g: 3 to 4 are missing; r: 4 comes too late
 *
 * @example
 *     messages$.pipe(detectGaps({ numberOf: (message) => message.offset }))
 *
 * - *Emits when* a value comes: the value, a `sequenceGap` and the value, or a `sequenceRepeat` in its place.
 * - *Drops when* a value's number is not above the highest so far; it says so.
 * - *Completes when* the source does.
 * - *Errors when* the source does, `numberOf` throws, or a number is no safe integer.
 *
 * Holds one number.
 */
export function detectGaps<T>({ numberOf, after }: GapOptions<T>): OperatorFunction<T, T | SequenceBreak> {
  return (source) =>
    new Observable((subscriber) => {
      let last = after;
      const take = (value: T): void => {
        const number = numberOf(value);
        if (!Number.isSafeInteger(number)) throw new RangeError(`sequence number ${number}: expected an integer`);
        if (last !== undefined && number <= last) {
          subscriber.next({ kind: 'sequenceRepeat', number });
          return;
        }
        const from = last === undefined ? number : last + 1;
        last = number;
        if (number > from) subscriber.next({ kind: 'sequenceGap', from, to: number - 1 });
        subscriber.next(value);
      };
      return source.subscribe({
        next: (value) => {
          try {
            take(value);
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}
