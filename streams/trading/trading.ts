import type { Reducer, Turn } from '../actor/reducer.ts';
import type { Equity } from '../fills/types.ts';
import type { Alert } from '../guard/alert.ts';
import type { ConditionsOutput } from '../guard/conditions.ts';
import type { AccountInput, Command } from '../inputs.ts';
import type { Reject } from '../market/types.ts';
import type { Caused, Reconciled } from '../orders/types.ts';
import type { Own } from '../own.ts';
import { CAUSES, type CauseCode, isCauseCode, stateOf, type TradingState } from './causes.ts';
import { countedFrom, dailyExcused, drawdownExcused, type LossBaseline, lossesOf, NO_LOSSES } from './losses.ts';

/** A cause in force. */
export interface Hold {
  readonly code: CauseCode;
  /** The cause in words, with its numbers. */
  readonly text: string;
  /** Who or what brought it about: an operator's name, or the stage that found it. */
  readonly by: string;
  /** Integer microseconds since the epoch. */
  readonly sinceUs: number;
}

/** What of the trading state has to outlive the process; the account's journal keeps the newest. */
export interface TradingMemory {
  readonly holds: readonly Hold[];
  readonly baseline: LossBaseline;
}

/**
 * A change of what holds trading back, for the stages and for the audit trail. The state may be the same as before: two
 * causes can demand it.
 */
export interface TradingStateChange extends Caused, TradingMemory {
  readonly kind: 'tradingState';
  readonly state: TradingState;
  /** The code of the cause that came or went. */
  readonly cause: CauseCode;
  /** What came about, in words with numbers. */
  readonly text: string;
  readonly by: string;
  /** What undoes all that is in force, for people; the empty string when nothing is. */
  readonly undo: string;
}

/** Limits on losses and gross exposure, in USDC. */
export interface TradingParameters {
  /** A loss of this much in a UTC day halts trading. */
  readonly maxDailyLossUsdc: number;
  /** A loss of this much from the peak halts trading. */
  readonly maxDrawdownUsdc: number;
  /** From this share of either loss on, only orders that shrink positions are placed, percent … */
  readonly reduceFromPct: number;
  /** … until both are below this share again, percent. */
  readonly reduceUntilPct: number;
  /** Most that all markets together may hold, long and short added up; beyond it positions are only reduced. */
  readonly maxGrossUsdc: number;
}

/** What the trading stage takes in. */
export type TradingInput = AccountInput | Own | ConditionsOutput | Alert;

/** What the trading stage tells. */
export type TradingOutput = TradingStateChange | Alert | Reject;

interface TradingStage {
  holds: Hold[];
  baseline: LossBaseline;
  /** The account's newest figures: what a cleared halt counts from. */
  equity: Equity | null;
}

/** Gross exposure has to fall to this share of its limit before both sides are quoted again. */
const GROSS_CLEAR = 0.8;

/** Holding more than the limit by less than this is prices that moved, not fills: it is let be. */
const GROSS_TRIP = 1.05;

/** What of a change has to be remembered over a restart, or null when there is nothing. */
export function memoryOf({ holds, baseline }: TradingStateChange): TradingMemory | null {
  const surviving = holds.filter(({ code }) => CAUSES[code].survives);
  const excused = baseline.excusedPeakUsdc !== null || baseline.dailyPnlUsdc !== 0;
  return surviving.length > 0 || excused ? { holds: surviving, baseline } : null;
}

/** How the text of a cause begins that outlived a process. */
const RECOVERED = 'from before the restart: ';

/**
 * The trading state of the account: the one place that decides whether orders may be placed at all.
 *
 * The state is what the causes in force add up to (the table in `causes.ts`), so there is no transition to forget: a cause
 * comes or goes, and each time the change is told with its numbers and with what undoes it. What an operator asks for and
 * makes no sense now is refused and counted.
 */
export function trading(parameters: TradingParameters): Reducer<TradingStage, TradingInput, TradingOutput> {
  return {
    initial: () => ({
      holds: [],
      baseline: NO_LOSSES,
      equity: null,
    }),
    step: (state, event, turn) => step(parameters, new Holds(state, turn), event),
    encode: (state) => state,
    decode: (plain) => JSON.parse(JSON.stringify(plain)) as TradingStage,
  };
}

