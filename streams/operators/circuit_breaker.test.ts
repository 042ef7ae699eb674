import fc from 'fast-check';
import { type Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import {
  admits,
  type Breaker,
  type BreakerEvent,
  type BreakerSettings,
  breakerStep,
  type CallOutcome,
  CircuitBreaker,
  closedBreaker,
} from './circuit_breaker.ts';
import { consecutiveFailures, failureRate, type TripPolicy } from './trip_policy.ts';

const SECOND_US = 1_000_000;

function settings(trip: TripPolicy = consecutiveFailures(2), trials = 1): BreakerSettings {
  return { trip, recoverAfterMs: 4_000, trials, trialTimeoutMs: 2_000 };
}

function outcomes<C, R>(of$: Observable<CallOutcome<C, R>>): string[] {
  const seen: string[] = [];
  of$.subscribe((outcome) => seen.push(`${outcome.kind} ${outcome.call}`));
  return seen;
}

describe('CircuitBreaker', () => {
  it('trips, refuses, recovers through a trial, and says so', () => {
    const clock = new HeapClock(0);
    const breaker = new CircuitBreaker(clock, settings());
    const states: string[] = [];
    breaker.state$.subscribe(({ status }) => states.push(status));
    let healthy = false;
    const calls = new Subject<string>();
    const perform = (call: string): Observable<string> => (healthy ? of(call) : throwError(() => 'down'));
    const seen = outcomes(calls.pipe(breaker.protect({ perform, maxInFlight: 1 })));
    for (const call of ['a', 'b', 'c']) calls.next(call);
    clock.advanceTo(4 * SECOND_US);
    calls.next('d');
    clock.advanceTo(8 * SECOND_US);
    healthy = true;
    calls.next('e');
    calls.next('f');
    expect(seen).toEqual(['failed a', 'failed b', 'refused c', 'failed d', 'result e', 'result f']);
    expect(states).toEqual(['closed', 'open', 'halfOpen', 'open', 'halfOpen', 'closed']);
    expect(clock.pending).toBe(0);
  });

  it('counts an answer that is a failure by its content', () => {
    const breaker = new CircuitBreaker(new HeapClock(0), settings());
    const calls = new Subject<number>();
    const seen = outcomes(
      calls.pipe(breaker.protect({ perform: (code) => of(code), isFailure: (code) => code !== 0, maxInFlight: 1 })),
    );
    for (const code of [0, 19, 19, 0]) calls.next(code);
    expect(seen).toEqual(['result 0', 'result 19', 'result 19', 'refused 0']);
  });

  it('refuses more than maxInFlight calls, and completes after the last one', () => {
    const breaker = new CircuitBreaker(new HeapClock(0), settings());
    const calls = new Subject<string>();
    const answers: Subject<string>[] = [];
    const seen: string[] = [];
    const perform = (): Observable<string> => {
      const answer = new Subject<string>();
      answers.push(answer);
      return answer;
    };
    calls.pipe(breaker.protect({ perform, maxInFlight: 2 })).subscribe({
      next: (outcome) => seen.push(`${outcome.kind} ${outcome.call}`),
      complete: () => seen.push('complete'),
    });
    for (const call of ['a', 'b', 'c']) calls.next(call);
    calls.complete();
    answers[1]!.complete();
    answers[0]!.next('x');
    answers[0]!.complete();
    expect(seen).toEqual(['refused c', 'result a', 'complete']);
  });

  it('unsubscribes from calls under way, and keeps no timer nobody looks at', () => {
    const clock = new HeapClock(0);
    const breaker = new CircuitBreaker(clock, settings(consecutiveFailures(1)));
    const looking = breaker.state$.subscribe();
    const calls = new Subject<string>();
    const answer = new Subject<string>();
    const subscription = calls.pipe(breaker.protect({ perform: () => answer, maxInFlight: 1 })).subscribe();
    calls.next('a');
    expect(answer.observed).toBe(true);
    subscription.unsubscribe();
    expect(answer.observed).toBe(false);
    breaker.settle(breaker.ask()!, 'failure');
    expect(clock.pending).toBe(1);
    looking.unsubscribe();
    expect(clock.pending).toBe(0);
    clock.advanceTo(4 * SECOND_US);
    expect(breaker.state.status).toBe('halfOpen');
  });

  it('isolates by hand and stays so until released', () => {
    const clock = new HeapClock(0);
    const breaker = new CircuitBreaker(clock, settings());
    const ticket = breaker.ask()!;
    breaker.isolate();
    breaker.settle(ticket, 'success');
    clock.advanceTo(3_600 * SECOND_US);
    expect(breaker.ask()).toBeUndefined();
    expect(breaker.state.status).toBe('isolated');
    breaker.release();
    expect(breaker.ask()).toBeDefined();
    expect(breaker.state.status).toBe('closed');
  });

  it('ignores the end of a call from before it tripped', () => {
    const clock = new HeapClock(0);
    const breaker = new CircuitBreaker(clock, settings());
    const slow = breaker.ask()!;
    for (let i = 0; i < 2; i += 1) breaker.settle(breaker.ask()!, 'failure');
    clock.advanceTo(4 * SECOND_US);
    const trial = breaker.ask()!;
    breaker.settle(slow, 'success');
    expect(breaker.state.status).toBe('halfOpen');
    breaker.settle(trial, 'success');
    expect(breaker.state.status).toBe('closed');
  });

  it('takes a trial without an end for a failure', () => {
    const clock = new HeapClock(0);
    const breaker = new CircuitBreaker(clock, settings(consecutiveFailures(1)));
    breaker.settle(breaker.ask()!, 'failure');
    clock.advanceTo(4 * SECOND_US);
    expect(breaker.ask()).toBeDefined();
    expect(breaker.ask()).toBeUndefined();
    clock.advanceTo(6 * SECOND_US);
    expect(breaker.state).toEqual({ status: 'open', untilUs: 10 * SECOND_US });
    clock.advanceTo(10 * SECOND_US);
    expect(breaker.ask()).toBeDefined();
  });

  it('makes a failed call of what perform throws, and an error of what isFailure throws', () => {
    const breaker = new CircuitBreaker(new HeapClock(0), settings());
    const boom = (): never => {
      throw new Error('boom');
    };
    expect(outcomes(of('a').pipe(breaker.protect({ perform: boom, maxInFlight: 1 })))).toEqual(['failed a']);
    let error: unknown;
    of('a')
      .pipe(breaker.protect({ perform: () => of(1), isFailure: boom, maxInFlight: 1 }))
      .subscribe({ error: (e) => (error = e) });
    expect(error).toEqual(new Error('boom'));
  });

  it('goes on from saved data', () => {
    const clock = new HeapClock(0);
    const first = new CircuitBreaker(clock, settings());
    first.settle(first.ask()!, 'failure');
    const second = new CircuitBreaker(clock, settings(), JSON.parse(JSON.stringify(first.data)));
    second.settle(second.ask()!, 'failure');
    expect(second.state.status).toBe('open');
  });

  it.each([{ recoverAfterMs: 0 }, { trials: 0 }, { trialTimeoutMs: Number.NaN }])('refuses %o', (wrong) => {
    expect(() => new CircuitBreaker(new HeapClock(0), { ...settings(), ...wrong })).toThrow(RangeError);
  });
});

interface Happening {
  readonly afterUs: number;
  readonly kind: 'call' | 'success' | 'failure' | 'isolate' | 'release';
}

const happenings = fc.array(
  fc.record({
    afterUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 * SECOND_US })),
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('call', 'success', 'failure') },
      { weight: 1, arbitrary: fc.constantFrom('isolate', 'release') },
    ),
  }) as fc.Arbitrary<Happening>,
  { maxLength: 100 },
);

