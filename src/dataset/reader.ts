import { open } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader, type Vector } from 'apache-arrow';
import { FEATURE_COUNT } from '../../streams/features/types.ts';
import { DatasetError } from './dataset_error.ts';
import { type DatasetMetadata, datasetMetadataOf, HORIZONS_MS } from './schema.ts';

/** Rows of a dataset as typed arrays over the batch's own bytes, column by column. */
export interface DatasetBatch {
  readonly length: number;
  readonly timesUs: Float64Array;
  readonly segments: Int32Array;
  readonly warm: Vector;
  /** Row after row, {@link FEATURE_COUNT} numbers each. */
  readonly features: Float32Array;
  /** A LABEL for each horizon, in the order of {@link HORIZONS_MS}. */
  readonly labels: readonly Int8Array[];
  readonly movesBps: readonly Float32Array[];
  readonly midTicks: Float64Array;
  readonly topImbalances: Float32Array;
  readonly sentiment: Vector;
}

/** An open dataset. */
export interface OpenDataset {
  readonly path: string;
  readonly metadata: DatasetMetadata;
  /** Every batch in order, once; the file is closed at the end. */
  batches(): AsyncGenerator<DatasetBatch>;
}

/**
 * Opens a dataset; of its rows one batch is in memory at a time.
 *
 * @throws DatasetError when it is missing, truncated or no dataset
 */
export async function openDataset(path: string): Promise<OpenDataset> {
  try {
    const file = await open(path);
    try {
      const reader = await RecordBatchReader.from(file);
      await reader.open();
      const metadata = datasetMetadataOf(reader.schema);
      return { path, metadata, batches: () => batchesOf(path, reader, () => file.close()) };
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw new DatasetError(`${path}: cannot be read as a dataset: ${(error as Error).message}`);
  }
}

async function* batchesOf(
  path: string,
  reader: RecordBatchReader,
  close: () => Promise<void>,
): AsyncGenerator<DatasetBatch> {
  try {
    for await (const batch of reader as AsyncIterable<RecordBatch>) if (batch.numRows > 0) yield batchOf(batch);
  } catch (error) {
    throw new DatasetError(`${path}: cannot be read to its end: ${(error as Error).message}`);
  } finally {
    await close();
  }
}

function batchOf(batch: RecordBatch): DatasetBatch {
  const length = batch.numRows;
  const column = (name: string): Vector => batch.getChild(name)!;
  const values = <T>(name: string): T => column(name).data[0]!.values.subarray(0, length) as T;
  const items = column('features').data[0]!.children[0]!.values as Float32Array;
  return {
    length,
    timesUs: values('ts_us'),
    segments: values('segment'),
    warm: column('warm'),
    features: items.subarray(0, length * FEATURE_COUNT),
    labels: HORIZONS_MS.map((ms) => values<Int8Array>(`label_${ms}`)),
    movesBps: HORIZONS_MS.map((ms) => values<Float32Array>(`move_bps_${ms}`)),
    midTicks: values('mid_tick'),
    topImbalances: values('top_imbalance'),
    sentiment: column('sentiment'),
  };
}
