import type { FairValueParameters } from '../../streams/fairvalue/fair_value.ts';
import type { ConditionParameters } from '../../streams/guard/conditions.ts';
import { lotValueQuote } from '../../streams/market/money.ts';
import type { Market } from '../../streams/market/types.ts';
import type { PredictionsParameters } from '../../streams/predictions/predictions.ts';
import type { QuoteParameters } from '../../streams/quotes/quotes.ts';
import type { AccountSettings, MarketSettings } from '../../streams/settings.ts';
import type { TradingParameters } from '../../streams/trading/trading.ts';
import type { Config } from './schema.ts';

/** What a venue charges, basis points of the turnover; negative for a rebate. */
export interface VenueFees {
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
}

const MS_PER_S = 1_000;

/**
 * The settings of the stages, out of the configuration: the one place where its keys meet their parameters.
 *
 * @param fees where the venue's are other than the configuration's (a backtest's)
 */
export function accountSettings(config: Config, markets: readonly Market[], fees?: VenueFees): AccountSettings {
  const charged = fees ?? { makerFeeBps: config.quotes.maker_fee_bps, takerFeeBps: config.quotes.taker_fee_bps };
  // The grid is one of whole microseconds.
  const periodMs = Math.round((MS_PER_S / config.sampling.quote_frequency_hz) * MS_PER_S) / MS_PER_S;
  return {
    markets: markets.map((market) => marketSettings(config, market, charged.makerFeeBps, periodMs)),
    conditions: conditionParameters(config),
    trading: tradingParameters(config),
    exposure: {
      maxGrossUsdc: Number(config.risk.max_gross_usdc),
      maxNetInventoryPct: config.risk.max_net_inventory_pct,
      capitalUsdc: Number(config.risk.capital_usdc),
      maxOpenOrders: config.risk.max_open_orders,
    },
    orders: {
      maxOrdersPerS: config.risk.max_orders_per_s,
      wishExpiresMs: config.risk.wish_expires_ms,
      unknownOrders: config.orders.unknown_orders,
    },
    fees: charged,
    wakePeriodMs: periodMs,
    wakeDelayMs: 0,
  };
}

function conditionParameters({ breakers }: Config): ConditionParameters {
  return {
    disconnectedAfterMs: breakers.disconnected_after_ms,
    latencyHighMs: breakers.latency_high_ms,
    latencyLowMs: breakers.latency_low_ms,
    latencyWiden: breakers.latency_widen,
    latencyRecoverMs: breakers.latency_recover_ms,
  };
}

function tradingParameters({ risk }: Config): TradingParameters {
  return {
    maxDailyLossUsdc: Number(risk.max_daily_loss_usdc),
    maxDrawdownUsdc: Number(risk.max_drawdown_usdc),
    reduceFromPct: risk.reduce_from_loss_pct,
    reduceUntilPct: risk.reduce_until_loss_pct,
    maxGrossUsdc: Number(risk.max_gross_usdc),
  };
}

function fairValueParameters(quotes: Config['quotes']): FairValueParameters {
  return {
    flowWeight: quotes.flow_weight,
    flowHalfLifeMs: quotes.flow_half_life_ms,
    sigmaHalfLifeMs: quotes.volatility_half_life_s * MS_PER_S,
    sigmaFloorBps: quotes.volatility_floor_bps,
    sigmaCeilingBps: quotes.volatility_ceiling_bps,
    arrivalsEstimated: quotes.estimate_arrivals,
    priorArrivalsPerS: quotes.arrival_rate_per_s,
    priorKappa: quotes.kappa,
    arrivalHalfLifeMs: quotes.arrival_half_life_s * MS_PER_S,
  };
}

