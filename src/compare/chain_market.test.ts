import { describe, expect, it } from 'vitest';
import { accountOf } from '../../test/pipeline_world.ts';
import { seededRandom } from '../runtime/random.ts';
import { ChainMarket } from './chain_market.ts';
import { compare, runSeed } from './comparison.ts';
import { naive } from './naive.ts';

const random = seededRandom(3);
let price = 1;
/** A random walk of a minute. */
const path = {
  stepUs: 100_000,
  relative: Float64Array.from({ length: 600 }, () => {
    price *= 1 + (random() - 0.5) * 1e-4;
    return price;
  }),
};

const account = accountOf('BTCUSDC');
const settings = {
  ...account,
  markets: account.markets.map((one) => ({
    ...one,
    market: { ...one.market, base: 'BTC', tickSize: '0.1', lotSize: '0.0001' },
    sampling: { ...one.sampling, staleAfterMs: 3_000 },
  })),
};

const gas = { basePriceUsei: 0.1, urgency: 'normal' } as const;

describe('a maker in a simulated market', () => {
  it('has in the watch’s figures exactly what the chain’s bank moved, up to the rounding of each fill', () => {
    const market = new ChainMarket({ makers: [settings, naive(settings, 5)], seed: 11, paths: [path], gas });
    const before = market.makers.map((_, i) => market.chain.bank.balance(`sei1maker${i}`, 'uusdc'));
    const baseBefore = market.chain.bank.balance('sei1maker0', 'ubtc');
    market.run(300);
    market.makers.forEach((maker, i) => {
      const watch = maker.watches.get('BTCUSDC')!;
      const { fills, gasUsdc } = watch.figures;
      expect(fills).toBeGreaterThan(20);
      // 0.12 × (150,000 + 60,000) + 5,500 usei at 0.29 USDC is the cheapest transaction that places.
      expect(gasUsdc).toBeGreaterThan((watch.figures.ordersPlaced * 30_700 * 0.29e-6) / 4);
      const moved = Number(market.chain.bank.balance(`sei1maker${i}`, 'uusdc') - before[i]!) / 1e6;
      expect(Math.abs(watch.holding.cashUsdc - moved)).toBeLessThanOrEqual((fills + 1) * 1e-6);
    });
    const lots = Number(market.chain.bank.balance('sei1maker0', 'ubtc') - baseBefore) / 100;
    expect(market.makers[0]!.watches.get('BTCUSDC')!.holding.lots).toBe(lots);
  });

  it('counts each order once, filled only where its price traded', () => {
    const market = new ChainMarket({ makers: [settings], seed: 5, paths: [path], gas });
    market.run(600);
    const figures = market.makers[0]!.watches.get('BTCUSDC')!.figures;
    expect(figures.ordersFilled).toBeGreaterThan(10);
    expect(figures.ordersFilled).toBeLessThanOrEqual(figures.ordersReached);
    expect(figures.ordersReached).toBeLessThanOrEqual(figures.ordersPlaced);
    expect(figures.quotedShare).toBeGreaterThan(0.5);
    expect(figures.profitByMinuteUsdc).toHaveLength(9);
  });

  it('is the same for the same seed, and another for another', async () => {
    const options = { ours: settings, baseline: naive(settings, 5), paths: [path], gas, hours: 0.02 };
    const [second, third] = [await runSeed(options, 2), await runSeed(options, 3)];
    expect(await runSeed(options, 2)).toEqual(second);
    expect({ ...third, seed: 2 }).not.toEqual(second);
    const comparison = compare([second, third]);
    expect(comparison.touchImprovementPercent.low).toBeLessThanOrEqual(comparison.touchImprovementPercent.high);
    expect(comparison.alone.map(({ key }) => key)).toEqual(comparison.together.map(({ key }) => key));
  });
});
