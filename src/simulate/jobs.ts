import type { AccountSettings } from '../../streams/settings.ts';
import { overWorkers } from '../runtime/worker_pool.ts';
import type { Mutation } from './mutations/mutations.ts';
import type { Plan } from './plan.ts';
import { type RunResult, run } from './simulation.ts';
import type { WorkerTask } from './worker.ts';

/** How plans are run. */
export interface JobOptions {
  readonly settings: AccountSettings;
  readonly wire: boolean;
  /** Threads; with one, and without a mutation, plans are run in this one. */
  readonly jobs: number;
  readonly mutation?: Mutation | undefined;
  /** Ends the work after the runs under way. */
  readonly signal: AbortSignal;
  /** Told of each result as it comes. @returns false when no further plan is to be run */
  readonly onResult: (result: RunResult) => boolean;
}

/** Runs plans, several at once. @throws Error when a worker thread fails */
export async function runPlans(plans: Iterable<Plan>, options: JobOptions): Promise<void> {
  const { settings, wire, jobs, mutation, signal, onResult } = options;
  const left = plans[Symbol.iterator]();
  let ended = false;
  const next = (): Plan | undefined => {
    if (ended || signal.aborted) return undefined;
    const { done, value } = left.next();
    return done === true ? undefined : value;
  };
  const take = (result: RunResult): void => {
    if (!onResult(result)) ended = true;
  };
  if (jobs === 1 && mutation === undefined) {
    for (let plan = next(); plan !== undefined; plan = next()) take(await run(plan, { settings, wire }));
    return;
  }
  const data: WorkerTask = { settings, wire, mutation };
  await overWorkers<Plan, RunResult>({ script: new URL('./worker.ts', import.meta.url), data, jobs, next, take });
}
