import { z } from 'zod';
import { decimal, real, setting, whole } from './values.ts';

/** Section `risk`. */
export const risk = z.strictObject({
  max_position_usdc: setting(
    decimal(0, 1e9).default('2000'),
    'Largest long or short position of a market, orders at work included, USDC.',
    { env: ['MAX_POSITION_USDC'] },
  ),
  max_inventory_pct: setting(
    real(0.001, 100).default(2),
    'Largest long or short position of a market, orders at work included, as a share of the equity, percent.',
  ),
  max_net_inventory_pct: setting(
    real(0.001, 100).default(2),
    'Largest position of all markets together, long less short, orders at work included, as a share of the equity, percent.',
  ),
  capital_usdc: setting(
    decimal(0.01, 1e12).default('100000'),
    'What this strategy may count on: the equity is taken for no more than this, USDC.',
  ),
  max_gross_usdc: setting(
    decimal(0, 1e12).default('8000'),
    'Most that all positions together may be worth, long and short added up, orders at work included, USDC.',
  ),
  max_open_orders: setting(whole(1, 10_000).default(64), 'Most orders that may rest at once, all markets together.'),
  max_daily_loss_usdc: setting(
    decimal(0.01, 1e12).default('500'),
    'A loss of this much in a UTC day halts trading until an operator clears it, USDC.',
  ),
  max_drawdown_usdc: setting(
    decimal(0.01, 1e12).default('1000'),
    'A loss of this much from the highest profit so far halts trading until an operator clears it, USDC.',
  ),
  reduce_from_loss_pct: setting(
    real(1, 100).default(80),
    'From this share of either loss limit on, only orders that shrink positions are placed, percent.',
  ),
  reduce_until_loss_pct: setting(
    real(0, 100).default(60),
    'Both sides are quoted again once both losses are below this share of their limit, percent.',
  ),
  max_order_usdc: setting(decimal(0, 1e9).default('500'), 'Largest notional of one order, USDC.'),
  min_order_usdc: setting(
    decimal(0, 1e9).default('1'),
    'Smallest notional of one order, USDC; one that shrinks the position may be smaller.',
  ),
  price_collar_bps: setting(
    real(0.01, 10_000).default(200),
    'Furthest that an order may be from the fair value, from the middle of the market and from its last trade, bps.',
  ),
  last_trade_expires_ms: setting(
    whole(0, 86_400_000).default(30_000),
    'The price collar counts from the last trade until that is this old; 0 leaves it out, ms.',
  ),
  max_orders_per_s: setting(whole(1, 1_000).default(10), 'Most orders placed in a second, all markets together.'),
  wish_expires_ms: setting(
    whole(100, 600_000).default(1_000),
    'A wished quote older than this counts as withdrawn: whoever made it has fallen silent, ms.',
  ),
});

/** Section `breakers`. */
export const breakers = z.strictObject({
  disconnected_after_ms: setting(
    whole(100, 600_000).default(3_000),
    'Without a block for longer than this all orders are cancelled and nothing is quoted until blocks come again, ms.',
  ),
  latency_high_ms: setting(
    whole(1, 600_000).default(3_000),
    'Blocks older than this when they arrive, or transactions that take longer, widen all spreads, ms.',
  ),
  latency_low_ms: setting(whole(1, 600_000).default(1_500), 'Below this the chain counts as fast again, ms.'),
  latency_widen: setting(real(1, 100).default(2), 'Factor on the half spread while the chain is slow.'),
  latency_recover_ms: setting(
    whole(1, 600_000).default(5_000),
    'Least time that spreads stay widened before the chain may count as fast again, ms.',
  ),
  inventory_trip_pct: setting(
    real(1, 1_000).default(105),
    'A position beyond this share of its limit is flattened: only orders that shrink it are placed, percent.',
  ),
  inventory_clear_pct: setting(real(0, 1_000).default(75), 'Flattening ends below this share of the limit, percent.'),
  extreme_window_s: setting(real(0.2, 30).default(10), 'Time over which a move of the price is measured, s.'),
  extreme_stop_bps: setting(
    real(1, 10_000).default(300),
    'A move within the window beyond this is the emergency stop: trading halts until an operator clears it, bps.',
  ),
  extreme_sigmas: setting(
    real(1, 1_000).default(8),
    'A move within the window of more standard deviations than this stops the market until it is calm.',
  ),
  extreme_floor_bps: setting(real(0, 10_000).default(100), 'A move smaller than this never stops a market, bps.'),
  extreme_spread_bps: setting(
    real(1, 10_000).default(200),
    'A spread wider than this for five samples stops the market until it is calm, bps.',
  ),
  extreme_recover_s: setting(
    real(0.1, 86_400).default(30),
    'Least time that a market stays stopped after an extreme move, s.',
  ),
});
