import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../sei/codec/decimal.ts';
import { BookSide } from './book.ts';
import { Chain } from './chain.ts';
import type { CancelOrder, NewOrder } from './dex.ts';
import { devnetMarket, priceScaled } from './market.ts';
import { type MarketOrder, matchLimitOrders, matchMarketOrders } from './matching.ts';

/** Prices of the worked examples are in tenths, so 9.4 is tick 94. */
function side(which: 'buy' | 'sell', ...orders: [tick: number, lots: number][]): BookSide {
  const book = new BookSide(which);
  for (const [orderId, [tick, lots]] of orders.entries()) book.add(tick, { orderId, account: `m${orderId}`, lots });
  return book;
}

function taker(orderId: number, worstTick: number, lots: number): MarketOrder {
  return { orderId, account: `t${orderId}`, worstTick, lots };
}

const TENTHS = devnetMarket(
  {
    symbol: 'X',
    venue: 'sei',
    base: 'X',
    quote: 'Y',
    tickSize: '0.1',
    lotSize: '1',
    contract: 'linear',
    contractSize: '1',
  },
  0,
);

describe('market orders', () => {
  it('of one side all get the volume-weighted price: 4 at market and 3 at 9.4 get 9.78', () => {
    const longs = side('buy', [100, 4], [95, 3], [93, 5]);
    const outcome = matchMarketOrders([taker(10, 94, 3), taker(11, 0, 4)], longs, 'sell');
    const takers = outcome.executions.filter((execution) => execution.type === 'market');
    expect(takers.map(({ orderId, lots }) => [orderId, lots])).toEqual([
      [11, 4],
      [10, 3],
    ]);
    for (const { numerator, denominator } of takers) {
      expect(priceScaled(TENTHS, numerator, denominator)).toBe(parseDecimal('9.785714285714285714'));
    }
    const makers = outcome.executions.filter((execution) => execution.type === 'limit');
    expect(makers.map(({ numerator, denominator, lots }) => [numerator / denominator, lots])).toEqual([
      [100, 4],
      [95, 3],
    ]);
    expect(longs.best()).toMatchObject({ tick: 93, lots: 5 });
  });

  it('stop at their worst price and keep the rest', () => {
    const orders = [taker(1, 101, 9)];
    const outcome = matchMarketOrders(orders, side('sell', [100, 2], [101, 3], [102, 9]), 'buy');
    expect(outcome).toMatchObject({ lots: 5, notional: 503 });
    expect(orders[0]!.lots).toBe(4);
  });

  it('are served without a worst price first, then the most generous, then first come', () => {
    const served = (side_: 'buy' | 'sell', book: BookSide): number[] =>
      matchMarketOrders(
        [taker(1, 105, 1), taker(2, 0, 1), taker(3, 107, 1), taker(4, 107, 1), taker(5, 0, 1)],
        book,
        side_,
      )
        .executions.filter(({ type }) => type === 'market')
        .map(({ orderId }) => orderId);
    expect(served('buy', side('sell', [100, 9]))).toEqual([2, 5, 3, 4, 1]);
    expect(served('sell', side('buy', [110, 9]))).toEqual([2, 5, 1, 3, 4]);
  });
});

describe('crossed limits', () => {
  it('trade at the middle: 10 against 9 at 9.5', () => {
    const { executions } = matchLimitOrders(side('buy', [100, 5]), side('sell', [90, 5]));
    expect(executions).toHaveLength(2);
    for (const { numerator, denominator } of executions)
      expect(priceScaled(TENTHS, numerator, denominator)).toBe(parseDecimal('9.5'));
  });

  it('go level pair by level pair, each at its own middle, first in first out', () => {
    const longs = side('buy', [100, 2], [100, 3], [98, 4]);
    const shorts = side('sell', [90, 4], [96, 2], [99, 7]);
    const { executions } = matchLimitOrders(longs, shorts);
    expect(
      executions.filter((e) => e.side === 'buy').map((e) => [e.orderId, e.lots, e.numerator / e.denominator]),
    ).toEqual([
      [0, 2, 95],
      [1, 2, 95],
      [1, 1, 98],
      [2, 1, 97],
    ]);
    expect([longs.best(), shorts.best()]).toMatchObject([
      { tick: 98, lots: 3 },
      { tick: 99, lots: 7 },
    ]);
  });
});

