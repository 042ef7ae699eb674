import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RestingView } from './operator.ts';
import { type CommandAnswer, NoAnswerError, type RestingAnswer, type SessionClient } from './session_client.ts';

/** The chain is asked this often: some times a block. */
const LOOK_EVERY_MS = 200;

/** How long a command waits for its effect: dozens of blocks, where two are the rule. */
export const WAIT_S = 15;

/** The option of commands that wait for their effect, seconds. */
export const waitOption = {
  value: 'S',
  summary: `How long to wait for the effect, seconds (default ${WAIT_S})`,
  schema: z.coerce.number().min(0.1).max(600).default(WAIT_S),
} as const;

/** What became of the orders that a command was to take away. */
export interface Cancellation {
  /** Whether the chain was seen without them. */
  readonly confirmed: boolean;
  /** How many were left, or may be on their way, when last looked; null when the chain could not be read at all. */
  readonly remaining: number | null;
  /** Those that were still seen on the chain. */
  readonly orders: readonly RestingView[];
  readonly seconds: number;
}

/** Takes a sentence on how far it is, for a person. */
export type Tell = (progress: string) => void;

/**
 * Waits until the chain no longer has what a command was to take away.
 *
 * @param scope `all`: nothing may rest and nothing be on its way; `asked`: those are gone that rested when it was given
 * @throws CommandError when the session no longer runs
 */
export async function untilCancelled(
  client: SessionClient,
  given: CommandAnswer,
  scope: 'all' | 'asked',
  options: { readonly deadlineMs: number; readonly tell: Tell; readonly signal: AbortSignal },
): Promise<Cancellation> {
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1_000;
  let asked = given.resting ?? undefined;
  let last: Pick<Cancellation, 'remaining' | 'orders'> = { remaining: null, orders: [] };
  while (performance.now() - startMs < options.deadlineMs) {
    const now = await look(client);
    if (now !== undefined) {
      asked ??= now;
      const left = leftOf(now, scope === 'all' ? undefined : asked);
      if (left.remaining !== last.remaining) options.tell(`height ${now.height}: ${left.remaining} to go`);
      last = left;
      if (left.remaining === 0) return { confirmed: true, ...left, seconds: seconds() };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: options.signal });
  }
  return { confirmed: false, ...last, seconds: seconds() };
}

function leftOf(now: RestingAnswer, asked: RestingAnswer | undefined): Pick<Cancellation, 'remaining' | 'orders'> {
  if (asked === undefined) return { remaining: Math.max(now.orders.length, now.working), orders: now.orders };
  const ids = new Set(asked.orders.map(({ order_id }) => order_id));
  const orders = now.orders.filter(({ order_id }) => ids.has(order_id));
  return { remaining: orders.length, orders };
}

/** @returns undefined when the chain or the session did not answer this time */
async function look(client: SessionClient): Promise<RestingAnswer | undefined> {
  try {
    return await client.resting();
  } catch (error) {
    if (error instanceof NoAnswerError && !client.alive) throw error;
    if ((error as Error).name === 'AbortError') throw error;
    return undefined;
  }
}

/** Orders as lines for a person. */
export function orderLines(orders: readonly RestingView[]): string[] {
  return orders.map(
    ({ order_id, market, side, price, size }) => `  ${market} ${side} ${size} at ${price}, order ${order_id}`,
  );
}
