/** Parameters of the Avellaneda–Stoikov model, prices in basis points of the fair value so that they fit every market. */
export interface AvellanedaStoikovParameters {
  /** Risk aversion γ, per basis point. */
  readonly gamma: number;
  /** Decay κ of the arrival rate of orders with distance from the mid, per basis point. */
  readonly kappa: number;
  /** Time τ over which inventory risk is counted, seconds. */
  readonly horizonS: number;
}

/** Where to quote, relative to the fair value, basis points. */
export interface ReservationQuote {
  /** Reservation price minus fair value: negative when long. */
  readonly skewBps: number;
  /** Half of the optimal spread around the reservation price. */
  readonly halfSpreadBps: number;
}

/**
 * Reservation price and optimal spread of Avellaneda and Stoikov, *High-frequency trading in a limit order book* (2008):
 * r = s − q γ σ² τ (eq. 3.9) and δᵃ + δᵇ = γ σ² τ + (2/γ) ln(1 + γ/κ) (eq. 3.12).
 *
 * @param inventory q, in clips (multiples of the order size), positive when long
 * @param sigmaBps σ, basis points per square root of a second
 */
export function avellanedaStoikov(
  inventory: number,
  sigmaBps: number,
  { gamma, kappa, horizonS }: AvellanedaStoikovParameters,
): ReservationQuote {
  const risk = gamma * sigmaBps ** 2 * horizonS;
  return { skewBps: -inventory * risk, halfSpreadBps: risk / 2 + Math.log1p(gamma / kappa) / gamma };
}
