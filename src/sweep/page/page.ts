import { basename } from 'node:path';
import type { ReportCharts } from '../../../streams/report/session_report.ts';
import { barChart, type Chart } from '../../report/page/chart.ts';
import { escaped } from '../../report/page/frame.ts';
import { figures, headline, htmlPage, percent, table } from '../../report/page/layout.ts';
import { grouped } from '../../report/page/scale.ts';
import { namedChart } from '../../report/page/value_chart.ts';
import { METRICS, metricOf } from '../measures.ts';
import type { SweepOutcome } from '../outcome.ts';
import type { Plan } from '../plan.ts';
import type { Point } from '../points.ts';
import { figure, overfittingLines } from '../table_text.ts';
import { bestCharts, TAPES_DRAWN_MOST, tapeCharts } from './best_charts.ts';
import { heatMaps, sensitivityCharts } from './sensitivity.ts';

/** What the page shows. */
export interface SweepPage {
  readonly plan: Plan;
  readonly outcome: SweepOutcome;
  /** Of the best point, block by block; empty where the sweep was broken off. */
  readonly charts: readonly ReportCharts[];
}

/** Rows of the page's table; a page of ten thousand would not be read. */
const ROWS_MOST = 200;

/** A sweep as one page of HTML that needs nothing else: no script, no request. */
export function sweepPage({ plan, outcome, charts }: SweepPage): string {
  const { spec, header } = plan;
  const best = outcome.rows[0]!;
  const more = plan.tapes.length > TAPES_DRAWN_MOST ? `<p>Prices of the first ${TAPES_DRAWN_MOST} tapes.</p>` : '';
  const run =
    charts.length === 0
      ? '<p>The sweep was broken off: what is here is of the points that had run, and the best was not run again for its curves.</p>'
      : `${figures(bestCharts(charts, best.measures))}${figures(tapeCharts(plan, charts))}${more}`;
  return htmlPage({
    title: `Sweep of ${spec.axes.map(({ key }) => key).join(', ')}`,
    header: headerOf(plan, outcome),
    main: `${headlineOf(plan, outcome)}
${overfittingLines(outcome)
  .map((line) => `<p class="remark">${escaped(line)}</p>`)
  .join('')}
${walkPart(outcome)}
<h2>Sensitivity</h2>
${figures([...sensitivityCharts(spec.axes, outcome), rankChart(outcome), ...heatMaps(spec.axes, outcome)])}
<h2>The best: ${escaped(nameOf(best.point))}</h2>
${run}
<h2>Points</h2>
${pointTable(plan, outcome)}`,
    footer: `FlashMM ${escaped(header.flashmm)}${header.commit === '' ? '' : `, commit ${escaped(header.commit.slice(0, 12))}`}. Nothing about markets in general follows from a few tapes: what was best here was chosen because it was best here.`,
  });
}

function headerOf({ points, tapes, blocks, spec, header }: Plan, { rows, hash }: SweepOutcome): string {
  const kind = spec.random === null ? 'a grid' : `drawn, seed ${spec.random.seed}`;
  const names = tapes.map(({ files }) => files.map((file) => basename(file)).join(' + ')).join(', ');
  const cut = blocks.length === tapes.length ? '' : ` in ${blocks.length} blocks`;
  return [
    `${rows.length} of ${points.length} points (${kind}) on ${names}${cut}; models ${spec.models ? 'on' : 'off'}`,
    `sweep ${header.hash.slice(0, 12)} · table ${hash.slice(0, 12)}`,
  ]
    .map((line) => `<p>${escaped(line)}</p>`)
    .join('');
}

