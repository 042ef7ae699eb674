import { FEATURE_COUNT } from '../../streams/features/types.ts';
import { LABEL } from '../../streams/labels/labeller.ts';
import type { HorizonPrediction } from '../../streams/predictions/types.ts';
import type { Recorded } from './recorded.ts';

/** Ridge penalty, as a share of the number of rows. */
const RIDGE = 0.01;
const BINS = 20;

/**
 * A model good enough to have something to lose: the direction of the next half second by ridge regression on the standardised
 * features, then for each twentieth of that score the shares of what came. It is calibrated by the way it is made.
 */
export class PlainModel {
  readonly #means: Float64Array;
  readonly #scales: Float64Array;
  readonly #weights: Float64Array;
  readonly #edges: readonly number[];
  readonly #shares: readonly (readonly [number, number, number])[];

  constructor(training: readonly Recorded[]) {
    const rows = training.flatMap(({ vectors, labels }) =>
      vectors.flatMap((vector, i) => (labels[i] === LABEL.unknown ? [] : [{ vector, label: labels[i]! }])),
    );
    this.#means = Float64Array.from({ length: FEATURE_COUNT }, (_, f) => mean(rows.map(({ vector }) => vector[f]!)));
    this.#scales = Float64Array.from({ length: FEATURE_COUNT }, (_, f) => {
      const variance = mean(rows.map(({ vector }) => (vector[f]! - this.#means[f]!) ** 2));
      return variance > 0 ? 1 / Math.sqrt(variance) : 0;
    });
    const moment = Array.from({ length: FEATURE_COUNT }, () => new Float64Array(FEATURE_COUNT));
    const target = new Float64Array(FEATURE_COUNT);
    for (const { vector, label } of rows) {
      const x = this.#standard(vector);
      for (let i = 0; i < FEATURE_COUNT; i += 1) {
        target[i]! += x[i]! * (label - 1);
        for (let j = 0; j < FEATURE_COUNT; j += 1) moment[i]![j]! += x[i]! * x[j]!;
      }
    }
    for (let i = 0; i < FEATURE_COUNT; i += 1) moment[i]![i]! += RIDGE * rows.length;
    this.#weights = solve(moment, target);
    const scores = rows.map(({ vector }) => this.#score(vector));
    const sorted = Float64Array.from(scores).sort();
    this.#edges = Array.from({ length: BINS - 1 }, (_, b) => sorted[Math.floor(((b + 1) * sorted.length) / BINS)]!);
    const counts = Array.from({ length: BINS }, (): [number, number, number] => [1, 1, 1]);
    for (const [i, { label }] of rows.entries()) counts[this.#bin(scores[i]!)]![label]! += 1;
    this.#shares = counts.map(([a, b, c]) => [a / (a + b + c), b / (a + b + c), c / (a + b + c)]);
  }

  predict(vector: Float32Array): HorizonPrediction {
    const [bearish, neutral, bullish] = this.#shares[this.#bin(this.#score(vector))]!;
    const confidence = Math.max(bearish, neutral, bullish);
    return { horizonMs: 500, bearish, neutral, bullish, confidence, uncertainty: 0 };
  }

  #bin(score: number): number {
    return this.#edges.reduce((below, edge) => below + (edge < score ? 1 : 0), 0);
  }

  #score(vector: Float32Array): number {
    return this.#standard(vector).reduce((sum, x, f) => sum + x * this.#weights[f]!, 0);
  }

  #standard(vector: Float32Array): Float64Array {
    return Float64Array.from(vector, (x, f) => (x - this.#means[f]!) * this.#scales[f]!);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** Gaussian elimination; the matrix is positive definite by its ridge. */
function solve(matrix: Float64Array[], target: Float64Array): Float64Array {
  const n = target.length;
  for (let pivot = 0; pivot < n; pivot += 1) {
    for (let row = pivot + 1; row < n; row += 1) {
      const factor = matrix[row]![pivot]! / matrix[pivot]![pivot]!;
      for (let column = pivot; column < n; column += 1) matrix[row]![column]! -= factor * matrix[pivot]![column]!;
      target[row]! -= factor * target[pivot]!;
    }
  }
  const solution = new Float64Array(n);
  for (let row = n - 1; row >= 0; row -= 1) {
    let rest = target[row]!;
    for (let column = row + 1; column < n; column += 1) rest -= matrix[row]![column]! * solution[column]!;
    solution[row] = rest / matrix[row]![row]!;
  }
  return solution;
}
