import { type Moments, NO_MOMENTS, pooledMoments, sharpeFigures } from '../../streams/report/profit_changes.ts';
import type { SessionFigures } from '../../streams/report/session_report.ts';

/**
 * What is kept of a run: sums and extremes that can be pooled over blocks into the figures of all of them. Money in USDC, as in
 * reports. Plain data.
 */
export interface Measures {
  readonly pnlUsdc: number;
  readonly capturedUsdc: number;
  readonly inventoryUsdc: number;
  readonly feesUsdc: number;
  readonly turnoverUsdc: number;
  readonly fills: number;
  readonly ordersPlaced: number;
  readonly ordersCancelled: number;
  readonly ordersRefused: number;
  readonly spanSeconds: number;
  /** With both sides resting. */
  readonly quotedSeconds: number;
  /** Our spread times the time that it was quoted, bps s. */
  readonly spreadBpsSeconds: number;
  readonly maxDrawdownUsdc: number;
  readonly maxPositionUsdc: number;
  readonly changes: Moments;
  /** Turnover that a horizon could be measured of, and what it was worth then, USDC. */
  readonly markouts: readonly {
    readonly horizonMs: number;
    readonly turnoverUsdc: number;
    readonly valueUsdc: number;
  }[];
}

/** Measures of nothing. */
export const NOTHING_MEASURED: Measures = {
  pnlUsdc: 0,
  capturedUsdc: 0,
  inventoryUsdc: 0,
  feesUsdc: 0,
  turnoverUsdc: 0,
  fills: 0,
  ordersPlaced: 0,
  ordersCancelled: 0,
  ordersRefused: 0,
  spanSeconds: 0,
  quotedSeconds: 0,
  spreadBpsSeconds: 0,
  maxDrawdownUsdc: 0,
  maxPositionUsdc: 0,
  changes: NO_MOMENTS,
  markouts: [],
};

const BPS = 10_000;

/** The measures of one run's figures. */
export function measuresOf(figures: SessionFigures): Measures {
  const quotedSeconds = (figures.spanSeconds * figures.quotedPercent) / 100;
  return {
    pnlUsdc: figures.pnlUsdc,
    capturedUsdc: figures.capturedUsdc,
    inventoryUsdc: figures.inventoryUsdc,
    feesUsdc: figures.feesUsdc,
    turnoverUsdc: figures.turnoverUsdc,
    fills: figures.fills,
    ordersPlaced: figures.ordersPlaced,
    ordersCancelled: figures.ordersCancelled,
    ordersRefused: figures.ordersRefused,
    spanSeconds: figures.spanSeconds,
    quotedSeconds,
    spreadBpsSeconds: (figures.ourSpreadBps ?? 0) * quotedSeconds,
    maxDrawdownUsdc: figures.maxDrawdownUsdc,
    maxPositionUsdc: figures.maxPositionUsdc,
    changes: figures.changes,
    markouts: figures.markouts.map(({ horizonMs, turnoverUsdc, meanBps }) => ({
      horizonMs,
      turnoverUsdc,
      valueUsdc: ((meanBps ?? 0) * turnoverUsdc) / BPS,
    })),
  };
}

/** Several runs as one: sums are added, of extremes the greatest counts, changes of the profit are one sample. */
export function pooled(runs: readonly Measures[]): Measures {
  return runs.reduce((a, b) => {
    const sum = (key: Summed): number => a[key] + b[key];
    const horizons = (a.markouts.length > 0 ? a : b).markouts;
    return {
      ...(Object.fromEntries(SUMMED.map((key) => [key, sum(key)])) as Record<Summed, number>),
      maxDrawdownUsdc: Math.max(a.maxDrawdownUsdc, b.maxDrawdownUsdc),
      maxPositionUsdc: Math.max(a.maxPositionUsdc, b.maxPositionUsdc),
      changes: pooledMoments(a.changes, b.changes),
      markouts: horizons.map(({ horizonMs }, i) => ({
        horizonMs,
        turnoverUsdc: (a.markouts[i]?.turnoverUsdc ?? 0) + (b.markouts[i]?.turnoverUsdc ?? 0),
        valueUsdc: (a.markouts[i]?.valueUsdc ?? 0) + (b.markouts[i]?.valueUsdc ?? 0),
      })),
    };
  }, NOTHING_MEASURED);
}

