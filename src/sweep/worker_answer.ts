import { RecordingError } from '../binance/recording.ts';
import { CommandError } from '../exit/command_error.ts';
import { TapeError } from '../tape/tape_error.ts';
import { runTape, type TapeResult, type TapeTask } from './run_tape.ts';

/** What comes of a task: its result, or why there is none and whether the user can do something about it. Plain data. */
export type WorkerAnswer =
  | { readonly ok: true; readonly result: TapeResult }
  | { readonly ok: false; readonly point: number; readonly expected: boolean; readonly message: string };

/** Runs a task; errors become answers, which can go from one thread to another. */
export async function answerTo(task: TapeTask): Promise<WorkerAnswer> {
  try {
    return { ok: true, result: await runTape(task) };
  } catch (error) {
    const expected = [RecordingError, TapeError, CommandError].some((kind) => error instanceof kind);
    const message = expected || !(error instanceof Error) ? String((error as Error).message) : (error.stack ?? '');
    return { ok: false, point: task.point, expected, message };
  }
}
