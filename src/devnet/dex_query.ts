import { fromHex, toHex } from '@cosmjs/encoding';
import type { Side } from '../../streams/market/types.ts';
import {
  CancellationInitiator,
  cancellation,
  type MatchResult,
  matchResult,
  type Order,
  OrderStatus,
  OrderType,
  order,
  PositionDirection,
  settlementEntry,
} from '../sei/codec/dex.ts';
import * as q from '../sei/codec/query.ts';
import type { Level } from './book.ts';
import type { Chain } from './chain.ts';
import type { BlockOrder, MatchRecord } from './dex.ts';
import { type DevnetMarket, stepsOf } from './market.ts';
import { method, type QueryMethod, QueryRefusal } from './query_method.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

/** The order-book module's queries by name. */
export const DEX_QUERIES: Readonly<Record<string, QueryMethod<unknown, unknown>>> = {
  LongBookAll: method(q.bookAllRequest, q.longBookAllResponse, (chain, r, h) => bookAll(chain, r, h, 'buy'), 'books'),
  ShortBookAll: method(
    q.bookAllRequest,
    q.shortBookAllResponse,
    (chain, r, h) => bookAll(chain, r, h, 'sell'),
    'books',
  ),
  GetOrders: method(q.getOrdersRequest, q.getOrdersResponse, getOrders, 'books'),
  GetOrder: method(q.getOrderRequest, q.getOrderResponse, getOrder, 'books'),
  GetMatchResult: method(q.getMatchResultRequest, q.getMatchResultResponse, getMatchResult, 'matches'),
  GetRegisteredPairs: method(q.getRegisteredPairsRequest, q.getRegisteredPairsResponse, registeredPairs),
  GetOrderCount: method(q.getOrderCountRequest, q.getOrderCountResponse, orderCount, 'books'),
  GetPrice: method(q.getPriceRequest, q.getPriceResponse, getPrice),
  GetPrices: method(q.getPricesRequest, q.getPricesResponse, getPrices),
  GetLatestPrice: method(q.getPricesRequest, q.getLatestPriceResponse, latestPrice),
  GetTwaps: method(q.getTwapsRequest, q.getTwapsResponse, getTwaps),
  GetMarketSummary: method(q.getMarketSummaryRequest, q.getMarketSummaryResponse, marketSummary),
};

function marketOf(
  chain: Chain,
  request: { contractAddr: string; priceDenom: string; assetDenom: string },
): DevnetMarket | undefined {
  return request.contractAddr === chain.contractAddress
    ? chain.marketOf(request.priceDenom, request.assetDenom)
    : undefined;
}

function bookAll(chain: Chain, request: q.BookAllRequest, height: number, side: Side): Partial<q.BookAllResponse> {
  const market = marketOf(chain, request);
  const all = market === undefined ? [] : chain.dex.levelsAt(height, market.index, side);
  const page = request.pagination ?? q.pageRequest.create();
  if (page.key.length > 0 && page.offset > 0n) {
    throw new QueryRefusal('InvalidArgument', 'paginate: invalid request, either offset or key is expected, got both');
  }
  const ordered = page.reverse ? [...all].reverse() : all;
  const start =
    page.key.length > 0
      ? startOf(ordered, page)
      : Number(page.offset > BigInt(all.length) ? BigInt(all.length) : page.offset);
  const limit =
    page.limit === 0n ? PAGE_DEFAULT : Number(page.limit > BigInt(PAGE_MAX) ? BigInt(PAGE_MAX) : page.limit);
  const next = ordered[start + limit];
  const counted = page.countTotal || (page.limit === 0n && page.key.length === 0);
  return {
    levels: ordered.slice(start, start + limit).map((level) => bookLevel(market!, level)),
    pagination: {
      nextKey: next === undefined ? new Uint8Array(0) : fromHex(next.tick.toString(16).padStart(16, '0')),
      total: counted ? BigInt(all.length) : 0n,
    },
  };
}

/** Where the page after a key starts: at the first level not before it, so that a level gone since skips nothing. */
function startOf(ordered: readonly Level[], page: q.PageRequest): number {
  const tick = Number.parseInt(toHex(page.key), 16);
  const index = ordered.findIndex((level) => (page.reverse ? level.tick <= tick : level.tick >= tick));
  return index < 0 ? ordered.length : index;
}

