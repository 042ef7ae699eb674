import { describe, expect, it } from 'vitest';
import { equityOf, positionOf } from '../../test/money_events.ts';
import type { Decision } from '../decisions.ts';
import type { MarketProfit } from '../fills/types.ts';
import type { Market, Side, Trade } from '../market/types.ts';
import { CURVE_MOST } from './curve.ts';
import { SessionReport } from './session_report.ts';

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
    lastTradeTick: -1,
    lastTradeUs: -1,
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

function fill(clientOrderId: string, timeS = 0): Decision {
  const price = { lots: 2, microTicks: 9_990e6, liquidity: 'maker', height: 1 } as const;
  return { kind: 'fill', ...base, timeUs: timeS * 1e6, clientOrderId, settlementId: 's', side: 'buy', ...price };
}

/** What the money stage says: profit of the session, and where it comes from in the one market. */
function equity(
  timeS: number,
  sessionPnlUsdc: number,
  change: Partial<MarketProfit> & { gasUsdc?: number } = {},
): Decision {
  const { gasUsdc = 0, ...profit } = change;
  const gas = { gasUsdc, sessionGasUsdc: gasUsdc, sessionGasUsei: String(gasUsdc * 2e6) };
  const market = { profitUsdc: sessionPnlUsdc + gasUsdc, capturedUsdc: 0, inventoryUsdc: 0, feesUsdc: 0, ...profit };
  return equityOf({ timeUs: timeS * 1e6, sessionPnlUsdc, ...gas, markets: { X: market } });
}

const held = (lots: number): Decision => positionOf('X', lots);

function markout(horizonMs: number, profitQuanta: number, edgeQuanta: number, lots: number): Decision {
  const fill = { settlementId: 's', side: 'buy', lots, microTicks: 10_000e6, midMicroTicks: 10_000e6 } as const;
  const turnoverQuanta = String(lots * 10_000e6);
  const quanta = { turnoverQuanta, edgeQuanta: String(edgeQuanta), profitQuanta: String(profitQuanta) };
  return { kind: 'markout', ...base, timeUs: 0, ...fill, horizonMs, ...quanta };
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

  it('takes profit, its sources and gas from the money stage, and the largest position at the mid', () => {
    const figures = reportOf(
      fair(0),
      equity(0, 0),
      held(2),
      fair(1, 10_010),
      equity(1, 0.39, { capturedUsdc: 0.2, inventoryUsdc: 0.2, feesUsdc: 0.01 }),
      fair(2, 10_000),
      equity(2, 0.14, { capturedUsdc: 0.2, inventoryUsdc: 0, feesUsdc: 0.01, gasUsdc: 0.05 }),
    );
    expect(figures.pnlUsdc).toBeCloseTo(0.14, 10);
    expect(figures.markets.X!.pnlUsdc).toBeCloseTo(0.19, 10);
    expect([figures.capturedUsdc, figures.inventoryUsdc, figures.feesUsdc, figures.gasUsdc]).toEqual([
      0.2, 0, 0.01, 0.05,
    ]);
    expect(figures.gasSei).toBeCloseTo(0.1, 10);
    expect(figures.maxPositionUsdc).toBeCloseTo(200.2, 10);
    expect(figures.maxDrawdownUsdc).toBeCloseTo(0.25, 10);
  });

  it('covers a part of a session, or several of them, each with a profit that begins at zero', () => {
    const report = new SessionReport([market]);
    for (const one of [fair(0), order('old', 'placing'), fill('old'), equity(1, 5, { gasUsdc: 1 })])
      report.decided(one);
    report.restart();
    expect(report.figures()).toMatchObject({ pnlUsdc: 0, gasUsdc: 0, fills: 0, ordersPlaced: 0, turnoverUsdc: 0 });
    for (const one of [fair(2), fill('old', 3), equity(3, 7, { gasUsdc: 1.5 })]) report.decided(one);
    report.nextSession();
    for (const one of [fair(9), fill('new', 9.5), equity(10, -4, { gasUsdc: 0.25 })]) report.decided(one);
    expect(report.figures()).toMatchObject({
      pnlUsdc: -2,
      gasUsdc: 0.75,
      fills: 2,
      spanSeconds: 7,
      maxDrawdownUsdc: 4,
    });
    expect(report.charts()).toMatchObject({
      startUs: 2e6,
      markets: {
        X: {
          mid: [
            [0, 100],
            [7, 100],
          ],
          fills: [
            [1, 'buy', 99.9, 2],
            [7.5, 'buy', 99.9, 2],
          ],
          fillStride: 1,
        },
      },
    });
  });

  it('weighs markouts by size, and says how sure they are', () => {
    const { markouts, markets } = reportOf(
      // 1 lot that gains 10 ticks and keeps 4, 3 lots that gain 2 ticks each and lose 2.
      markout(0, 10e6, 10e6, 1),
      markout(0, 6e6, 6e6, 3),
      markout(1_000, 4e6, 10e6, 1),
      markout(1_000, -6e6, 6e6, 3),
      markout(5_000, 1e6, 1e6, 1),
    );
    expect(markets.X!.markouts).toEqual(markouts);
    expect(markouts[0]).toMatchObject({ horizonMs: 0, fills: 2, turnoverUsdc: 400, meanBps: 4, adverseBps: 0 });
    expect(markouts[1]!.meanBps).toBeCloseTo(-0.5, 10);
    expect(markouts[1]!.adverseBps).toBeCloseTo(4.5, 10);
    // Deviations from the mean, size times bps: 1 · 4.5 and 3 · −1.5; √(2 · 2 · 4.5²) / 4.
    expect(markouts[1]!.errorBps).toBeCloseTo(Math.sqrt(2 * 2 * 4.5 ** 2) / 4, 10);
    expect(markouts[2]).toMatchObject({ fills: 1, meanBps: 1, errorBps: null });
    expect(markouts[3]).toMatchObject({ fills: 0, meanBps: null, errorBps: null, adverseBps: null });
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
    const long = reportOf(fair(0), ...Array.from({ length: 5_000 }, (_, i) => equity(i, 0)));
    expect(long.equityCurve.length).toBeLessThan(CURVE_MOST);
    expect(long.equityCurve.at(-1)![0]).toBeGreaterThan(4_900);
    expect(long.sharpe).toBe(null);
  });

  it('gives a Sharpe ratio a year with its standard error', () => {
    // The profit gains 2 and loses 1 in turn: 40 changes of mean 0.5 and standard deviation 1.5.
    let profit = 0;
    const steps: Decision[] = [fair(0)];
    for (let i = 0; i <= 40; i += 1) {
      steps.push(equity(i * 10, profit));
      profit += i % 2 === 0 ? 2 : -1;
    }
    const { sharpe, sharpeError } = reportOf(...steps);
    const toYear = Math.sqrt(3_153_600);
    expect(sharpe).toBeCloseTo((0.5 / 1.5) * toYear, 6);
    expect(sharpeError).toBeCloseTo(Math.sqrt((1 + (1 / 3) ** 2 / 2) / 40) * toYear, 6);
  });

  it('counts the orders that the venue refused, and the largest position between two samples', () => {
    const figures = reportOf(
      order('crossing', 'placing'),
      { ...order('crossing', 'resting'), status: 'refused' } as Decision,
      fair(1),
      held(4),
      held(1),
      fair(2),
    );
    expect(figures).toMatchObject({ ordersPlaced: 1, ordersRefused: 1, ordersCancelled: 0, maxPositionUsdc: 400 });
  });
});
