import type { Caused } from '../orders/types.ts';
import type { Levels } from './types.ts';

/** How far a book may be trusted at the moment it was sampled. Only `live` may be quoted from. */
export type BookQuality = 'live' | 'syncing' | 'gapped' | 'crossed' | 'down' | 'stale' | 'empty';

/** How many levels of each side a sample carries. */
export const SAMPLE_DEPTH = 10;

/** The state of a market at a grid instant, immutable: what all decisions of that instant are made from. */
export interface Sample extends Caused {
  readonly kind: 'sample';
  readonly market: string;
  readonly quality: BookQuality;
  /** Time since the newest book input, microseconds. */
  readonly ageUs: number;
  /** Best {@link SAMPLE_DEPTH} levels, best first, flat pairs of tick and lots, our own orders included. */
  readonly bids: Levels;
  readonly asks: Levels;
  /** Order-flow imbalance at the touch since the market began, lots (Cont, Kukanov, Stoikov 2014, eq. 4–6). */
  readonly ofiLots: number;
  /** Taker volume since the market began, lots. */
  readonly takerBuyLots: number;
  readonly takerSellLots: number;
  /** The highest price that a buyer and the lowest that a seller took since the sample before; -1 where none did. */
  readonly tradeHighTick: number;
  readonly tradeLowTick: number;
  /** Price of the newest trade, and when it came; -1 before the first. */
  readonly lastTradeTick: number;
  readonly lastTradeUs: number;
}
