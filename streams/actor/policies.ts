import type { Mailbox } from './mailbox.ts';
import type { Supervision } from './supervision.ts';

/** For what may be missed because a gap in it is noticed and mended: a market's raw data. What waits is worthless then. */
export const DATA_MAILBOX = { capacity: 4_096, overflow: 'dropBuffer' } as const satisfies Mailbox<unknown>;

/** For what must never be missed: quotes, fills, orders, control. */
export const CONTROL_MAILBOX = { capacity: 4_096, overflow: 'fail' } as const satisfies Mailbox<unknown>;

/**
 * For a stage whose state can be built anew from the stream: a few quick attempts, then this market gives up. Its wishes run
 * out, so that its orders are cancelled, and the other markets go on.
 */
export const REBUILD = {
  directive: 'restart',
  minBackoffMs: 100,
  maxBackoffMs: 10_000,
  randomFactor: 0.2,
  maxRestarts: 10,
  maxRestartsWithinMs: 60_000,
  whenSpent: 'stop',
} as const satisfies Supervision;

/** For a stage whose state is small and comes from elsewhere: it goes on with the next message. */
export const CARRY_ON = { directive: 'resume' } as const satisfies Supervision;

/** For a stage that must not be wrong about money or orders: everything stops, and the shell cancels. */
export const GIVE_UP = { directive: 'escalate' } as const satisfies Supervision;
