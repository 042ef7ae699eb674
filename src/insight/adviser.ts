import { createHash } from 'node:crypto';
import { CircuitBreaker } from '../../streams/operators/circuit_breaker.ts';
import { consecutiveFailures } from '../../streams/operators/trip_policy.ts';
import type { Timers } from '../runtime/timers.ts';
import type { MarketInsight, Opinions } from './answers.ts';
import type { ChatModel, ChatQuestion, ChatReply, Usage } from './chat.ts';
import type { Adviser, AdviserStatus, FailureCode, NoAnswer, Outcome } from './port.ts';
import { ENHANCE_PREDICTION, GENERATE_MARKET_INSIGHT, type Prompt } from './prompts.ts';
import type { Situation } from './situation.ts';
import type { Spending } from './spending.ts';

/** What tokens cost, US dollars a million. */
export interface Prices {
  readonly inUsdPerMillion: number;
  readonly outUsdPerMillion: number;
}

/** What an adviser works with. */
export interface AdviserOptions {
  readonly model: ChatModel;
  readonly prices: Prices;
  readonly spending: Spending;
  /** From the question to the answer, retries and pauses included. */
  readonly timeoutMs: number;
  /** Requests after the first for one question, where the failure may pass. */
  readonly retriesMax: number;
  /** How long an answer is given again to the same question. */
  readonly cacheMs: number;
  readonly timers: Timers;
}

/** Three questions in a row without an answer: at one a minute the fault is no hiccup, and none of them was worth much. */
const FAILURES = 3;
/** Then it is left alone for ten minutes: nothing waits for it, and faults of such services last that long. */
const RECOVER_MS = 600_000;
/** Before the first retry; each later one waits twice as long. */
const BACKOFF_MS = 500;
/** Answers remembered: two questions each of some situations. */
const CACHED_MOST = 32;
/** What the service adds to a message around its text, tokens; more than is known of any. */
const FRAMING_TOKENS = 64;
/** A service cannot silence us for longer than this by one answer. */
const HOLD_MOST_MS = 3_600_000;
const PER_MILLION = 1_000_000;
const MICROS_PER_MS = 1_000;

/** Failures that say nothing against the service: nobody was asked, or it is well and has asked for a pause. */
const NO_FAULT: ReadonlySet<FailureCode> = new Set(['budget', 'busy', 'breaker', 'cancelled', 'rate-limited', 'off']);

interface Cached {
  readonly untilUs: number;
  readonly outcome: Outcome<unknown> & { readonly ok: true };
}

/**
 * Asks a chat model, guarded: one question at a time, a budget that no restart resets, a deadline for all attempts together, a
 * breaker, a pause when the service asks for one, and answers remembered for a while. What passes its form is an answer.
 */
export class GuardedAdviser implements Adviser {
  readonly #options: AdviserOptions;
  readonly #breaker: CircuitBreaker;
  readonly #cache = new Map<string, Cached>();
  #busy = false;
  #heldUntilUs = 0;
  #asked = 0;
  #answered = 0;
  #cached = 0;
  #lastFailure = '';

