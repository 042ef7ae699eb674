import { createHash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import { type Fold, foldsOf } from './blocks.ts';
import { type DeflatedSharpe, deflatedSharpe } from './deflated_sharpe.ts';
import { goodness, type Measures, type Metric, metricOf, pooled } from './measures.ts';
import type { Plan } from './plan.ts';
import type { Point } from './points.ts';
import type { Results } from './run_sweep.ts';
import type { BlockResult } from './run_tape.ts';

/** A point and how it did over all blocks. */
export interface TableRow {
  readonly point: Point;
  readonly measures: Measures;
  /** Over the hashes of its blocks, in order. */
  readonly decisionsHash: string;
  readonly failures: number;
}

/** What a fold of a walk forward came to. */
export interface FoldOutcome extends Fold {
  /** Best by the objective on the blocks that choose. */
  readonly chosen: Point;
  readonly trained: Measures;
  readonly judged: Measures;
}

/** How a sweep came out. Of one that was broken off, so far as it came. */
export interface SweepOutcome {
  readonly objective: Metric;
  /** Points that have run on every block, best first. */
  readonly rows: readonly TableRow[];
  readonly folds: readonly FoldOutcome[];
  /** The blocks that judged, as one run of whatever was chosen; null without a walk forward. */
  readonly walked: Measures | null;
  /** Of the best by the Sharpe ratio, whatever the objective; null where it has none. */
  readonly deflated: (DeflatedSharpe & { readonly point: Point }) | null;
  /** Over points, measures and decisions of every row, in the order of the points: the same for the same sweep, whatever the jobs. */
  readonly hash: string;
}

/** Sums up the results. At equal goodness the point that comes first in the sweep is the better one. */
export function outcomeOf({ spec, points, blocks }: Plan, results: Results): SweepOutcome {
  const objective = metricOf(spec.objective)!;
  const whole = points.filter(({ index }) => results[index]!.every((block) => block !== undefined));
  const inOrder = whole.map((point) => rowOf(point, results[point.index] as readonly BlockResult[]));
  const rows = inOrder.toSorted((a, b) => better(objective, a.measures, b.measures) || a.point.index - b.point.index);
  const complete = whole.length === points.length;
  const folds = spec.walk === null || !complete ? [] : foldsOf(blocks.length, spec.walk.trainBlocks);
  const outcomes = folds.map((fold) => foldOutcome(fold, objective, points, results));
  const hashed = inOrder.map(({ point, measures, decisionsHash }) => ({ ...point, measures, decisionsHash }));
  return {
    objective,
    rows,
    folds: outcomes,
    walked: outcomes.length === 0 ? null : pooled(outcomes.map(({ judged }) => judged)),
    deflated: deflatedOf(inOrder),
    hash: createHash('sha256').update(stringify(hashed)).digest('hex'),
  };
}

function rowOf(point: Point, blocks: readonly BlockResult[]): TableRow {
  const hash = createHash('sha256');
  for (const { decisionsHash } of blocks) hash.update(decisionsHash);
  return {
    point,
    measures: pooled(blocks.map(({ measures }) => measures)),
    decisionsHash: blocks.length === 1 ? blocks[0]!.decisionsHash : hash.digest('hex'),
    failures: blocks.reduce((sum, { failures }) => sum + failures, 0),
  };
}

function foldOutcome(fold: Fold, objective: Metric, points: readonly Point[], results: Results): FoldOutcome {
  const trained = points.map(({ index }) => pooled(fold.train.map((block) => results[index]![block]!.measures)));
  let best = 0;
  for (const [i, measures] of trained.entries()) if (better(objective, measures, trained[best]!) < 0) best = i;
  const judged = results[points[best]!.index]![fold.test]!.measures;
  return { ...fold, chosen: points[best]!, trained: trained[best]!, judged };
}

/** Negative when the first is better. Two that cannot be told are alike: their difference would be no number. */
function better(objective: Metric, a: Measures, b: Measures): number {
  const [of, other] = [goodness(objective, a), goodness(objective, b)];
  return of === other ? 0 : other - of;
}

function deflatedOf(rows: readonly TableRow[]): SweepOutcome['deflated'] {
  const sharpe = metricOf('sharpe')!;
  const best = rows.toSorted((a, b) => better(sharpe, a.measures, b.measures))[0];
  if (best === undefined) return null;
  const changes = rows.map(({ measures }) => measures.changes);
  const deflated = deflatedSharpe(best.measures.changes, changes);
  return deflated && { ...deflated, point: best.point };
}