const ACCOUNTS = ['sei1a', 'sei1b', 'sei1c', 'sei1d'];
const DENOMS = ['uusdc', 'ubtc', 'ueth', 'usei', 'uatom'];

const orderArbitrary = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  market: fc.integer({ min: 0, max: 1 }),
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  type: fc.constantFrom<'limit' | 'limit' | 'market'>('limit', 'limit', 'market'),
  tick: fc.integer({ min: 95, max: 105 }),
  lots: fc.integer({ min: 1, max: 40 }),
  anyPrice: fc.boolean(),
});
const blockArbitrary = fc.record({
  orders: fc.array(orderArbitrary, { maxLength: 12 }),
  cancels: fc.array(fc.nat(60), { maxLength: 4 }),
});

function restingLots(chain: Chain): Map<number, number> {
  const resting = new Map<number, number>();
  for (const { index } of chain.markets) {
    for (const which of ['buy', 'sell'] as const) {
      for (const level of chain.dex.book(index, which).levels) {
        for (const { orderId, lots } of level.allocations) resting.set(orderId, lots);
      }
    }
  }
  return resting;
}

function checkBooks(chain: Chain): void {
  for (const { index } of chain.markets) {
    const bid = chain.dex.book(index, 'buy').best();
    const ask = chain.dex.book(index, 'sell').best();
    if (bid !== undefined && ask !== undefined) expect(bid.tick).toBeLessThan(ask.tick);
    for (const which of ['buy', 'sell'] as const) {
      const { levels } = chain.dex.book(index, which);
      for (const [i, level] of levels.entries()) {
        expect(level.lots).toBe(level.allocations.reduce((sum, { lots }) => sum + lots, 0));
        expect(level.allocations.every(({ lots }) => lots > 0)).toBe(true);
        const ids = level.allocations.map(({ orderId }) => orderId);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        if (i > 0) expect(levels[i - 1]!.tick).toBeLessThan(level.tick);
      }
    }
  }
}

describe('any run of blocks', () => {
  it('conserves every unit and lot, keeps to limits, never leaves a crossed book, and frees all cover in the end', () => {
    fc.assert(
      fc.property(fc.array(blockArbitrary, { minLength: 1, maxLength: 8 }), (blocks) => {
        const chain = new Chain({ chainId: 'c', contractAddress: 'sei1contract' });
        // Little enough that some orders are not covered: 105 ticks × 40 lots cost 42,000 units.
        for (const account of ACCOUNTS) {
          chain.fund(account, [
            { denom: 'uusdc', amount: 60_000n },
            { denom: 'ubtc', amount: 6_000n },
            { denom: 'ueth', amount: 60_000n },
          ]);
        }
        const supply = DENOMS.map((denom) => chain.bank.supply(denom));
        const placed = new Map<number, NewOrder>();
        const gone = new Map<number, number>();
        for (const [height, block] of blocks.entries()) {
          chain.beginBlock((height + 1) * 400_000);
          const before = restingLots(chain);
          for (const pick of block.cancels) {
            const orderId = [...before.keys()][pick % Math.max(1, before.size)];
            const order = orderId === undefined ? undefined : placed.get(orderId);
            if (order === undefined || chain.cancel({ ...order, orderId: orderId! } as CancelOrder) !== 'taken')
              continue;
            gone.set(orderId!, (gone.get(orderId!) ?? 0) + before.get(orderId!)!);
          }
          for (const { anyPrice, ...fields } of block.orders) {
            const order: NewOrder = { ...fields, tick: fields.type === 'market' && anyPrice ? 0 : fields.tick };
            placed.set(chain.place(order), order);
          }
          const match = chain.endBlock().match;
          expect(DENOMS.map((denom) => chain.bank.supply(denom))).toEqual(supply);
          checkBooks(chain);
          const balance = [0, 0];
          for (const settlement of match?.settlements ?? []) {
            const { orderId, lots, market, numerator, denominator } = settlement;
            balance[market]! += settlement.side === 'buy' ? lots : -lots;
            gone.set(orderId, (gone.get(orderId) ?? 0) + lots);
            const { tick } = placed.get(orderId)!;
            const price = numerator / denominator;
            if (settlement.type === 'limit')
              expect(settlement.side === 'buy' ? price <= tick : price >= tick).toBe(true);
          }
          expect(balance).toEqual([0, 0]);
          for (const { orderId, state, type } of match?.orders ?? []) {
            const lots = placed.get(orderId)!.lots;
            if (state === 'failedToPlace') gone.set(orderId, lots);
            else if (type === 'market') gone.set(orderId, Math.max(gone.get(orderId) ?? 0, lots));
          }
          const resting = restingLots(chain);
          for (const [orderId, { lots }] of placed)
            expect((resting.get(orderId) ?? 0) + (gone.get(orderId) ?? 0)).toBe(lots);
        }
        expectCoverFreed(chain, placed);
      }),
      { numRuns: 150 },
    );
  });
});

