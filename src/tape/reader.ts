import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
// Out of its parts: the whole package takes 15 MB more, and reading a tape needs its metadata alone.
import { MessageHeader } from 'apache-arrow/enum';
import { Footer } from 'apache-arrow/ipc/metadata/file';
import { type RecordBatch as BatchHeader, Message } from 'apache-arrow/ipc/metadata/message';
import type { MarketRows } from '../../streams/simulation/rows.ts';
import { decodeNanos, loadInteger, loadSeconds, nanosSince, storeNanos } from './int64.ts';
import { wrongRow } from './row_check.ts';
import type { TapeRow } from './rows.ts';
import { COLUMNS, type ColumnName, metadataOf, type TapeMarket, type TapeOrigin } from './schema.ts';
import { TapeError } from './tape_error.ts';

/** How a tape is read. */
export interface OpenOptions {
  /** The whole second since the epoch that times count from; by default that of the first row. One for tapes that are merged. */
  readonly originS?: number;
  /** Whether the id columns are read too, 24 of the 55 bytes of a row. */
  readonly ids?: boolean;
  /** Whether rows that no import writes end the reading of a tape without checksum, which another program wrote. */
  readonly checked?: boolean;
}

/**
 * Rows of a tape as typed arrays, valid up to `length` and until the next batch is asked for: the arrays are used again.
 */
export interface TapeBatch extends MarketRows {
  /** Number of the first row, from 0. */
  readonly firstRow: number;
}

/** A record batch with more rows than this is not read: it would not fit the promise of bounded memory. */
const BATCH_ROWS_MOST = 4_194_304;

/** Seconds since the epoch that a receive time may be: from 1973 to 2096. */
const FIRST_S = 1e8;
const LAST_S = 4e9;

/** Bytes read at a time for the checksum. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Nanoseconds count exactly in a double up to 2^53: 104 days. */
const SPAN_MOST_S = 100 * 86_400;

const MAGIC = 'ARROW1';
/** Footer length and magic at the end of the file. */
const TAIL_BYTES = 10;
/** The continuation marker and the length before the metadata of a message. */
const PREFIX_BYTES = 8;
const NANOS_PER_S = 1e9;

interface Block {
  readonly firstRow: number;
  readonly rows: number;
  /** Where in the file the buffer of each column begins. */
  readonly offsets: readonly number[];
}

/** What a batch is read into; `Tape.columns` makes it. */
export interface TapeColumns extends TapeBatch {
  firstRow: number;
  length: number;
}

/** An open tape. Nothing of its rows is in memory but the batch in hand. */
export class Tape {
  readonly path: string;
  readonly market: TapeMarket;
  readonly origin: TapeOrigin;
  readonly rows: number;
  readonly bytes: number;
  /** The whole second since the epoch that the times of batches count from. */
  readonly originS: number;
  readonly #fd: number;
  readonly #blocks: readonly Block[];
  readonly #ids: boolean;
  readonly #checked: boolean;
  /** Of batches that were read, the last receive time. */
  readonly #lastNs: number[] = [];
  /** What the schema says of the record batches' bytes. */
  readonly #checksum: string | undefined;
  readonly #columns: TapeColumns;
  readonly #capacity: number;
  readonly #words: Uint32Array;
  /** Where in the file the record batches are. */
  #body = { from: 0, to: 0 };

  private constructor(path: string, fd: number, options: OpenOptions) {
    this.path = path;
    this.#fd = fd;
    this.#ids = options.ids === true;
    this.bytes = fstatSync(fd).size;
    const footer = this.#footer();
    const { market, origin, checksum } = named(path, () => metadataOf(footer.schema));
    this.market = market;
    this.origin = origin;
    this.#checksum = checksum;
    this.#checked = options.checked === true && checksum === undefined;
    this.#blocks = named(path, () => this.#index(footer));
    this.rows = this.#blocks.reduce((sum, { rows }) => sum + rows, 0);
    this.#capacity = Math.max(0, ...this.#blocks.map(({ rows }) => rows));
    this.#words = new Uint32Array(2 * this.#capacity);
    this.#columns = this.columns();
    const { first, last } = this.#edges();
    this.originS = options.originS ?? loadSeconds(first, 0);
    this.#checkUnit(first, last);
    const farS = Math.max(...[first, last].map((time) => Math.abs(loadSeconds(time, 0) - this.originS)));
    if (farS > SPAN_MOST_S) {
      const days = Math.floor(farS / 86_400);
      throw new TapeError(
        path,
        `times reach ${days} days from the origin: expected at most 100; cut the tape into parts`,
      );
    }
  }

