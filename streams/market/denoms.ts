import type { Market } from './types.ts';
import { perMarket, scalesOf } from './units.ts';

/** What gas is paid in, in smallest units. */
export const GAS_DENOM = 'usei';

/** Smallest units of one asset, in a chain's bank. */
export const UNITS_PER_ASSET = 1_000_000n;

const UNIT_DECIMALS = 6;

const E18 = 10n ** 18n;

/** Where the chain's bank keeps the two assets of a market: `ubtc` and `uusdc` unless the market says otherwise. */
export const denomsOf: (market: Market) => { readonly base: string; readonly quote: string } = perMarket(
  ({ base, baseDenom = denomOf(base), quote, quoteDenom = denomOf(quote) }) => ({ base: baseDenom, quote: quoteDenom }),
);

/** One lot in smallest units of the base asset. @throws RangeError when that is no whole number */
export const unitsOfLot: (market: Market) => bigint = perMarket((market) => {
  const { decimals, step } = scalesOf(market).size;
  if (decimals > UNIT_DECIMALS)
    throw new RangeError(`${market.symbol}: lotSize '${market.lotSize}': expected whole units of 10^-${UNIT_DECIMALS}`);
  return BigInt(step) * 10n ** BigInt(UNIT_DECIMALS - decimals);
});

/**
 * What an execution costs or brings in smallest units of the quote asset, as the clearing contract counts: a buyer pays rounded
 * up, a seller receives rounded down.
 *
 * @param priceE18 the executed price in quote a unit of base, × 10^18
 */
export function quoteUnitsOf(market: Market, lots: number, priceE18: bigint, round: 'up' | 'down'): bigint {
  const product = priceE18 * BigInt(lots) * unitsOfLot(market);
  // Base units and quote units are equally small, so that the price alone converts.
  return round === 'up' ? (product + E18 - 1n) / E18 : product / E18;
}

/** A price in millionths of a tick as a decimal × 10^18. Exact for ticks of up to 12 decimals. */
export function priceE18Of(market: Market, microTicks: number): bigint {
  return BigInt(microTicks) * microTickE18(market);
}

/** A millionth of a tick as a decimal × 10^18. */
const microTickE18 = perMarket((market) => {
  const { decimals, step } = scalesOf(market).price;
  return BigInt(step) * 10n ** BigInt(12 - decimals);
});

function denomOf(asset: string): string {
  return `u${asset.toLowerCase()}`;
}
