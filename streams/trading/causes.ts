/**
 * What the account may do: `starting` waits for reconciliation and places nothing; `active` quotes; `reducing` places only
 * what shrinks positions; `paused` and `halted` cancel everything and place nothing.
 */
export type TradingState = 'starting' | 'active' | 'reducing' | 'paused' | 'halted';

/** What can hold trading back. */
export type CauseCode =
  | 'reconciling'
  | 'operator'
  | 'shutdown'
  | 'disconnect'
  | 'order_placement'
  | 'database'
  | 'gross'
  | 'near-loss-limit'
  | 'daily-loss'
  | 'drawdown'
  | 'ledger'
  | 'ledger-doubt'
  | 'reconciliation'
  | 'extreme-market'
  | 'emergency-stop';

/** One row of the table of causes. */
export interface Cause {
  /** The state it demands. */
  readonly state: Exclude<TradingState, 'active'>;
  /**
   * Who may undo it: `itself` ends with its condition; `resume` by the command; `clears` by the command with the cause named,
   * so that nobody resumes what he has not looked at; `restart` with the process.
   */
  readonly undone: 'itself' | 'resume' | 'clears' | 'restart';
  /** What undoes it, for people. */
  readonly undo: string;
  /** Whether it outlives the process. */
  readonly survives: boolean;
  /** Severity of the alert; null where the breaker that found it raises its own, or where none is due. */
  readonly alert: 'info' | 'warning' | 'critical' | null;
}

/** Every cause that can hold trading back: the state it demands, and what undoes it. The gravest in force decides. */
export const CAUSES: Readonly<Record<CauseCode, Cause>> = {
  reconciling: until('starting', 'journal and chain agree', null),
  operator: { state: 'paused', undone: 'resume', undo: 'resume', survives: true, alert: 'info' },
  shutdown: { state: 'paused', undone: 'restart', undo: 'a restart', survives: false, alert: null },
  disconnect: until('paused', 'blocks arrive again', null),
  order_placement: until('paused', 'a trial after the recovery time succeeds', null),
  database: until('paused', 'the account journal can be written again', null),
  gross: until('reducing', 'gross exposure is below its lower mark', 'warning'),
  'near-loss-limit': until('reducing', 'the loss is below its lower mark', 'warning'),
  'daily-loss': halt('daily-loss'),
  drawdown: halt('drawdown'),
  ledger: halt('ledger'),
  'ledger-doubt': until('starting', 'ledger and chain agree', null),
  reconciliation: halt('reconciliation'),
  'extreme-market': { ...halt('extreme-market'), alert: null },
  'emergency-stop': halt('emergency-stop'),
};

const GRAVITY: Readonly<Record<TradingState, number>> = { active: 0, reducing: 1, paused: 2, starting: 3, halted: 4 };

/** The state that some causes in force add up to: the gravest. */
export function stateOf(codes: readonly CauseCode[]): TradingState {
  let state: TradingState = 'active';
  for (const code of codes) if (GRAVITY[CAUSES[code].state] > GRAVITY[state]) state = CAUSES[code].state;
  return state;
}

/** Whether a text is the code of a cause. */
export function isCauseCode(text: string): text is CauseCode {
  return Object.hasOwn(CAUSES, text);
}

function until(state: 'starting' | 'reducing' | 'paused', undo: string, alert: Cause['alert']): Cause {
  return { state, undone: 'itself', undo, survives: false, alert };
}

function halt(code: CauseCode): Cause {
  return { state: 'halted', undone: 'clears', undo: `resume that clears '${code}'`, survives: true, alert: 'critical' };
}