function bookLevel(market: DevnetMarket, level: Level): q.BookLevel {
  const price = BigInt(level.tick) * market.tickScaled;
  return {
    price,
    entry: {
      price,
      quantity: BigInt(level.lots) * market.lotScaled,
      allocations: level.allocations.map(({ orderId, account: holder, lots }) => ({
        orderId: BigInt(orderId),
        quantity: BigInt(lots) * market.lotScaled,
        account: holder,
      })),
      priceDenom: market.quote,
      assetDenom: market.base,
    },
  };
}

/** Resting orders in the chain's order: longs of all markets, then shorts. What an order carried as data is lost. */
function* restingOrders(chain: Chain, height: number): Generator<Order> {
  for (const side of ['buy', 'sell'] as const) {
    for (const market of chain.markets) {
      for (const level of chain.dex.levelsAt(height, market.index, side)) {
        for (const { orderId, account: holder, lots } of level.allocations) {
          yield order.create({
            id: BigInt(orderId),
            account: holder,
            contractAddr: chain.contractAddress,
            price: BigInt(level.tick) * market.tickScaled,
            quantity: BigInt(lots) * market.lotScaled,
            priceDenom: market.quote,
            assetDenom: market.base,
            positionDirection: side === 'buy' ? PositionDirection.LONG : PositionDirection.SHORT,
          });
        }
      }
    }
  }
}

function getOrders(
  chain: Chain,
  request: { contractAddr: string; account: string },
  height: number,
): { orders: Order[] } {
  if (request.contractAddr !== chain.contractAddress) return { orders: [] };
  return { orders: [...restingOrders(chain, height)].filter((resting) => resting.account === request.account) };
}

function getOrder(chain: Chain, request: { contractAddr: string; id: bigint }, height: number): { order: Order } {
  if (request.contractAddr === chain.contractAddress) {
    for (const resting of restingOrders(chain, height)) if (resting.id === request.id) return { order: resting };
  }
  throw new QueryRefusal('Unknown', 'invalid order id');
}

function getMatchResult(chain: Chain, request: { contractAddr: string }, height: number): { result: MatchResult } {
  const record = request.contractAddr === chain.contractAddress ? chain.dex.matchAt(height) : undefined;
  return { result: record === undefined ? matchResult.create() : matchResultOf(chain, record) };
}

const STATUS = {
  placed: OrderStatus.PLACED,
  failedToPlace: OrderStatus.FAILED_TO_PLACE,
  fulfilled: OrderStatus.FULFILLED,
} as const;

/** A block's matching as the chain stores it. */
export function matchResultOf(chain: Chain, record: MatchRecord): MatchResult {
  const orders = [...record.orders].sort((a, b) => a.market - b.market).map((placed) => blockOrder(chain, placed));
  return {
    height: BigInt(record.height),
    contractAddr: chain.contractAddress,
    orders,
    settlements: record.settlements.map((entry) => {
      const market = chain.markets[entry.market]!;
      return settlementEntry.create({
        account: entry.account,
        priceDenom: market.quote,
        assetDenom: market.base,
        quantity: BigInt(entry.lots) * market.lotScaled,
        executionCostOrProceed: entry.priceScaled,
        expectedCostOrProceed: BigInt(entry.expectedTick) * market.tickScaled,
        positionDirection: entry.side === 'buy' ? 'Long' : 'Short',
        orderType: entry.type === 'limit' ? 'Limit' : 'Market',
        orderId: BigInt(entry.orderId),
        timestamp: BigInt(Math.floor(record.timeUs / 1_000_000)),
        height: BigInt(record.height),
      });
    }),
    cancellations: record.cancelledIds.map((id) =>
      cancellation.create({ id: BigInt(id), initiator: CancellationInitiator.USER }),
    ),
  };
}

function blockOrder(chain: Chain, placed: BlockOrder): Order {
  const market = chain.markets[placed.market]!;
  return order.create({
    id: BigInt(placed.orderId),
    status: STATUS[placed.state],
    account: placed.account,
    contractAddr: chain.contractAddress,
    price: BigInt(placed.tick) * market.tickScaled,
    quantity: BigInt(placed.lots) * market.lotScaled,
    priceDenom: market.quote,
    assetDenom: market.base,
    orderType: placed.type === 'market' ? OrderType.MARKET : OrderType.LIMIT,
    positionDirection: placed.side === 'buy' ? PositionDirection.LONG : PositionDirection.SHORT,
    data: placed.data ?? '',
    statusDescription: placed.stateReason,
  });
}