function step(parameters: TradingParameters, holds: Holds, event: TradingInput): void {
  switch (event.kind) {
    case 'command':
      command(holds, event);
      return;
    case 'conditions':
      for (const code of ['disconnect', 'order_placement', 'database'] as const) {
        const found = event.holds.find((one) => one.code === code);
        holds.set(code, found !== undefined, found?.text ?? `${code} is well again`, 'breaker', event.seq);
      }
      return;
    case 'alert':
      if (event.halts) holds.set('extreme-market', true, event.text, 'breaker', event.seq);
      return;
    case 'equity':
      figures(parameters, holds, event);
      return;
    case 'ledger': {
      const { status, height, text, seq } = event;
      const doubtful = status === 'waiting' || status === 'doubt';
      holds.set('ledger-doubt', doubtful, doubtful ? text : `compared as of block ${height}`, 'ledger', seq);
      return;
    }
    case 'ledgerBreak':
      holds.set('ledger', true, event.text, 'ledger', event.seq);
      return;
    case 'reconciled':
      reconciled(holds, event);
      return;
    case 'recovered':
      holds.set('reconciling', true, 'journal and chain are compared', 'start', event.seq);
      if (event.trading !== null) holds.recover(event.trading, event.seq);
      return;
  }
}

function command(holds: Holds, event: Command): void {
  const { by, seq } = event;
  switch (event.command) {
    case 'pause':
      if (holds.has('operator')) holds.refuse(event, 'already-paused', 'an operator has paused it before');
      holds.set('operator', true, `paused by ${by}`, by, seq);
      return;
    case 'shutdown':
      holds.set('shutdown', true, `shut down by ${by}`, by, seq);
      return;
    case 'halt':
      if (holds.has('emergency-stop')) holds.refuse(event, 'already-halted', 'the emergency stop is in force');
      holds.set('emergency-stop', true, `emergency stop by ${by}`, by, seq);
      return;
    case 'resume':
      resume(holds, event);
      return;
    case 'cancelAll':
      return;
  }
}

function resume(holds: Holds, event: Command): void {
  const { clears = 'operator', by, seq } = event;
  const may = isCauseCode(clears) && holds.has(clears) && ['resume', 'clears'].includes(CAUSES[clears].undone);
  if (may) {
    holds.set(clears as CauseCode, false, `resumed by ${by}, clears '${clears}'`, by, seq);
    return;
  }
  const undo = holds.undo();
  holds.refuse(
    event,
    'nothing-to-resume',
    `'${clears}' does not hold; ${undo === '' ? 'nothing does' : `needs: ${undo}`}`,
  );
}

function reconciled(holds: Holds, { ok, differences, seq }: Reconciled): void {
  const text = differences.join('; ').slice(0, 1_000);
  if (!ok) holds.set('reconciliation', true, text || 'journal and chain differ', 'reconciliation', seq);
  holds.set('reconciling', false, ok ? `journal and chain agree${text && `: ${text}`}` : text, 'reconciliation', seq);
}

function figures(parameters: TradingParameters, holds: Holds, equity: Equity): void {
  const { maxDailyLossUsdc, maxDrawdownUsdc, reduceFromPct, reduceUntilPct, maxGrossUsdc } = parameters;
  if (![equity.totalPnlUsdc, equity.dailyPnlUsdc, equity.grossUsdc].every(Number.isFinite)) {
    holds.set('ledger', true, 'profit or exposure is no number', 'equity', equity.seq);
    return;
  }
  const { dailyUsdc, drawdownUsdc } = holds.count(equity);
  // In words only for the one time in thousands that something changes.
  const daily = (): string => `lost ${dailyUsdc.toFixed(2)} USDC today, limit ${maxDailyLossUsdc}`;
  const drawdown = (): string => `lost ${drawdownUsdc.toFixed(2)} USDC from the peak, limit ${maxDrawdownUsdc}`;
  if (dailyUsdc >= maxDailyLossUsdc) holds.set('daily-loss', true, daily(), 'equity', equity.seq);
  if (drawdownUsdc >= maxDrawdownUsdc) holds.set('drawdown', true, drawdown(), 'equity', equity.seq);
  const sharePct = Math.max(dailyUsdc / maxDailyLossUsdc, drawdownUsdc / maxDrawdownUsdc) * 100;
  const near = (): string => `${daily()}; ${drawdown()}`;
  holds.between('near-loss-limit', sharePct >= reduceFromPct, sharePct < reduceUntilPct, near, equity.seq);
  const { grossUsdc } = equity;
  const gross = (): string => `gross exposure ${grossUsdc.toFixed(2)} USDC, limit ${maxGrossUsdc}`;
  const over = grossUsdc > maxGrossUsdc * GROSS_TRIP;
  holds.between('gross', over, grossUsdc < maxGrossUsdc * GROSS_CLEAR, gross, equity.seq);
}

