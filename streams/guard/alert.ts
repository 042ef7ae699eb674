import type { Caused } from '../orders/types.ts';

/** Something that a person should know of: raised when it begins, cleared when it is over. */
export interface Alert extends Caused {
  readonly kind: 'alert';
  /** `warning`: something is not as it should be, and dealt with. `critical`: trading stopped, or should be looked at now. */
  readonly severity: 'info' | 'warning' | 'critical';
  /** A short stable code, such as the name of the breaker or of the cause of a trading state. */
  readonly code: string;
  readonly status: 'raised' | 'cleared';
  /** The market it concerns, or the empty string for the account. */
  readonly market: string;
  /** What happened and what is done about it, with numbers. */
  readonly text: string;
  /** Whether the whole account has to stop: the trading stage sees to it. */
  readonly halts: boolean;
}
