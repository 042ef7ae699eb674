/** Which side of the book an order rests on, or, for a trade, which side the aggressor took. */
export type Side = 'buy' | 'sell';

/** Where a market is traded. */
export type VenueName = 'sei' | 'binance-spot' | 'binance-usdm' | 'binance-coinm';

/**
 * One market and its units. Inside `streams/` a price is an integer number of ticks and a size an integer number of
 * lots; this record is what turns decimals into them and back, at the edges (see `units.ts`).
 */
export interface Market {
  /** Unique in a session and safe in a file name or topic: `BTCUSDC`, `BTCUSDT`, `BTCUSD_PERP`. */
  readonly symbol: string;
  readonly venue: VenueName;
  /** Base asset, the chain's asset denom on Sei. */
  readonly base: string;
  /** Quote asset, the chain's price denom on Sei. */
  readonly quote: string;
  /** Where the chain's bank keeps the two, if not under `u` and the asset's name in small letters. */
  readonly baseDenom?: string;
  readonly quoteDenom?: string;
  /** Smallest price step as an exact decimal, `"0.1"`. */
  readonly tickSize: string;
  /** Smallest size step seen in the book as an exact decimal, `"0.001"`; for an inverse contract a number of contracts. */
  readonly lotSize: string;
  /** Our orders are multiples of this many lots: Binance spot books hold dust far below its order step. 1 if absent. */
  readonly orderStepLots?: number;
  /**
   * `linear`: a size is in base units and a price in quote units a base unit. `inverse`: a size is in contracts of
   * `contractSize` quote units each and profit accrues in the base asset (Binance coin-M).
   */
  readonly contract: 'linear' | 'inverse';
  /** Face value of one contract in quote units as an exact decimal; `"1"` for linear markets. */
  readonly contractSize: string;
}

/**
 * What every input carries. Both are zero until the edge stamps them, once: `seq` counts inputs in the order of their
 * delivery and `timeUs` is when this process took them in, integer microseconds since the epoch.
 */
export interface Stamped {
  seq: number;
  timeUs: number;
}

/** Levels as flat pairs `[tick, lots, tick, lots, …]`, in no particular order. */
export type Levels = readonly number[];

/** The whole book of a market, replacing what was known. */
export interface BookSnapshot extends Stamped {
  readonly kind: 'bookSnapshot';
  readonly market: string;
  /** Binance: `lastUpdateId`. Sei: the block height. */
  readonly lastId: number;
  /** The venue's own time of the event, integer microseconds; 0 where the venue states none. */
  readonly eventUs: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** New absolute sizes at some prices; size 0 removes the level. Ids follow Binance's `U`, `u`, `pu`. */
export interface BookDelta extends Stamped {
  readonly kind: 'bookDelta';
  readonly market: string;
  readonly firstId: number;
  readonly lastId: number;
  /** `pu` of the futures streams; -1 on spot, where `U` of an event is `u` of the one before plus one. */
  readonly previousId: number;
  readonly eventUs: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** The exchange's own best prices at an update id, used to check our book against. */
export interface BookTicker extends Stamped {
  readonly kind: 'bookTicker';
  readonly market: string;
  readonly updateId: number;
  readonly eventUs: number;
  readonly bidTick: number;
  readonly bidLots: number;
  readonly askTick: number;
  readonly askLots: number;
}

/** One execution between others (or ourselves) as the venue publishes it. `side` is the aggressor's. */
export interface Trade extends Stamped {
  readonly kind: 'trade';
  readonly market: string;
  readonly tradeId: number;
  readonly eventUs: number;
  readonly side: Side;
  readonly tick: number;
  readonly lots: number;
}

/** A candle; `closed` is false for updates of the candle in progress. */
export interface Kline extends Stamped {
  readonly kind: 'kline';
  readonly market: string;
  readonly eventUs: number;
  readonly openUs: number;
  readonly closeUs: number;
  readonly openTick: number;
  readonly highTick: number;
  readonly lowTick: number;
  readonly closeTick: number;
  readonly lots: number;
  readonly takerBuyLots: number;
  readonly trades: number;
  readonly closed: boolean;
}

/** The feed of a market came up or went down. After `down` nothing may be quoted until a new snapshot. */
export interface FeedStatus extends Stamped {
  readonly kind: 'feedStatus';
  readonly market: string;
  readonly status: 'up' | 'down';
  readonly reason: string;
}

/**
 * Something from outside that was refused at the edge (or by a stage), counted and logged, never thrown.
 *
 * `reason` is a short stable code for counters (`malformed`, `oversized`, `unknown-market`, `off-tick`, `stale`,
 * `duplicate`, `out-of-order`, `gap`, `crossed` …); `detail` names the field, the value and what was expected,
 * at most 300 characters.
 */
export interface Reject extends Stamped {
  readonly kind: 'reject';
  /** The market it belongs to, or the empty string. */
  readonly market: string;
  /** Where it came from: `binance-ws`, `binance-rest`, `recording`, `sei-rpc`, `sei-ws`, `book` … */
  readonly source: string;
  readonly reason: string;
  readonly detail: string;
}

/** Everything that concerns the data of one market. */
export type MarketInput = BookSnapshot | BookDelta | BookTicker | Trade | Kline | FeedStatus;

/**
 * A stretch of one market's inputs in order, between which nothing else happens to anybody: how a tape comes in, in one turn
 * instead of one for each. It is stamped with a time that no input of it is behind.
 */
export interface MarketStretch extends Stamped {
  readonly kind: 'stretch';
  readonly market: string;
  /** The next input, stamped, valid until the one after it is asked for; null at the end. */
  next(): MarketInput | null;
}
