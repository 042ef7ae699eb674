import type { Market, Side } from './types.ts';
import { perMarket, scalesOf } from './units.ts';

/**
 * Money is counted in quanta, integers of any size, so that no sum is ever rounded.
 *
 * A quantum of a linear market is `tickSize · lotSize · 10⁻⁶` quote units: what one lot costs at a millionth of a tick. A
 * quantum of an inverse market, whose profit accrues in the base asset, is 10⁻¹² base units.
 */
export type Quanta = bigint;

const MICRO = 1_000_000;
const INVERSE_QUANTA_PER_BASE = 1e12;

/**
 * What an execution does to the cash of its market, in quanta: a linear buy pays `lots · price`; an inverse buy receives
 * the contracts' face value in base, whose value at the mark is taken off again while the position is open.
 *
 * Exact for linear markets; an inverse amount is rounded down in magnitude to a whole quantum.
 *
 * @param microTicks price in millionths of a tick
 */
export function cashOf(market: Market, side: Side, lots: number, microTicks: number): Quanta {
  const sign = side === 'buy' ? -1n : 1n;
  if (market.contract === 'linear') return sign * BigInt(microTicks) * BigInt(lots);
  return -sign * inverseAmount(market, lots, microTicks);
}

/** The turnover of an execution in quanta: what fees are a share of. */
export function turnoverOf(market: Market, lots: number, microTicks: number): Quanta {
  return market.contract === 'linear' ? BigInt(microTicks) * BigInt(lots) : inverseAmount(market, lots, microTicks);
}

/** A fee in quanta, rounded against us. @param feeBps basis points of the turnover, to a hundredth; negative for a rebate */
export function feeOf(turnover: Quanta, feeBps: number): Quanta {
  const product = turnover * BigInt(Math.round(feeBps * 100));
  const quotient = product / BigInt(MICRO);
  return product > 0n && product % BigInt(MICRO) !== 0n ? quotient + 1n : quotient;
}

/** Quanta as quote currency, for showing and for statistics. @param markTick converts an inverse market's base amounts */
export function inQuote(market: Market, quanta: Quanta, markTick: number): number {
  const { tick, lot } = sizesOf(market);
  if (market.contract === 'linear') return (Number(quanta) / MICRO) * tick * lot;
  return (Number(quanta) / INVERSE_QUANTA_PER_BASE) * markTick * tick;
}

/** Cash plus position at the mark less fees, in quote currency: profit since the cash was zero. */
export function equityInQuote(market: Market, cash: Quanta, fees: Quanta, lots: number, markTick: number): number {
  const money = inQuote(market, cash - fees, markTick);
  if (lots === 0) return money;
  // An inverse position is worth minus its face value in base, which at the mark is minus its face value in quote.
  return money + (market.contract === 'linear' ? lots : -lots) * lotValueQuote(market, markTick);
}

/** What one lot is worth at a price, in quote currency. @param tick price in ticks, need not be whole */
export function lotValueQuote(market: Market, tick: number): number {
  const sizes = sizesOf(market);
  return market.contract === 'linear' ? tick * sizes.tick * sizes.lot : sizes.lot * sizes.contract;
}

/** A market's steps in its currencies. */
const sizesOf = perMarket(({ tickSize, lotSize, contractSize }) => ({
  tick: Number(tickSize),
  lot: Number(lotSize),
  contract: Number(contractSize),
}));

/**
 * What lots are worth at a price, in quanta: what selling them there would bring to the cash.
 *
 * @param lots negative when short
 * @param microTicks price in millionths of a tick
 */
export function worthOf(market: Market, lots: number, microTicks: number): Quanta {
  if (lots === 0) return 0n;
  return cashOf(market, lots > 0 ? 'sell' : 'buy', Math.abs(lots), microTicks);
}

/**
 * Quanta in units of 10⁻¹⁸ of the quote currency, in which the money of several markets can be added up. Exact for a linear
 * market whose tick times lot has at most 12 decimals; otherwise rounded down.
 *
 * @param markMicroTicks converts an inverse market's base amounts, millionths of a tick
 */
export function quoteE18(market: Market, quanta: Quanta, markMicroTicks: number): bigint {
  const { times, over } = quantumE18(market);
  const units = quanta * times * (market.contract === 'inverse' ? BigInt(markMicroTicks) : 1n);
  return over === 1n ? units : floorOf(units, over);
}

/** A quantum in units of 10⁻¹⁸ of the quote currency, as a fraction; of an inverse market at a mark of a millionth of a tick. */
const quantumE18 = perMarket((market): { readonly times: bigint; readonly over: bigint } => {
  const { price, size } = scalesOf(market);
  if (market.contract === 'inverse') return { times: BigInt(price.step), over: 10n ** BigInt(price.decimals) };
  const steps = BigInt(price.step) * BigInt(size.step);
  const decimals = price.decimals + size.decimals;
  return decimals <= 12
    ? { times: steps * 10n ** BigInt(12 - decimals), over: 1n }
    : { times: steps, over: 10n ** BigInt(decimals - 12) };
});

/** The greatest whole number not above a fraction. @param divisor above zero */
export function floorOf(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend < 0n && dividend % divisor !== 0n ? quotient - 1n : quotient;
}

function inverseAmount(market: Market, lots: number, microTicks: number): Quanta {
  // Decimal strings have few digits: scaling both by 10⁸ keeps the division in integers.
  const face = BigInt(Math.round(Number(market.contractSize) * Number(market.lotSize) * 1e8));
  const tickE8 = BigInt(Math.round(Number(market.tickSize) * 1e8));
  const scale = BigInt(INVERSE_QUANTA_PER_BASE) * BigInt(MICRO);
  return (BigInt(lots) * face * scale) / (BigInt(microTicks) * tickE8);
}
