import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Market } from '../../../streams/market/types.ts';
import { DECIMAL_ONE, parseDecimal } from '../codec/decimal.ts';
import { matchResult, OrderStatus, order, type SettlementEntry, settlementEntry } from '../codec/dex.ts';
import { matchOf } from '../rpc/match.ts';
import { executionsOf } from './executions.ts';

const market: Market = {
  symbol: 'BTCUSDC',
  venue: 'sei',
  base: 'ubtc',
  quote: 'uusdc',
  tickSize: '0.1',
  lotSize: '0.001',
  contract: 'linear',
  contractSize: '1',
};
const ME = 'sei1me';

type Brief = readonly [
  who: string,
  side: 'Long' | 'Short',
  type: 'Limit' | 'Market',
  id: number,
  lots: number,
  price: string,
];

function entry([account, positionDirection, orderType, id, lots, price]: Brief): SettlementEntry {
  return settlementEntry.create({
    account,
    positionDirection,
    orderType,
    orderId: BigInt(id),
    quantity: (BigInt(lots) * DECIMAL_ONE) / 1_000n,
    executionCostOrProceed: parseDecimal(price),
    assetDenom: market.base,
    priceDenom: market.quote,
  });
}

function read(...entries: Brief[]) {
  return executionsOf(matchOf(matchResult.create({ height: 7n, settlements: entries.map(entry) }), [market]), ME);
}

describe('executions of a block', () => {
  it('tells a market order that took from two makers as two trades at the makers’ prices', () => {
    // The page's example: 4 at market and 3 at 9.4 take from makers; all takers get one volume-weighted price.
    const { trades, settlements } = read(
      ['a', 'Short', 'Limit', 1, 3, '9.4'],
      [ME, 'Short', 'Limit', 2, 4, '10'],
      ['c', 'Long', 'Market', 3, 7, '9.742857142857142857'],
    );
    expect(trades.map(({ side, tick, lots }) => [side, tick, lots])).toEqual([
      ['buy', 94, 3],
      ['buy', 100, 4],
    ]);
    expect(settlements).toMatchObject([
      { orderId: '2', side: 'sell', lots: 4, microTicks: 100_000_000, liquidity: 'maker', settlementId: '7/1/2' },
    ]);
  });

  it('takes the newer of two crossing limits for the aggressor, and settles between ticks exactly', () => {
    const { trades, settlements } = read([ME, 'Long', 'Limit', 5, 2, '9.55'], ['b', 'Short', 'Limit', 4, 2, '9.55']);
    expect(trades).toMatchObject([{ side: 'buy', lots: 2, tick: 96 }]);
    expect(settlements[0]).toMatchObject({ microTicks: 95_500_000, side: 'buy' });
  });

  it('rounds a volume-weighted price to the nearest millionth of a tick', () => {
    expect(read([ME, 'Long', 'Market', 3, 7, '9.742857142857142857']).settlements[0]!.microTicks).toBe(97_428_571);
  });

  it('loses no volume, whoever trades with whom', () => {
    const side = fc.array(fc.record({ lots: fc.integer({ min: 1, max: 50 }), market: fc.boolean() }), { maxLength: 8 });
    fc.assert(
      fc.property(side, side, (longs, shorts) => {
        const total = (all: readonly { lots: number }[]): number => all.reduce((sum, { lots }) => sum + lots, 0);
        const brief =
          (direction: 'Long' | 'Short', from: number) => (one: { lots: number; market: boolean }, i: number) =>
            ['x', direction, one.market ? 'Market' : 'Limit', from + i, one.lots, '10'] as const;
        const { trades, untold } = read(...longs.map(brief('Long', 0)), ...shorts.map(brief('Short', 100)));
        expect(total(trades)).toBe(Math.min(total(longs), total(shorts)));
        expect(untold.length).toBe(total(longs) === total(shorts) ? 0 : 1);
        expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(trades.length);
      }),
    );
  });

  it('refuses what cannot be true, naming it', () => {
    expect(() => read(['a', 'Long', 'Limit', 1, 0, '10'])).toThrow('quantity 0e-18: expected a positive multiple');
    expect(() => read(['a', 'Long', 'Limit', 1, 1, '-10'])).toThrow('expected a positive price');
    const sideways = settlementEntry.create({ ...entry(['a', 'Long', 'Limit', 1, 1, '10']), positionDirection: 'Up' });
    const match = matchResult.create({ height: 7n, settlements: [sideways] });
    expect(() => executionsOf(matchOf(match, [market]), ME)).toThrow("direction 'Up': expected Long or Short");
  });

  it('says when a fill of ours is in a market that is not configured', () => {
    const foreign = settlementEntry.create({ ...entry([ME, 'Long', 'Limit', 1, 1, '10']), assetDenom: 'udoge' });
    const { untold, settlements } = executionsOf(matchOf(matchResult.create({ settlements: [foreign] }), [market]), ME);
    expect(settlements).toEqual([]);
    expect(untold).toEqual(['settlement of order 1 in udoge/uusdc, which is not configured']);
  });

  it('names the orders of ours that the contract refused', () => {
    const refused = { status: OrderStatus.FAILED_TO_PLACE, statusDescription: 'not covered' };
    const orders = [
      order.create({ id: 1n, account: ME, ...refused }),
      order.create({ id: 2n, account: 'sei1you', ...refused }),
      order.create({ id: 3n, account: ME }),
    ];
    expect([...executionsOf(matchOf(matchResult.create({ orders }), [market]), ME).refused]).toEqual([
      ['1', 'not covered'],
    ]);
  });
});
