import { openDataset } from '../../src/dataset/reader.ts';
import { HORIZONS_MS } from '../../src/dataset/schema.ts';
import { FEATURE_COUNT, FEATURE_PERIOD_MS } from '../../streams/features/types.ts';

/** A dataset as a live market would have shown it: warm vectors five times a second, and what came after half a second. */
export interface Recorded {
  readonly name: string;
  readonly vectors: readonly Float32Array[];
  /** The label over the longest horizon of each vector. */
  readonly labels: Int8Array;
}

/** Reads a dataset, and of its rows those that a live session would have seen. */
export async function readRecorded(path: string): Promise<Recorded> {
  const dataset = await openDataset(path);
  const stride = FEATURE_PERIOD_MS / dataset.metadata.everyMs;
  const vectors: Float32Array[] = [];
  const labels: number[] = [];
  let row = 0;
  for await (const batch of dataset.batches()) {
    for (let i = 0; i < batch.length; i += 1, row += 1) {
      if (row % stride !== 0 || batch.warm.get(i) !== true) continue;
      vectors.push(batch.features.slice(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT));
      labels.push(batch.labels[HORIZONS_MS.length - 1]![i]!);
    }
  }
  const { market, source } = dataset.metadata;
  return { name: `${market}, ${source}`, vectors, labels: Int8Array.from(labels) };
}
