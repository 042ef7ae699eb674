import { MICROS_PER_MS } from '../../streams/clock/clock.ts';
import { HeapClock } from '../../streams/clock/heap_clock.ts';
import type { Timers } from '../runtime/timers.ts';

/** So many events go by before Node's event loop has a turn, for signals and output: well under a tenth of a second. */
const TURN_AFTER_EVENTS = 4_096;

/**
 * Time that stands still while anything is to be done, and then jumps to the next timer.
 *
 * One timer fires at a time, and then all that follows from it runs out: its promises, and theirs, to the last. Node runs a
 * `nextTick` callback that a promise job has asked for only once no such job is left, so that is what the next timer waits for: no
 * turn of the event loop, and no guess at how deep the promises go. The same timers and promises so run in the same order, always.
 *
 * What waits for the machine itself (a thread, a file) has to be brought in by {@link outside}: the clock stands still for it.
 */
export class VirtualTimers implements Timers {
  readonly #clock: HeapClock;
  #outside = 0;
  #resume: (() => void) | undefined;
  #events = 0;

  /** @param startUs integer microseconds since the epoch */
  constructor(startUs: number) {
    this.#clock = new HeapClock(startUs);
  }

  /** Timers fired so far. */
  get events(): number {
    return this.#events;
  }

  readonly nowUs = (): number => this.#clock.nowUs();

  readonly stopwatchUs = (): number => this.#clock.nowUs();

  readonly after = (delayMs: number, work: () => void): (() => void) =>
    this.#clock.at(this.#clock.nowUs() + delayMs * MICROS_PER_MS, work);

  readonly every = (periodMs: number, work: () => void): (() => void) => {
    let cancel = (): void => {};
    let ended = false;
    const again = (): void => {
      if (!ended) cancel = this.after(periodMs, fire);
    };
    const fire = (): void => {
      work();
      again();
    };
    again();
    return () => {
      ended = true;
      cancel();
    };
  };

  /** Lets the clock stand still until a promise of the machine's own has settled. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside += 1;
    try {
      return await work;
    } finally {
      this.#outside -= 1;
      const resume = this.#resume;
      this.#resume = undefined;
      if (resume !== undefined) onceQuiet(resume);
    }
  }

  /**
   * Lets everything happen that is due up to an instant, which becomes the present.
   *
   * @throws what a timer's work throws; RangeError when the instant is past
   */
  runTo(timeUs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => process.nextTick(step);
      const step = (): void => {
        if (this.#outside > 0) {
          this.#resume = step;
          return;
        }
        try {
          if (!this.#clock.fireNext(timeUs)) {
            this.#clock.advanceTo(timeUs);
            resolve();
            return;
          }
        } catch (error) {
          reject(error);
          return;
        }
        this.#events += 1;
        if (this.#events % TURN_AFTER_EVENTS === 0) setImmediate(step);
        else void SETTLED.then(next);
      };
      onceQuiet(step);
    });
  }

  /** Runs until a promise has settled, and gives what it settled to. @throws Error when that takes longer than `mostMs` */
  async until<T>(work: Promise<T>, mostMs: number): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    work.then(end, end);
    const untilUs = this.nowUs() + mostMs * MICROS_PER_MS;
    await this.runTo(this.nowUs());
    while (!settled) {
      const nextUs = this.#clock.nextDueUs();
      if (nextUs > untilUs) throw new Error(`nothing came of it within ${mostMs} ms of virtual time`);
      await this.runTo(nextUs);
    }
    return work;
  }
}

const SETTLED = Promise.resolve();

/**
 * Calls back once no promise job is left. Asked for outside of one, a `nextTick` callback would come before all of them. (Node's
 * `queueMicrotask` makes an async resource for each job, which a promise does not.)
 */
function onceQuiet(work: () => void): void {
  void SETTLED.then(() => process.nextTick(work));
}

/** The timers of one process in virtual time: when it is killed, none of them fires any more. */
export class ProcessTimers implements Timers {
  readonly #timers: VirtualTimers;
  #alive = true;
  /** How far this process's wall clock is from the time. */
  clockStepUs = 0;

  constructor(timers: VirtualTimers) {
    this.#timers = timers;
  }

  get alive(): boolean {
    return this.#alive;
  }

  kill(): void {
    this.#alive = false;
  }

  readonly nowUs = (): number => this.#timers.nowUs() + this.clockStepUs;

  readonly stopwatchUs = (): number => this.#timers.stopwatchUs();

  readonly after = (delayMs: number, work: () => void): (() => void) =>
    this.#timers.after(delayMs, () => {
      if (this.#alive) work();
    });

  readonly every = (periodMs: number, work: () => void): (() => void) => {
    const end = this.#timers.every(periodMs, () => {
      if (this.#alive) work();
      else end();
    });
    return end;
  };
}
