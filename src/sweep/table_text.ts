import { SPANS_TO_YEAR } from '../../streams/report/profit_changes.ts';
import { grouped } from '../report/page/scale.ts';
import { METRICS, type Measures, type Metric } from './measures.ts';
import type { SweepOutcome } from './outcome.ts';
import type { Plan } from './plan.ts';
import type { Point } from './points.ts';

/** What of a run is not in its outcome. */
export interface SweepRun {
  /** Rows that are shown. */
  readonly top: number;
  readonly seconds: number;
  readonly jobs: number;
  /** Where the rest is. */
  readonly folder: string;
}

/** Columns of the terminal's table besides the objective; the page and the Parquet file have every one. */
const SHOWN = [
  'pnl_usdc',
  'profit_bps',
  'sharpe',
  'max_drawdown_usdc',
  'fills',
  'markout_0s_bps',
  'markout_5s_bps',
  'max_position_usdc',
  'quoted_percent',
];

/** A sweep as a table for people. */
export function sweepText(plan: Plan, outcome: SweepOutcome, run: SweepRun): string {
  const { rows, objective } = outcome;
  const { points, blocks, tapes, spec } = plan;
  const metrics = METRICS.filter(({ name }) => SHOWN.includes(name) || name === objective.name);
  const keys = spec.axes.map(({ key }) => key);
  const shown = rows.slice(0, run.top);
  const lines = tableLines(
    ['#', ...keys.map((key) => key.replace(/^\w+\./, '')), ...metrics.map(titleOf(objective))],
    shown.map(({ point, measures }) => [
      String(point.index),
      ...keys.map((key) => point.values[key]!),
      ...metrics.map((metric) => figure(metric, measures)),
    ]),
  );
  const kind = spec.random === null ? 'grid' : `random search, seed ${spec.random.seed}`;
  const cut = blocks.length === tapes.length ? '' : `, ${blocks.length} blocks`;
  return [
    `${rows.length} of ${points.length} points (${kind}) on ${tapes.length} ${tapes.length === 1 ? 'tape' : 'tapes'}${cut}, ${run.seconds.toFixed(0)} s, ${run.jobs} at a time`,
    `best by ${objective.name} first${rows.length > shown.length ? `; ${rows.length - shown.length} more in the files` : ''}`,
    '',
    ...lines,
    ...foldLines(outcome, keys),
    '',
    ...overfittingLines(outcome),
    ...failureLines(outcome),
    '',
    `hash ${outcome.hash}`,
    `in ${run.folder}`,
  ].join('\n');
}

/** What the number of trials says about the best of them. */
export function overfittingLines({ deflated, rows }: SweepOutcome): string[] {
  if (rows.length < 2) return [];
  if (deflated === null) {
    return [
      `Trials: ${rows.length}. None has a Sharpe ratio, which takes 30 changes over 10 s; the best of so many looks good by chance.`,
    ];
  }
  const best = rows.find(({ point }) => point === deflated.point)!;
  const ratio = METRICS.find(({ name }) => name === 'sharpe')!.of(best.measures)!;
  const most = deflated.expectedMost * SPANS_TO_YEAR;
  const percent = (100 * deflated.probability).toFixed(1);
  return [
    `Trials: ${deflated.trials}. The best Sharpe ratio, ${grouped(ratio, 0)} (point ${deflated.point.index}), is to be held against ${grouped(most, 0)}, what the best of so many would show by chance.`,
    `Deflated Sharpe ratio: ${percent} % that its true one is above zero for all that${deflated.probability > 0.95 ? '' : '; 95 % is the usual bar, and this does not reach it'}.`,
  ];
}

function foldLines({ folds, walked, objective }: SweepOutcome, keys: readonly string[]): string[] {
  if (walked === null) return [];
  const name = (point: Point): string => keys.map((key) => point.values[key]).join(' ');
  const table = tableLines(
    ['fold', 'chosen on', 'judged on', '#', keys.map((key) => key.replace(/^\w+\./, '')).join(' '), 'chose', 'judged'],
    folds.map(({ train, test, chosen, trained, judged }, i) => [
      String(i + 1),
      train.length === 1 ? `block ${train[0]! + 1}` : `blocks ${train[0]! + 1}–${train.at(-1)! + 1}`,
      `block ${test + 1}`,
      String(chosen.index),
      name(chosen),
      figure(objective, trained),
      figure(objective, judged),
    ]),
  );
  return [
    '',
    `Walk forward: what was best by ${objective.name} on the blocks before, on the block after them.`,
    '',
    ...table,
    '',
    `All that judged, as one: ${METRICS.filter(({ name }) => SHOWN.includes(name))
      .map((metric) => `${metric.name} ${figure(metric, walked)}`)
      .join(', ')}`,
  ];
}

function failureLines({ rows }: SweepOutcome): string[] {
  const failed = rows.filter(({ failures }) => failures > 0);
  if (failed.length === 0) return [];
  return [`Actors failed in points ${failed.map(({ point }) => point.index).join(', ')}: that is a defect.`];
}

const titleOf =
  (objective: Metric) =>
  ({ title, name }: Metric): string =>
    name === objective.name ? `${title}*` : title;

/** A figure as tables show it. */
export function figure({ of, decimals }: Metric, measures: Measures): string {
  const value = of(measures);
  return value === null ? '–' : grouped(value, decimals);
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  return [head, ...rows].map((row) => row.map((cell, i) => cell.padStart(widths[i]!)).join('  '));
}
