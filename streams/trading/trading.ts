import type { Reducer, Turn } from '../actor/reducer.ts';
import type { AccountInput, Command } from '../inputs.ts';
import type { Reject } from '../market/types.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';

/**
 * What the account may do: `starting` waits for reconciliation and places nothing; `active` quotes; `reducing` places only
 * what shrinks positions; `paused` and `halted` cancel everything and place nothing.
 */
export type TradingState = 'starting' | 'active' | 'reducing' | 'paused' | 'halted';

/** A change of the trading state, for the stages and for the audit trail. */
export interface TradingStateChange extends Caused {
  readonly kind: 'tradingState';
  readonly state: TradingState;
  /** A short stable code: `operator`, `drawdown`, `daily-loss` … */
  readonly cause: string;
  /** The cause in words, with its numbers. */
  readonly text: string;
  readonly by: string;
  /** What undoes it, for people; the empty string when nothing has to. */
  readonly undo: string;
}

/** What the trading stage tells. */
export type TradingOutput = TradingStateChange | Reject;

interface TradingStage {
  state: TradingState;
}

/** The trading state of the account: the one place that decides whether orders may be placed at all. */
export function trading(): Reducer<TradingStage, AccountInput | Own, TradingOutput> {
  return {
    initial: () => ({ state: 'active' }),
    step: (state, event, turn) => {
      if (event.kind === 'command' && event.command !== 'cancelAll') command(state, event, turn);
    },
    encode: (state) => ({ ...state }),
    decode: (plain) => ({ ...(plain as TradingStage) }),
  };
}

function command(stage: TradingStage, event: Command, turn: Turn<TradingOutput>): void {
  const stamp = { seq: turn.nextSeq(), timeUs: turn.nowUs() };
  if (stage.state === 'halted') {
    const detail = `command '${event.command}' by ${event.by}: trading is halted and needs a restart`;
    turn.emit({ kind: 'reject', ...stamp, market: '', source: 'trading', reason: 'halted', detail });
    return;
  }
  stage.state = event.command === 'resume' ? 'active' : event.command === 'pause' ? 'paused' : 'halted';
  const text = `${event.command} by ${event.by}`;
  const undo = stage.state === 'paused' ? 'resume' : stage.state === 'halted' ? 'a restart' : '';
  const causes = [event.seq];
  turn.emit({
    kind: 'tradingState',
    ...stamp,
    causes,
    state: stage.state,
    cause: 'operator',
    text,
    by: event.by,
    undo,
  });
}
