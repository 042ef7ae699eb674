import { type InputDrift, InputWatch, type InputWatchState } from './psi.ts';
import type { DriftReference } from './types.ts';

/** From which share of the features on a model's inputs count as drifted. */
export interface InputAlarmParameters {
  /** Share of features above their limits that trips, percent … */
  readonly inputTripPct: number;
  /** … and below which it is over, percent. */
  readonly inputClearPct: number;
}

/** An {@link InputAlarm} as plain data. */
export interface InputAlarmState {
  readonly reference: DriftReference;
  readonly watch: InputWatchState;
  readonly newest: InputDrift | null;
  readonly contrary: number;
  readonly drifting: boolean;
}

/** Readings in a row, half a minute apart, that it takes to trip and to clear: one burst moves many an index at once. */
const READINGS = 4;

/**
 * Whether a model's inputs have drifted: a share of the features beyond their limits, for two minutes. Single features say
 * nothing: they are autocorrelated and hang together, and a market that turns lively takes a dozen along.
 */
export class InputAlarm {
  readonly #parameters: InputAlarmParameters;
  readonly #reference: DriftReference;
  #watch: InputWatch;
  #newest: InputDrift | null = null;
  #contrary = 0;
  #drifting = false;

  /** @throws RangeError when the reference is not one */
  constructor(reference: DriftReference, parameters: InputAlarmParameters) {
    this.#parameters = parameters;
    this.#reference = reference;
    this.#watch = new InputWatch(reference);
  }

  get drifting(): boolean {
    return this.#drifting;
  }

  /** The newest reading; null until the window is full. */
  get newest(): InputDrift | null {
    return this.#newest;
  }

  /** The newest reading in words, with numbers. */
  get text(): string {
    if (this.#newest === null) return 'not known yet';
    const { drifted, features, worst, worstIndex } = this.#newest;
    return `PSI of ${drifted} of ${features} inputs beyond their limit, furthest of feature ${worst} at ${worstIndex.toFixed(2)}`;
  }

  /** Takes in a feature vector. @returns whether drift has begun, or is over */
  add(vector: Float32Array): boolean {
    const reading = this.#watch.add(vector);
    if (reading === null) return false;
    this.#newest = reading;
    const pct = (100 * reading.drifted) / reading.features;
    const { inputClearPct, inputTripPct } = this.#parameters;
    const contrary = this.#drifting ? pct < inputClearPct : pct >= inputTripPct;
    this.#contrary = contrary ? this.#contrary + 1 : 0;
    if (this.#contrary < READINGS) return false;
    this.#contrary = 0;
    this.#drifting = !this.#drifting;
    return true;
  }

  encode(): InputAlarmState {
    return {
      reference: this.#reference,
      watch: this.#watch.encode(),
      newest: this.#newest,
      contrary: this.#contrary,
      drifting: this.#drifting,
    };
  }

  /** What {@link encode} described. */
  static decode(parameters: InputAlarmParameters, state: InputAlarmState): InputAlarm {
    const alarm = new InputAlarm(state.reference, parameters);
    alarm.#watch = InputWatch.decode(state.reference, state.watch);
    alarm.#newest = state.newest;
    alarm.#contrary = state.contrary;
    alarm.#drifting = state.drifting;
    return alarm;
  }
}
