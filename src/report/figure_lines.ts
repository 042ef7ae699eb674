import type { MarkoutFigures } from '../../streams/report/markout_figures.ts';
import type { ReportFigures, SessionFigures } from '../../streams/report/session_report.ts';

/** The figures of a session or a backtest as lines of `name  value`. */
export function figureLines(figures: SessionFigures): string[] {
  const { sharpe, sharpeError, gasSei } = figures;
  const gas =
    gasSei === 0 ? [] : [`gas                ${gasSei.toFixed(3)} SEI, worth ${money(figures.gasUsdc)} when paid`];
  return [
    ...marketLines(figures),
    ...gas,
    `largest fall       ${money(figures.maxDrawdownUsdc)} from the peak of the profit`,
    `Sharpe ratio       ${sharpe === null ? 'too short a time to mean anything' : `${sharpe.toFixed(0)} ± ${sharpeError?.toFixed(0)} a year, from changes over 10 s (one standard error)`}`,
  ];
}

/** The figures of one market, or those that all have together. */
export function marketLines(figures: ReportFigures): string[] {
  const { fillRatePercent, ordersPlaced, ordersCancelled, ordersRefused, ordersFilled, markouts } = figures;
  return [
    `profit             ${money(figures.pnlUsdc)}, marked at the mid, all costs taken off`,
    `  where from       ${money(figures.capturedUsdc)} spread captured, ${money(figures.inventoryUsdc)} from what was held, ${money(figures.feesUsdc)} of fees`,
    `markouts           ${markouts.every(({ fills }) => fills === 0) ? 'no fill was measured' : markouts.map(markoutText).join(', ')}`,
    `largest position   ${money(figures.maxPositionUsdc)}`,
    `turnover           ${money(figures.turnoverUsdc)} in ${figures.fills} fills`,
    `orders             ${ordersPlaced} placed, ${ordersCancelled} cancelled, ${ordersRefused} refused, ${ordersFilled} filled at least in part`,
    `fill rate          ${fillRatePercent === null ? 'no order’s price traded' : `${fillRatePercent.toFixed(1)} % of the orders whose price traded`}`,
    `spread             market ${bps(figures.spreadBps)}, ours ${bps(figures.ourSpreadBps)}, two-sided ${figures.quotedPercent.toFixed(1)} % of the time`,
  ];
}

function markoutText({ horizonMs, meanBps, errorBps }: MarkoutFigures): string {
  const error = errorBps === null ? '' : ` ± ${errorBps.toFixed(2)}`;
  return `${horizonName(horizonMs)} ${meanBps === null ? 'none yet' : `${meanBps.toFixed(2)}${error} bps`}`;
}

/** `at the fill`, `after 5 s` */
export function horizonName(horizonMs: number): string {
  return horizonMs === 0 ? 'at the fill' : `after ${horizonMs / 1_000} s`;
}

function money(value: number): string {
  return `${value.toFixed(2)} USDC`;
}

/** Spreads of 0.01 bps and of 50 bps are both common. */
function bps(value: number | null): string {
  return value === null ? 'none' : `${Number(value.toPrecision(3))} bps`;
}
