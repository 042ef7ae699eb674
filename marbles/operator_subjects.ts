import { map, NEVER, Observable, of, Subject as RxSubject, switchMap, tap, throwError, timer } from 'rxjs';
import { z } from 'zod';
import { boundedReplay } from '../streams/operators/bounded_replay.ts';
import { CircuitBreaker } from '../streams/operators/circuit_breaker.ts';
import { conflate } from '../streams/operators/conflate.ts';
import { detectGaps, type SequenceBreak } from '../streams/operators/gap_detection.ts';
import { gridTicks } from '../streams/operators/grid_ticks.ts';
import { merge } from '../streams/operators/merge.ts';
import { pacedPull, pullFrom } from '../streams/operators/paced_pull.ts';
import { sampleOnGrid } from '../streams/operators/sample_on_grid.ts';
import { staleness } from '../streams/operators/staleness.ts';
import { consecutiveFailures, failureRate, type TripPolicy } from '../streams/operators/trip_policy.ts';
import { where } from '../streams/operators/where.ts';
import { subject } from './subject.ts';

const MICROS_PER_MS = 1_000;

const anything = z.unknown();

const sampleOnGridSubject = subject({
  about: 'streams/operators/sample_on_grid.ts',
  parameters: z.strictObject({ periodMs: z.number(), heartbeat: z.boolean(), stamped: z.boolean().default(false) }),
  inputs: { source: anything },
  outputs: ['samples'],
  wire: ({ periodMs, heartbeat, stamped }, { clock, inputs }) => {
    const options = { clock, periodMs, heartbeat };
    const freeze = (value: unknown, sampleUs: number): string => {
      if (value === 'x') throw new Error('x cannot be sampled');
      return `${value} at ${sampleUs / MICROS_PER_MS}`;
    };
    const source = inputs.of('source');
    return {
      samples: stamped ? source.pipe(sampleOnGrid({ ...options, freeze })) : source.pipe(sampleOnGrid(options)),
    };
  },
});

const gridTicksSubject = subject({
  about: 'streams/operators/grid_ticks.ts',
  parameters: z.strictObject({ periodMs: z.number(), offsetUs: z.number() }),
  inputs: {},
  outputs: ['ticks'],
  wire: ({ periodMs, offsetUs }, { clock }) => ({ ticks: gridTicks({ clock, periodMs, offsetUs }) }),
});

/** How a call of the breaker's marbles goes: what comes of it, and when. */
const call = z.strictObject({
  id: z.string(),
  ends: z.enum(['well', 'badly', 'never']),
  afterMs: z.number().default(0),
});

const trip = z.discriminatedUnion('policy', [
  z.strictObject({ policy: z.literal('consecutive'), failures: z.number() }),
  z.strictObject({ policy: z.literal('rate'), threshold: z.number(), windowMs: z.number(), minimumCalls: z.number() }),
]);

function tripOf(settings: z.infer<typeof trip>): TripPolicy {
  return settings.policy === 'consecutive' ? consecutiveFailures(settings.failures) : failureRate(settings);
}

const circuitBreakerSubject = subject({
  about: 'streams/operators/circuit_breaker.ts',
  parameters: z.strictObject({
    trip,
    recoverAfterMs: z.number(),
    trials: z.number().default(1),
    trialTimeoutMs: z.number().default(1_000_000),
    maxInFlight: z.number().default(8),
  }),
  inputs: { calls: call, hold: z.enum(['isolate', 'release']) },
  outputs: ['outcomes', 'state'],
  wire: ({ trip: settings, maxInFlight, ...rest }, { clock, inputs }) => {
    const breaker = new CircuitBreaker(clock, { trip: tripOf(settings), ...rest });
    const perform = ({ id, ends, afterMs }: z.infer<typeof call>): Observable<string> => {
      if (ends === 'never') return NEVER;
      const end = ends === 'well' ? of(id) : throwError(() => new Error(id));
      return afterMs === 0 ? end : timer(afterMs, clock).pipe(switchMap(() => end));
    };
    const held$ = inputs.of('hold').pipe(tap((what) => (what === 'isolate' ? breaker.isolate() : breaker.release())));
    const outcomes$ = inputs.of('calls').pipe(
      breaker.protect({ perform, maxInFlight }),
      map((outcome) => `${outcome.call.id} ${outcome.kind}`),
    );
    return {
      outcomes: outcomes$,
      state: withSideInput(breaker.state$.pipe(map(({ status }) => status)), held$),
    };
  },
});

