import { type OrderLatency, recordedLatency } from '../../streams/simulation/order_latency.ts';
import { loadSeconds, nanosSince } from '../tape/int64.ts';
import { Problems } from '../tape/problems.ts';
import type { Tape } from '../tape/reader.ts';
import { timeText } from '../tape/rows.ts';
import { headOf, linesOf } from '../tape/sources/lines.ts';
import { ROUND_TRIPS } from '../tape/sources/npy.ts';
import { elementsOf } from '../tape/sources/npy_elements.ts';
import { TapeError } from '../tape/tape_error.ts';

/** A month of one order every three seconds; 24 MB. */
const ROUND_TRIPS_MOST = 1_000_000;

/** Headers of the CSV: our names of the columns, and those of hftbacktest's array. */
const HEADERS = ['sent_ns,exchange_ns,answered_ns', 'req_ts,exch_ts,resp_ts', 'req_ts,exch_ts,resp_ts,_padding'];

/** Of a CSV's time: nanoseconds since the epoch have 19 digits from 2001 to 2286. */
const NANOS = /^\d{19}$/;
/** An order that never reached the exchange. */
const NEVER = /^0?$/;

/** A time as a whole second since the epoch and nanoseconds beyond. */
interface Time {
  readonly s: number;
  readonly ns: number;
}

const NANOS_PER_S = 1e9;
const LEAST_S = 1e9;
const MOST_S = 9e9;

/**
 * Round trips of orders that a file holds, for {@link recordedLatency}: a CSV of the times at which each order was sent, was at the
 * exchange and was answered, in nanoseconds since the epoch, or hftbacktest's array of them (`req_ts`, `exch_ts`, `resp_ts`), `.npz`
 * or `.npy`. An exchange time of 0, or none, says that the order never got there.
 */
export class OrderLatencies {
  readonly file: string;
  // Nanoseconds from the whole second of the first order.
  #originS = 0;
  readonly #sentNs: number[] = [];
  readonly #exchangeNs: number[] = [];
  readonly #answeredNs: number[] = [];

  private constructor(file: string) {
    this.file = file;
  }

  /** @throws TapeError naming file and row, where a row cannot be read, goes back in time or is in another unit */
  static async read(file: string): Promise<OrderLatencies> {
    const read = new OrderLatencies(file);
    const [head = ''] = await headOf(file, 1);
    if (head.includes('NUMPY')) await read.#readArray();
    else await read.#readText(head);
    if (read.#sentNs.length === 0) throw new TapeError(file, 'holds no round trip of an order');
    if (read.#exchangeNs.every(Number.isNaN)) throw new TapeError(file, 'no order of it ever reached the exchange');
    return read;
  }

  /**
   * The latencies on the scale of a tape.
   *
   * @throws TapeError when none of them is of the tape's time: all would be that of the nearest end
   */
  on(tape: Tape): OrderLatency {
    const shiftNs = (this.#originS - tape.originS) * NANOS_PER_S;
    const { firstNs, lastNs } = tape.edgesNs();
    const [sentNs, exchangeNs, answeredNs] = [this.#sentNs, this.#exchangeNs, this.#answeredNs];
    if (sentNs[0]! + shiftNs > lastNs || sentNs.at(-1)! + shiftNs < firstNs) {
      const orders = `${timeAt(this.#originS, sentNs[0]!)} to ${timeAt(this.#originS, sentNs.at(-1)!)}`;
      const rows = `${timeAt(tape.originS, firstNs)} to ${timeAt(tape.originS, lastNs)}`;
      throw new TapeError(this.file, `orders of ${orders}: expected some of the tape's time, ${rows} (${tape.path})`);
    }
    const shifted = (times: readonly number[]): number[] => times.map((ns) => ns + shiftNs);
    return recordedLatency({
      sentNs: shifted(sentNs),
      exchangeNs: shifted(exchangeNs),
      answeredNs: shifted(answeredNs),
    });
  }

  async #readText(head: string): Promise<void> {
    const header = head.trimEnd();
    if (!HEADERS.includes(header)) {
      throw new TapeError(this.file, `row 1: header '${header.slice(0, 80)}': expected ${HEADERS[0]} or ${HEADERS[1]}`);
    }
    for await (const { first, lines } of linesOf(this.file, new Problems(false))) {
      for (const [i, line] of lines.entries()) if (first + i > 1 && line !== '') this.#readLine(line, first + i);
    }
  }

  #readLine(line: string, row: number): void {
    const fields = line.split(',');
    if (fields.length < 3 || fields.length > 4) throw this.#wrong(row, `${fields.length} fields: expected 3`);
    const [sent, exchange, answered] = fields as [string, string, string];
    const reached = NEVER.test(exchange) ? undefined : this.#timeOf(exchange, 'at the exchange', row);
    this.#add(this.#timeOf(sent, 'sent', row), reached, this.#timeOf(answered, 'answered', row), row);
  }

  #timeOf(text: string, what: string, row: number): Time {
    if (!NANOS.test(text)) {
      throw this.#wrong(row, `${what} '${text.slice(0, 40)}': expected nanoseconds since the epoch, 19 digits`);
    }
    return { s: Number(text.slice(0, 10)), ns: Number(text.slice(10)) };
  }

  async #readArray(): Promise<void> {
    const wordsEach = ROUND_TRIPS.fields.length;
    let row = 0;
    for await (const elements of elementsOf(this.file, ROUND_TRIPS, new Problems(false))) {
      const words = new Uint32Array(elements.buffer);
      for (let at = 0; at < words.length / 2; at += wordsEach) {
        row += 1;
        const never = words[2 * at + 2] === 0 && words[2 * at + 3] === 0;
        const reached = never ? undefined : this.#stored(words, at + 1, 'exch_ts', row);
        this.#add(this.#stored(words, at, 'req_ts', row), reached, this.#stored(words, at + 2, 'resp_ts', row), row);
      }
    }
  }

