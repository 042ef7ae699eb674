import { SPANS_TO_YEAR } from '../../streams/report/profit_changes.ts';
import { METRICS, type Measures } from './measures.ts';
import type { SweepOutcome } from './outcome.ts';
import type { Plan } from './plan.ts';
import type { SweepRun } from './table_text.ts';

/** A sweep for programs: every row, best first, and what the trials say of the best. */
export function outcomeJson(plan: Plan, outcome: SweepOutcome, { seconds, jobs, folder }: SweepRun) {
  const { objective, rows, folds, walked, deflated, hash } = outcome;
  return {
    points: plan.points.length,
    finished: rows.length,
    blocks: plan.blocks.length,
    objective: objective.name,
    hash,
    rows: rows.map(({ point, measures, decisionsHash, failures }) => ({
      point: point.index,
      values: point.values,
      ...figures(measures),
      decisions_hash: decisionsHash,
      actor_failures: failures,
    })),
    walk_forward: walked && {
      folds: folds.map(({ train, test, chosen, trained, judged }) => ({
        ...{ train, test, point: chosen.index, values: chosen.values },
        trained: figures(trained),
        judged: figures(judged),
      })),
      judged: figures(walked),
    },
    trials: rows.length,
    deflated_sharpe: deflated && {
      point: deflated.point.index,
      expected_most_sharpe: deflated.expectedMost * SPANS_TO_YEAR,
      probability: deflated.probability,
    },
    sweep: plan.header.sweep,
    flashmm: plan.header.flashmm,
    commit: plan.header.commit,
    folder,
    jobs,
    seconds,
  };
}

function figures(measures: Measures): Record<string, number | null> {
  return Object.fromEntries(METRICS.map(({ name, of }) => [name, of(measures)]));
}
