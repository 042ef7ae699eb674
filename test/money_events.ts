import type { Position } from '../streams/fills/positions.ts';
import type { Equity } from '../streams/fills/types.ts';

const NOTHING_EXACT = {
  ...{ total: '0', realised: '0', unrealised: '0', fees: '0', gas: '0', adjustments: '0', daily: '0' },
  ...{ peak: '0', drawdown: '0', session: '0', captured: '0', inventory: '0' },
};

/** A position that cost nothing so far, for stages that only look at what is held. */
export function positionOf(lots: number, over: Partial<Position> = {}): Position {
  return {
    ...{ kind: 'position', seq: 2, timeUs: 0, causes: [], market: 'X', lots, fills: 1 },
    ...{ cashQuanta: '0', costQuanta: '0', realisedQuanta: '0' },
    ...{ feesQuanta: '0', rebatesQuanta: '0', turnoverQuanta: '0' },
    ...over,
  };
}

/** An account that has neither won nor lost. */
export function equityOf(over: Partial<Equity> = {}): Equity {
  return {
    ...{ kind: 'equity', seq: 6, timeUs: 0, causes: [], totalPnlUsdc: 0, sessionPnlUsdc: 0, dailyPnlUsdc: 0 },
    ...{ peakUsdc: 0, drawdownUsdc: 0, realisedUsdc: 0, unrealisedUsdc: 0, feesUsdc: 0, gasUsdc: 0, gasUsei: '0' },
    ...{ sessionGasUsdc: 0, sessionGasUsei: '0', grossUsdc: 0, equityUsdc: null, exact: NOTHING_EXACT, markets: {} },
    ...over,
  };
}
