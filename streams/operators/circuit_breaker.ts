import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { type Clock, MICROS_PER_MS } from '../clock/clock.ts';
import type { Tally, TripPolicy } from './trip_policy.ts';

/**
 * What a breaker does with calls:
 *
 * - `closed` admits them and counts how they end;
 * - `open` refuses them until `untilUs`;
 * - `halfOpen` admits a few as trials: all succeed and it closes, one fails (or is not answered by `untilUs`) and it opens;
 * - `isolated` refuses them until a person releases it.
 */
export type BreakerState =
  | { readonly status: 'closed' }
  | { readonly status: 'open'; readonly untilUs: number }
  | {
      readonly status: 'halfOpen';
      /** Trials admitted and not yet ended. */
      readonly pending: number;
      readonly succeeded: number;
      /** When the pending trials count as failed, which each new one puts off; `null` while none is pending. */
      readonly untilUs: number | null;
    }
  | { readonly status: 'isolated' };

/** A breaker as plain, immutable, JSON-safe data: its state, and what it needs to reach the next. */
export interface Breaker {
  readonly state: BreakerState;
  /** Counts changes of status. The end of a call that was admitted in an earlier one is no longer counted. */
  readonly generation: number;
  readonly tally: Tally;
}

/** What happens to a breaker. `generation` is the one in which the call was admitted. */
export type BreakerEvent =
  | { readonly kind: 'call' | 'isolate' | 'release' | 'time' }
  | { readonly kind: 'success' | 'failure'; readonly generation: number };

/** When a breaker trips, and how it recovers. */
export interface BreakerSettings {
  readonly trip: TripPolicy;
  /** How long it stays open before it tries again. */
  readonly recoverAfterMs: number;
  /** How many trials in a row must succeed to close it; also how many may be pending at once. */
  readonly trials: number;
  /** A trial not ended after this long has failed: a lost answer must not leave the breaker half open for ever. */
  readonly trialTimeoutMs: number;
}

/** A breaker that has seen nothing. */
export function closedBreaker({ trip }: BreakerSettings): Breaker {
  return { state: { status: 'closed' }, generation: 0, tally: trip.initial };
}

/** Whether a call would be admitted, in the state as it is. */
export function admits({ trials }: BreakerSettings, { state }: Breaker): boolean {
  return state.status === 'closed' || (state.status === 'halfOpen' && state.pending + state.succeeded < trials);
}

/**
 * The breaker after an event at `nowUs`: a pure function, the core of {@link CircuitBreaker}.
 *
 * Every event first lets time pass, so a breaker that nobody asked for an hour is half open at the first question. A `call`
 * that is not admitted changes nothing.
 */
export function breakerStep(settings: BreakerSettings, breaker: Breaker, event: BreakerEvent, nowUs: number): Breaker {
  const now = afterTime(settings, breaker, nowUs);
  const { state } = now;
  switch (event.kind) {
    case 'time':
      return now;
    case 'call':
      if (state.status !== 'halfOpen' || !admits(settings, now)) return now;
      return {
        ...now,
        state: {
          ...state,
          pending: state.pending + 1,
          untilUs: nowUs + settings.trialTimeoutMs * MICROS_PER_MS,
        },
      };
    case 'isolate':
      return state.status === 'isolated' ? now : turned(settings, now, { status: 'isolated' });
    case 'release':
      return state.status === 'isolated' ? turned(settings, now, { status: 'closed' }) : now;
    case 'success':
    case 'failure':
      return event.generation === now.generation ? afterCall(settings, now, event.kind, nowUs) : now;
  }
}

/**
 * The breaker after something was observed that nobody called for: a measure above or below its mark, a failure that the
 * outside reports. While half open each observation is a trial.
 */
export function observed(
  settings: BreakerSettings,
  breaker: Breaker,
  outcome: 'success' | 'failure',
  nowUs: number,
): Breaker {
  const asked = breakerStep(settings, breaker, { kind: 'call' }, nowUs);
  return breakerStep(settings, asked, { kind: outcome, generation: asked.generation }, nowUs);
}

function afterTime(settings: BreakerSettings, breaker: Breaker, nowUs: number): Breaker {
  const dueUs = nextDueUs(breaker);
  if (dueUs === null || nowUs < dueUs) return breaker;
  // As of when it was due, not of when it is noticed; and it may have recovered since.
  if (breaker.state.status === 'halfOpen') {
    return afterTime(settings, turned(settings, breaker, openState(settings, dueUs)), nowUs);
  }
  return turned(settings, breaker, { status: 'halfOpen', pending: 0, succeeded: 0, untilUs: null });
}

