import { Worker } from 'node:worker_threads';
import type { AccountSettings } from '../../streams/settings.ts';
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
  const task: WorkerTask = { settings, wire, mutation };
  await Promise.all(Array.from({ length: jobs }, () => work(task, next, take)));
}

function work(task: WorkerTask, next: () => Plan | undefined, take: (result: RunResult) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: task });
  return new Promise<void>((resolve, reject) => {
    const give = (): void => {
      const plan = next();
      if (plan === undefined) resolve();
      else worker.postMessage(plan);
    };
    worker.on('error', reject);
    worker.on('message', (result: RunResult) => {
      take(result);
      give();
    });
    give();
  }).finally(() => worker.terminate());
}
