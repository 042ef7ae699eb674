import { z } from 'zod';
import { decimal, flag, oneOf, real, setting, whole } from './values.ts';

/** Section `quotes`. */
export const quotes = z.strictObject({
  model: setting(
    oneOf(['avellaneda-stoikov', 'avellaneda-stoikov-infinite', 'glft', 'naive']).default('avellaneda-stoikov'),
    'What centre and half spread come from: Avellaneda–Stoikov over `horizon_s`, the same without an end, Guéant–Lehalle–Fernandez-Tapia, or the `naive` symmetric maker, the baseline of comparisons.',
  ),
  spread_model: setting(
    oneOf(['aggressive', 'conservative', 'adaptive']).default('adaptive'),
    'How the model’s half spread becomes ours: half of it, more than it, or as volatility, takers, fills and markouts say.',
  ),
  gamma: setting(
    real(0.0001, 100).default(0.05),
    'Risk aversion of the models per bps, inventory in orders: higher skews more and quotes wider.',
  ),
  horizon_s: setting(real(0.1, 86_400).default(5), 'Time over which inventory risk is counted, s.'),
  session_s: setting(
    real(0, 604_800).default(0),
    'Length of a session that ends flat, counted from 1970 (86400 is the UTC day): the horizon is then its end, and `gamma` wants to be far lower. 0: the horizon rolls, s.',
  ),
  kappa: setting(
    real(0.0001, 1_000).default(0.5),
    'Decay of the arrival rate of orders with the distance from the fair value, per bps: what is assumed until trades have shown it.',
  ),
  arrival_rate_per_s: setting(
    real(0.0001, 10_000).default(0.5),
    'Arrivals of orders at the fair value on each side, per second: what is assumed until trades have shown it.',
  ),
  estimate_arrivals: setting(
    flag().default(true),
    'Estimates `kappa` and `arrival_rate_per_s` from this market’s trades, within a factor of ten of what is stated.',
  ),
  arrival_half_life_s: setting(real(1, 86_400).default(600), 'Half-life of the estimate of arrivals, s.'),
  naive_half_spread_bps: setting(
    real(0.01, 1_000).default(7.5),
    'Distance of the quotes of the model `naive` from the mid, bps.',
  ),
  flow_weight: setting(
    real(0, 1).default(0.3),
    'Share of half the spread by which one-sided order flow moves the fair value.',
  ),
  flow_half_life_ms: setting(whole(1, 600_000).default(500), 'Half-life of the order-flow estimate, ms.'),
  volatility_half_life_s: setting(real(0.1, 86_400).default(30), 'Half-life of the volatility estimate, s.'),
  volatility_floor_bps: setting(
    real(0, 1_000).default(0.5),
    'Volatility assumed at the start and never gone below, bps per square root of a second.',
  ),
  volatility_ceiling_bps: setting(
    real(0.01, 10_000).default(50),
    'Volatility never gone above, bps per square root of a second.',
  ),
  min_confidence: setting(
    real(0, 1).default(0.55),
    'A prediction whose calibrated confidence is lower does not move a quote.',
  ),
  prediction_weight: setting(
    real(0, 20).default(2),
    'How many times the move that a prediction expects the side that it would run over stands back.',
  ),
  prediction_reach_ms: setting(
    whole(100, 60_000).default(2_000),
    'How far ahead that move is reckoned: until a quote can be elsewhere and takers have done what they know, ms.',
  ),
  order_size_usdc: setting(decimal(0.000001, 1e9).default('400'), 'Notional of the first order of a side, USDC.'),
  levels: setting(whole(1, 10).default(1), 'Orders of a side, one behind the other.'),
  level_spacing_bps: setting(real(0, 1_000).default(2), 'Distance of two levels, bps; at least a tick.'),
  level_size_factor: setting(real(0.1, 10).default(1), 'Size of a level over that of the one before.'),
  min_edge_bps: setting(real(0, 1_000).default(2), 'Least distance of a quote from the fair value after fees, bps.'),
  max_skew_bps: setting(real(0, 1_000).default(8), 'Most that inventory moves the reservation price, bps.'),
  hysteresis_bps: setting(
    real(0, 1_000).default(3),
    'A quote that would move by less stays where it is and keeps its place in the queue; one that would move by up to three times that stays while its place is worth more, bps.',
  ),
  competition: setting(
    oneOf(['ignore', 'join', 'improve']).default('improve'),
    'What is done when others quote better and the edge allows: nothing, join their best price, or improve it by a tick.',
  ),
  post_only_margin_ticks: setting(
    whole(0, 10_000).default(0),
    'A quote stays this many ticks further from the other side than it must to rest, because the book moves until the block.',
  ),
  maker_fee_bps: setting(
    real(-100, 100).default(0),
    'Fee of a resting order on the venue, bps; negative for a rebate.',
  ),
  taker_fee_bps: setting(real(-100, 100).default(0), 'Fee of an order that takes on the venue, bps.'),
});