const policies = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map(consecutiveFailures),
  fc.constant(failureRate({ threshold: 0.5, windowMs: 10_000, minimumCalls: 3 })),
);

function run(set: BreakerSettings, list: readonly Happening[], between: (b: Breaker, nowUs: number) => Breaker) {
  let breaker = closedBreaker(set);
  let nowUs = 0;
  const admitted: boolean[] = [];
  for (const { afterUs, kind } of list) {
    breaker = between(breaker, nowUs + Math.floor(afterUs / 2));
    nowUs += afterUs;
    const timely = breakerStep(set, breaker, { kind: 'time' }, nowUs);
    if (kind === 'call') admitted.push(admits(set, timely));
    const event: BreakerEvent =
      kind === 'success' || kind === 'failure' ? { kind, generation: timely.generation } : { kind };
    const next = breakerStep(set, breaker, event, nowUs);
    expect(next.tally.length).toBeLessThanOrEqual(30);
    if (next.state.status === 'halfOpen') {
      expect(next.state.pending + next.state.succeeded).toBeLessThanOrEqual(set.trials);
      expect(next.state.untilUs === null).toBe(next.state.pending === 0);
    }
    if (next.state.status === 'open') expect(next.state.untilUs).toBeGreaterThan(nowUs);
    if (timely.state.status === 'isolated' && kind !== 'release') expect(next).toEqual(timely);
    breaker = next;
  }
  return { breaker, admitted };
}

describe('breakerStep', () => {
  it('decides the same whether time is let pass in one go or looked at on the way, and through JSON', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 3 }), happenings, (trip, trials, list) => {
        const set = settings(trip, trials);
        const lazy = run(set, list, (breaker) => breaker);
        const eager = run(set, list, (breaker, nowUs) => breakerStep(set, breaker, { kind: 'time' }, nowUs));
        const saved = run(set, list, (breaker) => JSON.parse(JSON.stringify(breaker)));
        expect(eager).toEqual(lazy);
        expect(saved).toEqual(lazy);
      }),
    );
  });

  it('admits nothing while open or isolated, and one call at the least once recovered', () => {
    const set = settings(consecutiveFailures(1));
    const open = breakerStep(set, closedBreaker(set), { kind: 'failure', generation: 0 }, 0);
    expect(admits(set, breakerStep(set, open, { kind: 'time' }, 4 * SECOND_US - 1))).toBe(false);
    expect(admits(set, breakerStep(set, open, { kind: 'time' }, 4 * SECOND_US))).toBe(true);
  });

  it('closes only after all its trials', () => {
    const set = settings(consecutiveFailures(1), 2);
    let breaker = breakerStep(set, closedBreaker(set), { kind: 'failure', generation: 0 }, 0);
    const at = 5 * SECOND_US;
    for (const expected of ['halfOpen', 'closed']) {
      breaker = breakerStep(set, breaker, { kind: 'call' }, at);
      breaker = breakerStep(set, breaker, { kind: 'success', generation: breaker.generation }, at);
      expect(breaker.state.status).toBe(expected);
    }
  });
});
