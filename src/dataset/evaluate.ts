import { LABEL } from '../../streams/labels/labeller.ts';
import { bootstrap, type Interval } from '../compare/bootstrap.ts';
import { FeatureWindow } from '../inference/feature_window.ts';
import {
  ANSWER_LENGTH,
  BATCH_MOST,
  CLASSES,
  FEATURES_IN_ROW,
  WINDOW_EVERY_MS,
  WINDOW_LENGTH,
} from '../inference/model_format.ts';
import type { OpenModel } from '../inference/open_model.ts';
import { seededRandom } from '../runtime/random.ts';
import type { DatasetBatch, OpenDataset } from './reader.ts';
import { HORIZONS_MS } from './schema.ts';

/** A judge's figures over one horizon, with 95 % intervals. */
export interface JudgeFigures {
  /** Mean over the three classes of the F1 score. */
  readonly macroF1: Interval;
  /** Share of the moves whose side was said, one about which nothing is said counting half; null of the majority class. */
  readonly directionAccuracy: Interval | null;
}

/** One horizon of an evaluation. */
export interface HorizonEvaluation {
  readonly horizonMs: number;
  /** Windows whose label is known, and of these the moves. */
  readonly n: number;
  readonly moves: number;
  readonly model: JudgeFigures;
  /** The sign of top-of-book imbalance. */
  readonly imbalance: JudgeFigures;
  /** The most frequent class of these very data, always. */
  readonly majority: JudgeFigures;
}

/** Rows so near depend on each other: what is drawn anew for the intervals is whole stretches of so long. */
const BLOCK_US = 30 * 1_000_000;

const MICROS_PER_MS = 1_000;
const CELLS = CLASSES * CLASSES;

/** Of one horizon in a block: a confusion matrix for each judge (label × answer), sides said right, moves. */
const MODEL = 0;
const IMBALANCE = CELLS;
const MODEL_RIGHT = 2 * CELLS;
const IMBALANCE_RIGHT = MODEL_RIGHT + 1;
const MOVES = MODEL_RIGHT + 2;
const TALLY = MODEL_RIGHT + 3;

/**
 * Asks a model about every window of datasets that it was not trained on, and holds its answers against the labels, beside the
 * sign of imbalance and the majority class. Windows are made as live: 25 warm rows 200 ms apart without a gap.
 *
 * Intervals are percentiles of a block bootstrap (Künsch 1989) over stretches of 30 s. Of few minutes they are wide, and even so
 * say nothing of other days.
 *
 * @throws DatasetError, or Error when the model fails
 */
export async function evaluateModel(
  model: OpenModel,
  datasets: AsyncIterable<OpenDataset>,
  onProgress: (rows: number) => void = () => {},
): Promise<readonly HorizonEvaluation[]> {
  const blocks: Float64Array[] = [];
  let rows = 0;
  for await (const dataset of datasets) {
    const asked = new Asked(model, dataset.metadata.everyMs, blocks);
    for await (const batch of dataset.batches()) {
      await asked.take(batch);
      rows += batch.length;
      onProgress(rows);
    }
    await asked.finish();
  }
  return HORIZONS_MS.map((horizonMs, horizon) => figuresOf(horizonMs, horizon * TALLY, blocks));
}

/** The windows of one dataset on their way through the model, a batch at a time. */
class Asked {
  readonly #model: OpenModel;
  readonly #everyUs: number;
  // One window for each phase of the grid within the 200 ms between its rows.
  readonly #windows: readonly FeatureWindow[];
  readonly #blocks: Float64Array[];
  #blockId = -1;
  // What is known of the windows that wait: label of each horizon, and the imbalance.
  readonly #waiting: {
    readonly block: Float64Array;
    readonly labels: readonly number[];
    readonly imbalance: number;
  }[] = [];

  constructor(model: OpenModel, everyMs: number, blocks: Float64Array[]) {
    this.#model = model;
    this.#everyUs = everyMs * MICROS_PER_MS;
    this.#windows = Array.from({ length: WINDOW_EVERY_MS / everyMs }, () => new FeatureWindow());
    this.#blocks = blocks;
  }

  async take(batch: DatasetBatch): Promise<void> {
    for (let row = 0; row < batch.length; row += 1) {
      const timeUs = batch.timesUs[row]!;
      const window = this.#windows[Math.round(timeUs / this.#everyUs) % this.#windows.length]!;
      if (batch.warm.get(row) !== true) {
        window.clear();
        continue;
      }
      window.push(timeUs, batch.features.subarray(row * FEATURES_IN_ROW, (row + 1) * FEATURES_IN_ROW));
      if (!window.full) continue;
      window.copyTo(this.#model.input, this.#waiting.length * WINDOW_LENGTH);
      const labels = batch.labels.map((column) => column[row]!);
      this.#waiting.push({ block: this.#blockAt(timeUs), labels, imbalance: batch.topImbalances[row]! });
      if (this.#waiting.length === BATCH_MOST) await this.finish();
    }
  }

  /** Asks about the windows that wait. */
  async finish(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await this.#model.run(this.#waiting.length);
    for (const [i, { block, labels, imbalance }] of this.#waiting.entries()) {
      const answer = this.#model.output.subarray(i * ANSWER_LENGTH, (i + 1) * ANSWER_LENGTH);
      for (const [horizon, label] of labels.entries())
        if (label !== LABEL.unknown) count(block, horizon * TALLY, label, answer, horizon * CLASSES, imbalance);
    }
    this.#waiting.length = 0;
  }

  #blockAt(timeUs: number): Float64Array {
    const id = Math.floor(timeUs / BLOCK_US);
    if (id !== this.#blockId) {
      this.#blockId = id;
      this.#blocks.push(new Float64Array(HORIZONS_MS.length * TALLY));
    }
    return this.#blocks.at(-1)!;
  }
}

