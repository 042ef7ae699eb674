import { parentPort } from 'node:worker_threads';
import type { TapeTask } from './run_tape.ts';
import { answerTo } from './worker_answer.ts';

// A thread of its own that runs one task after another.
parentPort?.on('message', async (task: TapeTask) => parentPort?.postMessage(await answerTo(task)));