/** When time alone changes the breaker next, or `null`. */
function nextDueUs({ state }: Breaker): number | null {
  return state.status === 'open' || state.status === 'halfOpen' ? state.untilUs : null;
}

function afterCall(
  settings: BreakerSettings,
  breaker: Breaker,
  outcome: 'success' | 'failure',
  nowUs: number,
): Breaker {
  const { trip, trials } = settings;
  const { state } = breaker;
  if (state.status === 'closed') {
    const tally = trip.record(breaker.tally, outcome, nowUs);
    // Most calls succeed after one that did.
    if (tally === breaker.tally) return breaker;
    const tripped = outcome === 'failure' && trip.trips(tally);
    return tripped ? turned(settings, breaker, openState(settings, nowUs)) : { ...breaker, tally };
  }
  if (state.status !== 'halfOpen' || state.pending === 0) return breaker;
  if (outcome === 'failure') return turned(settings, breaker, openState(settings, nowUs));
  const succeeded = state.succeeded + 1;
  if (succeeded >= trials) return turned(settings, breaker, { status: 'closed' });
  const pending = state.pending - 1;
  return { ...breaker, state: { ...state, pending, succeeded, untilUs: pending === 0 ? null : state.untilUs } };
}

function openState({ recoverAfterMs }: BreakerSettings, sinceUs: number): BreakerState {
  return { status: 'open', untilUs: sinceUs + recoverAfterMs * MICROS_PER_MS };
}

function turned({ trip }: BreakerSettings, { generation }: Breaker, state: BreakerState): Breaker {
  return { state, generation: generation + 1, tally: trip.initial };
}

/** The part of a clock that a breaker needs; the shell has no more. */
export type Timing = Pick<Clock, 'nowUs' | 'at'>;

/** How a call through {@link CircuitBreaker.protect} ended, as data: nothing is thrown through the stream. */
export type CallOutcome<Call, Result> =
  | { readonly kind: 'result'; readonly call: Call; readonly result: Result }
  | { readonly kind: 'failed'; readonly call: Call; readonly error: unknown }
  | { readonly kind: 'refused'; readonly call: Call; readonly state: BreakerState };

/** What {@link CircuitBreaker.protect} protects. */
export interface ProtectOptions<Call, Result> {
  /** Makes the call. It succeeds by completing and fails by an error, or by a result that `isFailure` says is one. */
  readonly perform: (call: Call) => Observable<Result>;
  readonly isFailure?: (result: Result) => boolean;
  /** Calls under way at once; one more is refused, because waiting for a slow service is what a breaker is against. */
  readonly maxInFlight: number;
}

/**
 * Stops calling what keeps failing, and finds out by itself when it is well again.
 *
 * The breaker is one piece of state that several streams may share: {@link protect} wraps calls that are observables;
 * {@link ask} and {@link settle} serve calls whose ends come back as inputs. {@link state$} is a stream of its own, which
 * starts with the current state and tells each change of status.
 *
 *     column 1 s, trips after 2 failures, recovers after 4 s, 1 trial
 *     calls       -a-b-c---d-e---
 *     ends        -✗-✗-----✓-✓---
 *     outcomes    -a-b-c---d-e---        c is refused
 *     state       c--o---h-c-----        closed, open, halfOpen
 *
 * @example
 *     const breaker = new CircuitBreaker(clock, {
 *       trip: consecutiveFailures(3), recoverAfterMs: 5_000, trials: 1, trialTimeoutMs: 2_000,
 *     });
 *     batches$.pipe(breaker.protect({ perform: send, maxInFlight: 1 }))
 *
 * Of the operator that {@link protect} makes:
 * - *Emits when* a call gives a result, fails, or is refused; in the order in which that happens.
 * - *Drops when* never: each call that brings no result of its own comes out as `failed` or `refused`, unless it completes empty.
 * - *Completes when* the source has and no call is under way.
 * - *Errors when* the source does, or `isFailure` throws.
 *
 * At most one timer, and that only while somebody looks at {@link state$}.
 */
export class CircuitBreaker {
  /** The current state, then each change of status. Never completes. */
  readonly state$: Observable<BreakerState>;
  readonly #clock: Timing;
  readonly #settings: BreakerSettings;
  #breaker: Breaker;
  #watchers: readonly Subscriber<BreakerState>[] = [];
  #cancelTimer: (() => void) | undefined;

