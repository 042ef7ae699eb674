import { Worker } from 'node:worker_threads';

/** How tasks are given to threads. */
export interface WorkerPoolOptions<Task, Result> {
  /** The module that a thread runs: it answers each message, a task, with one message, its result. */
  readonly script: URL;
  /** What each thread is started with. */
  readonly data: unknown;
  readonly jobs: number;
  /** The next task, or undefined when there is none any more. */
  readonly next: () => Task | undefined;
  /** Told of each result as it comes. */
  readonly take: (result: Result) => void;
}

/**
 * Works tasks off on several threads, each with one task at a time. Tasks and results are copied between them.
 *
 * @throws Error when a thread fails, or `take` throws; the others then end at once
 */
export async function overWorkers<Task, Result>(options: WorkerPoolOptions<Task, Result>): Promise<void> {
  const { script, data, jobs } = options;
  const workers = Array.from({ length: jobs }, () => new Worker(script, { workerData: data }));
  try {
    await Promise.all(workers.map((worker) => work(worker, options)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function work<Task, Result>(worker: Worker, { next, take }: WorkerPoolOptions<Task, Result>): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const give = (): void => {
      const task = next();
      if (task === undefined) resolve();
      else worker.postMessage(task);
    };
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a worker thread ended by itself, code ${code}`)));
    worker.on('message', (result: Result) => {
      try {
        take(result);
        give();
      } catch (error) {
        reject(error);
      }
    });
    give();
  });
}
