import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Text that waits to be written at most; more means that the disk does not keep up, and recording ends rather than lies. */
const BACKLOG_MOST_BYTES = 64 * 1_048_576;

/** Writes a recording: each text as received behind its receive time in nanoseconds, gzip when the name ends so. */
export class Recorder {
  lines = 0;
  bytes = 0;
  /** Why nothing more is written, once that is so. */
  failure: Error | undefined;
  readonly #gzip: ReturnType<typeof createGzip> | undefined;
  readonly #file: ReturnType<typeof createWriteStream>;
  readonly #nowNs: () => bigint;
  #lastNs = 0n;

  /**
   * @param file must not exist: a recording is never overwritten
   * @param nowNs nanoseconds since the epoch
   */
  constructor(file: string, nowNs: () => bigint) {
    this.#nowNs = nowNs;
    this.#file = createWriteStream(file, { flags: 'wx' });
    this.#gzip = file.endsWith('.gz') ? createGzip() : undefined;
    this.#gzip?.pipe(this.#file);
    this.#file.on('error', (error) => {
      this.failure ??= error;
    });
  }

  /** Writes a message as received. One that holds a line break (only garbage does) is kept on one line. */
  write(text: string): void {
    if (this.failure !== undefined) return;
    const ns = this.#nowNs();
    if (ns > this.#lastNs) this.#lastNs = ns;
    const line = `${this.#lastNs} ${/[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text}\n`;
    this.lines += 1;
    this.bytes += line.length;
    const sink = this.#gzip ?? this.#file;
    sink.write(line);
    if (sink.writableLength > BACKLOG_MOST_BYTES)
      this.failure = new Error(`disk does not keep up: ${BACKLOG_MOST_BYTES} bytes wait`);
  }

  /** Ends the file. @throws Error when it could not be written */
  async close(): Promise<void> {
    (this.#gzip ?? this.#file).end();
    try {
      await finished(this.#file);
    } catch (error) {
      this.failure ??= error as Error;
    }
    if (this.failure !== undefined) throw this.failure;
  }
}
