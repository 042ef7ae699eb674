import { basename } from 'node:path';
import type { ReportCharts } from '../../../streams/report/session_report.ts';
import { barChart, type Chart, timeChart } from '../../report/page/chart.ts';
import type { Points } from '../../report/page/frame.ts';
import { grouped } from '../../report/page/scale.ts';
import { METRICS, type Measures } from '../measures.ts';
import type { Plan } from '../plan.ts';

/** Tapes whose prices and holdings are drawn: the first ones. Profit is drawn of all. */
export const TAPES_DRAWN_MOST = 4;

/** Profit and fall over all blocks one after another, and what fills were worth. @param charts block by block */
export function bestCharts(charts: readonly ReportCharts[], measures: Measures): Chart[] {
  const equity = joined(charts);
  let peak = 0;
  const fall: Points = equity.map(([at, value]) => {
    peak = Math.max(peak, value);
    return [at, value - peak];
  });
  const note = charts.length === 1 ? '' : '; blocks one after another, each from a flat position';
  return [
    {
      title: 'Profit',
      note: `USDC, marked at the mid, after fees${note}`,
      svg: timeChart([{ points: equity, style: 'main', area: true }], startOf(charts), { values: [0] }),
    },
    {
      title: 'Drawdown',
      note: 'USDC below the highest profit so far',
      svg: timeChart([{ points: fall, style: 'loss', area: true }], startOf(charts), { values: [0] }),
    },
    markouts(measures),
    sources(measures),
  ];
}

/** Fills on the price, and what was held, of each market of each tape. @param charts block by block */
export function tapeCharts({ blocks, tapes }: Plan, charts: readonly ReportCharts[]): Chart[] {
  return tapes.slice(0, TAPES_DRAWN_MOST).flatMap(({ files }, tape) => {
    const mine = charts.filter((_, i) => blocks[i]!.tape === tape && charts[i]!.startUs >= 0);
    const symbols = [...new Set(mine.flatMap(({ markets }) => Object.keys(markets)))];
    const name = files.map((file) => basename(file)).join(' + ');
    return symbols.flatMap((symbol) => marketCharts(symbol, tapes.length === 1 ? '' : `, ${name}`, mine));
  });
}

function marketCharts(symbol: string, where: string, blocks: readonly ReportCharts[]): Chart[] {
  const firstUs = startOf(blocks);
  const parts = blocks.map(({ startUs, markets }) => ({ after: (startUs - firstUs) / 1e6, ...markets[symbol]! }));
  const moved = (after: number, points: Points): Points => points.map(([at, value]) => [at + after, value]);
  const fills = parts.flatMap(({ after, fills: some }) =>
    some.map(([at, side, price, lots]) => ({ x: at + after, side, y: price, lots })),
  );
  const strides = parts.some(({ fillStride }) => fillStride > 1) ? 'some of the fills' : `${fills.length} fills`;
  return [
    {
      title: `${symbol}${where}: fills on the price`,
      note: `mid, ▲ bought, ▼ sold; ${strides}`,
      svg: timeChart(
        parts.map(({ after, mid }) => ({ points: moved(after, mid), style: 'quiet' })),
        firstUs,
        {
          marks: fills.map(({ x, y, side, lots }) => {
            const text = `${side === 'buy' ? 'bought' : 'sold'} ${lots} lots at ${Number(y.toPrecision(10))}`;
            return { x, y, side, text };
          }),
        },
      ),
    },
    {
      title: `${symbol}${where}: inventory`,
      note: 'USDC at the mid',
      svg: timeChart(
        parts.map(({ after, positionUsdc }) => ({ points: moved(after, positionUsdc), style: 'second', area: true })),
        firstUs,
        { values: [0] },
      ),
    },
  ];
}

function markouts(measures: Measures): Chart {
  const horizons = METRICS.filter(({ name }) => name.startsWith('markout_'));
  return {
    title: 'Markouts',
    note: 'bps of turnover in our favour, at the fill and later',
    svg: barChart(
      horizons.map(({ title, of }) => {
        const value = of(measures);
        return { name: title, bars: [{ value, style: 'main', text: `${title}: ${grouped(value ?? 0, 2)} bps` }] };
      }),
    ),
  };
}

function sources({ capturedUsdc, inventoryUsdc, feesUsdc, pnlUsdc }: Measures): Chart {
  const parts = [
    ['captured', capturedUsdc],
    ['holdings', inventoryUsdc],
    ['fees', -feesUsdc],
    ['profit', pnlUsdc],
  ] as const;
  return {
    title: 'Where the profit comes from',
    note: 'USDC: spread captured, what holdings made as the mid moved, fees',
    svg: barChart(
      parts.map(([name, value]) => ({
        name,
        bars: [{ value, style: name === 'profit' ? 'third' : 'main', text: `${name}: ${grouped(value, 4)} USDC` }],
      })),
    ),
  };
}

/** Profits of blocks as one: each goes on where the last one ended, in time and in profit. */
function joined(charts: readonly ReportCharts[]): Points {
  let [seconds, profit] = [0, 0];
  return charts.flatMap(({ equity }) => {
    const moved = equity.map(([at, value]) => [seconds + at, profit + value] as const);
    [seconds, profit] = moved.at(-1) ?? [seconds, profit];
    return moved;
  });
}

/** First sample of the first block that has one, microseconds since the epoch. */
function startOf(charts: readonly ReportCharts[]): number {
  return charts.find(({ startUs }) => startUs >= 0)?.startUs ?? 0;
}
