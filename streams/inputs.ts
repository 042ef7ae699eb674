import type { MarketInput, Reject, Stamped } from './market/types.ts';
import type { ExecutionInput } from './orders/types.ts';

/** An operator's command. */
export interface Command extends Stamped {
  readonly kind: 'command';
  /** `pause` cancels and stops quoting until `resume`; `halt` does the same and needs a restart. */
  readonly command: 'pause' | 'resume' | 'halt';
  /** Who asked, for the audit trail: `sigint`, `api`, `cli` … */
  readonly by: string;
}

/** The wall clock moved and nothing else did: lets timers fire while the feed is silent. */
export interface Tick extends Stamped {
  readonly kind: 'tick';
}

/**
 * Everything that enters `streams/` from outside. Each is made with `seq: 0, timeUs: 0` and stamped once, at the edge,
 * where it also goes to the input journal.
 */
export type Input = MarketInput | ExecutionInput | Command | Tick | Reject;
