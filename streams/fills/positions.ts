import { cashOf, feeOf, type Quanta, turnoverOf } from '../market/money.ts';
import type { Market, Side } from '../market/types.ts';
import type { Caused } from '../orders/types.ts';

/**
 * What is held in a market, what it cost, and what was made by it, since the account's record began. Money in quanta (see
 * `market/money.ts`) as decimal strings. At every moment `cash = realised − cost`.
 */
export interface Position extends Caused {
  readonly kind: 'position';
  readonly market: string;
  /** Positive when long. */
  readonly lots: number;
  /** Received less paid. */
  readonly cashQuanta: string;
  /** What the open lots cost, by average cost: paid for a long position, minus what was received for a short one. */
  readonly costQuanta: string;
  /** What the lots that were closed have made, fees apart. */
  readonly realisedQuanta: string;
  /** Fees paid less rebates received. */
  readonly feesQuanta: string;
  /** The rebates among them, zero or more. */
  readonly rebatesQuanta: string;
  readonly turnoverQuanta: string;
  readonly fills: number;
}

/** Fees of the venue, basis points of the turnover; negative for a rebate. */
export interface FeeParameters {
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
}

/** A position as it is counted with. */
export interface Holding {
  lots: number;
  cash: Quanta;
  cost: Quanta;
  realised: Quanta;
  fees: Quanta;
  rebates: Quanta;
  turnover: Quanta;
  fills: number;
}

/** An execution as far as positions need it. Price in millionths of a tick. */
export interface Execution {
  readonly side: Side;
  readonly lots: number;
  readonly microTicks: number;
  readonly liquidity: 'maker' | 'taker';
}

/** Nothing held, nothing done. */
export function flat(): Holding {
  return { lots: 0, cash: 0n, cost: 0n, realised: 0n, fees: 0n, rebates: 0n, turnover: 0n, fills: 0 };
}

/** Books an execution: cash, cost and profit by average cost, turnover and fees. Exact: nothing is rounded away. */
export function bookExecution(
  market: Market,
  { makerFeeBps, takerFeeBps }: FeeParameters,
  holding: Holding,
  execution: Execution,
): void {
  const { side, lots, microTicks, liquidity } = execution;
  const turnover = turnoverOf(market, lots, microTicks);
  const fee = feeOf(turnover, liquidity === 'maker' ? makerFeeBps : takerFeeBps);
  exchange(market, holding, side, lots, microTicks);
  holding.turnover += turnover;
  holding.fees += fee;
  if (fee < 0n) holding.rebates -= fee;
  holding.fills += 1;
}

/**
 * Moves lots against cash. What adds to a position adds to its cost; what reduces it takes the same share off its cost, and the
 * difference to the cash is realised. A share that is no whole quantum is taken toward zero, so that the rest stays with the lots
 * that are left, and closing the last lot leaves nothing: realised less cost is the cash, to the quantum, always.
 */
export function exchange(market: Market, holding: Holding, side: Side, lots: number, microTicks: number): void {
  const signed = side === 'buy' ? lots : -lots;
  const cash = cashOf(market, side, lots, microTicks);
  const closing = Math.sign(signed) === -Math.sign(holding.lots) ? Math.min(lots, Math.abs(holding.lots)) : 0;
  if (closing > 0) {
    const closed = closing === lots ? cash : cashOf(market, side, closing, microTicks);
    const cost = (holding.cost * BigInt(closing)) / BigInt(Math.abs(holding.lots));
    holding.realised += closed - cost;
    holding.cost += closed - cash - cost;
  } else holding.cost -= cash;
  holding.cash += cash;
  holding.lots += signed;
}

/** The event that tells of a position. */
export function positionOf(holding: Holding, market: string, stamp: Caused): Position {
  return {
    kind: 'position',
    ...stamp,
    market,
    lots: holding.lots,
    cashQuanta: String(holding.cash),
    costQuanta: String(holding.cost),
    realisedQuanta: String(holding.realised),
    feesQuanta: String(holding.fees),
    rebatesQuanta: String(holding.rebates),
    turnoverQuanta: String(holding.turnover),
    fills: holding.fills,
  };
}
