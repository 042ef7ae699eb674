import { beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../sei/codec/decimal.ts';
import type { Codec } from '../sei/codec/message.ts';
import * as q from '../sei/codec/query.ts';
import { Chain } from './chain.ts';
import { abciQuery } from './query.ts';

const PAIR = { contractAddr: 'sei1contract', priceDenom: 'USDC', assetDenom: 'BTC' };
let chain: Chain;

function ask<Q, A>(name: string, request: Codec<Q>, response: Codec<A>, fields: Partial<Q>): A {
  const answer = abciQuery(chain, q.queryPath(name), request.encode(fields), 0);
  expect(answer.log).toBe('');
  return response.decode(answer.value);
}

/** One block at a second in which one lot trades at a tick. */
function trade(timeS: number, tick: number): void {
  chain.beginBlock(timeS * 1_000_000);
  for (const side of ['buy', 'sell'] as const)
    chain.place({ account: 'sei1a', market: 0, side, type: 'limit', tick, lots: 1 });
  chain.endBlock();
}

beforeEach(() => {
  chain = new Chain({ chainId: 'c', contractAddress: 'sei1contract' });
  chain.fund(
    'sei1a',
    ['uusdc', 'ubtc'].map((denom) => ({ denom, amount: 10n ** 12n })),
  );
});

describe('prices', () => {
  beforeEach(() => {
    for (const [timeS, tick] of [
      [100, 1_000],
      [110, 1_100],
      [110, 1_200],
      [120, 900],
    ] as const)
      trade(timeS, tick);
  });

  it('are one a second, the last of each', () => {
    const { prices } = ask('GetPrices', q.getPricesRequest, q.getPricesResponse, PAIR);
    expect(prices.map((point) => [point.snapshotTimestampInSeconds, point.price])).toEqual([
      [100n, parseDecimal('100')],
      [110n, parseDecimal('120')],
      [120n, parseDecimal('90')],
    ]);
    expect(prices[0]!.pair).toEqual({
      priceDenom: 'USDC',
      assetDenom: 'BTC',
      priceTicksize: parseDecimal('0.1'),
      quantityTicksize: parseDecimal('0.0001'),
    });
  });

  it('are found by their second and as the latest', () => {
    const at = (timestamp: bigint) => ask('GetPrice', q.getPriceRequest, q.getPriceResponse, { ...PAIR, timestamp });
    expect(at(110n)).toMatchObject({ found: true, price: { price: parseDecimal('120') } });
    expect(at(111n)).toMatchObject({ found: false });
    const latest = ask('GetLatestPrice', q.getPricesRequest, q.getLatestPriceResponse, PAIR);
    expect(latest.price!.price).toBe(parseDecimal('90'));
  });

  it('are weighted by the time they stood, within the window', () => {
    chain.beginBlock(130_000_000);
    chain.endBlock();
    const over = (lookbackSeconds: bigint): bigint =>
      ask('GetTwaps', q.getTwapsRequest, q.getTwapsResponse, { contractAddr: PAIR.contractAddr, lookbackSeconds })
        .twaps[0]!.twap;
    expect(over(5n)).toBe(parseDecimal('90'));
    expect(over(15n)).toBe(parseDecimal('1500') / 15n);
    expect(over(1_000n)).toBe((parseDecimal('100') + parseDecimal('120') + parseDecimal('90')) / 3n);
  });

  it('are summed up without a volume, which the module never tracked', () => {
    const summary = (lookbackInSeconds: bigint) =>
      ask('GetMarketSummary', q.getMarketSummaryRequest, q.getMarketSummaryResponse, { ...PAIR, lookbackInSeconds });
    const [high, low, last] = ['120', '90', '90'].map(parseDecimal);
    expect(summary(15n)).toEqual({
      totalVolume: 0n,
      totalVolumeNotional: 0n,
      highPrice: high,
      lowPrice: low,
      lastPrice: last,
    });
    expect(summary(1n)).toMatchObject({ highPrice: low, lowPrice: low });
  });
});

describe('orders', () => {
  it('are counted by price and side, and found by id', () => {
    chain.beginBlock(1);
    for (const tick of [1_000, 1_000, 1_001]) {
      chain.place({ account: 'sei1a', market: 0, side: 'buy', type: 'limit', tick, lots: 3, data: 'lost' });
    }
    chain.endBlock();
    const count = (price: string, positionDirection: number): bigint =>
      ask('GetOrderCount', q.getOrderCountRequest, q.getOrderCountResponse, {
        ...PAIR,
        price: parseDecimal(price),
        positionDirection,
      }).count;
    expect([count('100', 0), count('100', 1), count('100.1', 0), count('100.05', 0)]).toEqual([2n, 0n, 1n, 0n]);
    const { order } = ask('GetOrder', q.getOrderRequest, q.getOrderResponse, { ...PAIR, id: 2n });
    expect(order).toMatchObject({ id: 2n, price: parseDecimal('100.1'), data: '', account: 'sei1a' });
    const unknown = abciQuery(chain, q.queryPath('GetOrder'), q.getOrderRequest.encode({ ...PAIR, id: 9n }), 0);
    expect(unknown).toMatchObject({ code: 18, codespace: 'sdk' });
  });

  it('of another contract or pair are none', () => {
    const pairs = ask('GetRegisteredPairs', q.getRegisteredPairsRequest, q.getRegisteredPairsResponse, {
      contractAddr: 'sei1x',
    });
    expect(pairs.pairs).toEqual([]);
    const book = ask('LongBookAll', q.bookAllRequest, q.longBookAllResponse, { ...PAIR, assetDenom: 'DOGE' });
    expect(book.levels).toEqual([]);
  });
});

it('bytes that are no request are refused, and a key together with an offset', () => {
  expect(abciQuery(chain, q.queryPath('LongBookAll'), Uint8Array.of(0xff), 0)).toMatchObject({ code: 2 });
  const pagination = q.pageRequest.create({ key: Uint8Array.of(1), offset: 1n });
  const both = q.bookAllRequest.encode({ ...PAIR, pagination });
  expect(abciQuery(chain, q.queryPath('LongBookAll'), both, 0).log).toMatch(/either offset or key/);
});
