/**
 * What happens when an actor's behavior fails. The message at fault is reported with the failure and not delivered again.
 *
 * - `resume` goes on with the next message and keeps the state;
 * - `restart` waits, then starts the behavior with a fresh state; what arrives meanwhile waits in the mailbox. More than
 *   `maxRestarts` within `maxRestartsWithinMs` escalates, or does what `whenSpent` says. The n-th wait in a row is
 *   `min(maxBackoffMs, minBackoffMs · 2ⁿ⁻¹) · (1 + random · randomFactor)`, as in Pekko's `RestartSettings`;
 * - `stop` completes the actor's output;
 * - `escalate` fails it, and so fails the behavior of the actor around it, or the system.
 */
export type Supervision =
  | { readonly directive: 'resume' }
  | ({ readonly directive: 'restart' } & RestartSettings)
  | { readonly directive: 'stop' }
  | { readonly directive: 'escalate' };

/** How often and how fast an actor is started again: times in milliseconds, as in Pekko's class of this name. */
export interface RestartSettings {
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** 0 for none, 0.2 for up to a fifth more. */
  readonly randomFactor: number;
  readonly maxRestarts: number;
  readonly maxRestartsWithinMs: number;
  /** What happens when restarts are used up; `escalate` if absent. */
  readonly whenSpent?: 'stop' | 'escalate';
}

/** A failure as the supervisor saw it: which actor, why, on which message, and what was decided. */
export interface Failure {
  readonly actor: string;
  readonly error: unknown;
  readonly message: unknown;
  readonly decision: Supervision['directive'];
  readonly timeUs: number;
}

/** Counts restarts in a sliding window and says how long to wait before the next, or that there have been too many. */
export class RestartBudget {
  readonly #settings: RestartSettings;
  readonly #random: () => number;
  /** When the restarts in the window were, milliseconds, oldest first. */
  readonly restartsMs: number[];

  /** @param restartsMs those before, where the budget goes on from a snapshot */
  constructor(settings: RestartSettings, random: () => number, restartsMs: readonly number[] = []) {
    this.#settings = settings;
    this.#random = random;
    this.restartsMs = [...restartsMs];
  }

  /** @returns milliseconds to wait, or `undefined` when the budget is spent */
  next(nowMs: number): number | undefined {
    const { minBackoffMs, maxBackoffMs, randomFactor, maxRestarts, maxRestartsWithinMs } = this.#settings;
    while (this.restartsMs.length > 0 && this.restartsMs[0]! <= nowMs - maxRestartsWithinMs) this.restartsMs.shift();
    if (this.restartsMs.length >= maxRestarts) return undefined;
    this.restartsMs.push(nowMs);
    const backoffMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** (this.restartsMs.length - 1));
    return backoffMs * (1 + this.#random() * randomFactor);
  }
}
