import type { Reducer } from '../streams/actor/reducer.ts';

/** One reducer with its turns in the test's hand. */
export class ReducerBench<S, In, Out> {
  readonly all: Out[] = [];
  nowUs = 0;
  #seq = 0;
  #state: S;
  readonly #reducer: Reducer<S, In, Out>;

  constructor(reducer: Reducer<S, In, Out>, startUs = 0) {
    this.#reducer = reducer;
    this.#state = reducer.initial();
    this.nowUs = startUs;
  }

  /** Delivers an event, and gives what came of it. */
  step(event: In): Out[] {
    const outputs: Out[] = [];
    this.#reducer.step(this.#state, event, {
      emit: (output) => outputs.push(output),
      nowUs: () => this.nowUs,
      nextSeq: () => {
        this.#seq += 1;
        return this.#seq;
      },
    });
    this.all.push(...outputs);
    return outputs;
  }

  /** Puts the state through JSON, as a snapshot does. */
  restore(): void {
    this.#state = this.#reducer.decode(JSON.parse(JSON.stringify(this.#reducer.encode(this.#state))));
  }
}