  /** @throws TapeError when the file is missing, truncated, or no tape */
  static open(path: string, options: OpenOptions = {}): Tape {
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      throw new TapeError(path, `cannot be read: ${(error as Error).message}`);
    }
    try {
      return new Tape(path, fd, options);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Number of record batches. */
  get batchCount(): number {
    return this.#blocks.length;
  }

  /** Columns that hold any batch of this tape, for a reader that needs more than one at a time. */
  columns(): TapeColumns {
    return columnsOf(this.#capacity, this.#ids);
  }

  /**
   * Reads the batch of an index into columns, by default into the same ones each time.
   *
   * @throws TapeError when the file ends within it, or a row of it is wrong and the tape is opened as checked
   */
  batch(index: number, columns: TapeColumns = this.#columns): TapeBatch {
    const block = this.#blocks[index];
    if (block === undefined) throw new RangeError(`batch ${index}: expected below ${this.#blocks.length}`);
    columns.firstRow = block.firstRow;
    columns.length = block.rows;
    this.#read(block, 'receive_time', this.#words);
    decodeNanos(this.#words, block.rows, this.originS, columns.receiveNs);
    this.#read(block, 'event_time', this.#words);
    decodeNanos(this.#words, block.rows, this.originS, columns.eventNs);
    this.#read(block, 'kind', columns.kind);
    this.#read(block, 'side', columns.side);
    this.#read(block, 'flags', columns.flags);
    this.#read(block, 'price_tick', columns.tick);
    this.#read(block, 'size_lots', columns.lots);
    if (this.#checked) this.#check(index, columns);
    if (!this.#ids) return columns;
    this.#readIds(block, 'first_id', columns.firstId);
    this.#readIds(block, 'last_id', columns.lastId);
    this.#readIds(block, 'previous_id', columns.previousId);
    return columns;
  }

  /** Receive times of the first and the last row, nanoseconds from the origin; both 0 in a tape without rows. */
  edgesNs(): { readonly firstNs: number; readonly lastNs: number } {
    const { first, last } = this.#edges();
    return { firstNs: nanosSince(first, 0, this.originS), lastNs: nanosSince(last, 0, this.originS) };
  }

  /** All batches in order, each in the same arrays. */
  *batches(): Generator<TapeBatch> {
    for (let index = 0; index < this.#blocks.length; index += 1) yield this.batch(index);
  }

  /**
   * Reads all record batches, and holds them against the checksum that was written with them.
   *
   * @returns whether they are what was written; undefined for a tape without checksum, which another program wrote
   */
  intact(): boolean | undefined {
    if (this.#checksum === undefined) return undefined;
    const { from, to } = this.#body;
    let checksum = 0;
    for (let at = from; at < to; at += PIECE_BYTES)
      checksum = crc32(this.#bytesAt(at, Math.min(PIECE_BYTES, to - at)), checksum);
    return checksum === Number.parseInt(this.#checksum, 16);
  }

  #check(index: number, columns: TapeColumns): void {
    const found = wrongRow(columns, this.#lastNs[index - 1] ?? Number.NEGATIVE_INFINITY, this.originS);
    if (typeof found === 'number') {
      this.#lastNs[index] = found;
      return;
    }
    const row = columns.firstRow + found.at + 1;
    throw new TapeError(this.path, `row ${row}: ${found.reason}; 'flashmm tape check' finds all such rows`);
  }

  /** Times of another unit are of 1970, or of a year that nobody recorded yet. */
  #checkUnit(...edges: readonly Uint32Array[]): void {
    if (this.rows === 0) return;
    for (const [i, edge] of edges.entries()) {
      const s = loadSeconds(edge, 0);
      if (s >= FIRST_S && s <= LAST_S) continue;
      const value = (BigInt(edge[1]! | 0) << 32n) | BigInt(edge[0]!);
      throw new TapeError(
        this.path,
        `row ${i === 0 ? 1 : this.rows}: mixed-unit: receive_time ${value}: expected nanoseconds since the epoch`,
      );
    }
  }

  #read(block: Block, column: ColumnName, into: ArrayBufferView): void {
    const at = COLUMNS.findIndex(({ name }) => name === column);
    const bytes = new Uint8Array(into.buffer, 0, block.rows * COLUMNS[at]!.bytes);
    this.#readBytes(bytes, block.offsets[at]!);
  }

  #readIds(block: Block, column: ColumnName, into: Float64Array): void {
    this.#read(block, column, this.#words);
    for (let i = 0; i < block.rows; i += 1) into[i] = loadInteger(this.#words, i);
  }

  #readBytes(into: Uint8Array, offset: number): void {
    for (let done = 0; done < into.byteLength; ) {
      const read = readSync(this.#fd, into, done, into.byteLength - done, offset + done);
      if (read === 0) throw new TapeError(this.path, `truncated: ends at byte ${offset + done}, within a record batch`);
      done += read;
    }
  }

  #bytesAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#readBytes(bytes, offset);
    return bytes;
  }

  #footer(): Footer {
    const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
    if (this.bytes < MAGIC.length + TAIL_BYTES || text(this.#bytesAt(0, MAGIC.length)) !== MAGIC) {
      throw new TapeError(
        this.path,
        `does not begin with '${MAGIC}': no Arrow file, so no tape; flashmm tape import makes one`,
      );
    }
    const tail = this.#bytesAt(this.bytes - TAIL_BYTES, TAIL_BYTES);
    if (text(tail.subarray(4)) !== MAGIC) {
      throw new TapeError(this.path, `does not end with '${MAGIC}': truncated, or still being written`);
    }
    const length = new DataView(tail.buffer).getInt32(0, true);
    const offset = this.bytes - TAIL_BYTES - length;
    if (length <= 0 || offset < MAGIC.length) throw new TapeError(this.path, `footer of ${length} bytes: damaged`);
    try {
      return Footer.decode(this.#bytesAt(offset, length));
    } catch (error) {
      throw new TapeError(this.path, `footer of ${length} bytes: damaged (${(error as Error).message})`);
    }
  }

  #index(footer: Footer): readonly Block[] {
    const blocks: Block[] = [];
    let firstRow = 0;
    this.#body = { from: this.bytes, to: 0 };
    for (const { offset, metaDataLength, bodyLength } of footer.recordBatches()) {
      if (offset + metaDataLength + bodyLength > this.bytes) throw new RangeError('a record batch lies beyond its end');
      const { from, to } = this.#body;
      this.#body = { from: Math.min(from, offset), to: Math.max(to, offset + metaDataLength + bodyLength) };
      const message = Message.decode(this.#bytesAt(offset + PREFIX_BYTES, metaDataLength - PREFIX_BYTES));
      if (message.headerType !== MessageHeader.RecordBatch) throw new RangeError('a block is no record batch');
      const header = message.header() as BatchHeader;
      const rows = Number(header.length);
      checkLayout(header, rows);
      const body = offset + metaDataLength;
      // Of each column the validity bitmap, empty as there are no nulls, and then the values.
      const offsets = COLUMNS.map((_, column) => body + Number(header.buffers[2 * column + 1]!.offset));
      blocks.push({ firstRow, rows, offsets });
      firstRow += rows;
    }
    return blocks;
  }

  /** The receive times of the first and the last row, as stored; the origin in a tape without rows. */
  #edges(): { readonly first: Uint32Array; readonly last: Uint32Array } {
    const full = this.#blocks.filter(({ rows }) => rows > 0);
    const [first, last] = [full[0], full.at(-1)];
    const at = (block: Block | undefined, row: number): Uint32Array => {
      if (block !== undefined) return new Uint32Array(this.#bytesAt(block.offsets[0]! + row * 8, 8).buffer);
      const words = new Uint32Array(2);
      storeNanos(words, 0, this.originS ?? 0, 0);
      return words;
    };
    return { first: at(first, 0), last: at(last, (last?.rows ?? 0) - 1) };
  }
}

/** Copies a row of a batch into `row`, and gives it back. @param originS that of the tape the batch is of */
export function rowAt(batch: TapeBatch, at: number, originS: number, row: TapeRow): TapeRow {
  const receiveNs = batch.receiveNs[at]!;
  const eventNs = batch.eventNs[at]!;
  const receiveS = Math.floor(receiveNs / NANOS_PER_S);
  row.receiveS = originS + receiveS;
  row.receiveNs = receiveNs - receiveS * NANOS_PER_S;
  const eventS = Number.isNaN(eventNs) ? -originS : Math.floor(eventNs / NANOS_PER_S);
  row.eventS = originS + eventS;
  row.eventNs = Number.isNaN(eventNs) ? 0 : eventNs - eventS * NANOS_PER_S;
  row.kind = batch.kind[at]!;
  row.side = batch.side[at]!;
  row.flags = batch.flags[at]!;
  row.tick = batch.tick[at]!;
  row.lots = batch.lots[at]!;
  row.firstId = batch.firstId[at] ?? -1;
  row.lastId = batch.lastId[at] ?? -1;
  row.previousId = batch.previousId[at] ?? -1;
  return row;
}

function columnsOf(capacity: number, ids: boolean): TapeColumns {
  const idRows = ids ? capacity : 0;
  return {
    firstRow: 0,
    length: 0,
    receiveNs: new Float64Array(capacity),
    eventNs: new Float64Array(capacity),
    kind: new Uint8Array(capacity),
    side: new Int8Array(capacity),
    flags: new Uint8Array(capacity),
    tick: new Int32Array(capacity),
    lots: new Float64Array(capacity),
    firstId: new Float64Array(idRows),
    lastId: new Float64Array(idRows),
    previousId: new Float64Array(idRows),
  };
}

/** Holds a batch against what a reader of plain columns can take: Arrow allows more. */
function checkLayout(header: BatchHeader, rows: number): void {
  if (rows > BATCH_ROWS_MOST)
    throw new RangeError(`a record batch of ${rows} rows: expected at most ${BATCH_ROWS_MOST}`);
  if (header.compression != null) throw new RangeError('a compressed record batch: write the file without compression');
  if (header.nodes.some(({ nullCount }) => Number(nullCount) > 0)) throw new RangeError('null values: expected none');
  for (const [column, { name, bytes }] of COLUMNS.entries()) {
    const length = Number(header.buffers[2 * column + 1]?.length ?? 0);
    if (length < rows * bytes) throw new RangeError(`column ${name}: ${length} bytes for ${rows} rows: damaged`);
  }
}

/** Runs a step, and names the file in what it throws. */
function named<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof TapeError) throw error;
    throw new TapeError(path, (error as Error).message);
  }
}
