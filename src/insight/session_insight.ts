import type { Observable } from 'rxjs';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { Insight } from '../../streams/predictions/insight.ts';
import type { Config } from '../config/schema.ts';
import type { Notify } from '../runtime/notices.ts';
import type { Timers } from '../runtime/timers.ts';
import { off } from './off.ts';
import { openAdviser } from './open.ts';
import type { Adviser } from './port.ts';
import { InsightRounds } from './rounds.ts';
import { SituationKeeper } from './situation.ts';
import type { InsightStatus } from './status.ts';

/** What a session's insight is made of. */
export interface SessionInsightOptions {
  readonly config: Config;
  readonly symbols: readonly string[];
  readonly timers: Timers;
  readonly notify: Notify;
}

/** The insight of a session: follows its markets, asks beside it where that is enabled, and says how it does. */
export class SessionInsight {
  readonly #options: SessionInsightOptions;
  readonly #adviser: Adviser;
  readonly #keeper: SituationKeeper;
  #rounds: InsightRounds | undefined;

  constructor(options: SessionInsightOptions, adviser: Adviser) {
    this.#options = options;
    this.#adviser = adviser;
    this.#keeper = new SituationKeeper(options.symbols);
  }

  /** With the adviser as configured, or off where it is not enabled. */
  static async open(options: SessionInsightOptions): Promise<SessionInsight> {
    const { config, timers } = options;
    const { enabled } = config.insight;
    return new SessionInsight(options, enabled ? await openAdviser(config, timers) : off('insight.enabled is false'));
  }

  /** Begins to follow and, unless it is off, to ask. @param accept takes opinions to the session's edge */
  start(decisions$: Observable<Decision>, accept: (insight: Insight) => void): void {
    decisions$.subscribe((decision) => this.#keeper.decided(decision));
    const { config, timers, notify } = this.#options;
    const { state, detail } = this.#adviser.status();
    if (state === 'off') {
      // Whoever has enabled it expects it.
      if (config.insight.enabled) notify('warn', `insight is off: ${detail}`);
      return;
    }
    const { every_s, market_every_s, max_shift } = config.insight;
    this.#rounds = new InsightRounds({
      ...{ adviser: this.#adviser, keeper: this.#keeper, accept, timers, notify },
      ...{ everyMs: every_s * 1_000, marketEveryMs: market_every_s * 1_000, leans: max_shift > 0 },
    });
    this.#rounds.start();
  }

  /** Takes in an input that has taken effect. */
  input(input: Input): void {
    this.#keeper.input(input);
  }

  /** Asks no more, and gives up what is under way. */
  stop(): void {
    this.#rounds?.stop();
  }

  /** A fresh picture. */
  status(): InsightStatus {
    const { state, detail, budget, asked, answered, cached, lastFailure } = this.#adviser.status();
    const validMs = this.#options.config.insight.valid_s * 1_000;
    const nowMs = Math.floor(this.#options.timers.nowUs() / 1_000);
    const given = (this.#rounds?.opinions ?? []).filter(({ timeMs }) => nowMs < timeMs + validMs);
    const { timeMs: time_ms = 0, ...words } = this.#rounds?.latest ?? {};
    return {
      ...{ state, detail, asked, answered, cached, last_failure: lastFailure },
      ...{ spent_hour_usd: budget.spentHourUsd, budget_hour_usd: budget.budgetHourUsd },
      ...{ spent_day_usd: budget.spentDayUsd, budget_day_usd: budget.budgetDayUsd },
      opinions: given.map(({ timeMs, ...opinion }) => ({ ...opinion, since_ms: timeMs, until_ms: timeMs + validMs })),
      latest: 'by' in words ? { time_ms, ...words } : null,
      situation: this.#keeper.situation(),
    };
  }
}
