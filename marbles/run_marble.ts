import { isDeepStrictEqual } from 'node:util';
import { Observable, type Observer, type Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { Clock } from '../streams/clock/clock.ts';
import { testClock } from '../streams/clock/test_clock.ts';
import { ERROR_KEY, type Marble, MarbleError, type Mark, type Timeline } from './parse_marble.ts';
import type { Inputs, Subject } from './subject.ts';
import { subjects } from './subjects.ts';

/** What an output did, or what it was expected to do: a mark, and the value it stands for. */
export interface Emission {
  readonly kind: 'next' | 'complete' | 'error';
  readonly timeMs: number;
  readonly value: unknown;
  /** The character of the legend that has this value; `undefined` when none has. */
  readonly symbol: string | undefined;
}

/** One stream as it was expected and as it was. */
export interface Comparison {
  readonly name: string;
  /** A line for each emission, or for each subscription, such as `200 ms  a {"bid":100}`. */
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** A marble that has been executed. */
export interface MarbleRun {
  readonly marble: Marble;
  readonly comparisons: readonly Comparison[];
  /** What each output that the marble names emitted, in the order of the file. */
  readonly emitted: ReadonlyMap<string, readonly Emission[]>;
}

/**
 * Executes a marble on RxJS's TestScheduler against the real thing.
 *
 * Time stops at the end of the longest timeline. An input of time t is delivered after the timers due at t, as the house's
 * rule of time has it; what happens within a millisecond counts as happening at its beginning.
 *
 * @throws MarbleError when the marble does not fit its subject
 */
export function runMarble(marble: Marble): MarbleRun {
  const subject = subjectOf(marble);
  const scheduler = new TestScheduler(() => {});
  // Half a microsecond short: what is due at the end of the drawing is not in it.
  scheduler.maxFrames = marble.durationMs - 0.000_5;
  const clock = testClock(scheduler);
  const inputs = new DrawnInputs(marble, subject, scheduler);
  const outputs = subject.wire(parametersOf(marble, subject), { clock, inputs });
  const emitted = new Map<string, Emission[]>();
  for (const timeline of marble.timelines.filter(({ role }) => role === 'out')) {
    emitted.set(timeline.name, observe(marble, scheduler, clock, timeline.name, outputs[timeline.name]!));
  }
  inputs.deliver();
  scheduler.flush();
  return { marble, emitted, comparisons: [...compareOutputs(marble, emitted), ...inputs.compare()] };
}

function subjectOf(marble: Marble): Subject {
  const subject = subjects[marble.subject.name];
  if (subject === undefined) {
    const known = Object.keys(subjects).join(', ');
    throw new MarbleError(marble.path, marble.subject.line, 1, `subject '${marble.subject.name}': expected ${known}`);
  }
  for (const { role, name, line } of marble.timelines) {
    const known = {
      in: Object.keys(subject.inputs),
      out: subject.outputs,
      sub: [...Object.keys(subject.inputs), ...subject.outputs],
    };
    if (!known[role].includes(name)) {
      throw new MarbleError(marble.path, line, 1, `'${role} ${name}': expected one of ${known[role].join(', ')}`);
    }
  }
  return subject;
}

function parametersOf(marble: Marble, subject: Subject): unknown {
  const given = Object.fromEntries([...marble.parameters].map(([key, { value }]) => [key, value]));
  const parsed = subject.parameters.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, message, ...issue } = parsed.error.issues[0]!;
  const key = String(path[0] ?? ('keys' in issue ? issue.keys[0] : ''));
  const { line, column } = marble.parameters.get(key) ?? { line: marble.subject.line, column: 1 };
  throw new MarbleError(
    marble.path,
    line,
    column,
    `parameter ${[...path, ''].join('.').slice(0, -1) || key}: ${message}`,
  );
}

/** The inputs as drawn; notes when they are subscribed. */
class DrawnInputs implements Inputs {
  readonly #marble: Marble;
  readonly #subject: Subject;
  readonly #scheduler: TestScheduler;
  readonly #observers = new Map<string, Set<Observer<unknown>>>();
  readonly #log = new Map<string, string[]>();

  constructor(marble: Marble, subject: Subject, scheduler: TestScheduler) {
    this.#marble = marble;
    this.#subject = subject;
    this.#scheduler = scheduler;
  }

  of<T>(name: string): Observable<T> {
    return new Observable<unknown>((observer) => {
      const observers = this.#observers.get(name) ?? new Set();
      this.#observers.set(name, observers.add(observer));
      this.#note(name, 'subscribe');
      return () => {
        observers.delete(observer);
        this.#note(name, 'unsubscribe');
      };
    }) as Observable<T>;
  }

  deliver(): void {
    for (const { role, name, marks } of this.#marble.timelines) {
      if (role !== 'in') continue;
      for (const mark of marks) {
        const value = mark.kind === 'next' ? this.#parsed(name, mark) : meaningOf(this.#marble, mark);
        this.#scheduler.schedule(() => this.#afterTimers(() => this.#give(name, mark, value)), mark.timeMs);
      }
    }
  }

  /** Where the marble draws subscriptions to inputs. */
  compare(): Comparison[] {
    return this.#marble.timelines
      .filter(({ role, name }) => role === 'sub' && name in this.#subject.inputs)
      .map(({ name, marks }) => ({
        name: `subscriptions to ${name}`,
        expected: marks.map(({ kind, timeMs }) => `${timeMs} ms  ${kind}`),
        actual: this.#log.get(name) ?? [],
      }));
  }

  /** What is scheduled again at the same instant comes after the timers that were due at it. */
  #afterTimers(work: () => void): void {
    this.#scheduler.schedule(work, 0);
  }

  #give(name: string, { kind }: Mark, value: unknown): void {
    for (const observer of [...(this.#observers.get(name) ?? [])]) {
      if (kind === 'next') observer.next(value);
      else if (kind === 'complete') observer.complete();
      else observer.error(value);
    }
  }

  #parsed(name: string, mark: Mark): unknown {
    const parsed = this.#subject.inputs[name]!.safeParse(meaningOf(this.#marble, mark));
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0]!;
    const { line, column } = this.#marble.legend.get(mark.symbol) ?? mark;
    const what = `'${mark.symbol}'${path.length > 0 ? `, ${path.join('.')}` : ''}`;
    throw new MarbleError(this.#marble.path, line, column, `${what} as a value of ${name}: ${message}`);
  }

  #note(name: string, what: string): void {
    const log = this.#log.get(name) ?? [];
    log.push(`${Math.floor(this.#scheduler.now())} ms  ${what}`);
    this.#log.set(name, log);
  }
}

