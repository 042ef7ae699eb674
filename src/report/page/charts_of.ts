import type { ReportFigures, SessionFigures } from '../../../streams/report/session_report.ts';
import type { ReportDocument } from '../document.ts';
import { horizonName } from '../figure_lines.ts';
import { barChart, type Chart, timeChart } from './chart.ts';
import type { Points } from './frame.ts';
import { grouped } from './scale.ts';

const BAR_STYLES = ['main', 'second', 'third', 'fourth'] as const;

/** The charts of the account: profit, its fall from the peak, where it comes from, and what fills were worth. */
export function accountCharts({ charts, figures }: ReportDocument): Chart[] {
  const { startUs, equity } = charts;
  return [
    {
      title: 'Profit',
      note: 'USDC, marked at the mid, after fees and gas',
      svg: timeChart([{ points: equity, style: 'main', area: true }], startUs, { values: [0] }),
    },
    {
      title: 'Drawdown',
      note: 'USDC below the highest profit so far',
      svg: timeChart([{ points: drawdown(equity), style: 'loss', area: true }], startUs, { values: [0] }),
    },
    sources(figures),
    byMarket(figures),
    {
      title: 'Markouts',
      note: 'bps of turnover in our favour, all markets; whiskers: one standard error',
      svg: barChart(
        figures.markouts.map(({ horizonMs, meanBps, errorBps, fills }) => {
          const name = horizonName(horizonMs);
          const text = `${name}: ${grouped(meanBps ?? 0, 2)} bps, ${fills} fills`;
          return { name, bars: [{ value: meanBps, error: errorBps, style: 'main', text }] };
        }),
      ),
    },
    selection(figures),
  ];
}

function sources({ capturedUsdc, inventoryUsdc, feesUsdc, gasUsdc, pnlUsdc }: SessionFigures): Chart {
  const parts = [
    ['captured', capturedUsdc],
    ['holdings', inventoryUsdc],
    ['fees', -feesUsdc],
    ['gas', -gasUsdc],
    ['profit', pnlUsdc],
  ] as const;
  return {
    title: 'Where the profit comes from',
    note: 'USDC: spread captured, what holdings made as the mid moved, costs',
    svg: barChart(
      parts.map(([name, value]) => ({
        name,
        bars: [{ value, style: name === 'profit' ? 'third' : 'main', text: `${name}: ${grouped(value, 4)} USDC` }],
      })),
    ),
  };
}

function byMarket({ markets }: SessionFigures): Chart {
  const parts = [
    ['main', 'spread captured', (one: ReportFigures) => one.capturedUsdc],
    ['second', 'from holdings', (one: ReportFigures) => one.inventoryUsdc],
    ['third', 'profit', (one: ReportFigures) => one.pnlUsdc],
  ] as const;
  return {
    title: 'Profit by market',
    note: 'USDC before gas',
    keys: parts.map(([style, name]) => [style, name]),
    svg: barChart(
      Object.entries(markets).map(([name, one]) => ({
        name,
        bars: parts.map(([style, what, of]) => {
          return { value: of(one), style, text: `${name}: ${grouped(of(one), 4)} USDC ${what}` };
        }),
      })),
    ),
  };
}

function selection({ markets, markouts }: SessionFigures): Chart {
  const name = (horizonMs: number): string => (horizonMs === 0 ? 'captured' : `lost ${horizonName(horizonMs)}`);
  return {
    title: 'Spread captured and adverse selection',
    note: 'bps of turnover',
    keys: markouts.map(({ horizonMs }, i) => [BAR_STYLES[i]!, name(horizonMs)]),
    svg: barChart(
      Object.entries(markets).map(([market, one]) => ({
        name: market,
        bars: one.markouts.map(({ horizonMs, meanBps, errorBps, adverseBps, adverseErrorBps }, i) => {
          const [value, error] = horizonMs === 0 ? [meanBps, errorBps] : [adverseBps, adverseErrorBps];
          const text = `${market}: ${grouped(value ?? 0, 2)} bps ${name(horizonMs)}`;
          return { value, error, style: BAR_STYLES[i]!, text };
        }),
      })),
    ),
  };
}

/** Two charts of each market: our fills on the price, and what was held within its limits. */
export function marketCharts({ charts, limitsUsdc }: ReportDocument): Chart[] {
  return Object.entries(charts.markets).flatMap(([name, { mid, positionUsdc, fills, fillStride }]) => {
    const limit = limitsUsdc[name] ?? 0;
    const level = (value: number): Points => positionUsdc.map(([at]) => [at, value]);
    // Limits that were never come near to would press the curve flat.
    const near = positionUsdc.some(([, held]) => Math.abs(held) > limit / 4);
    const limits = near ? ([level(limit), level(-limit)] as const) : [];
    const shown = fillStride === 1 ? `${fills.length} fills` : `every ${fillStride}th fill`;
    return [
      {
        title: `${name}: fills on the price`,
        note: `mid, ▲ bought, ▼ sold; ${shown}`,
        svg: timeChart([{ points: mid, style: 'quiet' }], charts.startUs, {
          marks: fills.map(([x, side, y, lots]) => ({
            x,
            y,
            side,
            text: `${side === 'buy' ? 'bought' : 'sold'} ${lots} lots at ${Number(y.toPrecision(10))}`,
          })),
        }),
      },
      {
        title: `${name}: inventory`,
        note: `USDC at the mid; ${near ? `dashed: limit of ±${grouped(limit, 0)}` : `the limit of ±${grouped(limit, 0)} is far away`}`,
        svg: timeChart(
          [
            ...limits.map((points) => ({ points, style: 'limit' as const })),
            { points: positionUsdc, style: 'second', area: true },
          ],
          charts.startUs,
          { values: [0] },
        ),
      },
    ];
  });
}

function drawdown(equity: Points): Points {
  let peak = 0;
  return equity.map(([at, value]) => {
    peak = Math.max(peak, value);
    return [at, value - peak];
  });
}