/** With every order cancelled, each account can again sell all it holds: nothing stays reserved. */
function expectCoverFreed(chain: Chain, placed: Map<number, NewOrder>): void {
  chain.beginBlock(chain.timeUs + 1);
  for (const orderId of restingLots(chain).keys()) {
    const { account, market, side: which, tick } = placed.get(orderId)!;
    expect(chain.cancel({ account, market, side: which, tick, orderId })).toBe('taken');
  }
  chain.endBlock();
  chain.beginBlock(chain.timeUs + 1);
  for (const account of ACCOUNTS) {
    const lots = Number(chain.bank.balance(account, 'ubtc') / 100n);
    if (lots > 0) chain.place({ account, market: 0, side: 'sell', type: 'limit', tick: 200, lots });
    const quote = Number(chain.bank.balance(account, 'uusdc') / 10n);
    if (quote > 0) chain.place({ account, market: 0, side: 'buy', type: 'limit', tick: 1, lots: quote });
  }
  for (const order of chain.endBlock().match?.orders ?? []) expect(order.stateReason).toBe('');
}

describe('clearing', () => {
  it('of a price at any cost may use the fund, and says so, without creating or losing a unit', () => {
    const chain = new Chain({ chainId: 'c', contractAddress: 'sei1contract' });
    chain.fund('sei1maker', [{ denom: 'ubtc', amount: 100_000n }]);
    chain.fund('sei1poor', [{ denom: 'uusdc', amount: 2_000n }]);
    chain.beginBlock(1);
    chain.place({ account: 'sei1maker', market: 0, side: 'sell', type: 'limit', tick: 100, lots: 1 });
    chain.place({ account: 'sei1maker', market: 0, side: 'sell', type: 'limit', tick: 10_000, lots: 1 });
    chain.endBlock();
    const supply = chain.bank.supply('uusdc');
    chain.beginBlock(2);
    chain.place({ account: 'sei1poor', market: 0, side: 'buy', type: 'market', tick: 0, lots: 1 });
    chain.place({ account: 'sei1poor', market: 0, side: 'buy', type: 'market', tick: 0, lots: 1 });
    const match = chain.endBlock().match!;
    expect(match.orders.map((order) => order.state)).toEqual(['fulfilled', 'fulfilled']);
    expect(chain.dex.contract.shortfalls).toBeGreaterThan(0);
    expect(chain.bank.balance('sei1poor', 'uusdc')).toBe(0n);
    expect(chain.bank.balance('sei1maker', 'uusdc')).toBe(101_000n);
    expect(chain.bank.supply('uusdc')).toBe(supply);
  });
});