function quoteParameters({ quotes, risk }: Config, makerFeeBps: number): QuoteParameters {
  const orderSizeUsdc = Number(quotes.order_size_usdc);
  return {
    model: quotes.model,
    spreadModel: quotes.spread_model,
    gamma: quotes.gamma,
    horizonS: quotes.horizon_s,
    sessionS: quotes.session_s,
    inventoryMostClips: Math.max(1, Number(risk.max_position_usdc) / orderSizeUsdc),
    naiveHalfSpreadBps: quotes.naive_half_spread_bps,
    minConfidence: quotes.min_confidence,
    predictionWeight: quotes.prediction_weight,
    predictionReachMs: quotes.prediction_reach_ms,
    orderSizeUsdc,
    levels: quotes.levels,
    levelSpacingBps: quotes.level_spacing_bps,
    levelSizeFactor: quotes.level_size_factor,
    minEdgeBps: quotes.min_edge_bps,
    makerFeeBps,
    maxSkewBps: quotes.max_skew_bps,
    hysteresisBps: quotes.hysteresis_bps,
    competition: quotes.competition,
    postOnlyMarginTicks: quotes.post_only_margin_ticks,
  };
}

/**
 * How the models of a market are watched: what a market's `predictions` are set to where models say something of it.
 *
 * @param periodMs distance of two samples
 */
export function predictionsParameters({ insight, watching }: Config, periodMs: number): PredictionsParameters {
  return {
    accuracyPredictions: watching.accuracy_predictions,
    adwinDelta: watching.adwin_delta,
    inputTripPct: watching.input_trip_pct,
    inputClearPct: watching.input_clear_pct,
    everyUs: Math.floor(periodMs * MS_PER_S),
    insightMaxShift: insight.enabled ? insight.max_shift : 0,
    insightValidMs: insight.valid_s * MS_PER_S,
  };
}

function marketSettings(config: Config, market: Market, makerFeeBps: number, periodMs: number): MarketSettings {
  const { breakers, quotes, risk, sampling } = config;
  return {
    market,
    sampling: { periodMs, staleAfterMs: sampling.stale_after_ms },
    features: null,
    fairValue: fairValueParameters(quotes),
    quotes: quoteParameters(config, makerFeeBps),
    risk: {
      maxPositionUsdc: Number(risk.max_position_usdc),
      maxInventoryPct: risk.max_inventory_pct,
      capitalUsdc: Number(risk.capital_usdc),
      priceCollarBps: risk.price_collar_bps,
      lastTradeExpiresMs: risk.last_trade_expires_ms,
      maxOrderUsdc: Number(risk.max_order_usdc),
      minOrderUsdc: Number(risk.min_order_usdc),
    },
    guard: {
      inventoryTripPct: breakers.inventory_trip_pct,
      inventoryClearPct: breakers.inventory_clear_pct,
      extremeWindowMs: breakers.extreme_window_s * MS_PER_S,
      extremeStopBps: breakers.extreme_stop_bps,
      extremeSigmas: breakers.extreme_sigmas,
      extremeFloorBps: breakers.extreme_floor_bps,
      extremeSpreadBps: breakers.extreme_spread_bps,
      extremeRecoverMs: breakers.extreme_recover_s * MS_PER_S,
    },
    predictions: null,
  };
}

/**
 * Why these settings cannot quote a market, or null: an order size that rounds to nothing, or to more than the limits.
 *
 * @param tick a price of the market, in ticks
 */
export function unquotable(settings: MarketSettings, tick: number): string | null {
  const stepUsdc = lotValueQuote(settings.market, tick) * (settings.market.orderStepLots ?? 1);
  const { maxOrderUsdc, maxPositionUsdc } = settings.risk;
  if (stepUsdc <= Math.min(maxOrderUsdc, maxPositionUsdc)) return null;
  const limit = `risk.max_order_usdc ${maxOrderUsdc} or risk.max_position_usdc ${maxPositionUsdc}`;
  return `${settings.market.symbol}: the smallest order is worth ${stepUsdc.toFixed(2)}, above ${limit}`;
}