function pairOf(market: DevnetMarket): q.Pair {
  return {
    priceDenom: market.quote,
    assetDenom: market.base,
    priceTicksize: market.tickScaled,
    quantityTicksize: market.lotScaled,
  };
}

function registeredPairs(chain: Chain, request: { contractAddr: string }): { pairs: q.Pair[] } {
  return { pairs: request.contractAddr === chain.contractAddress ? chain.markets.map(pairOf) : [] };
}

function orderCount(
  chain: Chain,
  request: { contractAddr: string; priceDenom: string; assetDenom: string; price: bigint; positionDirection: number },
  height: number,
): { count: bigint } {
  const market = marketOf(chain, request);
  const tick = market === undefined ? null : stepsOf(request.price, market.tickScaled);
  if (market === undefined || tick === null) return { count: 0n };
  const side = request.positionDirection === PositionDirection.LONG ? 'buy' : 'sell';
  const level = chain.dex.levelsAt(height, market.index, side).find((candidate) => candidate.tick === tick);
  return { count: BigInt(level?.allocations.length ?? 0) };
}

type PairRequest = { contractAddr: string; priceDenom: string; assetDenom: string };

function pricesOf(chain: Chain, request: PairRequest): q.Price[] {
  const market = marketOf(chain, request);
  if (market === undefined) return [];
  return chain.dex.prices(market.index).map(({ timeS, priceScaled }) => ({
    snapshotTimestampInSeconds: BigInt(timeS),
    price: priceScaled,
    pair: pairOf(market),
  }));
}

function getPrices(chain: Chain, request: PairRequest): { prices: q.Price[] } {
  return { prices: pricesOf(chain, request) };
}

function latestPrice(chain: Chain, request: PairRequest): { price: q.Price } {
  return { price: pricesOf(chain, request).at(-1) ?? q.price.create() };
}

function getPrice(chain: Chain, request: PairRequest & { timestamp: bigint }): { price: q.Price; found: boolean } {
  const found = pricesOf(chain, request).find((point) => point.snapshotTimestampInSeconds === request.timestamp);
  return { price: found ?? q.price.create(), found: found !== undefined };
}

function getTwaps(
  chain: Chain,
  request: { contractAddr: string; lookbackSeconds: bigint },
): { twaps: ReturnType<typeof q.twap.create>[] } {
  if (request.contractAddr !== chain.contractAddress) return { twaps: [] };
  const nowS = BigInt(Math.floor(chain.timeUs / 1_000_000));
  return {
    twaps: chain.markets.map((market) => ({
      pair: pairOf(market),
      twap: timeWeighted(chain, market, nowS, request.lookbackSeconds),
      lookbackSeconds: request.lookbackSeconds,
    })),
  };
}

/**
 * Each price counts from its second to the next one's, the newest to now, the oldest cut at the start of the window.
 */
function timeWeighted(chain: Chain, market: DevnetMarket, nowS: bigint, lookbackS: bigint): bigint {
  let sum = 0n;
  let untilS = nowS;
  for (const { timeS, priceScaled } of [...chain.dex.prices(market.index)].reverse()) {
    const fromS = nowS - BigInt(timeS) > lookbackS ? nowS - lookbackS : BigInt(timeS);
    sum += priceScaled * (untilS - fromS);
    untilS = fromS;
    if (fromS !== BigInt(timeS)) break;
  }
  return nowS === untilS ? 0n : sum / (nowS - untilS);
}

function marketSummary(chain: Chain, request: PairRequest & { lookbackInSeconds: bigint }): Record<string, bigint> {
  const cutoffS = BigInt(Math.floor(chain.timeUs / 1_000_000)) - request.lookbackInSeconds;
  const prices = pricesOf(chain, request).filter((point) => point.snapshotTimestampInSeconds >= cutoffS);
  if (prices.length === 0) return {};
  const ascending = prices.map((point) => point.price).sort((a, b) => Number(a - b));
  return {
    highPrice: ascending.at(-1)!,
    lowPrice: ascending[0]!,
    lastPrice: prices.at(-1)!.price,
  };
}