/** Subscribes to an output when the marble says so, or at the beginning. */
function observe(
  marble: Marble,
  scheduler: TestScheduler,
  clock: Clock,
  name: string,
  output: Observable<unknown>,
): Emission[] {
  const emissions: Emission[] = [];
  const note = (kind: Emission['kind'], value: unknown): void => {
    const timeMs = Math.floor(clock.nowUs() / 1_000);
    emissions.push({ kind, timeMs, value, symbol: symbolOf(marble, kind, value) });
  };
  const subscribe = (): Subscription =>
    output.subscribe({
      next: (value) => note('next', value),
      error: (error: unknown) => note('error', error instanceof Error ? error.message : error),
      complete: () => note('complete', undefined),
    });
  const drawn = marble.timelines.find((timeline) => timeline.role === 'sub' && timeline.name === name);
  if (drawn === undefined) {
    subscribe();
    return emissions;
  }
  let subscription: Subscription | undefined;
  for (const { kind, timeMs } of drawn.marks) {
    scheduler.schedule(() => {
      if (kind === 'subscribe') subscription = subscribe();
      else subscription?.unsubscribe();
    }, timeMs);
  }
  return emissions;
}

function compareOutputs(marble: Marble, emitted: ReadonlyMap<string, readonly Emission[]>): Comparison[] {
  return marble.timelines
    .filter(({ role }) => role === 'out')
    .map(({ name, marks }: Timeline) => ({
      name,
      expected: marks.map((mark) => {
        const value = meaningOf(marble, mark);
        // By its value: two characters may stand for the same.
        return lineOf(mark.timeMs, symbolOf(marble, mark.kind, value), value);
      }),
      actual: (emitted.get(name) ?? []).map(({ timeMs, symbol, value }) => lineOf(timeMs, symbol, value)),
    }));
}

function lineOf(timeMs: number, symbol: string | undefined, value: unknown): string {
  return `${timeMs} ms  ${symbol ?? '?'}${value === undefined || value === symbol ? '' : `  ${JSON.stringify(value)}`}`;
}

function meaningOf({ legend }: Marble, { kind, symbol }: Mark): unknown {
  if (kind === 'error') return legend.get(ERROR_KEY)?.value ?? ERROR_KEY;
  if (kind !== 'next') return undefined;
  const setting = legend.get(symbol);
  return setting === undefined ? symbol : setting.value;
}

function symbolOf({ legend }: Marble, kind: Mark['kind'], value: unknown): string | undefined {
  if (kind === 'complete') return '|';
  if (kind === 'error') return '#';
  for (const [symbol, setting] of legend) {
    if (symbol !== ERROR_KEY && isDeepStrictEqual(setting.value, value)) return symbol;
  }
  return typeof value === 'string' && /^[A-Za-z0-9]$/.test(value) && !legend.has(value) ? value : undefined;
}
