import { FEATURE_COUNT } from '../../streams/features/types.ts';
import type { DriftReference } from '../../streams/predictions/types.ts';
import type { Recorded } from './recorded.ts';

const TENTHS = 10;

/** Vectors in a window of the watch, and between two of those that its limits are taken from. */
const WINDOW = 1_500;
const STEP = 150;

/** A limit is this often the largest index that the training data themselves have in a window, and never below the convention's. */
const MARGIN = 2;
const LIMIT_LEAST = 0.25;

/** What a model's card says of its inputs, by the rule that `psi.ts` states, from what it was trained on. */
export function referenceOf(training: readonly Recorded[]): DriftReference {
  const features = Array.from({ length: FEATURE_COUNT }, (_, f) => f);
  const edges = features.map((f) => decileEdges(training.flatMap(({ vectors }) => vectors.map((one) => one[f]!))));
  const count = training.reduce((sum, { vectors }) => sum + vectors.length, 0);
  const all = training.flatMap(({ vectors }) => vectors);
  const shares = features.map((f) => countsOf(edges[f]!, f, all).map((one) => one / count));
  const limits = features.map((f) => {
    const largest = training.map(({ vectors }) => largestIndex(edges[f]!, shares[f]!, f, vectors));
    return Math.max(LIMIT_LEAST, MARGIN * Math.max(...largest));
  });
  return { edges, shares, limits };
}

function decileEdges(values: number[]): number[] {
  const sorted = Float32Array.from(values).sort();
  return Array.from({ length: TENTHS - 1 }, (_, t) => sorted[Math.floor(((t + 1) * sorted.length) / TENTHS)]!);
}

function tenthOf(edges: readonly number[], value: number): number {
  return edges.reduce((below, edge) => below + (edge < value ? 1 : 0), 0);
}

function countsOf(edges: readonly number[], feature: number, vectors: readonly Float32Array[]): number[] {
  const counts = Array<number>(TENTHS).fill(0);
  for (const vector of vectors) counts[tenthOf(edges, vector[feature]!)]! += 1;
  return counts;
}

function largestIndex(
  edges: readonly number[],
  shares: readonly number[],
  feature: number,
  vectors: readonly Float32Array[],
): number {
  const tenths = vectors.map((vector) => tenthOf(edges, vector[feature]!));
  const length = Math.min(WINDOW, tenths.length);
  let largest = 0;
  for (let start = 0; start + length <= tenths.length; start += STEP) {
    const counts = Array<number>(TENTHS).fill(0);
    for (let i = start; i < start + length; i += 1) counts[tenths[i]!]! += 1;
    largest = Math.max(
      largest,
      index(
        counts.map((one) => one / length),
        shares,
      ),
    );
  }
  return largest;
}

function index(now: readonly number[], then: readonly number[]): number {
  const smooth = (share: number): number => (share * WINDOW + 0.5) / (WINDOW + TENTHS * 0.5);
  return now.reduce((sum, a, t) => sum + (smooth(a) - smooth(then[t]!)) * Math.log(smooth(a) / smooth(then[t]!)), 0);
}
