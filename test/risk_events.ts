import type { FairValue } from '../streams/fairvalue/fair_value.ts';
import type { Levels } from '../streams/market/types.ts';
import type { LiveOrder } from '../streams/orders/types.ts';
import type { Own } from '../streams/own.ts';
import type { Quote } from '../streams/quotes/quotes.ts';
import { type Approved, type RiskInput, risk } from '../streams/risk/risk.ts';
import type { AccountSettings } from '../streams/settings.ts';
import { positionOf } from './money_events.ts';
import { accountOf } from './pipeline_world.ts';
import { ReducerBench } from './reducer_bench.ts';

/** The markets of the account whose pre-trade check is tested. */
export const MARKETS = ['AAA', 'BBB', 'CCC'] as const;

/** A price; one lot is one coin of 100 USDC. */
export const FAIR = 10_000;
/** The most that a market may hold. */
export const LIMIT_LOTS = 20;
/** The most that all may hold, long and short added up. */
export const GROSS_LOTS = 30;
/** The most that all may hold, long less short. */
export const NET_LOTS = 25;
/** The largest order. */
export const ORDER_LOTS = 5;
/** Orders at work at most. */
const OPEN_MOST = 12;

/** Its settings: the limits above, and others where a test is about them. */
export function account(over: Partial<AccountSettings['markets'][number]['risk']> = {}): AccountSettings {
  const plain = accountOf(...MARKETS);
  return {
    ...plain,
    markets: plain.markets.map((one) => ({ ...one, risk: { ...one.risk, ...over } })),
    exposure: {
      maxGrossUsdc: GROSS_LOTS * 100,
      maxNetInventoryPct: NET_LOTS / 10,
      capitalUsdc: 100_000,
      maxOpenOrders: OPEN_MOST,
    },
  };
}

/** The pre-trade check by itself. */
export const bench = (settings = account()) => new ReducerBench<unknown, RiskInput, Approved>(risk(settings));

/** A wished quote around {@link FAIR}. */
export function quote(bids: Levels, asks: Levels, market = 'AAA', timeUs = 0): Quote {
  return { kind: 'quote', seq: 1, timeUs, causes: [], market, fairTick: FAIR, bids, asks, reason: 'ok' };
}

/** What is held. */
export function position(lots: number, market = 'AAA'): Own {
  return positionOf(market, lots, { seq: 2 });
}

/** What rests or is on its way. */
export function working(orders: readonly LiveOrder[], market = 'AAA'): Own {
  return { kind: 'working', seq: 3, timeUs: 0, causes: [], market, orders };
}

/** A change of the trading state. */
export function tradingState(state: 'active' | 'reducing' | 'paused' | 'halted' | 'starting'): Own {
  const baseline = { day: 0, dailyPnlUsdc: 0, peakUsdc: null, excusedPeakUsdc: null };
  const change = { cause: 'operator', text: '', by: '', undo: '', holds: [], baseline } as const;
  return { kind: 'tradingState', seq: 4, timeUs: 0, causes: [], state, ...change };
}

/** A mark: the middle of a market, and its last trade. */
export function mid(
  tick: number,
  market = 'AAA',
  timeUs = 0,
  lastTrade: { tick: number; timeUs: number } | null = null,
): FairValue {
  const touch = { bidTick: tick - 1, bidLots: 9, askTick: tick + 1, askLots: 9, flow: 0, sigmaBps: 1 };
  const usual = {
    bids: [tick - 1, 9],
    asks: [tick + 1, 9],
    lastTradeTick: lastTrade?.tick ?? -1,
    lastTradeUs: lastTrade?.timeUs ?? -1,
    usualSigmaBps: 1,
    toxicity: 0,
    arrivals: { perS: 1, kappa: 0.1, known: false, tradesPerS: 0 },
  };
  const stamp = { kind: 'fairValue', seq: 5, timeUs, causes: [], market, quality: 'live' } as const;
  return { ...stamp, fairTick: tick, micropriceTick: tick, ...touch, ...usual };
}

/** An order that rests, or is on its way. */
export const live = (side: 'buy' | 'sell', tick: number, lots: number, resting = true): LiveOrder => ({
  side,
  tick,
  lots,
  resting,
});
