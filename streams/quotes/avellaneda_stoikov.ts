import type { ReservationQuote } from './reservation.ts';

/** Parameters of the Avellaneda–Stoikov models, prices in basis points of the fair value so that they fit every market. */
export interface AvellanedaStoikovParameters {
  /** Risk aversion γ, per basis point. */
  readonly gamma: number;
  /** Decay κ of the arrival rate of orders with distance from the mid, per basis point. */
  readonly kappa: number;
  /** Time τ over which inventory risk is counted, seconds. */
  readonly horizonS: number;
}

/**
 * Reservation price and optimal spread over a finite horizon, Avellaneda and Stoikov, *High-frequency trading in a limit order
 * book* (2008): r = s − q γ σ² τ (eq. 3.9) and δᵃ + δᵇ = γ σ² τ + (2/γ) ln(1 + γ/κ) (eq. 3.12).
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

/** The prices grow without bound towards the inventory limit: as near to it as this, in clips, they stay what they are. */
const NEAREST_TO_LIMIT = 0.5;

/**
 * The same without an end, section 2.3 of the paper: reservation prices at which a sale and a purchase leave the value function
 * ∝ −e^(−γ(x + qs)) / (2ω − γ²q²σ²) where it is,
 *
 *     rᵃ = s − (1/γ) ln(1 + (2q − 1) γ²σ² / (2ω − γ²q²σ²)),   rᵇ = s + (1/γ) ln(1 − (2q + 1) γ²σ² / (2ω − γ²q²σ²)).
 *
 * The ask is also seen with both of its signs turned, which agrees to first order only and is not the bid's mirror image. With
 * the paper's natural choice ω = ½ γ²σ² (q_max + 1)² the fraction is one over (q_max + 1)² − q²: volatility cancels, and the
 * inventory limit takes its place. The dealer's distance from either is (1/γ) ln(1 + γ/κ) (section 3.1).
 *
 * @param inventory q in clips, positive when long; taken no nearer to the limit than half a clip, where prices diverge
 * @param inventoryMost q_max in clips, above one half
 */
export function avellanedaStoikovInfinite(
  inventory: number,
  inventoryMost: number,
  { gamma, kappa }: Pick<AvellanedaStoikovParameters, 'gamma' | 'kappa'>,
): ReservationQuote {
  const most = Math.max(0, inventoryMost - NEAREST_TO_LIMIT);
  const q = Math.max(-most, Math.min(most, inventory));
  const room = (inventoryMost + 1) ** 2 - q ** 2;
  const ask = -Math.log1p((2 * q - 1) / room) / gamma;
  const bid = Math.log1p(-(2 * q + 1) / room) / gamma;
  return { skewBps: (ask + bid) / 2, halfSpreadBps: (ask - bid) / 2 + Math.log1p(gamma / kappa) / gamma };
}
