import type { Decision } from '../../streams/decisions.ts';
import { ALERTS_MAX, type Alert } from '../api/status.ts';
import type { Notify } from '../runtime/notices.ts';

/** What the operator should know: gathered from decisions, told to the log, the newest kept. */
export class Alerts {
  readonly #notify: Notify;
  readonly #breakers = new Map<string, readonly string[]>();
  #newestFirst: Alert[] = [];

  constructor(notify: Notify) {
    this.#notify = notify;
  }

  /** Takes in a decision; most are no news. */
  decided(decision: Decision): void {
    const timeMs = Math.floor(decision.timeUs / 1_000);
    if (decision.kind === 'guarded') this.#guarded(decision.market, decision.breakers, timeMs);
    if (decision.kind === 'tradingState') {
      const { state, text } = decision;
      const level = state === 'halted' ? 'alarm' : 'warn';
      if (state === 'active' || state === 'starting') this.#notify('info', `trading is ${state}: ${text}`);
      else this.raise({ time_ms: timeMs, level, code: state, text: `trading is ${state}: ${text}`, market: '' });
    }
    if (decision.kind === 'reconciled' && (!decision.ok || decision.differences.length > 0)) {
      const text = decision.differences.join('; ');
      this.raise({ time_ms: timeMs, level: decision.ok ? 'warn' : 'alarm', code: 'reconciled', text, market: '' });
    }
  }

  /** Tells the log and keeps it. */
  raise(alert: Alert): void {
    const { level, code, text, market } = alert;
    this.#notify(level === 'alarm' ? 'error' : 'warn', text, { code, ...(market === '' ? {} : { market }) });
    this.keep(alert);
  }

  /** Adds what the log knows already; the oldest goes when there are too many. */
  keep(alert: Alert): void {
    this.#newestFirst = [alert, ...this.#newestFirst].slice(0, ALERTS_MAX);
  }

  /** The newest first. */
  list(): Alert[] {
    return [...this.#newestFirst];
  }

  #guarded(market: string, open: readonly string[], timeMs: number): void {
    const before = this.#breakers.get(market) ?? [];
    if (open === before) return;
    this.#breakers.set(market, open);
    for (const name of open) {
      if (before.includes(name)) continue;
      this.raise({ time_ms: timeMs, level: 'warn', code: `breaker-${name}`, text: `breaker ${name} opened`, market });
    }
  }
}
