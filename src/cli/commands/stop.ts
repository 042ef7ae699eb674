import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { type Tell, waitOption } from '../../control/cancellation.ts';
import { cancelOnChain } from '../../control/chain_cancel.ts';
import { leaveHaltOrder } from '../../control/halt_order.ts';
import { endUnanswering, type LastResort, sessionOrNone } from '../../control/last_resort.ts';
import {
  NoAnswerError,
  operatorName,
  runningSession,
  type SessionClient,
  type StopAnswer,
} from '../../control/session_client.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { version } from '../../runtime/version.ts';
import { defineCommand } from '../command.ts';

const LOOK_EVERY_MS = 100;

interface Outcome {
  readonly pid: number | null;
  /** Whether the process is gone. */
  readonly ended: boolean;
  readonly halted: boolean;
  /** Codes of the causes that a later session's resume has to name. */
  readonly clears: readonly string[];
  readonly cancelled: number;
  /** Orders that may still rest; null when nobody said. */
  readonly remaining: number | null;
  readonly troubles: readonly string[];
}

/** `flashmm stop` */
export const command = defineCommand({
  name: 'stop',
  summary: 'End the running session: cancel all, confirm, report, exit; --emergency halts it first.',
  description:
    'Waits until the process is gone. With --emergency trading is halted first, which outlives the process: a session started later places nothing until the halt is cleared with resume --clear-halt. When no session runs, or one that does not answer within 5 s may be killed (--force), --emergency cancels straight on the chain, as cancel-all does. Exit code 6 when orders may still rest or the process did not end in time.',
  options: {
    emergency: { summary: 'Halt trading at once, over restarts too', schema: z.literal(true).optional() },
    force: {
      summary: 'With --emergency: kill a session that does not answer, and cancel on the chain',
      schema: z.literal(true).optional(),
    },
    wait: waitOption,
  },
  examples: [
    { line: 'flashmm stop', summary: 'in order' },
    { line: 'flashmm stop --emergency --force', summary: 'at once, whatever state the session is in' },
  ],
  async run(context) {
    const { config } = context.config();
    const { emergency, wait } = context.options;
    const tell: Tell = (text) => void (context.json || context.stderr.write(`${text}\n`));
    const resort = { force: context.options.force === true, signal: context.signal, tell };
    const deadlineMs = wait * 1_000;
    const outcome =
      emergency === true
        ? await emergencyStop(config, deadlineMs, resort)
        : await orderlyStop(config, deadlineMs, resort);
    if (context.json) context.printJson(outcome);
    else context.print(textOf(outcome));
    return outcome.ended && outcome.remaining === 0 ? EXIT.ok : EXIT.unconfirmed;
  },
});

async function orderlyStop(config: Config, deadlineMs: number, resort: LastResort): Promise<Outcome> {
  const client = await runningSession(config.runtime.state_dir, resort.signal);
  try {
    return await asked(client, false, deadlineMs, resort);
  } catch (error) {
    if (!(error instanceof NoAnswerError) || !client.alive) throw error;
    // The signal asks for the same, and needs no API.
    resort.tell(`process ${client.record.pid} does not answer: asking by SIGTERM`);
    process.kill(client.record.pid, 'SIGTERM');
    const ended = await untilEnded(client, deadlineMs, resort);
    return {
      pid: client.record.pid,
      ended,
      halted: false,
      clears: [],
      cancelled: 0,
      remaining: null,
      troubles: [error.message],
    };
  }
}

async function emergencyStop(config: Config, deadlineMs: number, resort: LastResort): Promise<Outcome> {
  const client = await sessionOrNone(config.runtime.state_dir, resort);
  const troubles: string[] = [];
  if (client !== undefined) {
    try {
      return await asked(client, true, deadlineMs, resort);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      await endUnanswering(client.record, error, resort);
      troubles.push(error.message);
    }
  }
  const halted = haltNext(config.runtime.state_dir, resort.tell, troubles);
  const done = { pid: client?.record.pid ?? null, ended: true, halted, clears: [] };
  if (config.sei.network === 'devnet') return { ...done, cancelled: 0, remaining: 0, troubles };
  const { signal, tell } = resort;
  const { cancelled, remaining, confirmed } = await cancelOnChain(config, {
    version: version(),
    deadlineMs,
    signal,
    tell,
  });
  if (!confirmed && remaining === 0) troubles.push('orders sent before may still come');
  return { ...done, cancelled, remaining: confirmed ? 0 : Math.max(1, remaining), troubles };
}

/** A disk that cannot be written does not keep the orders from being cancelled. */
function haltNext(stateDir: string, tell: Tell, troubles: string[]): boolean {
  try {
    leaveHaltOrder(stateDir, { time: new Date().toISOString(), by: operatorName() });
    tell('trading is halted for the session that is started next');
    return true;
  } catch (error) {
    troubles.push(`the next session is not halted: ${(error as Error).message}`);
    return false;
  }
}

async function asked(
  client: SessionClient,
  emergency: boolean,
  deadlineMs: number,
  resort: LastResort,
): Promise<Outcome> {
  const { pid } = client.record;
  const halt = emergency ? await client.give('halt') : undefined;
  const halted = halt?.trading === 'halted';
  const clears = halt?.holds.filter(({ undone }) => undone === 'clears').map(({ code }) => code) ?? [];
  if (halted) resort.tell('trading is halted');
  resort.tell(`process ${pid} cancels its orders`);
  const answer: StopAnswer = await client.stop();
  resort.tell(`${answer.remaining} orders remain after ${answer.seconds.toFixed(1)} s; waiting for the process to end`);
  const ended = await untilEnded(client, deadlineMs, resort);
  const { cancelled, remaining, troubles } = answer;
  return { pid, ended, halted, clears, cancelled, remaining, troubles };
}

async function untilEnded(client: SessionClient, deadlineMs: number, { signal }: LastResort): Promise<boolean> {
  const untilMs = performance.now() + deadlineMs;
  while (client.alive) {
    if (performance.now() > untilMs) return false;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return true;
}

function textOf({ pid, ended, halted, clears, remaining, troubles }: Outcome): string {
  const process = pid === null ? 'no session ran' : ended ? `process ${pid} has ended` : `process ${pid} STILL RUNS`;
  const orders =
    remaining === 0
      ? 'nothing rests on the chain'
      : `${remaining ?? 'an unknown number of'} ORDERS MAY STILL REST: 'flashmm cancel-all'`;
  const how =
    clears.length === 0
      ? "; 'flashmm status' will say by what"
      : `: flashmm resume${clears.map((code) => ` --clear-halt ${code}`).join('')}`;
  const halt = halted ? [`a session started later stays halted until that is cleared${how}`] : [];
  return [`${process}; ${orders}`, ...halt, ...troubles.map((trouble) => `trouble: ${trouble}`)].join('\n');
}
