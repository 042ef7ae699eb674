import { LABEL } from '../labels/labeller.ts';
import type { HorizonPrediction } from './types.ts';

/** How right a model's newest predictions over one horizon were. Null where there is nothing to divide by. */
export interface HorizonAccuracy {
  readonly horizonMs: number;
  /** Predictions whose outcome is known, and of those how many saw the mid move. */
  readonly known: number;
  readonly moves: number;
  /** Share whose most probable class came true. */
  readonly accuracy: number | null;
  /** Mean of the classes' F1 scores, over the classes that occurred or were predicted. */
  readonly macroF1: number | null;
  /** Of the moves, the share with more probability on the way it went than on the other: `sign(bullish − bearish)`. */
  readonly directionAccuracy: number | null;
  /** Mean squared distance of the three probabilities from what came, 0 to 2 (Brier 1950, eq. 2). */
  readonly brier: number | null;
  /** Expected calibration error: |accuracy − confidence|, averaged over ten bins of confidence (Guo et al. 2017, eq. 3). */
  readonly calibrationError: number | null;
}

/** Probabilities are kept in so many parts, so that sums over a window are exact and one outcome is one integer. */
const PARTS = 10_000;
const CLASSES = 3;
const BINS = 10;

/** The class that a prediction holds most probable, as a label; of equals the one in the middle, then the fall. */
export function predictedClass({ bearish, neutral, bullish }: HorizonPrediction): number {
  if (neutral >= bearish && neutral >= bullish) return LABEL.neutral;
  return bearish >= bullish ? LABEL.bearish : LABEL.bullish;
}

/**
 * The newest outcomes of a model's predictions over one horizon, and their figures. Each outcome is one integer in a ring (the
 * probabilities of a fall and of a rise to a ten-thousandth, and what came), and all sums are of integers: what leaves the ring
 * takes exactly what it brought.
 */
export class OutcomeWindow {
  readonly #ring: Int32Array;
  #count = 0;
  #next = 0;
  // What was predicted, by row, against what came, by column.
  readonly #confusion = new Int32Array(CLASSES * CLASSES);
  #rightWay = 0;
  #brier = 0;
  readonly #confidence = new Float64Array(BINS);
  readonly #right = new Int32Array(BINS);

  /** @param capacity outcomes kept, at least 1 */
  constructor(capacity: number) {
    this.#ring = new Int32Array(capacity);
  }

  /** Outcomes in the window. */
  get count(): number {
    return this.#count;
  }

  /** A prediction and its {@link LABEL}, which must be known. */
  add({ bearish, bullish }: HorizonPrediction, label: number): void {
    const falls = Math.min(PARTS, Math.round(bearish * PARTS));
    // Rounding both up must not make more than the whole.
    const rises = Math.min(PARTS - falls, Math.round(bullish * PARTS));
    this.#push((falls * (PARTS + 1) + rises) * CLASSES + label);
  }

  figures(horizonMs: number): HorizonAccuracy {
    const known = this.#count;
    const right = this.#diagonal();
    const moves = known - this.#came(LABEL.neutral);
    const share = (part: number, of: number): number | null => (of === 0 ? null : part / of);
    let apart = 0;
    for (let bin = 0; bin < BINS; bin += 1) apart += Math.abs(this.#right[bin]! - this.#confidence[bin]! / PARTS);
    return {
      horizonMs,
      known,
      moves,
      accuracy: share(right, known),
      macroF1: this.#macroF1(),
      directionAccuracy: share(this.#rightWay, moves),
      brier: share(this.#brier / PARTS ** 2, known),
      calibrationError: share(apart, known),
    };
  }

  /** The outcomes, oldest first. */
  encode(): readonly number[] {
    const start = this.#count < this.#ring.length ? 0 : this.#next;
    return Array.from({ length: this.#count }, (_, i) => this.#ring[(start + i) % this.#ring.length]!);
  }

  /** The window that {@link encode} described. */
  static decode(capacity: number, outcomes: readonly number[]): OutcomeWindow {
    const window = new OutcomeWindow(capacity);
    for (const outcome of outcomes) window.#push(outcome);
    return window;
  }

  #push(outcome: number): void {
    if (this.#count === this.#ring.length) this.#book(this.#ring[this.#next]!, -1);
    else this.#count += 1;
    this.#ring[this.#next] = outcome;
    this.#next = (this.#next + 1) % this.#ring.length;
    this.#book(outcome, 1);
  }

  #book(outcome: number, sign: 1 | -1): void {
    const label = outcome % CLASSES;
    const both = (outcome - label) / CLASSES;
    const rises = both % (PARTS + 1);
    const falls = (both - rises) / (PARTS + 1);
    const stays = PARTS - falls - rises;
    const confidence = Math.max(falls, stays, rises);
    const predicted = stays === confidence ? LABEL.neutral : falls === confidence ? LABEL.bearish : LABEL.bullish;
    this.#confusion[predicted * CLASSES + label]! += sign;
    if ((label === LABEL.bullish && rises > falls) || (label === LABEL.bearish && falls > rises))
      this.#rightWay += sign;
    const [bearish, neutral, bullish] = [LABEL.bearish, LABEL.neutral, LABEL.bullish].map((one) =>
      one === label ? PARTS : 0,
    ) as [number, number, number];
    this.#brier += sign * ((falls - bearish) ** 2 + (stays - neutral) ** 2 + (rises - bullish) ** 2);
    const bin = Math.min(BINS - 1, Math.floor((confidence * BINS) / PARTS));
    this.#confidence[bin]! += sign * confidence;
    if (predicted === label) this.#right[bin]! += sign;
  }

  #diagonal(): number {
    return this.#confusion[0]! + this.#confusion[CLASSES + 1]! + this.#confusion[2 * CLASSES + 2]!;
  }

  #came(label: number): number {
    return this.#confusion[label]! + this.#confusion[CLASSES + label]! + this.#confusion[2 * CLASSES + label]!;
  }

  #macroF1(): number | null {
    let [sum, classes] = [0, 0];
    for (let one = 0; one < CLASSES; one += 1) {
      const row = one * CLASSES;
      const said = this.#confusion[row]! + this.#confusion[row + 1]! + this.#confusion[row + 2]!;
      const either = said + this.#came(one);
      if (either === 0) continue;
      classes += 1;
      sum += (2 * this.#confusion[row + one]!) / either;
    }
    return classes === 0 ? null : sum / classes;
  }
}
