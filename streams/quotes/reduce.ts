import type { Levels } from '../market/types.ts';

/**
 * One order that shrinks a position: all of it, a tick before the others' best price on its side, or at that price where a
 * tick more might cross. The least edge does not count: being out is worth more.
 *
 * @param positionLots positive when long
 * @param limits the best prices that the post-only rule allows
 * @returns both sides, flat pairs of tick and lots; empty for a position below one order step
 */
export function reduceOrders(
  positionLots: number,
  stepLots: number,
  touch: { readonly bidTick: number; readonly askTick: number },
  limits: { readonly bidTick: number; readonly askTick: number },
): { readonly bids: Levels; readonly asks: Levels } {
  const lots = Math.floor(Math.abs(positionLots) / stepLots) * stepLots;
  if (lots === 0) return { bids: [], asks: [] };
  if (positionLots > 0) return { bids: [], asks: [Math.max(touch.askTick - 1, limits.askTick), lots] };
  return { bids: [Math.min(touch.bidTick + 1, limits.bidTick), lots], asks: [] };
}
