import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { DatasetError } from './dataset_error.ts';
import type { AsOf } from './rows.ts';

/** Bytes read at once. */
const CHUNK_BYTES = 64 * 1_024;

/** A line longer than this is no line of such a file. */
const LINE_MOST_CHARACTERS = 1_000;

/** Microseconds of one unit of each kind of time column. */
const UNITS: Readonly<Record<string, number>> = { ts_us: 1, ts_ms: 1_000, ts_s: 1_000_000 };

/** Microseconds in a millisecond, what `Date` counts in. */
const MICROS_PER_MS = 1_000;

/**
 * A series from elsewhere, a market's sentiment for one, read from a CSV file as its time comes: nothing is read ahead of what
 * was asked for but one line, and nothing is told before its time.
 *
 * The header is `ts_us,value` (or `ts_ms`, `ts_s`: whole numbers since the epoch) or `time,value` (ISO 8601 with its zone);
 * lines are in order of time. The time of a line is when its value became known, not what it is about.
 */
export class SentimentFile implements AsOf {
  readonly #path: string;
  readonly #fd: number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  readonly #column: string;
  #text = '';
  #ended = false;
  #number = 0;
  #value: number | null = null;
  #lastUs = Number.NEGATIVE_INFINITY;
  #next: { readonly timeUs: number; readonly value: number } | null;

  /** @throws DatasetError naming file, line and what was expected */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw new DatasetError(`${path}: cannot be read: ${(error as Error).message}`);
    }
    try {
      const header = this.#line() ?? '';
      const [column = '', value] = header.replace(/^\uFEFF/, '').split(',', 2);
      const expected = "expected the header 'ts_us,value' (or ts_ms, ts_s, time)";
      if (value !== 'value' || (column !== 'time' && UNITS[column] === undefined))
        throw this.#wrong(`'${header.slice(0, 60)}': ${expected}`);
      this.#column = column;
      this.#next = this.#read();
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** The newest value told before an instant, or null. @throws DatasetError naming the line that is wrong */
  before(timeUs: number): number | null {
    while (this.#next !== null && this.#next.timeUs < timeUs) {
      this.#value = this.#next.value;
      this.#next = this.#read();
    }
    return this.#value;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(): { timeUs: number; value: number } | null {
    let line = this.#line();
    while (line === '') line = this.#line();
    if (line === null) return null;
    const [time = '', text = '', more] = line.split(',');
    const timeUs = this.#timeOf(time);
    if (!Number.isSafeInteger(timeUs)) throw this.#wrong(`${this.#column} '${time}': expected a time`);
    if (timeUs < this.#lastUs) throw this.#wrong(`${this.#column} '${time}' is before the line above: expected order`);
    const value = Number(text);
    if (more !== undefined || text.trim() === '' || !Number.isFinite(value))
      throw this.#wrong(`'${line.slice(0, 60)}': expected a time and a number`);
    this.#lastUs = timeUs;
    return { timeUs, value };
  }

  #timeOf(text: string): number {
    const unit = UNITS[this.#column];
    if (unit !== undefined) return /^-?\d+$/.test(text) ? Number(text) * unit : Number.NaN;
    // Without its zone a time would be read as this machine's.
    return /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) * MICROS_PER_MS : Number.NaN;
  }

  /** @returns null at the end */
  #line(): string | null {
    let end = this.#text.indexOf('\n');
    while (end < 0 && !this.#ended) {
      const bytes = readSync(this.#fd, this.#chunk);
      this.#ended = bytes === 0;
      this.#text += this.#ended ? this.#decoder.end() : this.#decoder.write(this.#chunk.subarray(0, bytes));
      end = this.#text.indexOf('\n');
      if (end < 0 && this.#text.length > LINE_MOST_CHARACTERS) {
        this.#number += 1;
        throw this.#wrong(`a line of more than ${LINE_MOST_CHARACTERS} characters: expected a time and a number`);
      }
    }
    if (end < 0 && this.#text === '') return null;
    const line = end < 0 ? this.#text : this.#text.slice(0, end);
    this.#text = end < 0 ? '' : this.#text.slice(end + 1);
    this.#number += 1;
    return line.trim();
  }

  #wrong(reason: string): DatasetError {
    return new DatasetError(`${this.#path}:${Math.max(1, this.#number)}: ${reason}`);
  }
}
