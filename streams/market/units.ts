import type { Market } from './types.ts';

/** Turns decimal texts into whole numbers of a step and back. */
export interface Scale {
  /** Digits after the point that the step needs. */
  readonly decimals: number;
  /** The step in units of 10^-decimals: 5 for a step of 0.05. */
  readonly step: number;
  readonly factor: number;
}

/** The scales of a market's prices and sizes. */
export interface MarketScales {
  readonly price: Scale;
  readonly size: Scale;
}

/** What {@link stepsOf} gives for a text that is no whole, non-negative, exactly representable number of steps. */
export const NOT_A_MULTIPLE = -1;

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
  return { decimals, step: Number(digits), factor: 10 ** decimals };
}

/** The scales of a market. @throws RangeError when its tick or lot size is not a positive decimal */
export function scalesOf(market: Market): MarketScales {
  return { price: scaleOf(market.tickSize), size: scaleOf(market.lotSize) };
}

/**
 * A decimal text as a whole number of steps, exactly, or {@link NOT_A_MULTIPLE}.
 *
 * The product of the parsed double and a power of ten is within an ulp of the true integer, so rounding it gives that
 * integer as long as it is below 2^53; a text with other than zeros beyond the step's digits is off by more than the check allows.
 */
export function stepsOf(text: string, scale: Scale): number {
  const value = Number(text);
  const scaled = value * scale.factor;
  const whole = Math.round(scaled);
  // An empty or padded text and hexadecimal are numbers to JavaScript, but not to an exchange.
  const first = text.charCodeAt(0);
  if (!(first >= 48 && first <= 57) || !(scaled >= 0 && whole <= Number.MAX_SAFE_INTEGER)) return NOT_A_MULTIPLE;
  if (Math.abs(scaled - whole) > Math.max(1e-6, whole * 4e-16) || text.charCodeAt(1) === 120) return NOT_A_MULTIPLE;
  if (scale.step === 1) return whole;
  return whole % scale.step === 0 ? whole / scale.step : NOT_A_MULTIPLE;
}

/** A whole number of steps as a decimal text, exact. */
export function decimalOf(steps: number, scale: Scale): string {
  const sign = steps < 0 ? '-' : '';
  const digits = (BigInt(Math.abs(steps)) * BigInt(scale.step)).toString().padStart(scale.decimals + 1, '0');
  if (scale.decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale.decimals)}.${digits.slice(-scale.decimals)}`;
}
