/**
 * What a row of a tape is. The numbers are those of hftbacktest's event codes, so that a tape and its arrays translate one to
 * one; 0 is ours.
 */
export const KIND = {
  /** A message that changes nothing, kept for its update ids: without it those of the next would seem to miss some. */
  empty: 0,
  /** A price level has a new absolute size; 0 removes it. */
  level: 1,
  /** A trade; the side is the aggressor's. */
  trade: 2,
  /** A side of the book is emptied from its best price to the row's tick inclusive, or wholly at {@link WHOLE_SIDE}. */
  clear: 3,
  /** A level of a snapshot: as `level`, after the `clear` rows of the same message. */
  snapshotLevel: 4,
  /** The exchange's own best price of a side, beside the book and not part of it. */
  best: 5,
  /** Level 3: an order joins the book. */
  orderAdd: 10,
  /** Level 3: an order leaves the book; the size is what was left of it. */
  orderCancel: 11,
  /** Level 3: an order's size is now the row's. */
  orderModify: 12,
  /** Level 3: this much of a resting order is executed; the side is the order's own. */
  orderFill: 13,
} as const;

/** One of the numbers of {@link KIND}. */
export type Kind = (typeof KIND)[keyof typeof KIND];

/** The name of a kind by its number. */
export const KIND_NAMES: ReadonlyMap<number, keyof typeof KIND> = new Map(
  Object.entries(KIND).map(([name, kind]) => [kind, name as keyof typeof KIND]),
);

/** The side of the book, or of a trade's aggressor. `none` is a trade whose side is unknown, or a clear of both sides. */
export const SIDE = { buy: 1, sell: -1, none: 0 } as const;

/** Bits of the flags column. */
export const FLAG = {
  /** The last row of its message: the book is whole again. */
  end: 1,
  /** The first row of a message before which the feed says that some are missing. */
  gap: 2,
  /** The exchange's side of the simulation sees this row, at its event time. */
  exchange: 4,
  /** The trader's side sees this row, at its receive time. Neither sees a row that a snapshot before it includes. */
  local: 8,
  /**
   * Said before, and said again behind a snapshot that is older than it: a book that is kept row by row needs it, one that
   * is kept by update ids has it.
   */
  again: 16,
} as const;

/** The tick of a clear row that empties the whole side, whatever its prices. */
export const WHOLE_SIDE = -(2 ** 31);

/** The id of a row whose source states none. */
export const NO_ID = -1;

/** Rows of a record batch: two to four megabytes, so that a batch fits the processor's cache and a tape has few of them. */
export const BATCH_ROWS = 65_536;

const NANOS_PER_S = 1e9;

/** One row of a tape as a source makes it. A source keeps one and changes it for every row. */
export interface TapeRow {
  /** Receive time: whole seconds since the epoch, and the nanoseconds beyond. Two numbers, as one would not be exact. */
  receiveS: number;
  receiveNs: number;
  /** The exchange's time; both 0 where it states none. */
  eventS: number;
  eventNs: number;
  kind: number;
  side: number;
  flags: number;
  /** Price in ticks, a 32-bit integer. */
  tick: number;
  /** Size in lots, an integer below 2^53. */
  lots: number;
  /** First update id of the message, first trade id of an aggregate, or {@link NO_ID}. */
  firstId: number;
  /** Last update id of the message, trade id, or order id, or {@link NO_ID}. */
  lastId: number;
  /** The update id that the message before must have ended with, or {@link NO_ID}. */
  previousId: number;
}

/** A row to start from: both parties see it, and it is a message of its own. */
export function blankRow(): TapeRow {
  return {
    receiveS: 0,
    receiveNs: 0,
    eventS: 0,
    eventNs: 0,
    kind: KIND.level,
    side: SIDE.none,
    flags: FLAG.end | FLAG.exchange | FLAG.local,
    tick: 0,
    lots: 0,
    firstId: NO_ID,
    lastId: NO_ID,
    previousId: NO_ID,
  };
}

/** Rows as columns, at most `capacity` of them, filled from the front and used again. */
export class RowBuffer {
  readonly capacity: number;
  length = 0;
  readonly receiveS: Float64Array;
  readonly receiveNs: Uint32Array;
  readonly eventS: Float64Array;
  readonly eventNs: Uint32Array;
  readonly kind: Uint8Array;
  readonly side: Int8Array;
  readonly flags: Uint8Array;
  readonly tick: Int32Array;
  readonly lots: Float64Array;
  readonly firstId: Float64Array;
  readonly lastId: Float64Array;
  readonly previousId: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.receiveS = new Float64Array(capacity);
    this.receiveNs = new Uint32Array(capacity);
    this.eventS = new Float64Array(capacity);
    this.eventNs = new Uint32Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.side = new Int8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.tick = new Int32Array(capacity);
    this.lots = new Float64Array(capacity);
    this.firstId = new Float64Array(capacity);
    this.lastId = new Float64Array(capacity);
    this.previousId = new Float64Array(capacity);
  }

  /** Appends a copy of a row. @throws RangeError when the buffer is full */
  push(row: TapeRow): void {
    const at = this.length;
    if (at === this.capacity) throw new RangeError(`row buffer of ${this.capacity} rows is full`);
    this.length = at + 1;
    this.receiveS[at] = row.receiveS;
    this.receiveNs[at] = row.receiveNs;
    this.eventS[at] = row.eventS;
    this.eventNs[at] = row.eventNs;
    this.kind[at] = row.kind;
    this.side[at] = row.side;
    this.flags[at] = row.flags;
    this.tick[at] = row.tick;
    this.lots[at] = row.lots;
    this.firstId[at] = row.firstId;
    this.lastId[at] = row.lastId;
    this.previousId[at] = row.previousId;
  }

  /** Copies the row at an index into `row`, and gives it back. */
  get(at: number, row: TapeRow): TapeRow {
    row.receiveS = this.receiveS[at]!;
    row.receiveNs = this.receiveNs[at]!;
    row.eventS = this.eventS[at]!;
    row.eventNs = this.eventNs[at]!;
    row.kind = this.kind[at]!;
    row.side = this.side[at]!;
    row.flags = this.flags[at]!;
    row.tick = this.tick[at]!;
    row.lots = this.lots[at]!;
    row.firstId = this.firstId[at]!;
    row.lastId = this.lastId[at]!;
    row.previousId = this.previousId[at]!;
    return row;
  }
}

/** Nanoseconds from one time to another, each whole seconds and nanoseconds beyond; exact up to 104 days. */
export function nanosBetween(fromS: number, fromNs: number, toS: number, toNs: number): number {
  return (toS - fromS) * NANOS_PER_S + (toNs - fromNs);
}

/** A time as a decimal text of nanoseconds since the epoch, as CSV files state it. */
export function nanosText(s: number, ns: number): string {
  return s === 0 ? String(ns) : `${s}${String(ns).padStart(9, '0')}`;
}

/** A time as ISO 8601 with nanoseconds, as messages state it: `2024-08-08T23:54:13.937085768Z`. */
export function timeText(s: number, ns: number): string {
  return `${new Date(s * 1_000).toISOString().slice(0, 19)}.${String(ns).padStart(9, '0')}Z`;
}
