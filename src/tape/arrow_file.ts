import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Data, makeData, RecordBatch, RecordBatchFileWriter, type Schema, Struct } from 'apache-arrow';
import { AsyncByteQueue } from 'apache-arrow/io/stream';
import { CHECKSUM_TO_COME } from './checksum.ts';
import { TapeError } from './tape_error.ts';

/** Where Arrow's writer puts its bytes: straight into a file, so that nothing waits in memory. */
class FileSink extends AsyncByteQueue {
  readonly #fd: number;
  bytes = 0;
  /** CRC-32 of what has been written since it was set to 0. */
  checksum = 0;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override write(value: Uint8Array): void {
    for (let done = 0; done < value.byteLength; ) done += writeSync(this.#fd, value, done);
    this.bytes += value.byteLength;
    this.checksum = crc32(value, this.checksum);
  }
}

/**
 * An Arrow IPC file under way, of uncompressed record batches. It gets its name when it is complete: work that is broken off
 * leaves none. A schema with {@link CHECKSUM_TO_COME} in its metadata gets the CRC-32 of all its record batches there, in hexadecimal.
 */
export class ArrowFile {
  readonly #path: string;
  readonly #partial: string;
  readonly #fd: number;
  readonly #sink: FileSink;
  readonly #schema: Schema;
  readonly #writer = new RecordBatchFileWriter();

  /** @throws TapeError when the file cannot be created */
  constructor(path: string, schema: Schema) {
    this.#path = path;
    this.#partial = `${path}.partial`;
    try {
      this.#fd = openSync(this.#partial, 'w+');
    } catch (error) {
      throw new TapeError(path, `cannot be written: ${(error as Error).message}`);
    }
    this.#sink = new FileSink(this.#fd);
    this.#schema = schema;
    this.#writer.reset(this.#sink, schema);
    this.#sink.checksum = 0;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#sink.bytes;
  }

  /** Writes a record batch; its arrays may be used again. @param columns of `length` rows each, as the schema has them */
  write(length: number, columns: readonly Data[]): void {
    const struct = new Struct(this.#schema.fields);
    const data = makeData({ type: struct, length, nullCount: 0, children: [...columns] });
    this.#writer.write(new RecordBatch(this.#schema, data));
  }

  /** Completes the file and gives it its name. */
  close(): void {
    const checksum = this.#sink.checksum.toString(16).padStart(CHECKSUM_TO_COME.length, '0');
    const tailAt = this.#sink.bytes;
    this.#writer.close();
    this.#putChecksum(checksum, tailAt);
    fsyncSync(this.#fd);
    closeSync(this.#fd);
    renameSync(this.#partial, this.#path);
  }

  /** Puts the checksum in its place in the schema, which Arrow's writer puts behind the record batches. */
  #putChecksum(checksum: string, tailAt: number): void {
    const tail = Buffer.alloc(this.#sink.bytes - tailAt);
    readSync(this.#fd, tail, 0, tail.length, tailAt);
    const at = tail.indexOf(CHECKSUM_TO_COME);
    if (at >= 0) writeSync(this.#fd, checksum, tailAt + at);
  }

  /** Leaves no file behind. */
  abandon(): void {
    closeSync(this.#fd);
    rmSync(this.#partial, { force: true });
  }
}