  /**
   * @param restored what {@link data} was, to go on from
   * @throws RangeError when a setting is out of its range
   */
  constructor(clock: Timing, settings: BreakerSettings, restored: Breaker = closedBreaker(settings)) {
    const { recoverAfterMs, trials, trialTimeoutMs } = settings;
    if (!(recoverAfterMs > 0)) throw new RangeError(`recoverAfterMs ${recoverAfterMs}: expected more than 0`);
    if (!(trialTimeoutMs > 0)) throw new RangeError(`trialTimeoutMs ${trialTimeoutMs}: expected more than 0`);
    if (!Number.isInteger(trials) || trials < 1) throw new RangeError(`trials ${trials}: expected a positive integer`);
    this.#clock = clock;
    this.#settings = settings;
    this.#breaker = restored;
    this.state$ = new Observable((subscriber) => {
      subscriber.next(this.state);
      this.#watchers = [...this.#watchers, subscriber];
      this.#rearm();
      return () => {
        this.#watchers = this.#watchers.filter((one) => one !== subscriber);
        this.#rearm();
      };
    });
  }

  /** The state as of now. */
  get state(): BreakerState {
    this.#apply({ kind: 'time' });
    return this.#breaker.state;
  }

  /** Everything there is to save, JSON-safe. */
  get data(): Breaker {
    return this.#breaker;
  }

  /** Asks for leave to call. @returns a ticket to {@link settle} the call with, or `undefined`: do not call */
  ask(): number | undefined {
    this.#apply({ kind: 'time' });
    if (!admits(this.#settings, this.#breaker)) return undefined;
    this.#apply({ kind: 'call' });
    return this.#breaker.generation;
  }

  /** Reports how an admitted call ended. A ticket from before the last change of status is ignored. */
  settle(ticket: number, outcome: 'success' | 'failure'): void {
    this.#apply({ kind: outcome, generation: ticket });
  }

  /** The manual hold: refuses everything until {@link release}. */
  isolate(): void {
    this.#apply({ kind: 'isolate' });
  }

  /** Ends the manual hold; the breaker is closed and has forgotten what was before. */
  release(): void {
    this.#apply({ kind: 'release' });
  }

  /** An operator that makes a call of each value, through the breaker. */
  protect<Call, Result>(options: ProtectOptions<Call, Result>): OperatorFunction<Call, CallOutcome<Call, Result>> {
    return (source) =>
      new Observable((subscriber) => {
        let inFlight = 0;
        let sourceDone = false;
        const ended = (): void => {
          inFlight -= 1;
          if (sourceDone && inFlight === 0) subscriber.complete();
        };
        subscriber.add(
          source.subscribe({
            next: (call) => {
              const ticket = inFlight < options.maxInFlight ? this.ask() : undefined;
              if (ticket === undefined) {
                subscriber.next({ kind: 'refused', call, state: this.state });
                return;
              }
              inFlight += 1;
              this.#perform(options, call, ticket, subscriber, ended);
            },
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              sourceDone = true;
              if (inFlight === 0) subscriber.complete();
            },
          }),
        );
      });
  }

  #perform<Call, Result>(
    { perform, isFailure }: ProtectOptions<Call, Result>,
    call: Call,
    ticket: number,
    subscriber: Subscriber<CallOutcome<Call, Result>>,
    ended: () => void,
  ): void {
    let bad = false;
    const failed = (error: unknown): void => {
      this.settle(ticket, 'failure');
      subscriber.next({ kind: 'failed', call, error });
      ended();
    };
    let performed: Observable<Result>;
    try {
      performed = perform(call);
    } catch (error) {
      failed(error);
      return;
    }
    // A finished subscription leaves its parent by itself, so what is held is what is under way.
    subscriber.add(
      performed.subscribe({
        next: (result) => {
          try {
            if (isFailure?.(result) === true) bad = true;
          } catch (error) {
            subscriber.error(error);
          }
          subscriber.next({ kind: 'result', call, result });
        },
        error: failed,
        complete: () => {
          this.settle(ticket, bad ? 'failure' : 'success');
          ended();
        },
      }),
    );
  }

  #apply(event: BreakerEvent): void {
    const before = this.#breaker;
    const after = breakerStep(this.#settings, before, event, this.#clock.nowUs());
    if (after === before) return;
    this.#breaker = after;
    this.#rearm();
    if (after.generation === before.generation) return;
    for (const watcher of this.#watchers) watcher.next(after.state);
  }

  #rearm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const dueUs = nextDueUs(this.#breaker);
    if (dueUs === null || this.#watchers.length === 0) return;
    this.#cancelTimer = this.#clock.at(dueUs, () => {
      this.#cancelTimer = undefined;
      this.#apply({ kind: 'time' });
    });
  }
}
