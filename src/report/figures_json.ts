import type { ReportFigures, SessionFigures } from '../../streams/report/session_report.ts';

/** The figures of a session or a backtest under the names that programs read. */
export function sessionJson(figures: SessionFigures): Record<string, unknown> {
  return {
    span_seconds: figures.spanSeconds,
    ...figuresJson(figures),
    gas_usdc: figures.gasUsdc,
    gas_sei: figures.gasSei,
    max_drawdown_usdc: figures.maxDrawdownUsdc,
    sharpe: figures.sharpe,
    sharpe_error: figures.sharpeError,
    markets: Object.fromEntries(Object.entries(figures.markets).map(([symbol, one]) => [symbol, figuresJson(one)])),
  };
}

function figuresJson(figures: ReportFigures): Record<string, unknown> {
  return {
    orders_placed: figures.ordersPlaced,
    orders_cancelled: figures.ordersCancelled,
    orders_refused: figures.ordersRefused,
    orders_filled: figures.ordersFilled,
    fills: figures.fills,
    fill_rate_percent: figures.fillRatePercent,
    pnl_usdc: figures.pnlUsdc,
    spread_captured_usdc: figures.capturedUsdc,
    inventory_pnl_usdc: figures.inventoryUsdc,
    fees_usdc: figures.feesUsdc,
    turnover_usdc: figures.turnoverUsdc,
    max_position_usdc: figures.maxPositionUsdc,
    spread_bps: figures.spreadBps,
    our_spread_bps: figures.ourSpreadBps,
    quoted_percent: figures.quotedPercent,
    markouts: figures.markouts.map((one) => ({
      horizon_s: one.horizonMs / 1_000,
      fills: one.fills,
      turnover_usdc: one.turnoverUsdc,
      mean_bps: one.meanBps,
      error_bps: one.errorBps,
      adverse_bps: one.adverseBps,
      adverse_error_bps: one.adverseErrorBps,
    })),
  };
}