  #stored(words: Uint32Array, at: number, what: string, row: number): Time {
    const s = loadSeconds(words, at);
    if (s < LEAST_S || s > MOST_S) {
      const value = (BigInt(words[2 * at + 1]! | 0) << 32n) | BigInt(words[2 * at]!);
      throw this.#wrong(row, `${what} ${value}: expected nanoseconds since the epoch`);
    }
    return { s, ns: nanosSince(words, at, s) };
  }

  #add(sent: Time, exchange: Time | undefined, answered: Time, row: number): void {
    if (this.#sentNs.length === ROUND_TRIPS_MOST) {
      throw this.#wrong(row, `more than ${ROUND_TRIPS_MOST} round trips: expected a file for fewer days`);
    }
    if (this.#sentNs.length === 0) this.#originS = sent.s;
    const [sentNs, answeredNs] = [this.#fromOrigin(sent), this.#fromOrigin(answered)];
    const exchangeNs = exchange === undefined ? Number.NaN : this.#fromOrigin(exchange);
    if (sentNs < (this.#sentNs.at(-1) ?? sentNs)) {
      throw this.#wrong(row, `unsorted: sent at ${timeAt(this.#originS, sentNs)}, before the row above`);
    }
    if (exchangeNs < sentNs) throw this.#wrong(row, `at the exchange ${sentNs - exchangeNs} ns before it was sent`);
    const before = Number.isNaN(exchangeNs) ? sentNs : exchangeNs;
    if (answeredNs < before) {
      const what = before === sentNs ? 'it was sent' : 'it was at the exchange';
      throw this.#wrong(row, `answered ${before - answeredNs} ns before ${what}`);
    }
    this.#sentNs.push(sentNs);
    this.#exchangeNs.push(exchangeNs);
    this.#answeredNs.push(answeredNs);
  }

  #fromOrigin({ s, ns }: Time): number {
    return (s - this.#originS) * NANOS_PER_S + ns;
  }

  #wrong(row: number, reason: string): TapeError {
    return new TapeError(this.file, `row ${row}: ${reason}`);
  }
}

function timeAt(originS: number, ns: number): string {
  const s = Math.floor(ns / NANOS_PER_S);
  return timeText(originS + s, ns - s * NANOS_PER_S);
}
