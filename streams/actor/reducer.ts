import { Observable, type Subscriber } from 'rxjs';
import type { KernelCore } from './kernel.ts';
import { StepSubscriber } from './port.ts';

/** What a step may do besides changing its state. */
export interface Turn<Out> {
  emit(output: Out): void;
  /** Time of the input being processed, integer microseconds since the epoch. */
  nowUs(): number;
  /** A fresh event number in the lane of this actor's scope. */
  nextSeq(): number;
}

/**
 * A stateful stage: `(state, event) → outputs`. The state is plain data that the step alone may change; `encode` turns it
 * into JSON-safe data and `decode` back, so that snapshot, restore and hand-over are one mechanism.
 */
export interface Reducer<S, In, Out> {
  initial(): S;
  step(state: S, event: In, turn: Turn<Out>): void;
  encode(state: S): unknown;
  /** @throws Error on data that `encode` did not make */
  decode(plain: unknown): S;
  /**
   * Called at every start of the behavior, be the state fresh, kept or restored: emits what those downstream go by until the
   * first event. The same at every start, so that a restored system is where the uninterrupted one was. It is a turn of its
   * own, in the instant of the start, when everyone downstream has subscribed.
   */
  started?(state: S, turn: Turn<Out>): void;
}

/** Holds the state of one reducer outside its behavior, where supervision and snapshots can reach it. */
export class ReducerCell<S = unknown, In = unknown, Out = unknown> {
  readonly operator: (source: Observable<In>) => Observable<Out>;
  readonly #reducer: Reducer<S, In, Out>;
  readonly #kernel: KernelCore;
  readonly #key: string;
  #state: S;

  constructor(kernel: KernelCore, key: string, reducer: Reducer<S, In, Out>) {
    this.#kernel = kernel;
    this.#key = key;
    this.#reducer = reducer;
    this.#state = this.#first();
    kernel.cells.set(key, this as unknown as ReducerCell);
    const nextSeq = kernel.sequencer(key);
    this.operator = (source) =>
      new Observable<Out>((subscriber) => {
        const turn: Turn<Out> = {
          emit: (output) => subscriber.next(output),
          nowUs: () => kernel.clock.nowUs(),
          nextSeq,
        };
        if (reducer.started !== undefined) this.#tellStart(subscriber, turn);
        return source.subscribe(
          new StepSubscriber<In, Out>(subscriber, (event) => reducer.step(this.#state, event, turn)),
        );
      });
  }

  #tellStart(subscriber: Subscriber<Out>, turn: Turn<Out>): void {
    const { clock } = this.#kernel;
    const tell = (): void => {
      try {
        this.#reducer.started!(this.#state, turn);
      } catch (error) {
        subscriber.error(error);
      }
    };
    subscriber.add(clock.at(clock.nowUs(), tell));
  }

  encode(): unknown {
    return this.#reducer.encode(this.#state);
  }

  /** To a fresh state, also where the first one was restored: by now that is history. */
  reset(): void {
    this.#state = this.#reducer.initial();
  }

  forget(): void {
    if (this.#kernel.cells.get(this.#key) === (this as unknown as ReducerCell)) this.#kernel.cells.delete(this.#key);
  }

  #first(): S {
    const restored = this.#kernel.restored.get(this.#key);
    this.#kernel.restored.delete(this.#key);
    return restored === undefined ? this.#reducer.initial() : this.#reducer.decode(restored);
  }
}
