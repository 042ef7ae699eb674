import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BTCUSD_PERP as inverse, BTCUSDC as linear } from '../../test/markets.ts';
import { cashOf, equityInQuote, feeOf, inQuote, lotValueQuote, turnoverOf } from './money.ts';
import type { Side } from './types.ts';

const fills = fc.array(
  fc.record({
    side: fc.constantFrom<Side>('buy', 'sell'),
    lots: fc.integer({ min: 1, max: 100_000 }),
    microTicks: fc.integer({ min: 500_000_000_000, max: 700_000_000_000 }),
  }),
  { maxLength: 50 },
);

describe('money', () => {
  it('of a linear market is exact: cash is the sum of price times size, to the quantum', () => {
    fc.assert(
      fc.property(fills, (all) => {
        const cash = all.reduce((sum, { side, lots, microTicks }) => sum + cashOf(linear, side, lots, microTicks), 0n);
        let expected = 0n;
        for (const { side, lots, microTicks } of all)
          expected += BigInt(lots) * BigInt(microTicks) * (side === 'buy' ? -1n : 1n);
        expect(cash).toBe(expected);
      }),
    );
  });

  it('comes to nothing when all is bought and sold again at one price, in both kinds of market', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(linear, inverse),
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1e11, max: 1e12 }),
        (market, lots, price) => {
          expect(cashOf(market, 'buy', lots, price) + cashOf(market, 'sell', lots, price)).toBe(0n);
        },
      ),
    );
  });

  it('of a position is what a trader would say: 1 BTC bought at 61,800 and worth 61,900 has made 100', () => {
    const cash = cashOf(linear, 'buy', 10_000, 618_000_000_000);
    expect(inQuote(linear, cash, 0)).toBeCloseTo(-61_800, 6);
    expect(equityInQuote(linear, cash, 0n, 10_000, 619_000)).toBeCloseTo(100, 6);
    // 10 contracts of 100 USD bought at 50,000 are worth 1,000 · (1/50,000 − 1/60,000) BTC more at 60,000.
    const coins = cashOf(inverse, 'buy', 10, 500_000_000_000);
    expect(equityInQuote(inverse, coins, 0n, 10, 600_000)).toBeCloseTo(1_000 * (1 / 50_000 - 1 / 60_000) * 60_000, 4);
    expect([lotValueQuote(linear, 618_000), lotValueQuote(inverse, 618_000)]).toEqual([expect.closeTo(6.18, 10), 100]);
  });

  it('takes fees against us: rounded up when paid, never more than due when received', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 18n }),
        fc.integer({ min: -500, max: 2_000 }),
        (turnover, hundredthsOfBps) => {
          const fee = feeOf(turnover, hundredthsOfBps / 100);
          const exactTimesMillion = turnover * BigInt(hundredthsOfBps);
          expect(fee * 1_000_000n >= exactTimesMillion).toBe(true);
          expect((fee - 1n) * 1_000_000n < exactTimesMillion).toBe(true);
        },
      ),
    );
    expect(feeOf(turnoverOf(linear, 10_000, 618_000_000_000), 5)).toBe(3_090_000_000_000n);
  });
});
