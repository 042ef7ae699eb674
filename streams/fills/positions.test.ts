import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BTCUSD_PERP as inverse, BTCUSDC as linear } from '../../test/markets.ts';
import { worthOf } from '../market/money.ts';
import type { Side } from '../market/types.ts';
import { bookExecution, type Execution, exchange, flat, positionOf } from './positions.ts';

const fees = { makerFeeBps: -0.5, takerFeeBps: 4 };

const executions = fc.array(
  fc.record<Execution>({
    side: fc.constantFrom<Side>('buy', 'sell'),
    lots: fc.integer({ min: 1, max: 300 }),
    microTicks: fc.integer({ min: 600_000_000_000, max: 620_000_000_000 }),
    liquidity: fc.constantFrom('maker', 'taker'),
  }),
  { maxLength: 60 },
);

/** An exact fraction; the denominator is above zero. */
type Fraction = readonly [bigint, bigint];
const minus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d - c * b, b * d];
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d];

/** Realised profit by average cost the slow way: the average itself is carried as a fraction, and nothing is ever rounded. */
function averageCost(all: readonly Execution[]): {
  readonly realised: Fraction;
  readonly average: Fraction;
  lots: number;
} {
  let [realised, average, lots]: [Fraction, Fraction, number] = [[0n, 1n], [0n, 1n], 0];
  for (const { side, lots: size, microTicks } of all) {
    const sign = side === 'buy' ? 1 : -1;
    const price: Fraction = [BigInt(microTicks), 1n];
    const closing = Math.sign(lots) === -sign ? Math.min(size, Math.abs(lots)) : 0;
    realised = minus(realised, times(minus(average, price), [BigInt(-sign * closing), 1n]));
    const [held, adding] = [Math.abs(lots) - closing, size - closing];
    if (adding > 0)
      average = times(minus(times(average, [BigInt(held), 1n]), times(price, [BigInt(-adding), 1n])), [
        1n,
        BigInt(held + adding),
      ]);
    lots += sign * size;
  }
  return { realised, average, lots };
}

describe('average cost', () => {
  it('is what a trader would say: half of a long position sold 10 higher, the rest 10 lower and beyond', () => {
    const holding = flat();
    exchange(linear, holding, 'buy', 10, 100_000_000);
    exchange(linear, holding, 'sell', 5, 110_000_000);
    expect(holding).toMatchObject({ lots: 5, realised: 50_000_000n, cost: 500_000_000n });
    exchange(linear, holding, 'sell', 8, 90_000_000);
    expect(holding).toMatchObject({ lots: -3, realised: 0n, cost: -270_000_000n, cash: 270_000_000n });
    expect(positionOf(holding, 'X', { seq: 1, timeUs: 2, causes: [] })).toMatchObject({ kind: 'position', lots: -3 });
  });

  it('never parts from the exact average by more than a quantum for each execution that closes lots', () => {
    fc.assert(
      fc.property(executions, (all) => {
        const holding = flat();
        for (const one of all) bookExecution(linear, fees, holding, one);
        const { realised, lots } = averageCost(all);
        expect(holding.lots).toBe(lots);
        // Remainders stay with the lots that are left, and go with the last of them.
        const apart = minus([holding.realised, 1n], realised);
        const quanta = apart[0] / apart[1];
        const bound = BigInt(all.length);
        expect(quanta <= bound && quanta >= -bound).toBe(true);
      }),
    );
  });

  it('conserves: cash is realised less cost, realised and unrealised is cash and worth, to the quantum, in both kinds of market', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(linear, inverse),
        executions,
        fc.integer({ min: 1e11, max: 1e12 }),
        (market, all, mid) => {
          const holding = flat();
          for (const one of all) {
            bookExecution(market, fees, holding, one);
            expect(holding.cash).toBe(holding.realised - holding.cost);
            if (holding.lots === 0) expect([holding.cost, holding.realised]).toEqual([0n, holding.cash]);
          }
          const worth = worthOf(market, holding.lots, mid);
          const unrealised = worth - holding.cost;
          expect(holding.realised + unrealised).toBe(holding.cash + worth);
          expect(holding.rebates >= 0n && holding.fees + holding.rebates >= 0n).toBe(true);
          expect(holding.fills).toBe(all.length);
        },
      ),
    );
  });
});