  constructor(options: AdviserOptions) {
    this.#options = options;
    const { nowUs, after } = options.timers;
    this.#breaker = new CircuitBreaker(
      { nowUs, at: (dueUs, work) => after(Math.max(0, dueUs - nowUs()) / MICROS_PER_MS, work) },
      {
        ...{ trip: consecutiveFailures(FAILURES), recoverAfterMs: RECOVER_MS, trials: 1 },
        // Past its own deadline, so that only an answer that never came at all ends a trial this way.
        trialTimeoutMs: 2 * options.timeoutMs,
      },
    );
  }

  enhancePrediction(situation: Situation, signal?: AbortSignal): Promise<Outcome<Opinions>> {
    return this.#answer(ENHANCE_PREDICTION, situation, signal);
  }

  generateMarketInsight(situation: Situation, signal?: AbortSignal): Promise<Outcome<MarketInsight>> {
    return this.#answer(GENERATE_MARKET_INSIGHT, situation, signal);
  }

  status(): AdviserStatus {
    const [state, detail, budget] = this.#standing();
    const [asked, answered, cached] = [this.#asked, this.#answered, this.#cached];
    return { state, detail, budget, asked, answered, cached, lastFailure: this.#lastFailure };
  }

  #standing(): [AdviserStatus['state'], string, AdviserStatus['budget']] {
    const none = { spentHourUsd: 0, budgetHourUsd: 0, spentDayUsd: 0, budgetDayUsd: 0 };
    let budget: AdviserStatus['budget'];
    try {
      budget = this.#options.spending.status();
    } catch (error) {
      return ['spent', `what was spent is not known: ${(error as Error).message}`, none];
    }
    const { spentHourUsd, budgetHourUsd, spentDayUsd, budgetDayUsd } = budget;
    const { state } = this.#breaker;
    if (state.status === 'open')
      return ['open', `${FAILURES} failures in a row, tries again at ${iso(state.untilUs)}`, budget];
    if (this.#held()) return ['held', `the service has asked for a pause until ${iso(this.#heldUntilUs)}`, budget];
    if (spentDayUsd >= budgetDayUsd) return ['spent', 'the budget of this day (UTC)', budget];
    if (spentHourUsd >= budgetHourUsd) return ['spent', 'the budget of this hour (UTC)', budget];
    return ['ready', '', budget];
  }

  async #answer<T>(prompt: Prompt<T>, situation: Situation, signal?: AbortSignal): Promise<Outcome<T>> {
    const user = JSON.stringify(situation);
    const key = createHash('sha256').update(`${prompt.version}\n${user}`).digest('hex');
    const known = this.#remembered<T>(key);
    if (known !== undefined) return known;
    if (this.#busy) return this.#failed('busy', 'a question is under way');
    const ticket = this.#leave();
    if (typeof ticket !== 'number') return this.#failed(ticket.code, ticket.reason);
    this.#busy = true;
    try {
      const outcome = await this.#ask(prompt, situation, user, signal);
      if (outcome.ok) this.#breaker.settle(ticket, 'success');
      else if (!NO_FAULT.has(outcome.code)) this.#breaker.settle(ticket, 'failure');
      if (!outcome.ok) return this.#failed(outcome.code, outcome.reason);
      this.#answered += 1;
      this.#remember(key, outcome);
      return outcome;
    } finally {
      this.#busy = false;
    }
  }

  /** A ticket of the breaker, or why nothing is asked now. */
  #leave(): number | NoAnswer {
    if (this.#held()) {
      const reason = `the service has asked for a pause until ${iso(this.#heldUntilUs)}`;
      return { ok: false, code: 'rate-limited', reason };
    }
    const ticket = this.#breaker.ask();
    if (ticket !== undefined) return ticket;
    const { state } = this.#breaker;
    const until = state.status === 'open' ? `, tries again at ${iso(state.untilUs)}` : '';
    return {
      ok: false,
      code: 'breaker',
      reason: `${FAILURES} failures in a row${until}; the last: ${this.#lastFailure}`,
    };
  }

  async #ask<T>(prompt: Prompt<T>, situation: Situation, user: string, given?: AbortSignal): Promise<Outcome<T>> {
    const { timers, timeoutMs, retriesMax, model } = this.#options;
    const symbols = situation.markets.map(({ symbol }) => symbol);
    const { form, maxTokens, system } = prompt;
    const jsonSchema = form.jsonSchema(symbols);
    const question: ChatQuestion = { system, user, schemaName: form.name, jsonSchema, maxTokens };
    const begunUs = timers.stopwatchUs();
    const deadline = new AbortController();
    const cancel = timers.after(timeoutMs, () => deadline.abort());
    const signal = given === undefined ? deadline.signal : AbortSignal.any([given, deadline.signal]);
    this.#asked += 1;
    let spentUsd = 0;
    try {
      for (let retries = 0; ; retries += 1) {
        const { reply, paidUsd } = await this.#attempt(question, signal);
        spentUsd += paidUsd;
        if (given?.aborted) return no('cancelled', 'given up');
        if (deadline.signal.aborted) return no('timeout', `no answer within ${timeoutMs} ms (insight.timeout_ms)`);
        if (reply.kind === 'text') {
          const usage = reply.usage ?? { tokensIn: 0, tokensOut: 0 };
          const tookMs = (timers.stopwatchUs() - begunUs) / MICROS_PER_MS;
          const by = `${model.name} ${prompt.version}`;
          return parsed(() => form.parse(reply.text, symbols), { by, ...usage, costUsd: spentUsd, tookMs });
        }
        const pauseMs = Math.max(reply.afterMs ?? 0, BACKOFF_MS * 2 ** retries);
        const leftMs = timeoutMs - (timers.stopwatchUs() - begunUs) / MICROS_PER_MS;
        if (reply.code === 'rate-limited') this.#hold(pauseMs);
        if (!reply.again || retries >= retriesMax || pauseMs >= leftMs) return no(reply.code, reply.reason);
        await paused(timers, pauseMs, signal);
        this.#heldUntilUs = 0;
      }
    } finally {
      cancel();
    }
  }

  /** One request, with its money set aside before and settled after. */
  async #attempt(question: ChatQuestion, signal: AbortSignal): Promise<{ reply: ChatReply; paidUsd: number }> {
    const { model, spending } = this.#options;
    const failed = (reason: string): { reply: ChatReply; paidUsd: number } => ({
      reply: { kind: 'failed', code: 'budget', reason, again: false, afterMs: null, usage: null },
      paidUsd: 0,
    });
    if (signal.aborted) return failed('no time left');
    const asideUsd = this.#costUsd({ tokensIn: bytesOf(question) + FRAMING_TOKENS, tokensOut: question.maxTokens });
    try {
      const reservation = spending.reserve(asideUsd);
      if (typeof reservation === 'string') return failed(reservation);
      const reply = await model.ask(question, signal);
      const paidUsd = reply.usage === null ? asideUsd : this.#costUsd(reply.usage);
      spending.settle(reservation, paidUsd);
      return { reply, paidUsd };
    } catch (error) {
      return failed(`what is spent cannot be written down: ${(error as Error).message}`);
    }
  }

  #costUsd({ tokensIn, tokensOut }: Usage): number {
    const { inUsdPerMillion, outUsdPerMillion } = this.#options.prices;
    return (tokensIn * inUsdPerMillion + tokensOut * outUsdPerMillion) / PER_MILLION;
  }

  #hold(pauseMs: number): void {
    this.#heldUntilUs = this.#options.timers.nowUs() + Math.min(pauseMs, HOLD_MOST_MS) * MICROS_PER_MS;
  }

  #held(): boolean {
    return this.#options.timers.nowUs() < this.#heldUntilUs;
  }

  #remembered<T>(key: string): Outcome<T> | undefined {
    const found = this.#cache.get(key);
    if (found === undefined) return undefined;
    if (this.#options.timers.nowUs() >= found.untilUs) {
      this.#cache.delete(key);
      return undefined;
    }
    this.#cached += 1;
    // The key holds the prompt's version, so what lies under it has passed that prompt's form.
    return { ...(found.outcome as Outcome<T> & { ok: true }), cached: true, costUsd: 0 };
  }

  #remember(key: string, outcome: Cached['outcome']): void {
    const { timers, cacheMs } = this.#options;
    const oldest = this.#cache.keys().next();
    if (this.#cache.size >= CACHED_MOST && !oldest.done) this.#cache.delete(oldest.value);
    this.#cache.set(key, { untilUs: timers.nowUs() + cacheMs * MICROS_PER_MS, outcome });
  }

  #failed(code: FailureCode, reason: string): NoAnswer {
    this.#lastFailure = `${code}: ${reason}`;
    return no(code, reason);
  }
}

function no(code: FailureCode, reason: string): NoAnswer {
  return { ok: false, code, reason };
}

function parsed<T>(
  parse: () => T,
  took: { by: string; tokensIn: number; tokensOut: number; costUsd: number; tookMs: number },
): Outcome<T> {
  try {
    return { ok: true, answer: parse(), cached: false, ...took };
  } catch (error) {
    return no('malformed', `the answer is not of the form asked for: ${(error as Error).message}`);
  }
}

/** A token is at least one byte, so this many are the most that a question can come to. */
function bytesOf({ system, user, schemaName, jsonSchema }: ChatQuestion): number {
  return Buffer.byteLength(system + user + schemaName + JSON.stringify(jsonSchema));
}

/** Resolves after so long, or when the signal aborts; leaves no timer behind. */
function paused({ after }: Timers, pauseMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(pauseMs, resolve);
    const stop = (): void => {
      cancel();
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function iso(timeUs: number): string {
  return new Date(timeUs / MICROS_PER_MS).toISOString();
}
