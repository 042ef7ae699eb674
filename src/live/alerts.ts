import type { Decision } from '../../streams/decisions.ts';
import { ALERTS_MAX, type Alert } from '../api/status.ts';

/** What the operator should know: gathered from decisions, the newest kept. */
export class Alerts {
  readonly #breakers = new Map<string, readonly string[]>();
  #newestFirst: Alert[] = [];

  /** Takes in a decision; most are no news. */
  decided(decision: Decision): void {
    const timeMs = Math.floor(decision.timeUs / 1_000);
    if (decision.kind === 'guarded') this.#guarded(decision.market, decision.breakers, timeMs);
    if (decision.kind === 'tradingState' && decision.state !== 'active' && decision.state !== 'starting') {
      const level = decision.state === 'halted' ? 'alarm' : 'warn';
      this.raise({ time_ms: timeMs, level, code: `trading-${decision.state}`, text: decision.text, market: '' });
    }
    if (decision.kind === 'reconciled' && (!decision.ok || decision.differences.length > 0)) {
      const text = decision.differences.join('; ');
      this.raise({ time_ms: timeMs, level: decision.ok ? 'warn' : 'alarm', code: 'reconciled', text, market: '' });
    }
  }

  /** Adds an alert; the oldest goes when there are too many. */
  raise(alert: Alert): void {
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
