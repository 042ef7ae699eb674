import type { Observable, Subscription } from 'rxjs';
import { MICROS_PER_MS } from '../clock/clock.ts';
import type { KernelCore } from './kernel.ts';
import { type Mailbox, type MessageQueue, messageQueue } from './mailbox.ts';
import { type Emitter, Inlet, Outlet, Port, type Receiver } from './port.ts';
import { LATENCY_SAMPLE_MASK, Probe } from './probe.ts';
import { type Reducer, ReducerCell } from './reducer.ts';
import { type Failure, RestartBudget, type Supervision } from './supervision.ts';

/** What a behavior may ask of the actor that runs it. */
export interface Self {
  readonly name: string;
  readonly probe: Probe;
  /** Stops delivery: what arrives waits in the mailbox until {@link release}. For work that ends later (inference, a transaction). */
  hold(): void;
  /** Resumes delivery, starting with what waits. */
  release(): void;
  /** A stateful operator whose state the kernel keeps: it survives `resume`, is snapshotted, and can be restored. */
  reduce<S, In, Out>(reducer: Reducer<S, In, Out>): (source: Observable<In>) => Observable<Out>;
}

/** An actor: a named, supervised operator with a bounded mailbox. */
export interface ActorOptions<In, Out> {
  readonly name: string;
  readonly mailbox: Mailbox<In>;
  /** An ordinary function from the inbox to the outbox. Called at every start, so state inside it begins afresh. */
  readonly behavior: (inbox: Observable<In>, self: Self) => Observable<Out>;
  readonly supervision: Supervision;
  /** A last word on failure (any directive): what is emitted downstream so that it fails safe, such as a withdrawn quote. */
  readonly farewell?: (failure: Failure) => Out | undefined;
}

/**
 * One running actor. Delivery is synchronous: a message goes straight to the behavior unless an earlier one is still being
 * processed, the behavior holds, or a restart is pending; then it waits in the mailbox.
 */
export class ActorCell<In, Out> implements Self, Receiver<In>, Emitter<Out> {
  readonly name: string;
  readonly probe: Probe;
  readonly output: Observable<Out>;
  readonly #kernel: KernelCore;
  readonly #options: ActorOptions<In, Out>;
  readonly #source: Observable<In>;
  readonly #queue: MessageQueue<In>;
  readonly #out: Port<Out>;
  readonly #budget: RestartBudget | undefined;
  readonly #cells = new Map<string, ReducerCell>();
  #reducers = 0;
  #inbox: Port<In> = new Port();
  #upstream: Subscription | undefined;
  #behavior: Subscription | undefined;
  #cancelRestart: (() => void) | undefined;
  // True exactly when a message may go straight to the behavior.
  #open = false;
  #busy = false;
  #held = false;
  #sourceDone = false;
  #timing = false;
  #downstreamUs = 0;
  // What the behavior failed with while it was given a message; dealt with as soon as it returns.
  #crash: { readonly error: unknown } | undefined;

  constructor(kernel: KernelCore, name: string, options: ActorOptions<In, Out>, source: Observable<In>) {
    this.#kernel = kernel;
    this.#options = options;
    this.#source = source;
    this.name = name;
    this.#queue = messageQueue(options.mailbox);
    this.probe = kernel.graph.enter(name, 'actor', new Probe());
    const { supervision } = options;
    if (supervision.directive === 'restart') {
      this.#budget = new RestartBudget(supervision, kernel.random, kernel.restarts.get(name)?.restartsMs);
      kernel.restarts.set(name, this.#budget);
    }
    if (kernel.stopped.delete(name)) this.probe.status = 'stopped';
    this.#out = new Port(
      (subscriber) => {
        kernel.graph.subscribed(name);
        if (this.probe.status === 'stopped') subscriber.complete();
        return this.probe.status !== 'stopped';
      },
      () => this.#connect(),
      () => this.#disconnect(),
    );
    this.output = this.#out.observable;
  }

