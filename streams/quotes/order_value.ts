/** What an order's value is reckoned from, basis points and lots. */
export interface OrderValueTerms {
  readonly fairTick: number;
  /** Reservation price minus fair value. */
  readonly skewBps: number;
  /** Least profit of a fill, fees included. */
  readonly edgeBps: number;
  /** Decay of arrivals with distance, per basis point. */
  readonly kappa: number;
  /** Size of a clip. */
  readonly clipLots: number;
}

/**
 * What an order at a price is worth, relative to others of the same side: profit of a fill times how likely one is,
 *
 *     (distance from the reservation price − edge) · e^(−κ · distance from the fair value) / (1 + lots ahead / clip).
 *
 * Arrivals fall off as Avellaneda and Stoikov assume (2008, eq. 2.11); of what arrives, those ahead take theirs first. It only
 * ranks prices: it says nothing of what a fill's news are worth.
 *
 * @param sign 1 for a bid, -1 for an ask
 * @param aheadLots what trades before it
 */
export function orderValue(terms: OrderValueTerms, sign: 1 | -1, tick: number, aheadLots: number): number {
  const { fairTick, skewBps, edgeBps, kappa, clipLots } = terms;
  const distanceBps = sign * (1 - tick / fairTick) * 10_000;
  const profitBps = distanceBps + sign * skewBps - edgeBps;
  const reached = Math.exp(-kappa * Math.max(0, distanceBps));
  // Profit below zero is worth less the likelier it is, so it is not thinned out by the queue.
  return profitBps <= 0 ? profitBps : (profitBps * reached) / (1 + aheadLots / clipLots);
}
