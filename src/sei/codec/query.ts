import { matchResult, order, PositionDirection } from './dex.ts';
import {
  bool,
  bytes,
  decimal,
  enumeration,
  type MessageOf,
  message,
  nested,
  repeated,
  string,
  uint64,
} from './message.ts';

/**
 * Requests and answers of `seiprotocol.seichain.dex.Query`, asked over `abci_query` at {@link queryPath}. Field numbers
 * from sei-chain's `proto/dex/{query,long_book,order_entry,pair,price,twap}.proto`.
 */

const PACKAGE = 'seiprotocol.seichain.dex';

/** The `abci_query` path of a dex query: `/seiprotocol.seichain.dex.Query/LongBookAll`. */
export function queryPath(name: string): string {
  return `/${PACKAGE}.Query/${name}`;
}

/** Which page of a list, and in which direction (`cosmos.base.query.v1beta1.PageRequest`). */
export const pageRequest = message('cosmos.base.query.v1beta1.PageRequest', {
  key: bytes(1),
  offset: uint64(2),
  limit: uint64(3),
  countTotal: bool(4, 'count_total'),
  reverse: bool(5),
});
/** Value of {@link pageRequest}. */
export type PageRequest = MessageOf<typeof pageRequest>;

/** Where the next page starts; `nextKey` is empty on the last. */
export const pageResponse = message('cosmos.base.query.v1beta1.PageResponse', {
  nextKey: bytes(1, 'next_key'),
  total: uint64(2),
});
/** Value of {@link pageResponse}. */
export type PageResponse = MessageOf<typeof pageResponse>;

/** One order's share of a level; shares are in order of arrival. */
export const allocation = message(`${PACKAGE}.Allocation`, {
  orderId: uint64(1),
  quantity: decimal(2),
  account: string(3),
});
/** Value of {@link allocation}. */
export type Allocation = MessageOf<typeof allocation>;

/** A level: its whole quantity and who holds it. */
export const orderEntry = message(`${PACKAGE}.OrderEntry`, {
  price: decimal(1),
  quantity: decimal(2),
  allocations: repeated(3, allocation),
  priceDenom: string(4),
  assetDenom: string(5),
});
/** Value of {@link orderEntry}. */
export type OrderEntry = MessageOf<typeof orderEntry>;

/** A price level of either side (`LongBook` and `ShortBook` have the same form). */
export const bookLevel = message(`${PACKAGE}.LongBook`, { price: decimal(1), entry: nested(2, orderEntry) });
/** Value of {@link bookLevel}. */
export type BookLevel = MessageOf<typeof bookLevel>;

/** Request of LongBookAll and ShortBookAll. */
export const bookAllRequest = message(`${PACKAGE}.QueryAllLongBookRequest`, {
  pagination: nested(1, pageRequest),
  contractAddr: string(2),
  priceDenom: string(3),
  assetDenom: string(4),
});
/** Value of {@link bookAllRequest}. */
export type BookAllRequest = MessageOf<typeof bookAllRequest>;

/** Answer of LongBookAll; levels ascend by price unless the page is reversed. */
export const longBookAllResponse = message(`${PACKAGE}.QueryAllLongBookResponse`, {
  levels: repeated(1, bookLevel, 'LongBook'),
  pagination: nested(2, pageResponse),
});

/** Answer of ShortBookAll, the same on the wire. */
export const shortBookAllResponse = message(`${PACKAGE}.QueryAllShortBookResponse`, {
  levels: repeated(1, bookLevel, 'ShortBook'),
  pagination: nested(2, pageResponse),
});
/** Value of {@link longBookAllResponse}. */
export type BookAllResponse = MessageOf<typeof longBookAllResponse>;

/** All resting orders of an account. */
export const getOrdersRequest = message(`${PACKAGE}.QueryGetOrdersRequest`, {
  contractAddr: string(1),
  account: string(2),
});
/** The account’s resting orders: longs of all pairs, then shorts. */
export const getOrdersResponse = message(`${PACKAGE}.QueryGetOrdersResponse`, { orders: repeated(1, order) });

/** One resting order. */
export const getOrderRequest = message(`${PACKAGE}.QueryGetOrderByIDRequest`, {
  contractAddr: string(1),
  priceDenom: string(2),
  assetDenom: string(3),
  id: uint64(4),
});
/** The order; one that does not rest is an error of the query. */
export const getOrderResponse = message(`${PACKAGE}.QueryGetOrderByIDResponse`, { order: nested(1, order) });

