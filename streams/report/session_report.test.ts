import { describe, expect, it } from 'vitest';
import type { Decision } from '../decisions.ts';
import type { Market, Side, Trade } from '../market/types.ts';
import { CURVE_MOST, SessionReport } from './session_report.ts';

const market: Market = {
  symbol: 'X',
  venue: 'sei',
  base: 'X',
  quote: 'USDC',
  tickSize: '0.01',
  lotSize: '1',
  contract: 'linear',
  contractSize: '1',
};
const base = { seq: 1, causes: [], market: 'X' };

function fair(timeS: number, micropriceTick = 10_000, quality: 'live' | 'stale' = 'live'): Decision {
  const touch = { bidTick: micropriceTick - 10, bidLots: 1, askTick: micropriceTick + 10, askLots: 1 };
  return {
    kind: 'fairValue',
    ...base,
    timeUs: timeS * 1e6,
    quality,
    fairTick: micropriceTick,
    micropriceTick,
    ...touch,
    bids: [],
    asks: [],
    flow: 0,
    sigmaBps: 1,
    usualSigmaBps: 1,
    toxicity: 0,
    arrivals: { perS: 1, kappa: 1, known: false, tradesPerS: 0 },
  };
}

function order(
  clientOrderId: string,
  status: 'placing' | 'resting' | 'filled' | 'cancelled',
  side: Side = 'buy',
  tick = 9_990,
): Decision {
  return {
    kind: 'order',
    ...base,
    timeUs: 0,
    clientOrderId,
    orderId: '1',
    side,
    tick,
    lots: 2,
    remainingLots: 2,
    status,
  };
}

function fill(clientOrderId: string): Decision {
  const price = { lots: 2, microTicks: 9_990e6, liquidity: 'maker', height: 1 } as const;
  return { kind: 'fill', ...base, timeUs: 0, clientOrderId, settlementId: 's', side: 'buy', ...price };
}

const trade = (tick: number): Trade => ({
  kind: 'trade',
  seq: 0,
  timeUs: 0,
  market: 'X',
  tradeId: 1,
  eventUs: 0,
  side: 'sell',
  tick,
  lots: 1,
});

function reportOf(...events: (Decision | Trade)[]) {
  const report = new SessionReport([market]);
  for (const event of events)
    if (event.kind === 'trade') report.traded(event);
    else report.decided(event);
  return report.figures();
}

describe('a session report', () => {
  it('counts as fill rate the filled among those whose price traded while they rested', () => {
    const figures = reportOf(
      order('never touched', 'placing'),
      order('never touched', 'resting'),
      order('never touched', 'cancelled'),
      order('touched', 'placing'),
      trade(9_980), // before it rested: not held against it
      order('touched', 'resting'),
      trade(9_995),
      trade(9_990),
      order('touched', 'cancelled'),
      order('filled', 'placing'),
      order('filled', 'resting'),
      fill('filled'),
      order('filled', 'filled'),
      order('open and touched', 'placing'),
      order('open and touched', 'resting'),
      trade(9_000),
    );
    expect(figures.fillRatePercent).toBeCloseTo(100 / 3, 10);
    expect(figures).toMatchObject({ ordersPlaced: 4, ordersCancelled: 2, ordersFilled: 1, turnoverUsdc: 199.8 });
  });

  it('marks the position at the microprice and takes fees off', () => {
    const position = {
      lots: 2,
      cashQuanta: '-19980000000',
      feesQuanta: '1000000',
      costQuanta: '0',
      realisedQuanta: '0',
      rebatesQuanta: '0',
      turnoverQuanta: '0',
      fills: 1,
    };
    const figures = reportOf({ kind: 'position', ...base, timeUs: 0, ...position }, fair(1, 10_010), fair(2, 10_000));
    expect(figures.pnlUsdc).toBeCloseTo(2 * 100 - 199.8 - 0.01, 10);
    expect(figures.feesUsdc).toBeCloseTo(0.01, 10);
    expect(figures.maxPositionUsdc).toBeCloseTo(200.2, 10);
    expect(figures.maxDrawdownUsdc).toBeCloseTo(0.2, 10);
  });

  it('takes the spreads from live samples only', () => {
    const orders = [
      { side: 'buy', tick: 9_995, lots: 1, resting: true },
      { side: 'sell', tick: 10_005, lots: 1, resting: true },
      { side: 'sell', tick: 10_001, lots: 1, resting: false },
    ] as const;
    const figures = reportOf(
      fair(1),
      { kind: 'working', ...base, timeUs: 0, orders },
      fair(2),
      fair(3, 20_000, 'stale'),
    );
    expect([figures.spreadBps, figures.ourSpreadBps, figures.quotedPercent]).toEqual([20, 10, 50]);
  });

  it('says nothing where there is nothing to say, and keeps its curve bounded', () => {
    expect(reportOf()).toMatchObject({
      fillRatePercent: null,
      sharpe: null,
      spreadBps: null,
      ourSpreadBps: null,
      spanSeconds: 0,
    });
    const long = reportOf(...Array.from({ length: 5_000 }, (_, i) => fair(i)));
    expect(long.equityCurve.length).toBeLessThan(CURVE_MOST);
    expect(long.equityCurve.at(-1)![0]).toBeGreaterThan(4_900);
    expect(long.sharpe).toBe(null);
  });

  it('gives a Sharpe ratio a year with its standard error', () => {
    const bought = {
      lots: 10,
      cashQuanta: '-100000000000',
      feesQuanta: '0',
      costQuanta: '0',
      realisedQuanta: '0',
      rebatesQuanta: '0',
      turnoverQuanta: '0',
      fills: 1,
    };
    // The profit gains 2 and loses 1 in turn: 40 changes of mean 0.5 and standard deviation 1.5.
    let tick = 10_000;
    const steps: Decision[] = [{ kind: 'position', ...base, timeUs: 0, ...bought }];
    for (let i = 0; i <= 40; i += 1) {
      steps.push(fair(i * 10, tick));
      tick += i % 2 === 0 ? 20 : -10;
    }
    const { sharpe, sharpeError } = reportOf(...steps);
    const toYear = Math.sqrt(3_153_600);
    expect(sharpe).toBeCloseTo((0.5 / 1.5) * toYear, 6);
    expect(sharpeError).toBeCloseTo(Math.sqrt((1 + (1 / 3) ** 2 / 2) / 40) * toYear, 6);
  });

  it('counts the orders that the venue refused, and the largest position between two samples', () => {
    const held = {
      kind: 'position',
      ...base,
      timeUs: 0,
      cashQuanta: '0',
      feesQuanta: '0',
      costQuanta: '0',
      realisedQuanta: '0',
      rebatesQuanta: '0',
      turnoverQuanta: '0',
      fills: 1,
    } as const;
    const figures = reportOf(
      order('crossing', 'placing'),
      { ...order('crossing', 'resting'), status: 'refused' } as Decision,
      fair(1),
      { ...held, lots: 4 },
      { ...held, lots: 1 },
      fair(2),
    );
    expect(figures).toMatchObject({ ordersPlaced: 1, ordersRefused: 1, ordersCancelled: 0, maxPositionUsdc: 400 });
  });
});
