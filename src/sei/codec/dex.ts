import {
  bool,
  decimal,
  enumeration,
  int64,
  type MessageOf,
  message,
  packedUint64,
  repeated,
  string,
  uint64,
} from './message.ts';

/**
 * The messages of `seiprotocol.seichain.dex` that transactions carry and blocks result in. Field numbers from
 * sei-chain's `proto/dex/{tx,order,settlement,match_result,enums}.proto`, the same from v3.7 to v5.5.5, the last
 * release whose module takes orders. Property names are the chain's own. Prices and quantities are bigints × 10^18.
 */

const PACKAGE = 'seiprotocol.seichain.dex';

/** Side of an order: LONG buys, SHORT sells. */
export const PositionDirection = { LONG: 0, SHORT: 1 } as const;

/** Kind of an order. The chain accepts LIMIT and MARKET only and fails the rest with code 18. */
export const OrderType = { LIMIT: 0, MARKET: 1, FOKMARKET: 3, FOKMARKETBYVALUE: 4, STOPLOSS: 5, STOPLIMIT: 6 } as const;

/** State of an order in a match result. A filled limit order still shows PLACED: only settlements tell of fills. */
export const OrderStatus = { PLACED: 0, FAILED_TO_PLACE: 1, CANCELLED: 2, FULFILLED: 3 } as const;

/** Who asked for a cancellation. */
export const CancellationInitiator = { USER: 0, LIQUIDATED: 1 } as const;

/** An amount of one denom in its smallest unit, as decimal text (`cosmos.base.v1beta1.Coin`). */
export const coin = message('cosmos.base.v1beta1.Coin', { denom: string(1), amount: string(2) });
/** Value of {@link coin}. */
export type Coin = MessageOf<typeof coin>;

/** An order, as it is sent and as it is shown. The chain sets `id`, `account` and `contractAddr`. */
export const order = message(`${PACKAGE}.Order`, {
  id: uint64(1),
  status: enumeration(2, OrderStatus),
  account: string(3),
  contractAddr: string(4),
  price: decimal(5),
  quantity: decimal(6),
  priceDenom: string(7),
  assetDenom: string(8),
  orderType: enumeration(9, OrderType),
  positionDirection: enumeration(10, PositionDirection),
  data: string(11),
  statusDescription: string(12),
  nominal: decimal(13),
  triggerPrice: decimal(14),
  triggerStatus: bool(15),
});
/** Value of {@link order}. */
export type Order = MessageOf<typeof order>;

/** A request to take a resting order off the book. Price and side must be those of the order. */
export const cancellation = message(`${PACKAGE}.Cancellation`, {
  id: uint64(1),
  initiator: enumeration(2, CancellationInitiator),
  creator: string(3),
  contractAddr: string(4),
  priceDenom: string(5),
  assetDenom: string(6),
  positionDirection: enumeration(7, PositionDirection),
  price: decimal(8),
});
/** Value of {@link cancellation}. */
export type Cancellation = MessageOf<typeof cancellation>;

/** Places orders; `funds` are deposited with the contract in the same block, before matching. */
export const msgPlaceOrders = message(`${PACKAGE}.MsgPlaceOrders`, {
  creator: string(1),
  orders: repeated(2, order),
  contractAddr: string(3),
  funds: repeated(4, coin),
});
/** Value of {@link msgPlaceOrders}. */
export type MsgPlaceOrders = MessageOf<typeof msgPlaceOrders>;

/** The ids given to the placed orders, in their order. */
export const msgPlaceOrdersResponse = message(`${PACKAGE}.MsgPlaceOrdersResponse`, { orderIds: packedUint64(1) });
/** Value of {@link msgPlaceOrdersResponse}. */
export type MsgPlaceOrdersResponse = MessageOf<typeof msgPlaceOrdersResponse>;

/** Cancels resting orders. */
export const msgCancelOrders = message(`${PACKAGE}.MsgCancelOrders`, {
  creator: string(1),
  cancellations: repeated(2, cancellation),
  contractAddr: string(3),
});
/** Value of {@link msgCancelOrders}. */
export type MsgCancelOrders = MessageOf<typeof msgCancelOrders>;

/** Empty: whether a cancel took effect shows in the book only. */
export const msgCancelOrdersResponse = message(`${PACKAGE}.MsgCancelOrdersResponse`, {});
/** Value of {@link msgCancelOrdersResponse}. */
export type MsgCancelOrdersResponse = MessageOf<typeof msgCancelOrdersResponse>;

/**
 * One side of one execution. `executionCostOrProceed` is the price paid or received, `expectedCostOrProceed` the limit
 * (or worst) price; both are prices, not amounts. `positionDirection` is `Long` or `Short`, `orderType` `Limit` or
 * `Market`. `timestamp` is in seconds.
 */
export const settlementEntry = message(`${PACKAGE}.SettlementEntry`, {
  account: string(1),
  priceDenom: string(2),
  assetDenom: string(3),
  quantity: decimal(4),
  executionCostOrProceed: decimal(5),
  expectedCostOrProceed: decimal(6),
  positionDirection: string(7),
  orderType: string(8),
  orderId: uint64(9),
  timestamp: uint64(10),
  height: uint64(11),
});
/** Value of {@link settlementEntry}. */
export type SettlementEntry = MessageOf<typeof settlementEntry>;

/** What one block's matching did for a contract. */
export const matchResult = message(`${PACKAGE}.MatchResult`, {
  height: int64(1),
  contractAddr: string(2),
  orders: repeated(3, order),
  settlements: repeated(4, settlementEntry),
  cancellations: repeated(5, cancellation),
});
/** Value of {@link matchResult}. */
export type MatchResult = MessageOf<typeof matchResult>;
