import { FLAG, type TimedRows } from '../../streams/simulation/rows.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import type { Tape, TapeBatch, TapeColumns } from '../tape/reader.ts';

const MICROS_PER_S = 1e6;

/** When each side of a simulation sees a row of a tape. */
export interface FeedTiming {
  /** Added to the tape's receive time. */
  readonly feedLatencyNs: number;
  /** What the exchange's side goes by: the exchange's own time, or the receive time where the recorder's clock can't be trusted. */
  readonly exchangeClock: 'event' | 'receive';
}

/** Columns of a page with the two times beside them. */
interface Page extends TimedRows {
  /** Number of the page, -1 when it holds none. */
  index: number;
  readonly columns: TapeColumns;
  readonly exchangeNs: Float64Array;
  readonly localNs: Float64Array;
  length: number;
}

/**
 * A tape as pages for the two readers of a simulation. They are seldom more than a batch apart, so two pages are held and each
 * batch is decoded once; where the feed is slower than a batch is long, the reader behind decodes its own again.
 */
export class TapePages implements RowPages {
  /** Processor time spent on reading and decoding, seconds. */
  loadingS = 0;
  readonly #tape: Tape;
  readonly #timing: FeedTiming;
  readonly #pages: readonly [Page, Page];
  /** Which of the two pages each reader is at. */
  readonly #at: [0 | 1, 0 | 1] = [0, 0];
  /** The times reached before each batch, of both sides. */
  readonly #exchangeFromNs: number[] = [Number.NEGATIVE_INFINITY];
  readonly #localFromNs: number[] = [Number.NEGATIVE_INFINITY];

  constructor(tape: Tape, timing: FeedTiming) {
    this.#tape = tape;
    this.#timing = timing;
    this.#pages = [pageOf(tape.columns()), pageOf(tape.columns())];
  }

  page(reader: 0 | 1, index: number): TimedRows | undefined {
    if (index >= this.#tape.batchCount) return undefined;
    const other = this.#at[1 - reader]!;
    const shared = this.#pages[other];
    if (shared.index === index) {
      this.#at[reader] = other;
      return shared;
    }
    const free = (1 - other) as 0 | 1;
    this.#at[reader] = free;
    const page = this.#pages[free];
    if (page.index !== index) this.#load(page, index);
    return page;
  }

  #load(page: Page, index: number): void {
    const start = process.cpuUsage();
    const batch = this.#tape.batch(index, page.columns);
    page.index = index;
    page.length = batch.length;
    this.#timeExchange(page, index);
    this.#timeLocal(page, index);
    const { user, system } = process.cpuUsage(start);
    this.loadingS += (user + system) / MICROS_PER_S;
  }

  #timeExchange({ exchangeNs, columns }: Page, index: number): void {
    const { length, flags } = columns;
    const { exchangeClock } = this.#timing;
    const stated = exchangeClock === 'event' ? columns.eventNs : columns.receiveNs;
    let reachedNs = this.#exchangeFromNs[index]!;
    // A row that states no time compares as false, and is seen with the one before it.
    for (let at = 0; at < length; at += 1) {
      const timeNs = stated[at]!;
      if (timeNs > reachedNs && (flags[at]! & FLAG.exchange) !== 0) reachedNs = timeNs;
      exchangeNs[at] = reachedNs;
    }
    this.#exchangeFromNs[index + 1] = reachedNs;
  }

  #timeLocal({ localNs, columns }: Page, index: number): void {
    const { length, flags, receiveNs } = columns;
    const { feedLatencyNs } = this.#timing;
    let reachedNs = this.#localFromNs[index]!;
    for (let at = 0; at < length; at += 1) {
      const timeNs = receiveNs[at]! + feedLatencyNs;
      if (timeNs > reachedNs && (flags[at]! & FLAG.local) !== 0) reachedNs = timeNs;
      localNs[at] = reachedNs;
    }
    this.#localFromNs[index + 1] = reachedNs;
  }
}

function pageOf(columns: TapeColumns): Page {
  const rows: Omit<TapeBatch, 'firstRow'> = columns;
  const capacity = columns.kind.length;
  return {
    ...rows,
    index: -1,
    columns,
    length: 0,
    exchangeNs: new Float64Array(capacity),
    localNs: new Float64Array(capacity),
  };
}