const conflateSubject = subject({
  about: 'streams/operators/conflate.ts',
  parameters: z.strictObject({ maxKeys: z.number(), fold: z.enum(['newest', 'join']) }),
  inputs: { source: z.string(), release: anything },
  outputs: ['out'],
  wire: ({ maxKeys, fold }, { inputs }) => ({
    out: inputs.of('source').pipe(
      conflate({
        key: (value) => value.charAt(0),
        fold: (waiting, arriving) => (fold === 'newest' ? arriving : `${waiting}+${arriving.slice(1)}`),
        maxKeys,
        release$: inputs.of('release'),
      }),
    ),
  }),
});

const stalenessSubject = subject({
  about: 'streams/operators/staleness.ts',
  parameters: z.strictObject({ staleAfterMs: z.number() }),
  inputs: { source: anything },
  outputs: ['freshness'],
  wire: ({ staleAfterMs }, { clock, inputs }) => ({
    freshness: inputs.of('source').pipe(
      staleness({ clock, staleAfterMs }),
      map(({ status, sinceUs }) => `${status} since ${sinceUs / MICROS_PER_MS}`),
    ),
  }),
});

function told(one: string | SequenceBreak): string {
  if (typeof one === 'string') return one;
  return one.kind === 'sequenceGap' ? `missing ${one.from} to ${one.to}` : `repeat ${one.number}`;
}

const detectGapsSubject = subject({
  about: 'streams/operators/gap_detection.ts',
  parameters: z.strictObject({ after: z.number().optional() }),
  inputs: { source: z.string() },
  outputs: ['out'],
  wire: ({ after }, { inputs }) => ({
    out: inputs
      .of('source')
      .pipe(detectGaps({ numberOf: Number, ...(after === undefined ? {} : { after }) }), map(told)),
  }),
});

const boundedReplaySubject = subject({
  about: 'streams/operators/bounded_replay.ts',
  parameters: z.strictObject({ maxCount: z.number(), maxAgeMs: z.number() }),
  inputs: { source: anything },
  outputs: ['first', 'second', 'third'],
  wire: ({ maxCount, maxAgeMs }, { clock, inputs }) => {
    const shared$ = inputs.of('source').pipe(boundedReplay({ clock, maxCount, maxAgeMs }));
    return { first: shared$, second: shared$, third: shared$ };
  },
});

const pacedPullSubject = subject({
  about: 'streams/operators/paced_pull.ts',
  parameters: z.strictObject({ items: z.array(z.string()), maxUnacknowledged: z.number() }),
  inputs: { acks: z.string() },
  outputs: ['items', 'commits', 'port'],
  wire: ({ items, maxUnacknowledged }, { inputs }) => {
    const acknowledge = new Map<string, () => void>();
    const commits = new RxSubject<number>();
    const port = new RxSubject<string>();
    const open = () => ({
      ...pullFrom(items.values()),
      commit: (count: number) => commits.next(count),
      close: () => port.next('closed'),
    });
    const items$ = pacedPull({ open, maxUnacknowledged }).pipe(
      map((item) => {
        acknowledge.set(item.value, item.acknowledge);
        return item.value;
      }),
    );
    const acks$ = inputs.of('acks').pipe(tap((value) => acknowledge.get(value)?.()));
    return { items: items$, commits: withSideInput(commits, acks$), port };
  },
});

const mergeSubject = subject({
  about: 'streams/operators/merge.ts',
  parameters: z.strictObject({}),
  inputs: { first: anything, second: anything },
  outputs: ['merged'],
  wire: (_, { inputs }) => ({ merged: merge(inputs.of('first'), inputs.of('second')) }),
});

const whereSubject = subject({
  about: 'streams/operators/where.ts',
  parameters: z.strictObject({}),
  inputs: { source: z.string() },
  outputs: ['kept'],
  wire: (_, { inputs }) => ({ kept: inputs.of('source').pipe(where((letter) => letter <= 'm')) }),
});

/** An output that also listens to an input, which has its effect elsewhere. */
function withSideInput<T>(output: Observable<T>, input: Observable<unknown>): Observable<T> {
  return new Observable<T>((subscriber) => {
    subscriber.add(output.subscribe(subscriber));
    subscriber.add(input.subscribe());
  });
}

/** The operators of `streams/operators/`, by the name of the exported function or class. */
export const operatorSubjects = {
  sampleOnGrid: sampleOnGridSubject,
  gridTicks: gridTicksSubject,
  CircuitBreaker: circuitBreakerSubject,
  conflate: conflateSubject,
  staleness: stalenessSubject,
  detectGaps: detectGapsSubject,
  boundedReplay: boundedReplaySubject,
  pacedPull: pacedPullSubject,
  merge: mergeSubject,
  where: whereSubject,
};
