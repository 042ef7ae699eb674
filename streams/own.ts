import type { Decision } from './decisions.ts';
import type { Position } from './fills/positions.ts';
import type { Working } from './orders/types.ts';

/** What quoting and risk learn of our own doing, fed back through the loop. */
export type Own = Working | Position;

/** Whether a decision is fed back. */
export function isOwn(decision: Decision): decision is Own {
  return decision.kind === 'working' || decision.kind === 'position';
}
