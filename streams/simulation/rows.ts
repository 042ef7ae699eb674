/**
 * What a row of a market's tape is. The numbers are those of hftbacktest's event codes, so that a tape and its arrays translate
 * one to one; 0 is ours.
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

/** The side of the book, or of a trade's aggressor. `none` is a trade whose side is unknown, or a clear of both sides. */
export const SIDE = { buy: 1, sell: -1, none: 0 } as const;

/** Bits of the flags of a row. */
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

/** Rows of one market as columns, in the order of the tape; valid up to `length`. */
export interface MarketRows {
  readonly length: number;
  /** See {@link KIND}. */
  readonly kind: Uint8Array;
  /** See {@link SIDE}. */
  readonly side: Int8Array;
  /** Bits, see {@link FLAG}. */
  readonly flags: Uint8Array;
  readonly tick: Int32Array;
  /** Integers. */
  readonly lots: Float64Array;
  /** When it happened and when it was received, nanoseconds from the tape's origin; NaN where the exchange states no time. */
  readonly eventNs: Float64Array;
  readonly receiveNs: Float64Array;
  /** Update, trade and order ids, -1 where there is none; empty unless the tape was opened with them. */
  readonly firstId: Float64Array;
  readonly lastId: Float64Array;
  readonly previousId: Float64Array;
}

/**
 * Rows with the times at which each side of a simulation sees them. Both columns never fall: a row that comes late is seen with
 * the one before it, and so is one that states no time.
 */
export interface TimedRows extends MarketRows {
  /** When the exchange's side sees the row, nanoseconds from the origin. */
  readonly exchangeNs: Float64Array;
  /** When our side sees it: the receive time and what the feed takes beyond it. */
  readonly localNs: Float64Array;
}