const SUMMED = [
  'pnlUsdc',
  'capturedUsdc',
  'inventoryUsdc',
  'feesUsdc',
  'turnoverUsdc',
  'fills',
  'ordersPlaced',
  'ordersCancelled',
  'ordersRefused',
  'spanSeconds',
  'quotedSeconds',
  'spreadBpsSeconds',
] as const;
type Summed = (typeof SUMMED)[number];

/** A figure of a sweep's table. */
export interface Metric {
  /** As in the JSON of a backtest, units last. */
  readonly name: string;
  /** For the head of a table. */
  readonly title: string;
  readonly decimals: number;
  /** Whether less of it is better. */
  readonly lessIsBetter?: true;
  /** Null where there is nothing to tell it from. */
  readonly of: (measures: Measures) => number | null;
}

const perTurnover = (value: number, { turnoverUsdc }: Measures): number | null =>
  turnoverUsdc === 0 ? null : (BPS * value) / turnoverUsdc;

const markout =
  (horizonMs: number) =>
  ({ markouts }: Measures): number | null => {
    const at = markouts.find((one) => one.horizonMs === horizonMs);
    return at === undefined || at.turnoverUsdc === 0 ? null : (BPS * at.valueUsdc) / at.turnoverUsdc;
  };

/** Every figure of a table, in its order. Each may be an objective. */
export const METRICS: readonly Metric[] = [
  { name: 'pnl_usdc', title: 'profit', decimals: 2, of: (one) => one.pnlUsdc },
  { name: 'profit_bps', title: 'bps', decimals: 2, of: (one) => perTurnover(one.pnlUsdc, one) },
  { name: 'sharpe', title: 'Sharpe', decimals: 0, of: (one) => sharpeFigures(one.changes).sharpe },
  { name: 'max_drawdown_usdc', title: 'fall', decimals: 2, lessIsBetter: true, of: (one) => one.maxDrawdownUsdc },
  { name: 'fills', title: 'fills', decimals: 0, of: (one) => one.fills },
  { name: 'turnover_usdc', title: 'turnover', decimals: 0, of: (one) => one.turnoverUsdc },
  { name: 'spread_captured_usdc', title: 'captured', decimals: 2, of: (one) => one.capturedUsdc },
  { name: 'inventory_pnl_usdc', title: 'holdings', decimals: 2, of: (one) => one.inventoryUsdc },
  { name: 'fees_usdc', title: 'fees', decimals: 2, lessIsBetter: true, of: (one) => one.feesUsdc },
  { name: 'markout_0s_bps', title: 'at fill', decimals: 2, of: markout(0) },
  { name: 'markout_1s_bps', title: '1 s', decimals: 2, of: markout(1_000) },
  { name: 'markout_5s_bps', title: '5 s', decimals: 2, of: markout(5_000) },
  { name: 'markout_30s_bps', title: '30 s', decimals: 2, of: markout(30_000) },
  { name: 'max_position_usdc', title: 'held', decimals: 0, lessIsBetter: true, of: (one) => one.maxPositionUsdc },
  {
    name: 'our_spread_bps',
    title: 'spread',
    decimals: 2,
    lessIsBetter: true,
    of: (one) => (one.quotedSeconds === 0 ? null : one.spreadBpsSeconds / one.quotedSeconds),
  },
  {
    name: 'quoted_percent',
    title: 'quoted %',
    decimals: 1,
    of: (one) => (one.spanSeconds === 0 ? null : (100 * one.quotedSeconds) / one.spanSeconds),
  },
  { name: 'orders_placed', title: 'placed', decimals: 0, lessIsBetter: true, of: (one) => one.ordersPlaced },
  { name: 'orders_cancelled', title: 'cancelled', decimals: 0, lessIsBetter: true, of: (one) => one.ordersCancelled },
  { name: 'orders_refused', title: 'refused', decimals: 0, lessIsBetter: true, of: (one) => one.ordersRefused },
];

/** The objective of a name, null where there is no such. */
export function metricOf(name: string): Metric | null {
  return METRICS.find((metric) => metric.name === name) ?? null;
}

/** How good a figure is: more is better; what cannot be told is worse than everything. */
export function goodness({ of, lessIsBetter }: Metric, measures: Measures): number {
  const value = of(measures);
  if (value === null) return Number.NEGATIVE_INFINITY;
  return lessIsBetter === true ? -value : value;
}
