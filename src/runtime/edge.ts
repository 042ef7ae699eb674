import { LANES } from '../../streams/actor/kernel.ts';
import { MICROS_PER_MS, MICROS_PER_SECOND } from '../../streams/clock/clock.ts';
import type { Input } from '../../streams/inputs.ts';
import type { Reject } from '../../streams/market/types.ts';
import type { Inlet } from '../venue/port.ts';
import { EdgeStats } from './edge_stats.ts';
import { type Notify, RateLimitedNotices } from './notices.ts';
import type { Reactor, ReactorSnapshot } from './reactor.ts';
import type { WallClock } from './wall_clock.ts';

/** Inputs that may wait while one is processed: what a sink or a timer delivers at once is a handful. */
const WAITING_MOST = 10_000;

/** A gap between two inputs is told from here on: samplers tick at least once a second, so the clock jumped or we slept. */
const JUMP_US = 5 * MICROS_PER_SECOND;

/** Going back by less than this is the resolution of clocks, and is clamped without a word. */
const BACK_US = 1 * MICROS_PER_MS;

/** Longest real timer: Node's own limit is 2³¹ ms, and a timer that far off is looked at again. */
const TIMER_MOST_MS = 60_000;

/** Where inputs are kept, in order, before they take effect. What it throws is fatal: what can't be replayed isn't traded. */
export interface InputLog {
  append(input: Input): void;
  /** The input has been processed, with all that followed from it. */
  settled(reactor: Reactor): void;
}

/** Runs `work` once after `delayMs`; returns what cancels it. */
export type SetTimer = (work: () => void, delayMs: number) => () => void;

/** What the shell hands to an {@link Edge}. */
export interface EdgeOptions {
  readonly wallNowUs: WallClock;
  readonly setTimer: SetTimer;
  readonly notify: Notify;
  /** Whether the delay of the event loop is measured; only where time is real. */
  readonly watchesLoop?: boolean;
  /** Whether it is measured what things take: a tenth of a second of a simulated hour, in which nothing takes any time. */
  readonly latencies?: boolean;
  readonly journal?: InputLog | undefined;
  /** Sees every input after it has taken effect, for figures. Must not throw. */
  readonly onInput?: ((input: Input) => void) | undefined;
  /** Told once that nothing more will be decided; the shell cancels all orders and ends. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * The edge: the one place where inputs get their time and their number, once, in the order in which they are journaled and
 * delivered.
 *
 * Time never goes back: an input is at `max(last, wall clock)`. What is delivered while another input is being processed (by
 * a venue that answers at once, by a listener) waits its turn. While nothing comes in, one real timer for the clock's next
 * due instant brings a `tick`.
 */
export class Edge implements Inlet {
  readonly stats: EdgeStats;
  readonly #reactor: Reactor;
  readonly #options: EdgeOptions;
  readonly #notices: RateLimitedNotices;
  readonly #waiting: Input[] = [];
  #lastUs: number;
  #busy = false;
  #ended = false;
  #armedUs = Number.POSITIVE_INFINITY;
  #disarm: (() => void) | undefined;

  constructor(reactor: Reactor, options: EdgeOptions) {
    this.#reactor = reactor;
    this.#options = options;
    this.stats = new EdgeStats(options.watchesLoop ?? true, options.latencies ?? true);
    this.#notices = new RateLimitedNotices(options.notify);
    this.#lastUs = reactor.clock.nowUs();
  }

  /** Time of the newest input, integer microseconds since the epoch. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** Begins to bring ticks. Inputs are taken before that, too. */
  start(): void {
    this.#arm();
  }

  accept(input: Input): void {
    if (this.#ended || this.#waiting.length >= WAITING_MOST) {
      this.stats.refused += 1;
      if (!this.#ended) this.#fail(new RangeError(`more than ${WAITING_MOST} inputs wait for the one under way`));
      return;
    }
    if (this.#busy) {
      this.#waiting.push(input);
      this.stats.queueMost = Math.max(this.stats.queueMost, this.#waiting.length);
      return;
    }
    this.#busy = true;
    try {
      this.#take(input);
      this.#drain();
    } catch (error) {
      this.#fail(error);
    } finally {
      // An array that is emptied gives its memory back, and most inputs find nothing waiting.
      if (this.#waiting.length > 0) this.#waiting.length = 0;
      this.#busy = false;
    }
    this.#arm();
  }

  /** @returns undefined while an input is under way or something waits inside: try again after the next input */
  snapshot(): ReactorSnapshot | undefined {
    return this.#busy ? undefined : this.#reactor.snapshot();
  }

  /** Takes nothing more. Doing it twice does no harm. */
  close(): void {
    this.#ended = true;
    this.#disarm?.();
    this.#disarm = undefined;
    this.stats.close();
  }

  #drain(): void {
    // The array only grows meanwhile, to WAITING_MOST: cheaper than shifting, and emptied in the end.
    for (let i = 0; i < this.#waiting.length && !this.#ended; i += 1) this.#take(this.#waiting[i]!);
  }

  #take(input: Input): void {
    const { wallNowUs, journal } = this.#options;
    const nowUs = wallNowUs();
    this.#checkClock(nowUs);
    this.#lastUs = Math.max(this.#lastUs, nowUs);
    input.timeUs = this.#lastUs;
    input.seq = this.#reactor.seq + LANES;
    journal?.append(input);
    if (input.kind === 'reject') this.#tell(input);
    this.#reactor.take(input);
    this.stats.taken(input, wallNowUs() - nowUs);
    this.#options.onInput?.(input);
    journal?.settled(this.#reactor);
  }

  #tell({ source, reason, market, detail, timeUs }: Reject): void {
    const name = this.stats.rejected(source, reason);
    this.#notices.warn(`reject ${name}`, timeUs, `refused from ${source}: ${reason}`, { market, detail });
  }

  #checkClock(nowUs: number): void {
    if (nowUs < this.#lastUs - BACK_US) {
      this.stats.clockBack += 1;
      const byMs = Math.round((this.#lastUs - nowUs) / MICROS_PER_MS);
      this.#notices.warn(
        'clock back',
        this.#lastUs,
        `the wall clock is ${byMs} ms behind the session: time stands still`,
      );
    } else if (nowUs > this.#lastUs + JUMP_US) {
      this.stats.clockJumps += 1;
      const byMs = Math.round((nowUs - this.#lastUs) / MICROS_PER_MS);
      this.#notices.warn(
        'clock jump',
        nowUs,
        `nothing happened for ${byMs} ms: the clock was set, or this process slept`,
      );
    }
  }

  #arm(): void {
    if (this.#ended) return;
    const dueUs = this.#reactor.clock.nextDueUs();
    if (dueUs === this.#armedUs) return;
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedUs = dueUs;
    if (dueUs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.ceil((dueUs - this.#options.wallNowUs()) / MICROS_PER_MS);
    this.#disarm = this.#options.setTimer(() => this.#due(dueUs), Math.min(TIMER_MOST_MS, Math.max(0, delayMs)));
  }

  #due(dueUs: number): void {
    this.#armedUs = Number.POSITIVE_INFINITY;
    this.#disarm = undefined;
    const lateUs = this.#options.wallNowUs() - dueUs;
    if (lateUs < 0) {
      // Woken early: Node's timers count in whole milliseconds, and the longest is shorter than some waits.
      this.#arm();
      return;
    }
    this.stats.timerFired(lateUs);
    this.accept({ kind: 'tick', seq: 0, timeUs: 0 });
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.close();
    this.#options.onFatal(error);
  }
}
