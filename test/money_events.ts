import type { Position } from '../streams/fills/positions.ts';
import type { Equity } from '../streams/fills/types.ts';

const STAMP = { seq: 1, timeUs: 0, causes: [] } as const;
const NOTHING = '0';

/** A position of which only the lots matter. */
export function positionOf(market: string, lots: number, change: Partial<Position> = {}): Position {
  return {
    kind: 'position',
    ...STAMP,
    market,
    lots,
    cashQuanta: NOTHING,
    costQuanta: NOTHING,
    realisedQuanta: NOTHING,
    feesQuanta: NOTHING,
    rebatesQuanta: NOTHING,
    turnoverQuanta: NOTHING,
    fills: 1,
    ...change,
  };
}

/** Figures of an account in which nothing has happened, but for what a test is about. */
export function equityOf(change: Partial<Equity> = {}): Equity {
  return {
    kind: 'equity',
    ...STAMP,
    totalPnlUsdc: 0,
    sessionPnlUsdc: 0,
    dailyPnlUsdc: 0,
    peakUsdc: 0,
    drawdownUsdc: 0,
    realisedUsdc: 0,
    unrealisedUsdc: 0,
    feesUsdc: 0,
    gasUsdc: 0,
    gasUsei: NOTHING,
    sessionGasUsdc: 0,
    sessionGasUsei: NOTHING,
    grossUsdc: 0,
    equityUsdc: null,
    exact: {
      total: NOTHING,
      realised: NOTHING,
      unrealised: NOTHING,
      fees: NOTHING,
      gas: NOTHING,
      adjustments: NOTHING,
      daily: NOTHING,
      peak: NOTHING,
      drawdown: NOTHING,
      session: NOTHING,
      captured: NOTHING,
      inventory: NOTHING,
    },
    markets: {},
    ...change,
  };
}
