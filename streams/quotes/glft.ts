import type { ReservationQuote } from './reservation.ts';

/** Parameters of the Guéant–Lehalle–Fernandez-Tapia model, prices in basis points of the fair value. */
export interface GlftParameters {
  /** Risk aversion γ, per basis point. */
  readonly gamma: number;
  /** Arrivals come at A·exp(−κδ) a second and side, δ basis points from the mid. */
  readonly arrivalsPerS: number;
  readonly kappa: number;
}

/**
 * Closed-form asymptotic quotes of Guéant, Lehalle and Fernandez-Tapia, *Dealing with the inventory risk* (2013), section 4:
 *
 *     δᵇ(q) ≈ (1/γ) ln(1 + γ/κ) + (2q + 1)/2 · c,   δᵃ(q) ≈ (1/γ) ln(1 + γ/κ) − (2q − 1)/2 · c,
 *     c = √( σ²γ / (2κA) · (1 + γ/κ)^(1 + κ/γ) )
 *
 * which in Guéant's notation of 2017 is half spread c₁ + σc₂/2 and skew −σc₂q with ξ = γ and Δ = 1 clip. Unlike Avellaneda and
 * Stoikov's it needs no horizon: how long inventory is held follows from how fast orders arrive.
 *
 * @param inventory q, in clips (multiples of the order size), positive when long
 * @param sigmaBps σ, basis points per square root of a second
 */
export function glft(
  inventory: number,
  sigmaBps: number,
  { gamma, arrivalsPerS, kappa }: GlftParameters,
): ReservationQuote {
  const ratio = Math.log1p(gamma / kappa);
  const slope = sigmaBps * Math.sqrt((gamma / (2 * kappa * arrivalsPerS)) * Math.exp((1 + kappa / gamma) * ratio));
  return { skewBps: -inventory * slope, halfSpreadBps: ratio / gamma + slope / 2 };
}