/** What matching did in a block: the last one, or that of the query's `height`. */
export const getMatchResultRequest = message(`${PACKAGE}.QueryGetMatchResultRequest`, { contractAddr: string(1) });
/** The newest result at or before the height: compare its own `height`. */
export const getMatchResultResponse = message(`${PACKAGE}.QueryGetMatchResultResponse`, {
  result: nested(1, matchResult),
});

/** A registered market and its tick sizes. */
export const pair = message(`${PACKAGE}.Pair`, {
  priceDenom: string(1),
  assetDenom: string(2),
  priceTicksize: decimal(3),
  quantityTicksize: decimal(4),
});
/** Value of {@link pair}. */
export type Pair = MessageOf<typeof pair>;

/** All markets of a contract. */
export const getRegisteredPairsRequest = message(`${PACKAGE}.QueryRegisteredPairsRequest`, { contractAddr: string(1) });
/** The markets, with their tick sizes. */
export const getRegisteredPairsResponse = message(`${PACKAGE}.QueryRegisteredPairsResponse`, {
  pairs: repeated(1, pair),
});

/** The average execution price of a block that had executions; the time is in seconds. */
export const price = message(`${PACKAGE}.Price`, {
  snapshotTimestampInSeconds: uint64(1),
  price: decimal(2),
  pair: nested(3, pair),
});
/** Value of {@link price}. */
export type Price = MessageOf<typeof price>;

/** The price of one second. Note the order: price denom first, contract last. */
export const getPriceRequest = message(`${PACKAGE}.QueryGetPriceRequest`, {
  priceDenom: string(1),
  assetDenom: string(2),
  contractAddr: string(3),
  timestamp: uint64(4),
});
/** The price of that second, if there was one. */
export const getPriceResponse = message(`${PACKAGE}.QueryGetPriceResponse`, {
  price: nested(1, price),
  found: bool(2),
});

/** Request of GetPrices, all kept prices of a pair, and of GetLatestPrice, the last of them. */
export const getPricesRequest = message(`${PACKAGE}.QueryGetPricesRequest`, {
  priceDenom: string(1),
  assetDenom: string(2),
  contractAddr: string(3),
});
/** Answer of GetPrices, oldest first. */
export const getPricesResponse = message(`${PACKAGE}.QueryGetPricesResponse`, { prices: repeated(1, price) });
/** Answer of GetLatestPrice. */
export const getLatestPriceResponse = message(`${PACKAGE}.QueryGetLatestPriceResponse`, { price: nested(1, price) });

/** The time-weighted average price of a pair over the last `lookbackSeconds`. */
export const twap = message(`${PACKAGE}.Twap`, {
  pair: nested(1, pair),
  twap: decimal(2),
  lookbackSeconds: uint64(3),
});
/** Asks for time-weighted prices of all pairs of a contract. */
export const getTwapsRequest = message(`${PACKAGE}.QueryGetTwapsRequest`, {
  contractAddr: string(1),
  lookbackSeconds: uint64(2),
});
/** One average for each pair. */
export const getTwapsResponse = message(`${PACKAGE}.QueryGetTwapsResponse`, { twaps: repeated(1, twap) });

/** Volume and extremes of a pair over the last `lookbackInSeconds`. */
export const getMarketSummaryRequest = message(`${PACKAGE}.QueryGetMarketSummaryRequest`, {
  contractAddr: string(1),
  priceDenom: string(2),
  assetDenom: string(3),
  lookbackInSeconds: uint64(4),
});
/** The module never tracked volume: both totals are always zero. */
export const getMarketSummaryResponse = message(`${PACKAGE}.QueryGetMarketSummaryResponse`, {
  totalVolume: decimal(1),
  totalVolumeNotional: decimal(2),
  highPrice: decimal(3),
  lowPrice: decimal(4),
  lastPrice: decimal(5),
});

/** How many orders rest at one price. */
export const getOrderCountRequest = message(`${PACKAGE}.QueryGetOrderCountRequest`, {
  contractAddr: string(1),
  priceDenom: string(2),
  assetDenom: string(3),
  price: decimal(4),
  positionDirection: enumeration(5, PositionDirection),
});
/** The number of orders, whatever their size. */
export const getOrderCountResponse = message(`${PACKAGE}.QueryGetOrderCountResponse`, { count: uint64(1) });
