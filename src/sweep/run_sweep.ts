import type { ReportCharts } from '../../streams/report/session_report.ts';
import { CommandError } from '../exit/command_error.ts';
import { overWorkers } from '../runtime/worker_pool.ts';
import { STRATEGY } from './axis.ts';
import type { Block, TapeSpan } from './blocks.ts';
import type { Plan } from './plan.ts';
import type { Point } from './points.ts';
import type { ResultRow, ResultsFile } from './results_file.ts';
import type { BlockResult, TapeResult, TapeTask } from './run_tape.ts';
import { answerTo, type WorkerAnswer } from './worker_answer.ts';

/** How a plan is carried out. */
export interface RunOptions {
  readonly file: ResultsFile;
  readonly jobs: number;
  /** Ends the work after the runs under way. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** What each point did on each block: a row for each point, in their order; undefined where it has not run yet. */
export type Results = readonly (readonly (BlockResult | undefined)[])[];

/**
 * Runs what is not in the file yet, each point on each tape, and adds it to the file. Which thread runs what, and when, changes nothing of
 * the results.
 *
 * @throws CommandError when a tape cannot be read, or a model may not serve; Error for a defect, naming the point
 */
export async function runSweep(plan: Plan, options: RunOptions): Promise<Results> {
  const { file, signal, onProgress } = options;
  const results: (BlockResult | undefined)[][] = plan.points.map(() => plan.blocks.map(() => undefined));
  for (const row of file.found.rows) place(plan, results, row);
  const tasks = missing(plan, results);
  const total = tasks.length;
  let [given, done] = [0, 0];
  await work(tasks, options.jobs, {
    next: () => (signal.aborted ? undefined : tasks[given++]),
    take: (result) => {
      place(plan, results, result);
      file.add(result);
      done += 1;
      onProgress(done, total);
    },
  });
  return results;
}

/**
 * Runs one point again, on every tape, for its curves and fills.
 *
 * @throws CommandError (`failure`) when it decides otherwise than before: then its rows were not made by this program
 */
export async function curvesOf(
  plan: Plan,
  results: Results,
  { index }: Point,
  jobs: number,
): Promise<readonly ReportCharts[]> {
  const charts: ReportCharts[] = [];
  const tasks = plan.tapes.map((_, tape) => ({ ...taskOf(plan, index, tape), charts: true }));
  let given = 0;
  await work(tasks, Math.min(jobs, tasks.length), {
    next: () => tasks[given++],
    take: (again) => {
      for (const [i, block] of blocksOn(plan, again.tape).entries()) {
        if (again.blocks[i]!.decisionsHash !== results[index]![block]!.decisionsHash) throw otherwise(index);
        charts[block] = again.charts[i]!;
      }
    },
  });
  return charts;
}

function otherwise(point: number): CommandError {
  return new CommandError(
    'failure',
    `point ${point} run again decides otherwise than its row says: the results are not of this program and machine`,
    'Remove the results file and run the sweep anew.',
  );
}

interface Work {
  readonly next: () => TapeTask | undefined;
  readonly take: (result: TapeResult) => void;
}

/** With one job in this thread, which spares the start of another. */
async function work(tasks: readonly TapeTask[], jobs: number, { next, take }: Work): Promise<void> {
  if (jobs <= 1) {
    for (let task = next(); task !== undefined; task = next()) take(resultOf(await answerTo(task)));
    return;
  }
  const script = new URL('./worker.ts', import.meta.url);
  await overWorkers<TapeTask, WorkerAnswer>({
    ...{ script, data: undefined, jobs: Math.min(jobs, tasks.length), next },
    take: (answer) => take(resultOf(answer)),
  });
}

function resultOf(answer: WorkerAnswer): TapeResult {
  if (answer.ok) return answer.result;
  if (answer.expected) throw new CommandError('environment', answer.message, '');
  throw new Error(`point ${answer.point}: ${answer.message}`);
}

/** The tasks that are left, point by point, so that a sweep that is broken off has whole points. */
function missing(plan: Plan, results: Results): TapeTask[] {
  return plan.points.flatMap(({ index }) =>
    plan.tapes.flatMap((_, tape) => {
      const blocks = blocksOn(plan, tape);
      const whole = blocks.every((block) => results[index]![block] !== undefined);
      return whole ? [] : [taskOf(plan, index, tape)];
    }),
  );
}

function taskOf(plan: Plan, point: number, tape: number): TapeTask {
  const { spec, configs, tapes, blocks } = plan;
  return {
    point,
    tape,
    files: tapes[tape]!.files,
    market: spec.market,
    config: configs[point]!,
    strategy: plan.points[point]!.values[STRATEGY] ?? spec.strategy,
    models: spec.models,
    seed: spec.seed,
    blocks: blocks.filter((block) => block.tape === tape),
    charts: false,
  };
}

/** The numbers of a tape's blocks. */
function blocksOn(
  { blocks }: { readonly blocks: readonly Block[]; readonly tapes: readonly TapeSpan[] },
  tape: number,
) {
  return blocks.flatMap((block, i) => (block.tape === tape ? [i] : []));
}

function place(plan: Plan, results: (BlockResult | undefined)[][], row: ResultRow): void {
  for (const [i, block] of blocksOn(plan, row.tape).entries()) results[row.point]![block] = row.blocks[i];
}