  hold(): void {
    this.#held = true;
    this.#open = false;
    if (this.probe.status === 'running') this.probe.status = 'held';
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.probe.status !== 'held') return;
    this.probe.status = 'running';
    this.#drain();
  }

  reduce<S, I, O>(reducer: Reducer<S, I, O>): (source: Observable<I>) => Observable<O> {
    const key = this.#reducers === 0 ? this.name : `${this.name}.${this.#reducers}`;
    this.#reducers += 1;
    const known = this.#cells.get(key);
    const cell = (known as ReducerCell<S, I, O> | undefined) ?? new ReducerCell(this.#kernel, key, reducer);
    this.#cells.set(key, cell as ReducerCell);
    return cell.operator;
  }

  failed(error: unknown): void {
    this.end('failed', error);
  }

  completed(): void {
    this.#sourceDone = true;
    if (!this.#busy) this.#drain();
  }

  #connect(): void {
    this.#sourceDone = false;
    this.#start();
    const inlet = new Inlet<In>(this);
    this.#upstream = inlet;
    this.#kernel.graph.subscribing(this.name, () => this.#source.subscribe(inlet));
  }

  #disconnect(): void {
    this.#cancelRestart?.();
    this.#upstream?.unsubscribe();
    this.#behavior?.unsubscribe();
    this.#queue.clear();
    this.probe.depth = 0;
    this.#open = false;
    for (const cell of this.#cells.values()) cell.forget();
    this.#cells.clear();
    if (this.probe.status !== 'stopped' && this.probe.status !== 'failed') this.probe.status = 'idle';
  }

  #start(): void {
    const { graph } = this.#kernel;
    this.#cancelRestart = undefined;
    this.#reducers = 0;
    this.probe.status = this.#held ? 'held' : 'running';
    this.#inbox = new Port((_subscriber) => {
      graph.subscribed(this.name);
      return true;
    });
    const outlet = new Outlet<Out>(this);
    this.#behavior = outlet;
    try {
      const outbox = graph.inside(this.name, () => this.#options.behavior(this.#inbox.observable, this));
      graph.subscribing(this.name, () => outbox.subscribe(outlet));
    } catch (error) {
      this.fail(error);
    }
    this.#open = !this.#busy && !this.#held && this.probe.status === 'running';
  }

  /** Takes a message from upstream. */
  receive(message: In): void {
    const { probe } = this;
    probe.messagesIn += 1;
    if (!this.#open) {
      this.#wait(message);
      return;
    }
    this.#deliver(message);
    if (probe.depth === 0 && !this.#sourceDone && probe.status === 'running') this.#open = true;
    else this.#drain();
  }

  #wait(message: In): void {
    const { probe } = this;
    if (probe.status === 'stopped' || probe.status === 'failed') {
      probe.dropped += 1;
      return;
    }
    try {
      probe.dropped += this.#queue.offer(message);
      probe.depth = this.#queue.depth;
    } catch (overflow) {
      this.#report(overflow, message, 'escalate');
      this.end('failed', overflow);
    }
  }

  #deliver(message: In): void {
    this.#open = false;
    this.#busy = true;
    try {
      if ((this.probe.messagesIn & LATENCY_SAMPLE_MASK) === 0) this.#deliverTimed(message);
      else this.#inbox.next(message);
    } catch (error) {
      this.#crash = { error };
    }
    this.#busy = false;
    if (this.#crash !== undefined) this.#crashed(this.#crash.error, message);
  }

  #deliverTimed(message: In): void {
    const { stopwatchUs } = this.#kernel;
    if (stopwatchUs === undefined) {
      this.#inbox.next(message);
      return;
    }
    this.#timing = true;
    this.#downstreamUs = 0;
    const startUs = stopwatchUs();
    try {
      this.#inbox.next(message);
    } finally {
      this.#timing = false;
      this.probe.sample(Math.max(0, stopwatchUs() - startUs - this.#downstreamUs));
    }
  }

  #drain(): void {
    while (!this.#busy && this.probe.status === 'running') {
      const message = this.#queue.take();
      this.probe.depth = this.#queue.depth;
      if (message === undefined) {
        this.#open = true;
        if (this.#sourceDone) this.#inbox.complete();
        return;
      }
      this.#deliver(message);
    }
  }

  /** Takes a message from the behavior. */
  emit(value: Out): void {
    const { probe } = this;
    probe.messagesOut += 1;
    if (probe.watched || this.#timing) this.#emitObserved(value);
    else this.#out.next(value);
  }

  #emitObserved(value: Out): void {
    if (this.probe.watched) this.probe.show(value);
    if (!this.#timing) {
      this.#out.next(value);
      return;
    }
    const stopwatchUs = this.#kernel.stopwatchUs!;
    const startUs = stopwatchUs();
    this.#out.next(value);
    this.#downstreamUs += stopwatchUs() - startUs;
  }

  /** The behavior failed, on the message under way or on a timer of its own. */
  fail(error: unknown): void {
    if (this.#busy) this.#crash ??= { error };
    else this.#crashed(error, undefined);
  }

  /** Does as the supervision says. */
  #crashed(error: unknown, message: In | undefined): void {
    this.#crash = undefined;
    if (this.probe.status === 'stopped' || this.probe.status === 'failed') return;
    const { supervision } = this.#options;
    const waitMs = this.#budget?.next(this.#kernel.clock.now());
    const isSpent = supervision.directive === 'restart' && waitMs === undefined;
    const decision = isSpent ? (supervision.whenSpent ?? 'escalate') : supervision.directive;
    this.#behavior?.unsubscribe();
    this.#report(error, message, decision);
    switch (decision) {
      case 'resume':
        this.#start();
        return;
      case 'restart': {
        this.probe.restarts += 1;
        this.probe.status = 'backingOff';
        this.#open = false;
        for (const cell of this.#cells.values()) cell.reset();
        this.#cancelRestart = this.#kernel.clock.at(this.#kernel.clock.nowUs() + waitMs! * MICROS_PER_MS, () => {
          this.#start();
          this.#drain();
        });
        return;
      }
      case 'stop':
        this.end('stopped');
        return;
      case 'escalate':
        this.end('failed', error);
    }
  }

  #report(error: unknown, message: In | undefined, decision: Failure['decision']): void {
    this.probe.failures += 1;
    const failure: Failure = { actor: this.name, error, message, decision, timeUs: this.#kernel.clock.nowUs() };
    this.#kernel.failed(failure);
    const lastWord = this.#options.farewell?.(failure);
    if (lastWord !== undefined) this.emit(lastWord);
  }

  end(status: 'stopped' | 'failed', error?: unknown): void {
    if (this.probe.status === 'stopped' || this.probe.status === 'failed') return;
    this.probe.status = status;
    this.#open = false;
    this.probe.dropped += this.#queue.depth;
    this.#queue.clear();
    this.probe.depth = 0;
    this.#upstream?.unsubscribe();
    this.#behavior?.unsubscribe();
    if (status === 'stopped') this.#out.complete();
    else this.#out.error(error);
  }
}
