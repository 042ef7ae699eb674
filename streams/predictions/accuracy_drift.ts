import { LABEL } from '../labels/labeller.ts';
import { Adwin, type AdwinState } from './adwin.ts';
import type { HorizonPrediction } from './types.ts';

/** An {@link AccuracyDrift} as plain data. */
export interface AccuracyDriftState {
  readonly adwin: AdwinState;
  readonly sum: number;
  readonly count: number;
  readonly drifting: boolean;
}

/**
 * Moves that make one value. Predictions that follow each other (five a second, half a second long) share most of their
 * future, which ADWIN's bound knows nothing of; means of five hardly do.
 */
const BLOCK = 5;

/** A cut is looked for once in so many values: about every minute in which the mid moves in one prediction of six. */
const CLOCK = 8;

/** Going the wrong way more often than it says by this share of the moves, a model has drifted … */
const EXCESS_MOST = 0.06;

/** … and by less than this one, it is back. */
const EXCESS_BACK = 0.03;

/** A window of so many values needs no change to be believed: the model was wrong from the start. */
const VALUES_ENOUGH = 60;

/**
 * Whether a model goes the wrong way more often than it says itself. What is followed, whenever the mid did move, is the excess
 * error: 1 if more probability was on the other way, else 0, less the chance of that which the model gave,
 * `min(bearish, bullish) / (bearish + bullish)`. Of a calibrated model it is zero on average, in a calm and in a busy market
 * alike, while the share of wrong classes doubles from one to the other without anything being wrong with the model, and does
 * not change at all when a model that mostly says neutral is turned upside down. {@link Adwin} tells when its mean has changed.
 */
export class AccuracyDrift {
  readonly #delta: number;
  #adwin: Adwin;
  #sum = 0;
  #count = 0;
  #drifting = false;

  /** @param delta of ADWIN */
  constructor(delta: number) {
    this.#delta = delta;
    this.#adwin = new Adwin(delta, CLOCK);
  }

  get drifting(): boolean {
    return this.#drifting;
  }

  /** Mean excess error in the window, −1 to 1. */
  get excess(): number {
    return this.#adwin.width === 0 ? 0 : this.#adwin.mean - 0.5;
  }

  /** How far back the window reaches, in moves. */
  get width(): number {
    return this.#adwin.width * BLOCK;
  }

  /** Takes in what came of a prediction. @returns whether it is drifting now and was not, or the other way round */
  add(prediction: HorizonPrediction, label: number): boolean {
    const { bearish, bullish } = prediction;
    if (label === LABEL.unknown || label === LABEL.neutral || bearish + bullish === 0) return false;
    const right = label === LABEL.bullish ? bullish : bearish;
    const wrong = label === LABEL.bullish ? bearish : bullish;
    // Undecided is wrong in half of the cases, and says so.
    const error = right > wrong ? 0 : right === wrong ? 0.5 : 1;
    this.#sum += error - Math.min(right, wrong) / (right + wrong);
    this.#count += 1;
    if (this.#count < BLOCK) return false;
    const excess = this.#sum / BLOCK;
    this.#sum = 0;
    this.#count = 0;
    // ADWIN's bound is for values from 0 to 1; a mean beyond one half is as good as one half.
    const cut = this.#adwin.add(Math.min(1, Math.max(0, excess + 0.5)));
    const before = this.#drifting;
    if (this.#drifting) this.#drifting = this.excess > EXCESS_BACK;
    else {
      const worse = cut !== null && cut.after > cut.before;
      this.#drifting = this.excess > EXCESS_MOST && (worse || this.#adwin.width >= VALUES_ENOUGH);
    }
    return this.#drifting !== before;
  }

  encode(): AccuracyDriftState {
    return { adwin: this.#adwin.encode(), sum: this.#sum, count: this.#count, drifting: this.#drifting };
  }

  /** What {@link encode} described. */
  static decode(delta: number, { adwin, sum, count, drifting }: AccuracyDriftState): AccuracyDrift {
    const drift = new AccuracyDrift(delta);
    drift.#adwin = Adwin.decode(drift.#delta, adwin, CLOCK);
    drift.#sum = sum;
    drift.#count = count;
    drift.#drifting = drifting;
    return drift;
  }
}
