import type { Insight } from '../../streams/predictions/insight.ts';
import type { Notify } from '../runtime/notices.ts';
import type { Timers } from '../runtime/timers.ts';
import type { MarketInsight } from './answers.ts';
import type { Adviser, NoAnswer } from './port.ts';
import type { SituationKeeper } from './situation.ts';

/** What a session asks by itself, and how often. */
export interface RoundsOptions {
  readonly adviser: Adviser;
  readonly keeper: Pick<SituationKeeper, 'situation'>;
  /** Distance of two rounds, ms. */
  readonly everyMs: number;
  /** Distance of two insights in words, ms; 0 for none. */
  readonly marketEveryMs: number;
  /** Whether opinions may move anything; where not, none is asked for. */
  readonly leans: boolean;
  /** Takes an opinion to the pipeline: it is journaled and replayed like every input. */
  readonly accept: (insight: Insight) => void;
  readonly timers: Timers;
  readonly notify: Notify;
}

/** An opinion as it was handed to the pipeline. */
export interface GivenOpinion {
  readonly market: string;
  readonly lean: number;
  readonly doubt: number;
  readonly reason: string;
  readonly timeMs: number;
}

/** An insight in words, and when and by whom it was given. */
export interface GivenInsight extends MarketInsight {
  readonly timeMs: number;
  readonly by: string;
}

/**
 * Asks beside the session, at its own slow pace: opinions on the predictions of the markets that are live and have a model, and
 * now and then the markets in words. One round at a time; a round that would begin during another is left out. Nothing in the
 * session waits for it.
 */
export class InsightRounds {
  readonly #options: RoundsOptions;
  readonly #ended = new AbortController();
  readonly #opinions = new Map<string, GivenOpinion>();
  #latest: GivenInsight | null = null;
  #marketDueUs = 0;
  #underWay = false;
  #trouble = '';
  #cancel: () => void = () => {};

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** The newest opinion of each market, those that have expired included. */
  get opinions(): readonly GivenOpinion[] {
    return [...this.#opinions.values()];
  }

  /** The newest insight in words. */
  get latest(): GivenInsight | null {
    return this.#latest;
  }

  /** Begins; the first round comes after one period. */
  start(): void {
    const { timers, everyMs } = this.#options;
    this.#cancel = timers.every(everyMs, () => void this.#round());
  }

  /** Ends for good, with what is under way: nothing is handed on any more. */
  stop(): void {
    this.#cancel();
    this.#ended.abort();
  }

  async #round(): Promise<void> {
    if (this.#underWay) return;
    this.#underWay = true;
    try {
      if (this.#options.leans) await this.#ask();
      if (!this.#ended.signal.aborted) await this.#describe();
    } finally {
      this.#underWay = false;
    }
  }

  async #ask(): Promise<void> {
    const { adviser, keeper, accept, timers } = this.#options;
    // Without a prediction there is nothing to lean on.
    const markets = keeper.situation().markets.filter(({ state, model }) => state === 'live' && model !== null);
    if (markets.length === 0) return;
    const outcome = await adviser.enhancePrediction({ markets }, this.#ended.signal);
    if (this.#ended.signal.aborted) return;
    this.#tell(outcome.ok ? null : outcome);
    if (!outcome.ok) return;
    for (const { symbol: market, lean, doubt, reason } of outcome.answer.markets) {
      this.#opinions.set(market, { market, lean, doubt, reason, timeMs: Math.floor(timers.nowUs() / 1_000) });
      accept({ kind: 'insight', seq: 0, timeUs: 0, market, lean, doubt, by: outcome.by });
    }
  }

  async #describe(): Promise<void> {
    const { adviser, keeper, timers, everyMs, marketEveryMs, notify } = this.#options;
    const situation = keeper.situation();
    const live = situation.markets.some(({ state }) => state === 'live');
    const nowUs = timers.nowUs();
    if (marketEveryMs === 0 || !live || nowUs < this.#marketDueUs) return;
    const outcome = await adviser.generateMarketInsight(situation, this.#ended.signal);
    if (this.#ended.signal.aborted) return;
    this.#tell(outcome.ok ? null : outcome);
    if (!outcome.ok) return;
    // Half a round early: rounds come when they can, and the one that is meant should not be just missed.
    this.#marketDueUs = nowUs + (marketEveryMs - everyMs / 2) * 1_000;
    this.#latest = { ...outcome.answer, timeMs: Math.floor(timers.nowUs() / 1_000), by: outcome.by };
    notify('info', `insight: ${outcome.answer.headline}`, { by: outcome.by, costUsd: outcome.costUsd });
  }

  /** Each kind of failure once, and that it is over. */
  #tell(failure: NoAnswer | null): void {
    const trouble = failure?.code ?? '';
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (failure === null) this.#options.notify('info', 'insight: answers again');
    else this.#options.notify('warn', `insight: ${failure.code}: ${failure.reason}`);
  }
}
