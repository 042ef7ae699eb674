import { LABEL, Labeller, type LabellerState, type LabelRule } from '../labels/labeller.ts';
import { type HorizonAccuracy, OutcomeWindow } from './accuracy.ts';
import { AccuracyDrift, type AccuracyDriftState } from './accuracy_drift.ts';
import type { ModelRole, Prediction } from './types.ts';

/** How right a model has been of late. */
export interface ModelAccuracy {
  /** Name and version. */
  readonly model: string;
  readonly role: ModelRole;
  /** Windows that it was asked about, and that it did not answer before their outcome was known. */
  readonly asked: number;
  readonly unanswered: number;
  /** Of the moves over the longest horizon, the share that went the other way, beyond what it said itself, of late. */
  readonly excessError: number;
  /** One entry a horizon, shortest first. */
  readonly horizons: readonly HorizonAccuracy[];
}

/** How a model is watched. */
export interface ModelWatchParameters {
  /** Outcomes a horizon that the figures cover at most. */
  readonly accuracyPredictions: number;
  /** ADWIN's delta. */
  readonly adwinDelta: number;
  /** Least distance of two feature vectors, microseconds. */
  readonly everyUs: number;
}

/** A feature vector whose future is not known yet, and what the model said of it. */
interface Asked {
  readonly seq: number;
  readonly timeUs: number;
  prediction: Prediction | null;
}

/** A {@link ModelWatch} as plain data. */
export interface ModelWatchState {
  readonly model: string;
  readonly rule: LabelRule;
  readonly labeller: LabellerState;
  readonly waiting: readonly Asked[];
  readonly counts: readonly [asked: number, unanswered: number];
  readonly windows: readonly (readonly number[])[];
  readonly drift: AccuracyDriftState;
}

/**
 * One model, as the future of what it predicted becomes known: every feature vector is marked when it is made, so that the label
 * counts from there however late the answer comes, and meets the answer once its longest horizon has passed.
 */
export class ModelWatch {
  readonly model: string;
  readonly #rule: LabelRule;
  #labeller: Labeller;
  #waiting: Asked[] = [];
  #asked = 0;
  #unanswered = 0;
  #windows: OutcomeWindow[];
  #drift: AccuracyDrift;
  readonly #labelled;

  /** @throws RangeError naming what of the rule or the parameters is wrong */
  constructor(model: string, rule: LabelRule, parameters: ModelWatchParameters) {
    this.model = model;
    this.#rule = rule;
    this.#labeller = new Labeller(rule, parameters.everyUs);
    this.#labelled = this.#labeller.blank();
    this.#windows = rule.horizonsMs.map(() => new OutcomeWindow(parameters.accuracyPredictions));
    this.#drift = new AccuracyDrift(parameters.adwinDelta);
  }

  /** Whether it goes the wrong way more often than it says, over the longest horizon. */
  get drifting(): boolean {
    return this.#drift.drifting;
  }

  /** In words, with numbers. */
  get excessText(): string {
    const points = (100 * this.#drift.excess).toFixed(1);
    return `wrong on ${points} % more of the last ${this.#drift.width} moves than it says`;
  }

  /** A feature vector was made at an instant, and the model will be asked. */
  ask(seq: number, timeUs: number): void {
    if (!this.#labeller.mark(timeUs)) return;
    this.#asked += 1;
    this.#waiting.push({ seq, timeUs, prediction: null });
  }

  /** The model has answered. */
  answer(prediction: Prediction): void {
    const asked = this.#waiting.find(({ seq }) => seq === prediction.featuresSeq);
    if (asked !== undefined) asked.prediction = prediction;
  }

  /**
   * Time has come to an instant, from which on the mid is known to be this.
   *
   * @param midHalfTicks bid and ask tick added, or -1 where the mid is not known
   * @returns whether the model has begun to drift, or is back
   */
  moved(timeUs: number, midHalfTicks: number): boolean {
    if (midHalfTicks < 0) this.#labeller.lost(timeUs);
    else this.#labeller.moved(timeUs, midHalfTicks);
    return this.#waiting.length > 0 && this.#settle();
  }

  /** Time has come to an instant and the mid is what it was. @returns as {@link moved} does */
  reached(timeUs: number): boolean {
    this.#labeller.reached(timeUs);
    return this.#waiting.length > 0 && this.#settle();
  }

  accuracy(role: ModelRole): ModelAccuracy {
    const { horizonsMs } = this.#rule;
    return {
      model: this.model,
      role,
      asked: this.#asked,
      unanswered: this.#unanswered,
      excessError: this.#drift.excess,
      horizons: this.#windows.map((window, h) => window.figures(horizonsMs[h]!)),
    };
  }

  encode(): ModelWatchState {
    return {
      model: this.model,
      rule: this.#rule,
      labeller: this.#labeller.encode(),
      waiting: this.#waiting.map((one) => ({ ...one })),
      counts: [this.#asked, this.#unanswered],
      windows: this.#windows.map((window) => window.encode()),
      drift: this.#drift.encode(),
    };
  }

  /** The watch that {@link encode} described. */
  static decode(parameters: ModelWatchParameters, state: ModelWatchState): ModelWatch {
    const { accuracyPredictions, adwinDelta, everyUs } = parameters;
    const watch = new ModelWatch(state.model, state.rule, parameters);
    watch.#labeller = Labeller.decode(state.rule, everyUs, state.labeller);
    watch.#waiting = state.waiting.map((one) => ({ ...one }));
    [watch.#asked, watch.#unanswered] = state.counts;
    watch.#windows = state.windows.map((window) => OutcomeWindow.decode(accuracyPredictions, window));
    watch.#drift = AccuracyDrift.decode(adwinDelta, state.drift);
    return watch;
  }

  #settle(): boolean {
    let changed = false;
    while (this.#labeller.take(this.#labelled)) {
      const { prediction } = this.#waiting.shift()!;
      if (prediction === null) this.#unanswered += 1;
      else if (this.#outcome(prediction)) changed = !changed;
    }
    return changed;
  }

  #outcome(prediction: Prediction): boolean {
    const { horizonsMs } = this.#rule;
    let changed = false;
    for (const horizon of prediction.horizons) {
      const h = horizonsMs.indexOf(horizon.horizonMs);
      const label = h < 0 ? LABEL.unknown : this.#labelled.classes[h]!;
      if (label === LABEL.unknown) continue;
      this.#windows[h]!.add(horizon, label);
      if (h === horizonsMs.length - 1) changed = this.#drift.add(horizon, label);
    }
    return changed;
  }
}
