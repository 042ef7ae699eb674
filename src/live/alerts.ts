import type { Decision } from '../../streams/decisions.ts';
import { CAUSES } from '../../streams/trading/causes.ts';
import { ALERTS_MAX, type Alert } from '../api/status.ts';
import type { Notify } from '../runtime/notices.ts';

const LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const;

/** What the operator should know: gathered from decisions, told to the log, the newest kept. */
export class Alerts {
  readonly #notify: Notify;
  #newestFirst: Alert[] = [];

  constructor(notify: Notify) {
    this.#notify = notify;
  }

  /** Takes in a decision; most are no news. */
  decided(decision: Decision): void {
    const timeMs = Math.floor(decision.timeUs / 1_000);
    switch (decision.kind) {
      case 'alert': {
        const { severity, status, code, text, market } = decision;
        this.#raise({ time_ms: timeMs, severity, status, code, text, market });
        return;
      }
      case 'tradingState':
        // A cause that raises an alert is told by that.
        if (CAUSES[decision.cause].alert === null) {
          this.#notify('info', `trading is ${decision.state}: ${decision.text}`);
        }
        return;
      case 'reconciled':
        // What could not be put right holds trading, and is told as that.
        if (decision.ok && decision.differences.length > 0) {
          const alert = {
            time_ms: timeMs,
            severity: 'warning',
            status: 'raised',
            code: 'reconciled',
            market: '',
          } as const;
          this.#raise({ ...alert, text: `put right: ${decision.differences.join('; ')}` });
        }
        return;
    }
  }

  /** Adds what the log knows already; the oldest goes when there are too many. */
  keep(alert: Alert): void {
    this.#newestFirst = [alert, ...this.#newestFirst].slice(0, ALERTS_MAX);
  }

  /** The newest first. */
  list(): Alert[] {
    return [...this.#newestFirst];
  }

  #raise(alert: Alert): void {
    const { severity, status, code, text, market } = alert;
    const level = status === 'cleared' ? 'info' : LEVELS[severity];
    this.#notify(level, text, { code, status, ...(market === '' ? {} : { market }) });
    this.keep(alert);
  }
}
