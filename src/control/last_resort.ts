import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../exit/command_error.ts';
import type { Tell } from './cancellation.ts';
import { type ControlRecord, findSession } from './control_file.ts';
import { livenessOf } from './process_identity.ts';
import { NoAnswerError, notRunning, runningSession, type SessionClient } from './session_client.ts';

/** A killed process is gone as soon as the system comes to it. */
const KILLED_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** What a command of last resort was told it may do. */
export interface LastResort {
  /** Kill a session that does not answer. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly tell: Tell;
}

/**
 * The session to command, or undefined when there is none, so that the chain can be written to directly.
 *
 * @throws CommandError when it cannot be known that none runs, and `force` was not given
 */
export async function sessionOrNone(stateDir: string, resort: LastResort): Promise<SessionClient | undefined> {
  const found = findSession(stateDir);
  switch (found.state) {
    case 'absent':
    case 'dead':
      return undefined;
    case 'alive':
      try {
        return await runningSession(stateDir, resort.signal);
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        await endUnanswering(found.record, error, resort);
        return undefined;
      }
    default:
      if (!resort.force) throw notRunning(found, stateDir);
      resort.tell('going on without knowing whether a session runs, as told by --force');
      return undefined;
  }
}

/**
 * Kills a session that does not answer, so that nothing else writes for its account.
 *
 * @param silence what was thrown when it did not answer; thrown on without `force`
 * @throws CommandError when it will not die
 */
export async function endUnanswering(record: ControlRecord, silence: NoAnswerError, resort: LastResort): Promise<void> {
  if (livenessOf(record) === 'dead') return;
  if (!resort.force) throw silence;
  resort.tell(`process ${record.pid} does not answer: killing it`);
  process.kill(record.pid, 'SIGKILL');
  const untilMs = performance.now() + KILLED_MS;
  while (livenessOf(record) !== 'dead') {
    if (performance.now() > untilMs) throw new CommandError('failure', `process ${record.pid} did not end when killed`);
    await sleep(LOOK_EVERY_MS, undefined, { signal: resort.signal });
  }
}
