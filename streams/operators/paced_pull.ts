import { Observable, type Subscriber } from 'rxjs';

/** How a {@link PullPort} answers: exactly one of these, once, at once or later. */
export interface PullAnswer<T> {
  item(value: T): void;
  end(): void;
  fail(error: unknown): void;
}

/** Something that is read one item at a time: a file, a Kafka partition, an iterator. */
export interface PullPort<T> {
  /** Asks for the next item. Not called again before the answer. */
  pull(answer: PullAnswer<T>): void;
  /** The first `count` items are dealt with: a restart may begin after them. */
  commit?(count: number): void;
  /** No item is wanted any more; an answer still to come is ignored. Called once. */
  close(): void;
}

/** An item, and the way to say that it is dealt with. */
export interface Paced<T> {
  readonly value: T;
  /** To be called once the item is dealt with; items may be acknowledged in any order, a repeat does nothing. */
  readonly acknowledge: () => void;
}

/** What {@link pacedPull} reads, and how far ahead. */
export interface PacedPullOptions<T> {
  /** Opens the source, once for each subscription. */
  readonly open: () => PullPort<T>;
  /** Most items given out from the oldest that is not yet acknowledged. */
  readonly maxUnacknowledged: number;
}

/**
 * Reads a pull source no faster than its items are dealt with, and loses none.
 *
 * RxJS carries no demand upstream, so an acknowledgement does: at most `maxUnacknowledged` items are out, the next is
 * pulled when the oldest of them is acknowledged, and the port learns how many are done without a hole before them. A
 * process that starts again after the last commit sees every item at least once.
 *
 *     maxUnacknowledged 2
 *     port        a b c d |
 *     out         (ab)---c--d-----|
 *     acks        ----a--b--c-d---
 *
 * @example
 *     pacedPull({ open: () => tape(file), maxUnacknowledged: 64 }).subscribe(({ value, acknowledge }) => …)
 *
 * - *Emits when* the port gives an item, in its order.
 * - *Drops when* never. What was out at an unsubscription is not committed, and comes again after a restart.
 * - *Completes when* the port has ended and every item is acknowledged.
 * - *Errors when* the port fails or throws.
 *
 * Holds nothing but which of the items out are acknowledged; closes the port at the end and on unsubscription.
 *
 * @throws RangeError unless `maxUnacknowledged` is a positive integer
 */
export function pacedPull<T>({ open, maxUnacknowledged }: PacedPullOptions<T>): Observable<Paced<T>> {
  if (!Number.isSafeInteger(maxUnacknowledged) || maxUnacknowledged < 1) {
    throw new RangeError(`maxUnacknowledged ${maxUnacknowledged}: expected a positive integer`);
  }
  return new Observable((subscriber) => new Pump(subscriber, open(), maxUnacknowledged).start());
}

/** One subscription to a port. Pulls in a loop, not by recursion: a port that answers at once must not grow the stack. */
class Pump<T> {
  readonly #subscriber: Subscriber<Paced<T>>;
  readonly #port: PullPort<T>;
  readonly #most: number;
  // Items acknowledged ahead of one that is not, by their number.
  readonly #ahead = new Set<number>();
  #given = 0;
  #committed = 0;
  #asked = false;
  #pumping = false;
  #ended = false;

  constructor(subscriber: Subscriber<Paced<T>>, port: PullPort<T>, most: number) {
    this.#subscriber = subscriber;
    this.#port = port;
    this.#most = most;
  }

  start(): () => void {
    this.#pump();
    return () => this.#port.close();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#asked && !this.#ended && !this.#subscriber.closed && this.#out < this.#most) this.#ask();
    } catch (error) {
      this.#subscriber.error(error);
    } finally {
      this.#pumping = false;
    }
    if (this.#ended && this.#out === 0) this.#subscriber.complete();
  }

  /** Items not yet committed: counted by the oldest, so that one forgotten item cannot make the set below grow. */
  get #out(): number {
    return this.#given - this.#committed;
  }

  #ask(): void {
    this.#asked = true;
    let answered = false;
    const first = (): boolean => {
      if (answered) return false;
      answered = true;
      this.#asked = false;
      return !this.#subscriber.closed;
    };
    this.#port.pull({
      item: (value) => {
        if (!first()) return;
        const number = this.#given;
        this.#given += 1;
        this.#subscriber.next({ value, acknowledge: () => this.#acknowledge(number) });
        this.#pump();
      },
      end: () => {
        if (!first()) return;
        this.#ended = true;
        this.#pump();
      },
      fail: (error) => {
        if (first()) this.#subscriber.error(error);
      },
    });
  }

  #acknowledge(number: number): void {
    if (this.#subscriber.closed || number < this.#committed || this.#ahead.has(number)) return;
    this.#ahead.add(number);
    const before = this.#committed;
    while (this.#ahead.delete(this.#committed)) this.#committed += 1;
    if (this.#committed === before) return;
    try {
      this.#port.commit?.(this.#committed);
    } catch (error) {
      this.#subscriber.error(error);
    }
    this.#pump();
  }
}

/** A port over an iterator, for what is in memory already. */
export function pullFrom<T>(iterator: Iterator<T>): PullPort<T> {
  return {
    pull: (answer) => {
      const next = iterator.next();
      if (next.done === true) answer.end();
      else answer.item(next.value);
    },
    close: () => void iterator.return?.(),
  };
}
