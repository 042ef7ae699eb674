import type { Market } from '../../../streams/market/types.ts';
import { parseDecimal } from '../codec/decimal.ts';
import { Implausible } from '../node.ts';

const MICRO = 1_000_000n;

/**
 * A price × 10^18 in ticks.
 *
 * @throws Implausible (`off-tick`) when it is not a positive multiple of the market's tick
 */
export function ticksOf({ symbol, tickSize }: Market, price: bigint): number {
  const ticks = wholeSteps(price, parseDecimal(tickSize));
  if (ticks !== undefined) return ticks;
  throw new Implausible(symbol, 'off-tick', `price ${price}e-18: expected a positive multiple of ${tickSize}`);
}

/**
 * A quantity × 10^18 in lots.
 *
 * @throws Implausible (`off-lot`) when it is not a positive multiple of the market's lot
 */
export function lotsOf({ symbol, lotSize }: Market, quantity: bigint): number {
  const lots = wholeSteps(quantity, parseDecimal(lotSize));
  if (lots !== undefined) return lots;
  throw new Implausible(symbol, 'off-lot', `quantity ${quantity}e-18: expected a positive multiple of ${lotSize}`);
}

/**
 * A settlement's price × 10^18 in millionths of a tick, rounded to the nearest: a volume-weighted price may have more digits.
 *
 * @throws Implausible (`malformed`) when it is not positive, or too large to count with
 */
export function microTicksOf({ symbol, tickSize }: Market, price: bigint): number {
  const step = parseDecimal(tickSize);
  const microTicks = Number((price * MICRO * 2n + step) / (step * 2n));
  if (price > 0n && Number.isSafeInteger(microTicks)) return microTicks;
  throw new Implausible(symbol, 'malformed', `settled price ${price}e-18: expected a positive price`);
}

function wholeSteps(scaled: bigint, step: bigint): number | undefined {
  const steps = Number(scaled / step);
  return scaled > 0n && scaled % step === 0n && Number.isSafeInteger(steps) ? steps : undefined;
}
