import type { Market } from '../../streams/market/types.ts';
import { DECIMAL_ONE, parseDecimal } from '../sei/codec/decimal.ts';

/**
 * A market of the devnet with the integers that turn its ticks and lots into chain decimals and bank units.
 *
 * Inside the chain a price is a number of ticks and a size a number of lots. The wire speaks decimals × 10^18, the bank
 * speaks integers of the smallest unit, of which every asset here has 10^6: `USDC` on the order book is `uusdc` in the
 * bank.
 */
export interface DevnetMarket extends Market {
  /** Position in the chain's list of pairs. */
  readonly index: number;
  /** Tick size × 10^18. */
  readonly tickScaled: bigint;
  /** Lot size × 10^18. */
  readonly lotScaled: bigint;
  /** One lot in bank units of the base asset. */
  readonly lotUnits: bigint;
  /** Bank denom of the base asset, `ubtc`. */
  readonly baseDenom: string;
  /** Bank denom of the quote asset, `uusdc`. */
  readonly quoteDenom: string;
}

/** Largest tick or lot number of an order: their product over a block's volume still is an exact double. */
export const TICK_OR_LOT_MAX = 2 ** 40;

const UNITS_PER_ASSET = 10n ** 6n;

/** The bank denom of an asset: `usei` for SEI, and so on for all. */
export function bankDenom(asset: string): string {
  return `u${asset.toLowerCase()}`;
}

/** The markets a devnet has unless told otherwise. */
export const DEFAULT_MARKETS: readonly Market[] = [
  spot('BTC', '0.1', '0.0001'),
  spot('ETH', '0.01', '0.001'),
  spot('SEI', '0.0001', '1'),
  spot('ATOM', '0.001', '0.1'),
];

function spot(base: string, tickSize: string, lotSize: string): Market {
  const quote = 'USDC';
  return { symbol: base + quote, venue: 'sei', base, quote, tickSize, lotSize, contract: 'linear', contractSize: '1' };
}

/**
 * Prepares a market for the chain.
 *
 * @throws RangeError when a tick or lot size is not a positive decimal, or a lot is not a whole number of bank units
 */
export function devnetMarket(market: Market, index: number): DevnetMarket {
  const tickScaled = parseDecimal(market.tickSize);
  const lotScaled = parseDecimal(market.lotSize);
  if (tickScaled <= 0n) throw new RangeError(`${market.symbol}.tickSize ${market.tickSize}: expected above zero`);
  if (lotScaled <= 0n || (lotScaled * UNITS_PER_ASSET) % DECIMAL_ONE !== 0n) {
    throw new RangeError(`${market.symbol}.lotSize ${market.lotSize}: expected a positive multiple of 0.000001`);
  }
  return {
    ...market,
    index,
    tickScaled,
    lotScaled,
    lotUnits: (lotScaled * UNITS_PER_ASSET) / DECIMAL_ONE,
    baseDenom: bankDenom(market.base),
    quoteDenom: bankDenom(market.quote),
  };
}

/** A number of lots in bank units of the base asset, exact. */
export function baseUnits(market: DevnetMarket, lots: number): bigint {
  return BigInt(lots) * market.lotUnits;
}

/**
 * The value of `lots` at a price, in bank units of the quote asset, rounded up or down.
 *
 * @param priceScaled decimal × 10^18
 */
export function quoteUnits(market: DevnetMarket, priceScaled: bigint, lots: number, round: 'up' | 'down'): bigint {
  const product = priceScaled * BigInt(lots) * market.lotUnits;
  return round === 'up' ? (product + DECIMAL_ONE - 1n) / DECIMAL_ONE : product / DECIMAL_ONE;
}

/** `numerator / denominator` ticks as a chain decimal, rounded half to even as `sdk.Dec` does. */
export function priceScaled(market: DevnetMarket, numerator: number, denominator: number): bigint {
  const product = BigInt(numerator) * market.tickScaled;
  if (denominator === 1) return product;
  const divisor = BigInt(denominator);
  const quotient = product / divisor;
  const twice = (product % divisor) * 2n;
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/**
 * A chain decimal as a number of ticks or lots, or null when it is no whole, positive, representable number of them.
 *
 * @param step tick or lot size × 10^18
 */
export function stepsOf(scaled: bigint, step: bigint): number | null {
  if (scaled < step || scaled % step !== 0n) return null;
  const steps = scaled / step;
  return steps > BigInt(TICK_OR_LOT_MAX) ? null : Number(steps);
}
