import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Levels, Market } from '../market/types.ts';
import { diffSide } from '../orders/diff.ts';
import type { LiveOrder } from '../orders/types.ts';
import { coveredLots, type Look, type MarketCover } from './cover.ts';

/** One lot is 0.01 coins; at tick 10,000 a coin costs 100 USDC, so a lot 1 USDC: a million units of the quote denom. */
const spot = (base: string): Market => ({
  ...{ symbol: `${base}USDC`, venue: 'sei', base, quote: 'USDC', tickSize: '0.01', lotSize: '0.01' },
  ...{ contract: 'linear', contractSize: '1' },
});
const UNITS_A_LOT = { quote: 1_000_000, base: 10_000 };

const cover = (base: string, over: Partial<MarketCover> = {}): MarketCover => ({
  ...{ market: spot(base), positionLots: 0, cashUnits: 0, live: [], bids: [], asks: [] },
  ...over,
});
const look = (usdc: number, units: Record<string, number> = {}): Look => ({
  units: { uusdc: usdc * 1e6, ...units },
  held: {},
});
const live = (side: 'buy' | 'sell', tick: number, lots: number, resting = true): LiveOrder => ({
  side,
  tick,
  lots,
  resting,
});
const WISH: Levels = [10_000, 5];

describe('what the balance covers', () => {
  it('is everything while no balance is known, and nothing of a denom that the account has not', () => {
    expect(coveredLots(null, cover('BTC'), 'buy', WISH, [])).toBe(Number.POSITIVE_INFINITY);
    expect(coveredLots(look(10), cover('BTC'), 'sell', WISH, [])).toBe(0);
  });

  it('is what the balance buys at the best wished price, or has to sell', () => {
    expect(coveredLots(look(10.9), cover('BTC'), 'buy', WISH, [])).toBe(10);
    expect(coveredLots(look(10.9), cover('BTC'), 'buy', [20_000, 1], [])).toBe(5);
    expect(coveredLots(look(0, { ubtc: 39_999 }), cover('BTC'), 'sell', WISH, [])).toBe(3);
  });

  it('leaves out what stays of our orders, and not what the same transaction cancels', () => {
    const mine = cover('BTC', { live: [live('buy', 10_000, 4), live('buy', 9_000, 3), live('sell', 11_000, 2)] });
    expect(coveredLots(look(10), mine, 'buy', WISH, [])).toBe(6);
    const onTheWay = cover('BTC', { live: [live('buy', 9_000, 3, false)] });
    expect(coveredLots(look(10), onTheWay, 'buy', WISH, [])).toBe(7);
  });

  it('leaves out what the orders and wishes of the other markets need of the same denom', () => {
    const other = cover('ETH', {
      live: [live('buy', 10_000, 2), live('sell', 10_000, 9)],
      bids: [10_000, 3],
      asks: [10_100, 9],
    });
    expect(coveredLots(look(10), cover('BTC'), 'buy', WISH, [other])).toBe(7);
    expect(coveredLots(look(0, { ubtc: 50_000 }), cover('BTC'), 'sell', WISH, [other])).toBe(5);
  });

  it('follows the executions since the look', () => {
    const then = { ...look(10, { ubtc: 20_000 }), held: { BTCUSDC: { lots: 1, cashUnits: -1e6 } } };
    const now = cover('BTC', { positionLots: 4, cashUnits: -4e6 });
    expect(coveredLots(then, now, 'buy', WISH, [])).toBe(7);
    expect(coveredLots(then, now, 'sell', WISH, [])).toBe(5);
  });

  it('keeps some of what gas is paid in', () => {
    expect(coveredLots(look(0, { usei: 5_500_000 + 29_999 }), cover('SEI'), 'sell', WISH, [])).toBe(2);
    expect(coveredLots(look(0, { usei: 100 }), cover('SEI'), 'sell', WISH, [])).toBeLessThan(0);
  });

  it('is never more than the account has, whatever is placed up to it', () => {
    const order = fc.record({ tick: fc.constantFrom(9_900, 10_000), lots: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(
        fc.array(order, { maxLength: 4 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (orders, usdc, wished) => {
          const resting = orders.map(({ tick, lots }) => live('buy', tick, lots));
          const mine = cover('BTC', { live: resting });
          const covered = coveredLots(look(usdc), mine, 'buy', [10_000, wished], []);
          const working = orders.map((one, i) => ({
            ...{ ...one, side: 'buy' as const, remainingLots: one.lots, status: 'resting' as const },
            ...{ clientOrderId: String(i), orderId: '', market: 'BTCUSDC', causeSeq: 0, missing: 0, unwanted: false },
          }));
          const { cancels, places } = diffSide([10_000, wished], 'buy', working);
          const stays = working.filter((one) => !cancels.includes(one));
          const placed = places[1] ?? 0;
          if (placed > covered) return;
          const needed =
            stays.reduce((sum, one) => sum + one.lots * one.tick, placed * 10_000) * (UNITS_A_LOT.quote / 10_000);
          expect(needed).toBeLessThanOrEqual(usdc * 1e6);
        },
      ),
    );
  });
});
