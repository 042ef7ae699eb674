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
  /** Made of the single orders before it, which the source tells without levels. */
  made: 32,
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

/** What a row is to one side of a simulation: its kind, side and flags in one number, for loops that look at each row. */
export const SEEN = { nothing: 0, bid: 1, ask: 2, buyTrade: 3, sellTrade: 4, clear: 5, order: 6 } as const;

/**
 * Rows as the two sides of a simulation see them, and when. Times never fall: a row that comes late is seen with the one before it,
 * and so is one that states no time.
 */
export interface SeenRows extends MarketRows {
  /** Number of the first row, counted over all pages. */
  readonly firstRow: number;
  /** Whether both sides see the same rows, and we none before the exchange. */
  readonly alike: boolean;
  /** What the exchange sees, one of {@link SEEN}, and when, nanoseconds from the origin. */
  readonly exchangeSees: Uint8Array;
  readonly exchangeNs: Float64Array;
  /** What we see, and when: at the receive time and what the feed takes beyond it. */
  readonly localSees: Uint8Array;
  readonly localNs: Float64Array;
}

/** The place of a row in a {@link seenTable}: its kind, side and the two flags of visibility. */
export function seenKey(kind: number, side: number, flags: number): number {
  return ((kind & 15) << 4) | ((side & 3) << 2) | ((flags >> 2) & 3);
}

/** What rows are to a side that sees those with a flag, {@link FLAG}.exchange or {@link FLAG}.local: {@link SEEN} by {@link seenKey}. */
export function seenTable(flag: number): Uint8Array {
  const table = new Uint8Array(256);
  for (const kind of Object.values(KIND)) {
    for (const side of Object.values(SIDE)) {
      for (const flags of [flag, FLAG.exchange | FLAG.local]) table[seenKey(kind, side, flags)] = seenAs(kind, side);
    }
  }
  return table;
}

function seenAs(kind: Kind, side: number): number {
  switch (kind) {
    case KIND.level:
    case KIND.snapshotLevel:
      return side > 0 ? SEEN.bid : side < 0 ? SEEN.ask : SEEN.nothing;
    case KIND.trade:
      return side > 0 ? SEEN.buyTrade : side < 0 ? SEEN.sellTrade : SEEN.nothing;
    case KIND.clear:
      return SEEN.clear;
    case KIND.orderAdd:
    case KIND.orderCancel:
    case KIND.orderModify:
    case KIND.orderFill:
      return SEEN.order;
    default:
      return SEEN.nothing;
  }
}
