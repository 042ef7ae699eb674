import { parentPort, workerData } from 'node:worker_threads';
import type { AccountSettings } from '../../streams/settings.ts';
import { mutate } from './mutations/loader.ts';
import type { Mutation } from './mutations/mutations.ts';
import type { Plan } from './plan.ts';

/** What a worker is started with. */
export interface WorkerTask {
  readonly settings: AccountSettings;
  readonly wire: boolean;
  readonly mutation: Mutation | undefined;
}

// A thread of its own that runs one plan after another. With a mutation, the modules it loads are not those of the repository.
const { settings, wire, mutation } = workerData as WorkerTask;
if (mutation !== undefined) mutate(mutation);
// Only now, so that the mutation is in what is loaded.
const { run } = await import('./simulation.ts');
parentPort?.on('message', async (plan: Plan) => {
  parentPort?.postMessage(await run(plan, { settings, wire }));
});