/** The causes in force during one step, and what is told of their changes. */
class Holds {
  readonly #state: TradingStage;
  readonly #turn: Turn<TradingOutput>;

  constructor(state: TradingStage, turn: Turn<TradingOutput>) {
    this.#state = state;
    this.#turn = turn;
  }

  has(code: CauseCode): boolean {
    return this.#state.holds.some((hold) => hold.code === code);
  }

  /** Puts a cause in force or lifts it, and tells so; nothing happens when it is so already. */
  set(code: CauseCode, held: boolean, text: string, by: string, causeSeq: number): void {
    const { equity, baseline } = this.#state;
    if (this.has(code) === held) return;
    if (held) this.#state.holds = [...this.#state.holds, { code, text, by, sinceUs: this.#turn.nowUs() }];
    else {
      this.#state.holds = this.#state.holds.filter((hold) => hold.code !== code);
      if (equity !== null && code === 'daily-loss') this.#state.baseline = dailyExcused(baseline, equity);
      if (equity !== null && code === 'drawdown') this.#state.baseline = drawdownExcused(baseline, equity);
    }
    this.#tell(code, held, text, by, causeSeq);
  }

  /** A cause with two marks: comes beyond the upper one, goes below the lower one. */
  between(code: CauseCode, over: boolean, under: boolean, text: () => string, causeSeq: number): void {
    if ((over || under) && this.has(code) !== over) this.set(code, over, text(), 'equity', causeSeq);
  }

  /** Counts losses from the newest figures on. */
  count(equity: Equity): { readonly dailyUsdc: number; readonly drawdownUsdc: number } {
    this.#state.equity = equity;
    this.#state.baseline = countedFrom(this.#state.baseline, equity);
    return lossesOf(this.#state.baseline, equity);
  }

  /** Takes over what outlived the last process. */
  recover({ holds, baseline }: TradingMemory, causeSeq: number): void {
    this.#state.baseline = baseline;
    for (const { code, text, by } of holds) {
      const since = text.startsWith(RECOVERED) ? text : RECOVERED + text;
      if (CAUSES[code].survives) this.set(code, true, since, by, causeSeq);
    }
  }

  /** What undoes all that is in force. */
  undo(): string {
    return this.#state.holds.map(({ code }) => CAUSES[code].undo).join('; then ');
  }

  refuse({ command: asked, by }: Command, reason: string, why: string): void {
    const stamp = { seq: this.#turn.nextSeq(), timeUs: this.#turn.nowUs() };
    const detail = `command '${asked}' by ${by}: ${why}`.slice(0, 300);
    this.#turn.emit({ kind: 'reject', ...stamp, market: '', source: 'trading', reason, detail });
  }

  #tell(cause: CauseCode, held: boolean, text: string, by: string, causeSeq: number): void {
    const { holds, baseline } = this.#state;
    const turn = this.#turn;
    const stamp = { seq: turn.nextSeq(), timeUs: turn.nowUs(), causes: [causeSeq] };
    const state = stateOf(holds.map(({ code }) => code));
    turn.emit({ kind: 'tradingState', ...stamp, state, cause, text, by, undo: this.undo(), holds, baseline });
    const severity = CAUSES[cause].alert;
    if (severity === null) return;
    turn.emit({
      ...{ kind: 'alert', seq: turn.nextSeq(), timeUs: turn.nowUs(), causes: [stamp.seq], market: '', halts: false },
      ...{ severity: held ? severity : 'info', code: cause, status: held ? 'raised' : 'cleared' },
      text: `${text}: ${state === 'active' ? 'trading' : `${state}, undone by: ${this.undo()}`}`,
    });
  }
}
