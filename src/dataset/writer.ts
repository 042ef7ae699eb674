import { type Data, makeData } from 'apache-arrow';
import { FEATURE_COUNT } from '../../streams/features/types.ts';
import { ArrowFile } from '../tape/arrow_file.ts';
import type { DatasetRow } from './rows.ts';
import { DATASET_FIELDS, type DatasetMetadata, datasetSchema, HORIZONS_MS } from './schema.ts';

/** Rows of a record batch: 2.5 MB. */
const BATCH_ROWS = 8_192;

const BITS = 8;

/** Writes a dataset: an Arrow IPC file of uncompressed record batches. Memory is one batch, whatever its length. */
export class DatasetWriter {
  readonly path: string;
  rows = 0;
  readonly #file: ArrowFile;
  #length = 0;
  readonly #times = new Float64Array(BATCH_ROWS);
  readonly #segments = new Int32Array(BATCH_ROWS);
  readonly #warm = new Uint8Array(BATCH_ROWS / BITS);
  readonly #features = new Float32Array(BATCH_ROWS * FEATURE_COUNT);
  readonly #labels = HORIZONS_MS.map(() => new Int8Array(BATCH_ROWS));
  readonly #moves = HORIZONS_MS.map(() => new Float32Array(BATCH_ROWS));
  readonly #mids = new Float64Array(BATCH_ROWS);
  readonly #imbalances = new Float32Array(BATCH_ROWS);
  readonly #sentiment = new Float32Array(BATCH_ROWS);
  readonly #hasSentiment = new Uint8Array(BATCH_ROWS / BITS);

  /** @throws TapeError when the file cannot be created */
  constructor(path: string, metadata: DatasetMetadata) {
    this.path = path;
    this.#file = new ArrowFile(path, datasetSchema(metadata));
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Takes a copy of a row. */
  push(row: DatasetRow): void {
    const at = this.#length;
    this.#times[at] = row.timeUs;
    this.#segments[at] = row.segment;
    setBit(this.#warm, at, row.warm);
    this.#features.set(row.vector, at * FEATURE_COUNT);
    for (const [horizon, labels] of this.#labels.entries()) labels[at] = row.label.classes[horizon]!;
    for (const [horizon, moves] of this.#moves.entries()) moves[at] = row.label.movesBps[horizon]!;
    this.#mids[at] = row.label.midHalfTicks / 2;
    this.#imbalances[at] = row.topImbalance;
    this.#sentiment[at] = row.sentiment ?? 0;
    setBit(this.#hasSentiment, at, row.sentiment !== null);
    this.#length += 1;
    this.rows += 1;
    if (this.#length === BATCH_ROWS) this.#flush();
  }

  /** Writes what is left and gives the file its name. */
  close(): void {
    if (this.#length > 0 || this.rows === 0) this.#flush();
    this.#file.close();
  }

  /** Leaves no file behind. */
  abandon(): void {
    this.#file.abandon();
  }

  #flush(): void {
    const length = this.#length;
    const values = [
      this.#times,
      this.#segments,
      this.#warm,
      this.#features,
      ...this.#labels,
      ...this.#moves,
      this.#mids,
      this.#imbalances,
      this.#sentiment,
    ];
    const columns = DATASET_FIELDS.map(({ type, name }, i): Data => {
      const data = values[i]!;
      if (name === 'features') return listsOf(type, data as Float32Array, length);
      if (name === 'sentiment') return maybeOf(type, data as Float32Array, this.#hasSentiment, length);
      const used = name === 'warm' ? data.subarray(0, Math.ceil(length / BITS)) : data.subarray(0, length);
      return makeData({ type, length, nullCount: 0, data: used } as unknown as Parameters<typeof makeData>[0]);
    });
    this.#file.write(length, columns);
    this.#length = 0;
    this.#warm.fill(0);
    this.#hasSentiment.fill(0);
  }
}

function setBit(bits: Uint8Array, at: number, set: boolean): void {
  if (set) bits[at >> 3]! |= 1 << (at & 7);
}

type Type = (typeof DATASET_FIELDS)[number]['type'];

function listsOf(type: Type, items: Float32Array, length: number): Data {
  const [item] = type.children as unknown as typeof DATASET_FIELDS;
  const count = length * FEATURE_COUNT;
  const child = makeData({ type: item!.type, length: count, nullCount: 0, data: items.subarray(0, count) } as never);
  return makeData({ type, length, nullCount: 0, child } as never);
}

function maybeOf(type: Type, data: Float32Array, valid: Uint8Array, length: number): Data {
  const bytes = valid.subarray(0, Math.ceil(length / BITS));
  const nullCount = length - countBits(bytes);
  return makeData({ type, length, nullCount, nullBitmap: bytes, data: data.subarray(0, length) } as never);
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count += 1;
  return count;
}
