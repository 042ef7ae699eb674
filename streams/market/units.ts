import type { Market } from './types.ts';

/** Turns decimal texts into whole numbers of a step and back. */
export interface Scale {
  /** Digits after the point that the step needs. */
  readonly decimals: number;
  /** The step in units of 10^-decimals: 5 for a step of 0.05. */
  readonly step: number;
}

/** The scales of a market's prices and sizes. */
export interface MarketScales {
  readonly price: Scale;
  readonly size: Scale;
}

/** What {@link stepsOf} gives for a text that is no whole, non-negative, exactly representable number of steps. */
export const NOT_A_MULTIPLE = -1;

/** A decimal longer than this is none that an exchange writes. */
const CHARACTERS_MOST = 40;

const [POINT, ZERO, NINE] = [46, 48, 57];

/**
 * The scale of an exact decimal step.
 *
 * @throws RangeError when the text is not a positive decimal such as `0.01`
 */
export function scaleOf(step: string): Scale {
  const match = /^(\d{1,12})(?:\.(\d{1,12}))?$/.exec(step);
  const digits = match === null ? '' : `${match[1]}${(match[2] ?? '').replace(/0+$/, '')}`;
  const decimals = digits.length - (match?.[1]?.length ?? 0);
  if (!(Number(digits) > 0)) throw new RangeError(`step '${step}': expected a positive decimal such as 0.01`);
  return { decimals, step: Number(digits) };
}

/**
 * What is derived from a market's texts, once for each market object: reading a decimal anew for every amount costs more than
 * what is done with it.
 */
export function perMarket<T>(derive: (market: Market) => T): (market: Market) => T {
  const known = new WeakMap<Market, T>();
  // Asked again and again of the same one.
  let last: { readonly market: Market; readonly derived: T } | undefined;
  return (market) => {
    if (last?.market === market) return last.derived;
    const derived = known.get(market) ?? derive(market);
    known.set(market, derived);
    last = { market, derived };
    return derived;
  };
}

/** The scales of a market. @throws RangeError when its tick or lot size is not a positive decimal */
export const scalesOf: (market: Market) => MarketScales = perMarket((market) => ({
  price: scaleOf(market.tickSize),
  size: scaleOf(market.lotSize),
}));

/**
 * A decimal text (`61837.63000000`) as a whole number of steps, exactly, or {@link NOT_A_MULTIPLE}.
 *
 * Digits are taken one by one as an integer, which is exact below 2^53 and faster than parsing a double and scaling it.
 */
export function stepsOf(text: string, { decimals, step }: Scale): number {
  let units = 0;
  // Digits after the point so far, of those that the step needs; -1 before the point.
  let after = -1;
  let digit = -1;
  if (text.length > CHARACTERS_MOST) return NOT_A_MULTIPLE;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    digit = code >= ZERO && code <= NINE ? code - ZERO : -1;
    if (digit < 0) {
      if (code !== POINT || after >= 0 || i === 0) return NOT_A_MULTIPLE;
      after = 0;
    } else if (after < decimals) {
      units = units * 10 + digit;
      if (after >= 0) after += 1;
    } else if (digit !== 0) return NOT_A_MULTIPLE;
  }
  if (digit < 0) return NOT_A_MULTIPLE;
  for (after = Math.max(after, 0); after < decimals; after += 1) units *= 10;
  if (units > Number.MAX_SAFE_INTEGER) return NOT_A_MULTIPLE;
  if (step === 1) return units;
  return units % step === 0 ? units / step : NOT_A_MULTIPLE;
}

/** A whole number of steps as a decimal text, exact. */
export function decimalOf(steps: number, scale: Scale): string {
  const sign = steps < 0 ? '-' : '';
  const digits = (BigInt(Math.abs(steps)) * BigInt(scale.step)).toString().padStart(scale.decimals + 1, '0');
  if (scale.decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale.decimals)}.${digits.slice(-scale.decimals)}`;
}
