import { type SchedulerAction, Subscription } from 'rxjs';
import { type Clock, MICROS_PER_MS } from './clock.ts';

interface Timer {
  readonly dueUs: number;
  readonly rank: number;
  readonly order: number;
  work: (() => void) | null;
}

/**
 * A virtual clock on a binary heap: it stands still until {@link advanceTo} moves it, and then jumps from timer to timer.
 *
 * Timers fire in order of due time, then of rank, then of creation; a timer that creates another one due at or before the target fires
 * that too, in the same advance. Pushing and popping cost O(log n); RxJS's VirtualTimeScheduler sorts an array instead.
 */
export class HeapClock implements Clock {
  #nowUs: number;
  #order = 0;
  #cancelled = 0;
  #advancing = false;
  readonly #heap: Timer[] = [];
  readonly #capacity: number;

  /**
   * @param startUs first instant, integer microseconds since the epoch
   * @param capacity most timers pending at once; one more is a RangeError, because an unbounded heap is a leak
   */
  constructor(startUs: number, capacity = 100_000) {
    if (!Number.isSafeInteger(startUs)) throw new RangeError(`startUs ${startUs}: expected integer microseconds`);
    this.#nowUs = startUs;
    this.#capacity = capacity;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  now(): number {
    return this.#nowUs / MICROS_PER_MS;
  }

  /** Timers that are still to fire. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** When the next timer is due, or Infinity. */
  nextDueUs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.dueUs ?? Number.POSITIVE_INFINITY;
  }

  at(dueUs: number, work: () => void, rank = 0): () => void {
    if (this.pending >= this.#capacity) throw new RangeError(`clock: more than ${this.#capacity} timers pending`);
    const timer: Timer = { dueUs: Math.max(Math.round(dueUs), this.#nowUs), rank, order: this.#order++, work };
    this.#push(timer);
    return () => {
      if (timer.work === null) return;
      timer.work = null;
      this.#cancelled += 1;
      if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#compact();
    };
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delayMs = 0, state?: T): Subscription {
    const action = new Subscription() as Subscription & SchedulerAction<T>;
    let cancel: (() => void) | undefined;
    action.schedule = (nextState?: T, nextDelayMs = 0): Subscription => {
      cancel?.();
      if (!action.closed) {
        const dueUs = this.#nowUs + Math.round(nextDelayMs * MICROS_PER_MS);
        cancel = this.at(dueUs, () => {
          if (!action.closed) work.call(action, nextState);
        });
      }
      return action;
    };
    action.add(() => cancel?.());
    action.schedule(state, delayMs);
    return action;
  }

  /**
   * Fires every timer due at or before `timeUs`, then stands at `timeUs`.
   *
   * @throws RangeError when `timeUs` lies in the past, or when called from inside a timer
   */
  advanceTo(timeUs: number): void {
    if (timeUs < this.#nowUs) throw new RangeError(`clock cannot go back from ${this.#nowUs} to ${timeUs}`);
    while (this.fireNext(timeUs));
    this.#nowUs = timeUs;
  }

  /**
   * Goes to the next timer due at or before `timeUs` and fires it, and no other.
   *
   * @returns false when there is none; the clock then stands where it stood
   * @throws RangeError when called from inside a timer
   */
  fireNext(timeUs: number): boolean {
    if (this.#advancing) throw new RangeError('clock is already advancing');
    for (let timer = this.#heap[0]; timer !== undefined && timer.dueUs <= timeUs; timer = this.#heap[0]) {
      this.#pop();
      const { work } = timer;
      if (work === null) {
        this.#cancelled -= 1;
        continue;
      }
      timer.work = null;
      this.#nowUs = Math.max(this.#nowUs, timer.dueUs);
      this.#advancing = true;
      try {
        work();
      } finally {
        this.#advancing = false;
      }
      return true;
    }
    return false;
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.work === null) {
      this.#pop();
      this.#cancelled -= 1;
    }
  }

  #compact(): void {
    const live = this.#heap.filter((timer) => timer.work !== null);
    this.#heap.length = 0;
    this.#cancelled = 0;
    for (const timer of live) this.#push(timer);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let child = heap.push(timer) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
  }
}

function before(a: Timer, b: Timer): boolean {
  if (a.dueUs !== b.dueUs) return a.dueUs < b.dueUs;
  return a.rank < b.rank || (a.rank === b.rank && a.order < b.order);
}
