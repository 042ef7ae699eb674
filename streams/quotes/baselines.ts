import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Levels } from '../market/types.ts';
import type { QuoteParameters } from './parameters.ts';
import { postOnlyTicks } from './post_only.ts';

/**
 * The naive symmetric maker, the baseline of every comparison: one order of fixed size on each side, a fixed distance from the
 * others' mid, whatever happens and whatever it holds. It follows every move, and only never crosses.
 */
export function naiveQuote(
  parameters: Pick<QuoteParameters, 'naiveHalfSpreadBps' | 'postOnlyMarginTicks'>,
  fair: FairValue,
  clipLots: number,
): { readonly bids: Levels; readonly asks: Levels } {
  const mid = (fair.bidTick + fair.askTick) / 2;
  const half = (mid * parameters.naiveHalfSpreadBps) / 10_000;
  const limits = postOnlyTicks(parameters, fair);
  const bidTick = Math.min(Math.floor(mid - half), limits.bidTick);
  const askTick = Math.max(Math.ceil(mid + half), limits.askTick, bidTick + 1);
  return { bids: bidTick > 0 ? [bidTick, clipLots] : [], asks: [askTick, clipLots] };
}
