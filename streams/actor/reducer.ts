import { Observable } from 'rxjs';
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
  /** Called at the start when the state comes from a snapshot: emits what those downstream had already been told. */
  restored?(state: S, turn: Turn<Out>): void;
}

/** Holds the state of one reducer outside its behavior, where supervision and snapshots can reach it. */
export class ReducerCell<S = unknown, In = unknown, Out = unknown> {
  readonly operator: (source: Observable<In>) => Observable<Out>;
  readonly #reducer: Reducer<S, In, Out>;
  readonly #kernel: KernelCore;
  readonly #key: string;
  #state: S;
  #isRestored = false;

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
        if (this.#isRestored) reducer.restored?.(this.#state, turn);
        this.#isRestored = false;
        return source.subscribe(
          new StepSubscriber<In, Out>(subscriber, (event) => reducer.step(this.#state, event, turn)),
        );
      });
  }

  encode(): unknown {
    return this.#reducer.encode(this.#state);
  }

  /** Back to the restored state, or a fresh one. */
  reset(): void {
    this.#state = this.#first();
  }

  forget(): void {
    if (this.#kernel.cells.get(this.#key) === (this as unknown as ReducerCell)) this.#kernel.cells.delete(this.#key);
  }

  #first(): S {
    const restored = this.#kernel.restored.get(this.#key);
    this.#isRestored = restored !== undefined;
    return restored === undefined ? this.#reducer.initial() : this.#reducer.decode(restored);
  }
}
