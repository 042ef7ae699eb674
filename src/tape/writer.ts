import { makeData } from 'apache-arrow';
import { ArrowFile } from './arrow_file.ts';
import { storeInteger, storeNanos } from './int64.ts';
import { BATCH_ROWS, RowBuffer, type TapeRow } from './rows.ts';
import { COLUMNS, type TapeMetadata, tapeSchema } from './schema.ts';

/**
 * Writes a tape: an Arrow IPC file of uncompressed record batches of {@link BATCH_ROWS} rows. Memory is one batch, whatever
 * the tape's length. The file gets its name when it is complete: a broken-off import leaves none.
 */
export class TapeWriter {
  readonly path: string;
  rows = 0;
  readonly #file: ArrowFile;
  readonly #buffer = new RowBuffer(BATCH_ROWS);
  readonly #times = [new Uint32Array(2 * BATCH_ROWS), new Uint32Array(2 * BATCH_ROWS)] as const;
  readonly #ids = [0, 1, 2].map(() => new Uint32Array(2 * BATCH_ROWS));

  /** @throws TapeError when the file cannot be created */
  constructor(path: string, metadata: TapeMetadata) {
    this.path = path;
    this.#file = new ArrowFile(path, tapeSchema(metadata));
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Rows pushed and not yet written. */
  get pending(): number {
    return this.#buffer.length;
  }

  push(row: TapeRow): void {
    this.#buffer.push(row);
    if (this.#buffer.length === BATCH_ROWS) this.#flush();
  }

  /** Writes what is left and gives the file its name. */
  close(): void {
    this.#flush();
    this.#file.close();
  }

  /** Leaves no file behind. */
  abandon(): void {
    this.#file.abandon();
  }

  #flush(): void {
    const buffer = this.#buffer;
    const { length } = buffer;
    // A tape without rows still has its schema.
    if (length === 0 && this.rows > 0) return;
    const [receive, event] = this.#times;
    for (let i = 0; i < length; i += 1) {
      storeNanos(receive, i, buffer.receiveS[i]!, buffer.receiveNs[i]!);
      storeNanos(event, i, buffer.eventS[i]!, buffer.eventNs[i]!);
    }
    for (const [column, values] of [buffer.firstId, buffer.lastId, buffer.previousId].entries()) {
      const words = this.#ids[column]!;
      for (let i = 0; i < length; i += 1) storeInteger(words, i, values[i]!);
    }
    const { kind, side, flags, tick, lots } = buffer;
    const columns = [receive, event, kind, side, flags, tick, lots, ...this.#ids];
    const children = COLUMNS.map(({ type }, i) => {
      const words = columns[i]!;
      const width = words instanceof Uint32Array ? 2 : 1;
      const values = words.subarray(0, width * length);
      // 64-bit columns go to Arrow as it types them, over the same bytes.
      const data = width === 2 ? new BigInt64Array(values.buffer, 0, length) : values;
      return makeData({ type, length, nullCount: 0, data } as unknown as Parameters<typeof makeData>[0]);
    });
    this.#file.write(length, children);
    this.rows += length;
    buffer.length = 0;
  }
}
