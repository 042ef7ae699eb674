import { FLAG, type SeenRows, seenKey, seenTable } from '../../streams/simulation/rows.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import type { Tape, TapeBatch, TapeColumns } from '../tape/reader.ts';

/** When each side of a simulation sees a row of a tape. */
export interface FeedTiming {
  /** Added to the tape's receive time. */
  readonly feedLatencyNs: number;
  /** What the exchange's side goes by: the exchange's own time, or the receive time where the recorder's clock can't be trusted. */
  readonly exchangeClock: 'event' | 'receive';
}

const SEEN_BY_EXCHANGE = seenTable(FLAG.exchange);
const SEEN_BY_US = seenTable(FLAG.local);

/** A batch of a tape and what the two sides see of it. */
interface Page extends SeenRows {
  length: number;
  firstRow: number;
  alike: boolean;
  /** Number of the batch, -1 before the first. */
  index: number;
  readonly columns: TapeColumns;
}

/** Reads batches of a tape as pages, each after the one before it: times go on from there. */
class PageReader {
  readonly #tape: Tape;
  readonly #timing: FeedTiming;
  /** The times reached before each batch, of both sides. */
  readonly #exchangeFromNs: number[] = [];
  readonly #localFromNs: number[] = [];

  constructor(tape: Tape, timing: FeedTiming) {
    this.#tape = tape;
    this.#timing = timing;
  }

  get count(): number {
    return this.#tape.batchCount;
  }

  /** An empty page that holds any batch of the tape. */
  page(): Page {
    const columns = this.#tape.columns();
    const capacity = columns.kind.length;
    return {
      ...columns,
      index: -1,
      columns,
      length: 0,
      alike: true,
      exchangeSees: new Uint8Array(capacity),
      exchangeNs: new Float64Array(capacity),
      localSees: new Uint8Array(capacity),
      localNs: new Float64Array(capacity),
    };
  }

  read(index: number, page: Page): void {
    const { length } = this.#tape.batch(index, page.columns);
    page.index = index;
    page.length = length;
    page.firstRow = page.columns.firstRow;
    page.alike = this.#see(page);
    if (!this.#time(page.columns, page, index)) page.alike = false;
  }

  /** @returns whether both sides see the same rows */
  #see({ length, kind, side, flags, exchangeSees, localSees }: Page): boolean {
    let differing = 0;
    for (let at = 0; at < length; at += 1) {
      const key = seenKey(kind[at]!, side[at]!, flags[at]!);
      exchangeSees[at] = SEEN_BY_EXCHANGE[key]!;
      localSees[at] = SEEN_BY_US[key]!;
      differing |= exchangeSees[at]! ^ localSees[at]!;
    }
    return differing === 0;
  }

  /** @returns whether we see no row before the exchange */
  #time({ length, flags, eventNs, receiveNs }: TapeBatch, { exchangeNs, localNs }: Page, index: number): boolean {
    const { feedLatencyNs, exchangeClock } = this.#timing;
    const stated = exchangeClock === 'event' ? eventNs : receiveNs;
    let theirNs = this.#exchangeFromNs[index] ?? firstOf(stated, flags, FLAG.exchange, length);
    let ourNs = this.#localFromNs[index] ?? firstOf(receiveNs, flags, FLAG.local, length) + feedLatencyNs;
    let later = true;
    for (let at = 0; at < length; at += 1) {
      const statedNs = stated[at]!;
      const receivedNs = receiveNs[at]! + feedLatencyNs;
      // A row that states no time compares as false, and is seen with the one before it.
      if (statedNs > theirNs && (flags[at]! & FLAG.exchange) !== 0) theirNs = statedNs;
      if (receivedNs > ourNs && (flags[at]! & FLAG.local) !== 0) ourNs = receivedNs;
      exchangeNs[at] = theirNs;
      localNs[at] = ourNs;
      later &&= theirNs <= ourNs;
    }
    this.#exchangeFromNs[index + 1] = theirNs;
    this.#localFromNs[index + 1] = ourNs;
    return later;
  }
}

/**
 * A tape as pages for the two readers of a simulation, read as they go. They are seldom more than a batch apart, so two pages are
 * held and each batch is decoded once; where the feed is slower than a batch is long, the reader behind decodes its own again.
 */
export class TapePages implements RowPages {
  readonly #reader: PageReader;
  readonly #pages: readonly [Page, Page];
  /** Which of the two pages each reader is at. */
  readonly #at: [0 | 1, 0 | 1] = [0, 0];

  constructor(tape: Tape, timing: FeedTiming) {
    this.#reader = new PageReader(tape, timing);
    this.#pages = [this.#reader.page(), this.#reader.page()];
  }

  page(reader: 0 | 1, index: number): SeenRows | undefined {
    if (index >= this.#reader.count) return undefined;
    const other = this.#at[1 - reader]!;
    const shared = this.#pages[other];
    if (shared.index === index) {
      this.#at[reader] = other;
      return shared;
    }
    const free = (1 - other) as 0 | 1;
    this.#at[reader] = free;
    const page = this.#pages[free];
    if (page.index !== index) this.#reader.read(index, page);
    return page;
  }
}

/** A tape as pages that are all in memory, 31 to 49 bytes a row: for many runs over one tape, which may share them. */
export class LoadedPages implements RowPages {
  readonly #pages: readonly SeenRows[];

  constructor(tape: Tape, timing: FeedTiming) {
    const reader = new PageReader(tape, timing);
    const page = reader.page();
    this.#pages = Array.from({ length: reader.count }, (_, index) => {
      reader.read(index, page);
      return kept(page);
    });
  }

  page(_reader: 0 | 1, index: number): SeenRows | undefined {
    return this.#pages[index];
  }
}

/** A copy of a page, in which columns that are equal are one. */
function kept(page: Page): SeenRows {
  const { length, firstRow, alike } = page;
  const eventNs = page.eventNs.slice(0, length);
  const receiveNs = page.receiveNs.slice(0, length);
  const exchangeSees = page.exchangeSees.slice(0, length);
  return {
    length,
    firstRow,
    alike,
    kind: page.kind.slice(0, length),
    side: page.side.slice(0, length),
    flags: page.flags.slice(0, length),
    tick: page.tick.slice(0, length),
    lots: page.lots.slice(0, length),
    eventNs,
    receiveNs,
    firstId: page.firstId.slice(0, length),
    lastId: page.lastId.slice(0, length),
    previousId: page.previousId.slice(0, length),
    exchangeSees,
    exchangeNs: shared(page.exchangeNs, length, eventNs),
    localSees: alike ? exchangeSees : page.localSees.slice(0, length),
    localNs: shared(page.localNs, length, receiveNs),
  };
}

/** The first values of a column, as another that is equal where there is one. */
function shared(column: Float64Array, length: number, other: Float64Array): Float64Array {
  for (let at = 0; at < length; at += 1) if (column[at] !== other[at]) return column.slice(0, length);
  return other;
}

/** The first time that a side is told, from where its clock starts: 0 where it is told none. */
function firstOf(times: Float64Array, flags: Uint8Array, flag: number, length: number): number {
  for (let at = 0; at < length; at += 1) {
    if ((flags[at]! & flag) !== 0 && !Number.isNaN(times[at]!)) return times[at]!;
  }
  return 0;
}
