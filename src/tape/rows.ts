import { FLAG, KIND, SIDE } from '../../streams/simulation/rows.ts';

export { FLAG, KIND, type Kind, SIDE, WHOLE_SIDE } from '../../streams/simulation/rows.ts';

/** The name of a kind by its number. */
export const KIND_NAMES: ReadonlyMap<number, keyof typeof KIND> = new Map(
  Object.entries(KIND).map(([name, kind]) => [kind, name as keyof typeof KIND]),
);

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