function count(
  block: Float64Array,
  at: number,
  label: number,
  answer: Float32Array,
  of: number,
  imbalance: number,
): void {
  const [bearish, neutral, bullish] = [answer[of]!, answer[of + 1]!, answer[of + 2]!];
  const likeliest = bullish > Math.max(bearish, neutral) ? LABEL.bullish : bearish > neutral ? LABEL.bearish : 1;
  block[at + MODEL + label * CLASSES + likeliest]! += 1;
  block[at + IMBALANCE + label * CLASSES + LABEL.neutral + Math.sign(imbalance)]! += 1;
  if (label === LABEL.neutral) return;
  const side = label - LABEL.neutral;
  block[at + MODEL_RIGHT]! += (1 + side * Math.sign(bullish - bearish)) / 2;
  block[at + IMBALANCE_RIGHT]! += (1 + side * Math.sign(imbalance)) / 2;
  block[at + MOVES]! += 1;
}

function figuresOf(horizonMs: number, at: number, blocks: readonly Float64Array[]): HorizonEvaluation {
  const interval = (figure: (drawn: readonly Float64Array[]) => number): Interval =>
    blocks.length === 0 ? { mean: 0, low: 0, high: 0 } : bootstrap(blocks, figure, seededRandom(horizonMs));
  const f1 = (judge: number): Interval => interval((drawn) => macroF1(summed(drawn, at + judge, CELLS)));
  const right = (judge: number): Interval =>
    interval((drawn) => share(summed(drawn, at + judge, 1)[0]!, summed(drawn, at + MOVES, 1)[0]!));
  const confusion = summed(blocks, at + MODEL, CELLS);
  const most = majorityOf(confusion);
  return {
    horizonMs,
    n: confusion.reduce((sum, cell) => sum + cell, 0),
    moves: summed(blocks, at + MOVES, 1)[0]!,
    model: { macroF1: f1(MODEL), directionAccuracy: right(MODEL_RIGHT) },
    imbalance: { macroF1: f1(IMBALANCE), directionAccuracy: right(IMBALANCE_RIGHT) },
    majority: {
      macroF1: interval((drawn) => macroF1(always(most, summed(drawn, at + MODEL, CELLS)))),
      directionAccuracy: null,
    },
  };
}

function summed(blocks: readonly Float64Array[], at: number, length: number): Float64Array {
  const sum = new Float64Array(length);
  for (const block of blocks) for (let i = 0; i < length; i += 1) sum[i]! += block[at + i]!;
  return sum;
}

/** Mean of the classes' F1 scores of a confusion matrix, label × answer; a class that neither has nor is said counts 0. */
export function macroF1(confusion: ArrayLike<number>): number {
  let sum = 0;
  for (let one = 0; one < CLASSES; one += 1) {
    let [labelled, said] = [0, 0];
    for (let other = 0; other < CLASSES; other += 1) {
      labelled += confusion[one * CLASSES + other]!;
      said += confusion[other * CLASSES + one]!;
    }
    sum += share(2 * confusion[one * CLASSES + one]!, labelled + said);
  }
  return sum / CLASSES;
}

function labelledOf(confusion: Float64Array, label: number): number {
  return summed([confusion], label * CLASSES, CLASSES).reduce((sum, cell) => sum + cell, 0);
}

function majorityOf(confusion: Float64Array): number {
  const counts = [0, 1, 2].map((label) => labelledOf(confusion, label));
  return counts.indexOf(Math.max(...counts));
}

/** The confusion matrix of who always says the same. */
function always(answer: number, confusion: Float64Array): Float64Array {
  const same = new Float64Array(CELLS);
  for (let label = 0; label < CLASSES; label += 1) same[label * CLASSES + answer] = labelledOf(confusion, label);
  return same;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