function headlineOf({ blocks }: Plan, { rows, objective, deflated, walked }: SweepOutcome): string {
  const { point, measures } = rows[0]!;
  const of = (name: string): number | null => metricOf(name)!.of(measures);
  const cells: [string, string, string][] = [
    [`Best ${objective.name}`, figure(objective, measures), `point ${point.index}: ${nameOf(point)}`],
    ['Profit', `${grouped(measures.pnlUsdc, 2)} USDC`, percent(of('profit_bps'), 'bps of turnover')],
    ['Sharpe, a year', figure(metricOf('sharpe')!, measures), 'from 10 s changes'],
    [
      'Largest fall',
      `${grouped(measures.maxDrawdownUsdc, 2)} USDC`,
      blocks.length > 1 ? 'from the peak, in one block' : 'from the peak',
    ],
    ['Fills', grouped(measures.fills, 0), `${grouped(measures.turnoverUsdc, 0)} USDC`],
    ['Trials', grouped(rows.length, 0), 'all count, also those that were bad'],
    [
      'Deflated Sharpe ratio',
      deflated === null ? '–' : `${(100 * deflated.probability).toFixed(1)} %`,
      deflated === null ? 'no trial has a Sharpe ratio' : `of point ${deflated.point.index}; 95 % is the usual bar`,
    ],
    [
      'Walked forward',
      walked === null ? '–' : figure(objective, walked),
      walked === null ? 'not asked for' : `${objective.name} of what was chosen before`,
    ],
  ];
  return headline(cells);
}

function walkPart({ folds, objective }: SweepOutcome): string {
  if (folds.length === 0) return '';
  const blocks = (train: readonly number[]): string => train.map((block) => block + 1).join(', ');
  const bars: Chart = {
    title: 'What chose, and what judged',
    note: `${objective.name} of the point that was best on the blocks before, on them and on the next one`,
    keys: [
      ['main', 'on the blocks that chose'],
      ['third', 'on the block that judged'],
    ],
    svg: barChart(
      folds.map(({ trained, judged, chosen }, i) => ({
        name: String(i + 1),
        bars: [
          {
            value: objective.of(trained),
            style: 'main',
            text: `chose ${nameOf(chosen)}: ${figure(objective, trained)}`,
          },
          { value: objective.of(judged), style: 'third', text: `judged ${figure(objective, judged)}` },
        ],
      })),
    ),
  };
  let sum = 0;
  const profits = folds.map(({ judged }) => (sum += judged.pnlUsdc));
  const walked: Chart = {
    title: 'Walked forward',
    note: 'USDC: profit of the blocks that judged, summed up',
    svg: namedChart(
      folds.map((_, i) => String(i + 1)),
      [{ values: profits, style: 'main', dots: true }],
    ),
  };
  return `<h2>Walk forward</h2>${figures([bars, walked])}${table(
    ['fold', 'blocks that chose', 'block that judged', 'chosen', 'chose', 'judged', 'profit of the judged, USDC'],
    folds.map(({ train, test, chosen, trained, judged }, i) => [
      String(i + 1),
      blocks(train),
      String(test + 1),
      nameOf(chosen),
      figure(objective, trained),
      figure(objective, judged),
      grouped(judged.pnlUsdc, 2),
    ]),
  )}`;
}

/** Every point's objective, best first: how far the best stands out from those after it. */
function rankChart({ rows, objective }: SweepOutcome): Chart {
  return {
    title: 'Every point',
    note: `${objective.name}, best first: a best that stands alone is luck more often than skill`,
    svg: namedChart(
      rows.map((_, i) => String(i + 1)),
      [
        {
          values: rows.map(({ measures }) => objective.of(measures)),
          style: 'main',
          ...(rows.length < 60 && { dots: true }),
        },
      ],
    ),
  };
}

function pointTable({ spec }: Plan, { rows }: SweepOutcome): string {
  const shown = rows.slice(0, ROWS_MOST);
  const left = rows.length - shown.length;
  const keys = spec.axes.map(({ key }) => key);
  return (
    table(
      ['point', ...keys.map((key) => key.replace(/^\w+\./, '')), ...METRICS.map(({ title }) => title)],
      shown.map(({ point, measures }) => [
        String(point.index),
        ...keys.map((key) => point.values[key]!),
        ...METRICS.map((metric) => figure(metric, measures)),
      ]),
    ) + (left > 0 ? `<p>The other ${left} are in table.parquet.</p>` : '')
  );
}

function nameOf({ values }: Point): string {
  return Object.entries(values)
    .map(([key, value]) => `${key.replace(/^\w+\./, '')} ${value}`)
    .join(', ');
}
