import { denomsOf, GAS_DENOM, UNITS_PER_ASSET, unitsOfLot } from '../market/denoms.ts';
import { lotValueQuote } from '../market/money.ts';
import type { Levels, Market, Side } from '../market/types.ts';
import type { LiveOrder } from '../orders/types.ts';
import { keptLots } from './worst_case.ts';

/** The account's balances when the chain was last asked, and what its markets held then. Plain data. */
export interface Look {
  /** Smallest units by denom. A double is exact far beyond what a limit needs. */
  readonly units: Readonly<Record<string, number>>;
  /** Of each market with a position then: lots, and cash in the quote's smallest units. */
  readonly held: Readonly<Record<string, { readonly lots: number; readonly cashUnits: number }>>;
}

/** What one market has, has at work, and wishes. */
export interface MarketCover {
  readonly market: Market;
  readonly positionLots: number;
  /** Received less paid since the position began, in the quote's smallest units. */
  readonly cashUnits: number;
  readonly live: readonly LiveOrder[];
  readonly bids: Levels;
  readonly asks: Levels;
}

/** Kept back of what gas is paid in: a thousand orders' worth at 5,500 units each, so that cancels can always be paid. */
const GAS_RESERVE_UNITS = 5_500_000;

/**
 * How many lots the account's balance covers on one side of a market, beyond what stays of its resting orders there; infinite
 * while balances are not known.
 *
 * The chain refuses an order that the account does not cover: with what its other orders need. A resting order of this side
 * that is not wished any more is cancelled in the same transaction and needs nothing; those of the other markets all count.
 *
 * @param wished the levels of this side that are asked for
 * @param others the account's other markets
 */
export function coveredLots(
  look: Look | null,
  mine: MarketCover,
  side: Side,
  wished: Levels,
  others: readonly MarketCover[],
): number {
  if (look === null || mine.market.contract !== 'linear') return Number.POSITIVE_INFINITY;
  const denoms = denomsOf(mine.market);
  const denom = side === 'buy' ? denoms.quote : denoms.base;
  let units = look.units[denom] ?? 0;
  units += changeOf(look, mine, denom);
  for (const one of others) units += changeOf(look, one, denom);
  for (const one of others) units -= needOf(one, denom);
  if (denom === GAS_DENOM) units -= GAS_RESERVE_UNITS;
  const staying = stayingLots(mine.live, side, wished);
  return Math.floor(units / unitsOf(mine.market, side, side === 'buy' ? (wished[0] ?? 0) : 0)) - staying;
}

/** What executions since the look have done to a denom. */
function changeOf({ held }: Look, { market, positionLots, cashUnits }: MarketCover, denom: string): number {
  const denoms = denomsOf(market);
  const then = held[market.symbol];
  if (denom === denoms.base) return (positionLots - (then?.lots ?? 0)) * Number(unitsOfLot(market));
  return denom === denoms.quote ? cashUnits - (then?.cashUnits ?? 0) : 0;
}

/** What the orders of another market need of a denom: those at work, and the wished ones that are not. */
function needOf({ market, live, bids, asks }: MarketCover, denom: string): number {
  const denoms = denomsOf(market);
  const side = denom === denoms.quote ? 'buy' : denom === denoms.base ? 'sell' : null;
  if (side === null) return 0;
  let units = 0;
  for (const order of live) if (order.side === side) units += order.lots * unitsOf(market, side, order.tick);
  const levels = side === 'buy' ? bids : asks;
  for (let i = 0; i < levels.length; i += 2) {
    const [tick, lots] = [levels[i]!, levels[i + 1]!];
    units += (lots - keptLots(live, side, tick, lots)) * unitsOf(market, side, tick);
  }
  return units;
}

/** Smallest units that one lot needs: of the base asset to sell it, of the quote asset to buy it at a price. */
function unitsOf(market: Market, side: Side, tick: number): number {
  return side === 'sell' ? Number(unitsOfLot(market)) : lotValueQuote(market, tick) * Number(UNITS_PER_ASSET);
}

/** Lots at work on a side that the transaction which places the wished levels does not cancel. */
function stayingLots(live: readonly LiveOrder[], side: Side, wished: Levels): number {
  let lots = 0;
  const resting: LiveOrder[] = [];
  for (const order of live) {
    if (order.side !== side) continue;
    if (order.resting) resting.push(order);
    else lots += order.lots;
  }
  for (let i = 0; i < wished.length; i += 2) lots += keptLots(resting, side, wished[i]!, wished[i + 1]!);
  return lots;
}
