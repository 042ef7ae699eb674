import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { holdSchema, type SessionStatus, sessionStatusSchema } from '../api/status.ts';
import { CommandError } from '../exit/command_error.ts';
import { type ControlRecord, type FoundSession, findSession } from './control_file.ts';
import { livenessOf } from './process_identity.ts';

/** A loopback answer comes within milliseconds; a session that needs longer hangs. */
const ANSWER_MS = 5_000;
/** The answer to `stop` comes when the chain has confirmed; a session gives up on that before. */
const STOPPED_MS = 15_000;
/** How long a session that has just been started may take to listen. */
const STARTING_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** The session did not answer: it hangs, or it is gone. */
export class NoAnswerError extends CommandError {
  constructor(record: ControlRecord, why: string) {
    super(
      'notRunning',
      `process ${record.pid} runs and does not answer: ${why}`,
      "Its log says more. 'flashmm stop --emergency --force' kills it and cancels on the chain.",
    );
  }
}

const restingSchema = z.object({
  height: z.int(),
  orders: z.array(
    z.object({
      order_id: z.string(),
      market: z.string(),
      side: z.enum(['buy', 'sell']),
      price: z.string(),
      size: z.string(),
    }),
  ),
  /** Orders that rest or are on their way, as the session knows. */
  working: z.int(),
});

const answerSchema = z.object({
  action: z.string(),
  trading: z.string(),
  holds: z.array(holdSchema),
  resting: restingSchema.nullable(),
});

const stopSchema = z.object({
  cancelled: z.int(),
  remaining: z.int(),
  troubles: z.array(z.string()),
  seconds: z.number(),
});

const problemSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** What the chain says rests, and what the session knows of. */
export type RestingAnswer = z.infer<typeof restingSchema>;
/** What a session answers to a command. */
export type CommandAnswer = z.infer<typeof answerSchema>;
/** How a session that was told to stop ended its trading. */
export type StopAnswer = z.infer<typeof stopSchema>;

/** Commands to the session that runs with a state folder. */
export class SessionClient {
  readonly record: ControlRecord;
  readonly #url: string;
  readonly #signal: AbortSignal;
  readonly #by: string;

  constructor(record: ControlRecord & { readonly url: string }, signal: AbortSignal) {
    this.record = record;
    this.#url = record.url;
    this.#signal = signal;
    this.#by = operatorName();
  }

  /** Whether the process still runs. */
  get alive(): boolean {
    return livenessOf(this.record) === 'alive';
  }

  /** @throws CommandError `notRunning` when it does not answer */
  async status(): Promise<SessionStatus> {
    return await this.#ask('GET', '/trading/status', sessionStatusSchema);
  }

  /** @throws CommandError `notRunning` when it does not answer, `failure` when the chain cannot be read */
  async resting(): Promise<RestingAnswer> {
    return await this.#ask('GET', '/admin/orders', restingSchema);
  }

  /** Gives a command. @throws CommandError `refused` with the reason when the session will not */
  async give(action: 'pause' | 'resume' | 'cancel-all' | 'halt', clears?: string): Promise<CommandAnswer> {
    return await this.#ask('POST', `/admin/${action}`, answerSchema, clears === undefined ? {} : { clears });
  }

  /** Asks for the end of the session. @returns once all is cancelled, or will not be */
  async stop(): Promise<StopAnswer> {
    return await this.#ask('POST', '/admin/stop', stopSchema, {}, STOPPED_MS);
  }

  async #ask<T>(
    method: string,
    path: string,
    schema: z.ZodType<T>,
    body?: Record<string, string>,
    deadlineMs = ANSWER_MS,
  ): Promise<T> {
    const headers = { authorization: `Bearer ${this.record.token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(deadlineMs)]);
    let status: number;
    let document: unknown;
    try {
      const sent = body === undefined ? {} : { body: JSON.stringify({ by: this.#by, ...body }) };
      const response = await fetch(`${this.#url}${path}`, { method, headers, signal, ...sent });
      status = response.status;
      document = await response.json();
    } catch (error) {
      this.#signal.throwIfAborted();
      throw new NoAnswerError(this.record, reasonOf(error as Error));
    }
    if (status >= 400) throw refusal(status, document);
    const parsed = schema.safeParse(document);
    if (parsed.success) return parsed.data;
    const { version } = this.record;
    throw new CommandError(
      'failure',
      `the session, FlashMM ${version}, gave an answer that this version does not know`,
    );
  }
}

/**
 * Finds the session that runs with a state folder; waits a little for one that is about to listen.
 *
 * @throws CommandError `notRunning` that says what there is instead
 */
export async function runningSession(stateDir: string, signal: AbortSignal): Promise<SessionClient> {
  const untilMs = performance.now() + STARTING_MS;
  for (;;) {
    const found = findSession(stateDir);
    if (found.state !== 'alive') throw notRunning(found, stateDir);
    const { record } = found;
    if (record.url !== null) return new SessionClient({ ...record, url: record.url }, signal);
    if (performance.now() > untilMs) throw new NoAnswerError(record, 'it has been starting for too long');
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Says why there is no session to command. */
export function notRunning(found: FoundSession, stateDir: string): CommandError {
  const straight = "'flashmm cancel-all' cancels straight on the chain.";
  switch (found.state) {
    case 'dead':
      return new CommandError(
        'notRunning',
        `no session runs with the state folder ${stateDir}: process ${found.record.pid}, started ${found.record.started}, ` +
          'ended without cancelling its orders',
        found.record.mode === 'paper' ? 'Its devnet ended with it: nothing rests.' : `They may still rest: ${straight}`,
      );
    case 'elsewhere':
      return new CommandError(
        'notRunning',
        `the session of the state folder ${stateDir} runs in another container: process ${found.record.pid} there`,
        "Give the command in that container: 'docker exec CONTAINER node src/cli/flashmm.js …'.",
      );
    case 'unreadable':
      return new CommandError('environment', found.why, 'Run the command as the user that runs the session.');
    default:
      return new CommandError(
        'notRunning',
        `no session runs with the state folder ${stateDir}`,
        `Start one with 'flashmm start', or name its folder: --set runtime.state_dir=FOLDER. ${straight}`,
      );
  }
}

const EXIT_OF: Readonly<Record<string, 'refused' | 'usage'>> = {
  halted: 'refused',
  stopping: 'refused',
  'nothing-to-resume': 'refused',
  'wrong-cause': 'usage',
};

const HINTS: Readonly<Record<string, string>> = {
  halted: "When that has been dealt with: 'flashmm resume --clear-halt CAUSE', with the cause in quotes above.",
  unauthorised: 'Another session has taken the state folder meanwhile: try again.',
};

function refusal(status: number, document: unknown): CommandError {
  const parsed = problemSchema.safeParse(document);
  if (!parsed.success) return new CommandError('failure', `the session answered with status ${status}`);
  const { code, message } = parsed.data.error;
  return new CommandError(EXIT_OF[code] ?? 'failure', message, HINTS[code] ?? '');
}

function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Who gives commands here, a name for the audit trail: `alice (cli)`. */
export function operatorName(): string {
  return `${userName().slice(0, 50)} (cli)`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not have a name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
