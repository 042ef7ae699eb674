import { Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { Clock } from '../clock/clock.ts';
import { ActorCell, type ActorOptions } from './actor.ts';
import { Graph } from './graph.ts';
import { Port, StepSubscriber, Tap } from './port.ts';
import { Probe } from './probe.ts';
import type { ReducerCell } from './reducer.ts';
import type { Failure, RestartBudget } from './supervision.ts';

/** What the shell hands to the kernel. */
export interface KernelOptions {
  readonly clock: Clock;
  /** Seeded generator of numbers in [0, 1). */
  readonly random: () => number;
  /** Reads a monotonic wall clock in microseconds, for probes only; without it latencies are not measured. */
  readonly stopwatchUs?: () => number;
  /** Told of every failure of an actor. Must not throw. */
  readonly onFailure?: (failure: Failure) => void;
  /** A snapshot to start from: every reducer begins with the state it holds for its name. */
  readonly snapshot?: KernelSnapshot;
}

/** All that what comes next depends on, as JSON-safe data; it may share parts with the states, so take its text at once. */
export interface KernelSnapshot {
  readonly timeUs: number;
  /** How many event numbers each scope has given out. */
  readonly sequences: Readonly<Record<string, number>>;
  /** The state of each reducer. */
  readonly states: Readonly<Record<string, unknown>>;
  /** When each actor last restarted, milliseconds; those that never did are absent. */
  readonly restartsMs: Readonly<Record<string, readonly number[]>>;
  /** Actors that were stopped, and stay so. */
  readonly stopped: readonly string[];
}

/** Inputs as they enter, handed on by key, one turn each. */
export interface Entry<T> {
  /** The inputs whose key is `key`; the caller states what kind of input has that key. */
  on<U extends T = T>(key: string): Observable<U>;
}

/** A feedback edge: what passes `close` and is of type T comes out of `events$` in a later step of the same turn. */
export interface Loop<T, P = T> {
  readonly events$: Observable<T>;
  /** Passes everything on and feeds back what is meant to be. Use once, where the loop closes. */
  readonly close: (source: Observable<P | T>) => Observable<P | T>;
}

/** Event numbers of different lanes never meet: a number is `count · LANES + lane`. */
export const LANES = 256;

/** Feedback that is still undelivered when a turn has made this many rounds is a loop that feeds itself. */
const MAX_FEEDBACK_PER_TURN = 10_000;

/** A turn that begins with feedback alone. */
const NOTHING = { next: (): void => {} };

/** The shared inside of the kernel, seen by its own files only. */
export class KernelCore {
  readonly graph = new Graph();
  readonly cells = new Map<string, ReducerCell>();
  /** States that are still to be taken over, each once. */
  readonly restored: Map<string, unknown>;
  readonly restarts: Map<string, Pick<RestartBudget, 'restartsMs'>>;
  readonly stopped: Set<string>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly stopwatchUs: (() => number) | undefined;
  readonly #clock: Clock;
  readonly #onFailure: ((failure: Failure) => void) | undefined;
  readonly #lanes = new Map<string, { readonly lane: number; count: number }>();
  readonly #sequences: Readonly<Record<string, number>>;
  readonly #feedback: { port: Port<unknown>; value: unknown }[] = [];
  #turning = false;

  constructor(options: KernelOptions) {
    this.#clock = options.clock;
    this.clock = new TurningClock(options.clock, this, 0);
    this.random = options.random;
    this.stopwatchUs = options.stopwatchUs;
    this.#onFailure = options.onFailure;
    this.restored = new Map(Object.entries(options.snapshot?.states ?? {}));
    this.restarts = new Map(
      Object.entries(options.snapshot?.restartsMs ?? {}).map(([name, restartsMs]) => [
        name,
        { restartsMs: [...restartsMs] },
      ]),
    );
    this.stopped = new Set(options.snapshot?.stopped);
    this.#sequences = options.snapshot?.sequences ?? {};
  }

  failed(failure: Failure): void {
    this.#onFailure?.(failure);
  }

  /** The clock for a scope: its timers go by the place of the scope in the wiring. */
  clockOf(scope: string): Clock {
    return new TurningClock(this.#clock, this, this.lane(scope).lane);
  }

  /** Event numbers for the scope in the brackets of an actor's name; lane 0 belongs to the inputs. */
  sequencer(actor: string): () => number {
    const mine = this.lane(/\[(.*)\]/.exec(actor)?.[1] ?? '');
    return () => {
      mine.count += 1;
      return mine.count * LANES + mine.lane;
    };
  }

  /** The lane of a scope, in the order of the wiring. */
  lane(scope: string): { readonly lane: number; count: number } {
    const known = this.#lanes.get(scope);
    if (known !== undefined) return known;
    const lane = { lane: this.#lanes.size + 1, count: this.#sequences[scope] ?? 0 };
    if (lane.lane >= LANES) throw new RangeError(`more than ${LANES - 1} scopes in one kernel`);
    this.#lanes.set(scope, lane);
    return lane;
  }

  /** Hands on a value, then what that fed back, in order, until nothing is left. */
  turn<T>(to: { next(value: T): void }, value: T): void {
    if (this.#turning) {
      to.next(value);
      return;
    }
    this.#turning = true;
    try {
      to.next(value);
      if (this.#feedback.length > 0) this.#settle();
    } finally {
      this.#turning = false;
    }
  }

  feedBack(port: Port<unknown>, value: unknown): void {
    this.#feedback.push({ port, value });
    if (!this.#turning) this.turn(NOTHING, undefined);
  }

  snapshot(): KernelSnapshot | undefined {
    const unsettled = ({ status, depth }: Probe): boolean => depth > 0 || status === 'held' || status === 'backingOff';
    const actors = this.graph.nodes.filter(({ kind }) => kind === 'actor');
    if (this.#turning || actors.some(({ probe }) => unsettled(probe))) return undefined;
    const sequences = Object.fromEntries([...this.#lanes].map(([scope, lane]) => [scope, lane.count]));
    const states = Object.fromEntries([...this.cells].map(([key, cell]) => [key, cell.encode()]));
    const restartsMs: Record<string, readonly number[]> = {};
    for (const [name, budget] of this.restarts) {
      if (budget.restartsMs.length > 0) restartsMs[name] = [...budget.restartsMs];
    }
    const stopped = actors.filter(({ probe }) => probe.status === 'stopped').map(({ name }) => name);
    return { timeUs: this.clock.nowUs(), sequences, states, restartsMs, stopped };
  }

  #settle(): void {
    try {
      for (let rounds = 0; this.#feedback.length > rounds; rounds += 1) {
        if (rounds >= MAX_FEEDBACK_PER_TURN) throw new RangeError('feedback does not settle: a loop feeds itself');
        const { port, value } = this.#feedback[rounds]!;
        port.next(value);
      }
    } finally {
      this.#feedback.length = 0;
    }
  }
}

/**
 * The kernel: makes actors, entries and loops, and knows the graph they form.
 *
 * A turn is one input, or one timer, and everything that follows from it; feedback is delivered at the end of the turn
 * through one queue, so that every subscriber sees one order and the next input finds the system settled.
 */
export class Kernel {
  /** The clock for what lives in this scope. */
  readonly clock: Clock;
  readonly #core: KernelCore;
  readonly #scope: string;

  constructor(options: KernelOptions | KernelCore, scope = '') {
    this.#core = options instanceof KernelCore ? options : new KernelCore(options);
    this.#scope = scope;
    this.clock = scope === '' ? this.#core.clock : this.#core.clockOf(scope);
  }

  get graph(): Graph {
    return this.#core.graph;
  }

  /** Makes event numbers in this scope's lane, for events that no reducer makes. */
  sequencer(): () => number {
    return this.#core.sequencer(this.#named(''));
  }

  /** The same kernel, with actors named `name[scope]` and event numbers of their own lane. */
  scope(scope: string): Kernel {
    return new Kernel(this.#core, scope);
  }

  /** A named, supervised operator with a bounded mailbox; its output is shared by all its subscribers. */
  readonly actor = <In, Out>(options: ActorOptions<In, Out>): OperatorFunction<In, Out> => {
    return (source) => new ActorCell(this.#core, this.#named(options.name), options, source).output;
  };

  /** Where inputs come in. Subscribes to `inputs$` once, and gives each one to the subscribers of its key. */
  entry<T>(name: string, inputs$: Observable<T>, keyOf: (input: T) => string): Entry<T> {
    const core = this.#core;
    const node = this.#named(name);
    const probe = core.graph.enter(node, 'source', new Probe());
    const ports = new Map<string, Port<T>>();
    const receive = (input: T): void => {
      probe.messagesIn += 1;
      const port = ports.get(keyOf(input));
      if (port?.used !== true) {
        probe.dropped += 1;
        return;
      }
      probe.messagesOut += 1;
      core.turn(port, input);
    };
    let upstream: Tap<T> | undefined;
    const connect = (): void => {
      if (upstream !== undefined) return;
      upstream = new Tap<T>({
        receive,
        failed: (error) => ports.forEach((port) => void port.error(error)),
        completed: () => core.turn({ next: () => ports.forEach((port) => void port.complete()) }, undefined),
      });
      inputs$.subscribe(upstream);
    };
    const disconnect = (): void => {
      if ([...ports.values()].some((port) => port.used)) return;
      upstream?.unsubscribe();
      upstream = undefined;
    };
    return {
      on: <U extends T>(key: string) => {
        let port = ports.get(key);
        if (port === undefined) {
          const joining = (): boolean => {
            core.graph.subscribed(node);
            return true;
          };
          port = new Port<T>(joining, connect, disconnect);
          ports.set(key, port);
        }
        return port.observable as unknown as Observable<U>;
      },
    };
  }

  /**
   * A feedback edge through the kernel's one queue.
   *
   * @param feeds which of what passes is fed back
   */
  loop<T, P>(name: string, feeds: (value: P | T) => value is T): Loop<T, P> {
    const core = this.#core;
    const node = this.#named(name);
    const probe = core.graph.enter(node, 'loop', new Probe());
    const port = new Port<T>(() => {
      core.graph.subscribed(node);
      return true;
    });
    return {
      events$: port.observable,
      close: (source) =>
        new Observable((subscriber) => {
          const step = (value: P | T): void => {
            probe.messagesIn += 1;
            subscriber.next(value);
            if (!feeds(value)) return;
            probe.messagesOut += 1;
            core.feedBack(port as unknown as Port<unknown>, value);
          };
          return core.graph.subscribing(node, () => source.subscribe(new StepSubscriber(subscriber, step)), true);
        }),
    };
  }

  /**
   * The state of everything, between two turns.
   *
   * @returns undefined while a mailbox holds something, or an actor holds or waits to restart: try again after the next input
   */
  snapshot(): KernelSnapshot | undefined {
    return this.#core.snapshot();
  }

  #named(name: string): string {
    return this.#scope === '' ? name : `${name}[${this.#scope}]`;
  }
}

/**
 * The clock handed to stages: each timer is a turn of its own. Timers due at one instant fire by scope in the order of the
 * wiring, not by when each was set: that would differ between a restored system and the uninterrupted one.
 */
class TurningClock implements Clock {
  readonly #clock: Clock;
  readonly #core: KernelCore;
  readonly #rank: number;

  constructor(clock: Clock, core: KernelCore, rank: number) {
    this.#clock = clock;
    this.#core = core;
    this.#rank = rank;
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  now(): number {
    return this.#clock.now();
  }

  at(dueUs: number, work: () => void, rank = this.#rank): () => void {
    const turn = { next: work };
    return this.#clock.at(dueUs, () => this.#core.turn(turn, undefined), rank);
  }

  schedule: SchedulerLike['schedule'] = (work, delayMs, state) => {
    const core = this.#core;
    return this.#clock.schedule(
      function (next) {
        core.turn({ next: () => work.call(this, next as never) }, undefined);
      },
      delayMs,
      state,
    );
  };
}
