import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualTimers } from '../simulate/virtual_time.ts';
import { GuardedAdviser } from './adviser.ts';
import type { ChatFailure, ChatModel, ChatQuestion, ChatReply } from './chat.ts';
import { marketInsightOf, opinionsOf, situationOf } from './fixtures/markets.ts';
import type { FailureCode } from './port.ts';
import type { Situation } from './situation.ts';
import { Spending } from './spending.ts';

/** An hour begins. */
const START_US = Date.UTC(2026, 10, 21, 13) * 1_000;
const MINUTE_MS = 60_000;
const USAGE = { tokensIn: 400, tokensOut: 100 };
/** 400 tokens at 2.5 and 100 at 10 dollars a million. */
const COST_USD = 0.002;

let folder: string;
let timers: VirtualTimers;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flashmm-insight-'));
  timers = new VirtualTimers(START_US);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Replies in order, the last one again and again; each takes so long, unless it is given up before. */
class ScriptedChat implements ChatModel {
  readonly name = 'gpt-4o';
  readonly questions: ChatQuestion[] = [];
  readonly #replies: ChatReply[];
  readonly #tookMs: number;

  constructor(replies: readonly ChatReply[], tookMs = 800) {
    this.#replies = [...replies];
    this.#tookMs = tookMs;
  }

  ask(question: ChatQuestion, signal: AbortSignal): Promise<ChatReply> {
    this.questions.push(question);
    const reply = this.#replies.length > 1 ? this.#replies.shift()! : this.#replies[0]!;
    return new Promise((resolve) => {
      const cancel = timers.after(this.#tookMs, () => resolve(reply));
      signal.addEventListener('abort', () => {
        cancel();
        resolve(failure('cancelled', { usage: null }));
      });
    });
  }
}

const text = (content: string): ChatReply => ({ kind: 'text', text: content, usage: USAGE });
const failure = (code: FailureCode, more: Partial<ChatFailure> = {}): ChatFailure => ({
  ...{ kind: 'failed', code, reason: `it is ${code}`, again: false, afterMs: null },
  ...{ usage: { tokensIn: 0, tokensOut: 0 }, ...more },
});

const spending = (hourUsd = 1, dayUsd = 2): Spending => new Spending(folder, { hourUsd, dayUsd }, timers.nowUs);

function adviser(chat: ChatModel, spent = spending()): GuardedAdviser {
  return new GuardedAdviser({
    ...{ model: chat, prices: { inUsdPerMillion: 2.5, outUsdPerMillion: 10 }, spending: spent, timers },
    ...{ timeoutMs: 20_000, retriesMax: 2, cacheMs: MINUTE_MS },
  });
}

const soon = <T>(work: Promise<T>): Promise<T> => timers.until(work, MINUTE_MS);
const later = (ms: number): Promise<void> => timers.runTo(timers.nowUs() + ms * 1_000);
/** Each is another question to the cache. */
const changed = (move: number): Situation => {
  const [market] = situationOf('BTCUSDC').markets;
  return { markets: [{ ...market!, move_60s_bps: move }] };
};

describe('a question', () => {
  it('is put with its prompt and its form, and answered in that form', async () => {
    const chat = new ScriptedChat([text(opinionsOf('BTCUSDC', 'ETHUSDC'))]);
    const outcome = await soon(adviser(chat).enhancePrediction(situationOf('BTCUSDC', 'ETHUSDC')));
    expect(outcome).toEqual({
      ...{ ok: true, by: 'gpt-4o enhance/1', cached: false, costUsd: COST_USD, tookMs: 800, ...USAGE },
      answer: JSON.parse(opinionsOf('BTCUSDC', 'ETHUSDC')),
    });
    expect(chat.questions[0]).toMatchObject({ schemaName: 'enhance_prediction', maxTokens: 1_200 });
    expect(JSON.parse(chat.questions[0]!.user)).toEqual(situationOf('BTCUSDC', 'ETHUSDC'));
  });

  it('for people is answered in words', async () => {
    const chat = new ScriptedChat([text(marketInsightOf('BTCUSDC'))]);
    const outcome = await soon(adviser(chat).generateMarketInsight(situationOf('BTCUSDC')));
    expect(outcome).toMatchObject({ ok: true, by: 'gpt-4o market/1', answer: { headline: 'A quiet market' } });
  });

  it('is not answered by what has another form, and that is paid for', async () => {
    const spent = spending();
    for (const wrong of ['{}', 'no JSON', opinionsOf('DOGEUSDC'), opinionsOf('BTCUSDC', 'BTCUSDC')]) {
      const outcome = await soon(adviser(new ScriptedChat([text(wrong)]), spent).enhancePrediction(changed(1)));
      expect(outcome).toMatchObject({ ok: false, code: 'malformed' });
    }
    expect(spent.status().spentHourUsd).toBeCloseTo(4 * COST_USD, 9);
  });

  it('is asked again when the failure may pass, and no more often than is allowed', async () => {
    const passing = failure('server-error', { again: true });
    const chat = new ScriptedChat([passing, passing, text(opinionsOf('BTCUSDC'))]);
    const outcome = await soon(adviser(chat).enhancePrediction(changed(1)));
    // Two pauses: half a second and a second.
    expect(outcome).toMatchObject({ ok: true, tookMs: 3 * 800 + 1_500 });
    const broken = new ScriptedChat([passing]);
    expect(await soon(adviser(broken).enhancePrediction(changed(1)))).toMatchObject({ code: 'server-error' });
    expect(broken.questions).toHaveLength(3);
  });

  it('is asked once when the failure will not pass', async () => {
    for (const code of ['refused', 'filtered', 'rejected', 'oversized', 'malformed'] as const) {
      const chat = new ScriptedChat([failure(code)]);
      expect(await soon(adviser(chat).enhancePrediction(changed(1)))).toMatchObject({ ok: false, code });
      expect(chat.questions).toHaveLength(1);
    }
  });

  it('is given up at its deadline, and counts as much as it may have cost', async () => {
    const spent = spending();
    const outcome = await soon(adviser(new ScriptedChat([text('{}')], 90_000), spent).enhancePrediction(changed(1)));
    expect(outcome).toMatchObject({ ok: false, code: 'timeout', reason: expect.stringContaining('20000 ms') });
    expect(timers.nowUs()).toBe(START_US + 20_000_000);
    expect(spent.status().spentHourUsd).toBeGreaterThan((1_200 * 10) / 1e6);
  });

  it('is given up when the caller does', async () => {
    const stop = new AbortController();
    const work = adviser(new ScriptedChat([text('{}')], 90_000)).enhancePrediction(changed(1), stop.signal);
    timers.after(3_000, () => stop.abort());
    expect(await soon(work)).toMatchObject({ ok: false, code: 'cancelled' });
    expect(timers.nowUs()).toBe(START_US + 3_000_000);
  });

  it('is given up in the pause before a retry, too', async () => {
    const stop = new AbortController();
    const limited = failure('rate-limited', { again: true, afterMs: 15_000 });
    const chat = new ScriptedChat([limited]);
    const work = adviser(chat).enhancePrediction(changed(1), stop.signal);
    timers.after(3_000, () => stop.abort());
    expect(await soon(work)).toMatchObject({ ok: false, code: 'cancelled' });
    expect([timers.nowUs(), chat.questions.length]).toEqual([START_US + 3_000_000, 1]);
  });

  it('waits for no other: one at a time', async () => {
    const one = adviser(new ScriptedChat([text(opinionsOf('BTCUSDC'))]));
    const first = one.enhancePrediction(changed(1));
    expect(await one.generateMarketInsight(changed(1))).toMatchObject({ ok: false, code: 'busy' });
    expect(await soon(first)).toMatchObject({ ok: true });
  });
});

describe('the cache', () => {
  it('answers the same question again for a while, for nothing', async () => {
    const chat = new ScriptedChat([text(opinionsOf('BTCUSDC'))]);
    const one = adviser(chat);
    await soon(one.enhancePrediction(changed(1)));
    expect(await one.enhancePrediction(changed(1))).toMatchObject({ ok: true, cached: true, costUsd: 0 });
    await soon(one.enhancePrediction(changed(2)));
    expect(chat.questions).toHaveLength(2);
    await later(MINUTE_MS);
    await soon(one.enhancePrediction(changed(1)));
    expect(chat.questions).toHaveLength(3);
    expect(one.status()).toMatchObject({ asked: 3, answered: 3, cached: 1 });
  });

  it('keeps the two kinds of question apart', async () => {
    const chat = new ScriptedChat([text(opinionsOf('BTCUSDC')), text(marketInsightOf('BTCUSDC'))]);
    const one = adviser(chat);
    await soon(one.enhancePrediction(changed(1)));
    expect(await soon(one.generateMarketInsight(changed(1)))).toMatchObject({ ok: true, cached: false });
  });

  it('forgets the oldest', async () => {
    const chat = new ScriptedChat([text(opinionsOf('BTCUSDC'))], 1);
    const one = adviser(chat);
    for (let i = 0; i < 33; i += 1) await soon(one.enhancePrediction(changed(i)));
    expect(await one.enhancePrediction(changed(32))).toMatchObject({ cached: true });
    await soon(one.enhancePrediction(changed(0)));
    expect(chat.questions).toHaveLength(34);
  });
});

describe('the breaker', () => {
  it('opens after three questions without an answer, and tries again after ten minutes', async () => {
    const chat = new ScriptedChat([
      ...Array.from({ length: 4 }, () => failure('rejected')),
      text(opinionsOf('BTCUSDC')),
    ]);
    const one = adviser(chat);
    for (let i = 0; i < 3; i += 1) await soon(one.enhancePrediction(changed(i)));
    expect(one.status()).toMatchObject({ state: 'open', lastFailure: 'rejected: it is rejected' });
    expect(await one.enhancePrediction(changed(3))).toMatchObject({
      ...{ ok: false, code: 'breaker' },
      reason: expect.stringContaining('it is rejected'),
    });
    expect(chat.questions).toHaveLength(3);
    await later(10 * MINUTE_MS);
    // One trial fails, and it is open for as long again; the next succeeds.
    expect(await soon(one.enhancePrediction(changed(4)))).toMatchObject({ code: 'rejected' });
    expect(await one.enhancePrediction(changed(5))).toMatchObject({ code: 'breaker' });
    await later(10 * MINUTE_MS);
    expect(await soon(one.enhancePrediction(changed(6)))).toMatchObject({ ok: true });
    expect(one.status().state).toBe('ready');
  });

  it('is no business of a pause that the service asks for', async () => {
    const limited = failure('rate-limited', { again: true, afterMs: 33_000 });
    const chat = new ScriptedChat([limited, text(opinionsOf('BTCUSDC'))]);
    const one = adviser(chat);
    // Longer than the deadline: given up at once.
    expect(await soon(one.enhancePrediction(changed(0)))).toMatchObject({ ok: false, code: 'rate-limited' });
    expect(one.status()).toMatchObject({ state: 'held', detail: expect.stringContaining('2026-11-21T13:00:33') });
    expect(await one.enhancePrediction(changed(1))).toMatchObject({ ok: false, code: 'rate-limited' });
    expect(chat.questions).toHaveLength(1);
    await later(33_000);
    expect(await soon(one.enhancePrediction(changed(1)))).toMatchObject({ ok: true });
  });

  it('lets a short pause pass within the question', async () => {
    const limited = failure('rate-limited', { again: true, afterMs: 3_000 });
    const outcome = await soon(
      adviser(new ScriptedChat([limited, text(opinionsOf('BTCUSDC'))])).enhancePrediction(changed(0)),
    );
    expect(outcome).toMatchObject({ ok: true, tookMs: 2 * 800 + 3_000 });
  });
});

describe('the budget', () => {
  it('refuses before anything is sent, hour by hour and day by day', async () => {
    // Room for one in an hour and two in a day: a question sets aside 0.012 for its answer and 0.004 for itself.
    const spent = spending(0.02, 0.04);
    const chat = new ScriptedChat([failure('timeout', { usage: null })]);
    const one = adviser(chat, spent);
    expect(await soon(one.enhancePrediction(changed(0)))).toMatchObject({ code: 'timeout' });
    const refused = await one.enhancePrediction(changed(1));
    expect(refused).toMatchObject({
      ok: false,
      code: 'budget',
      reason: expect.stringContaining('insight.budget_hour_usd'),
    });
    await later(60 * MINUTE_MS);
    await soon(one.enhancePrediction(changed(2)));
    await later(60 * MINUTE_MS);
    const day = await one.enhancePrediction(changed(3));
    expect(day).toMatchObject({ ok: false, code: 'budget', reason: expect.stringContaining('insight.budget_day_usd') });
    expect(chat.questions).toHaveLength(2);
  });

  it('outlives the process', async () => {
    await soon(adviser(new ScriptedChat([text(opinionsOf('BTCUSDC'))])).enhancePrediction(changed(0)));
    const next = adviser(new ScriptedChat([text(opinionsOf('BTCUSDC'))]), spending(COST_USD, 1));
    expect(next.status()).toMatchObject({ state: 'spent', budget: { spentHourUsd: COST_USD } });
    expect(await next.enhancePrediction(changed(1))).toMatchObject({ ok: false, code: 'budget' });
  });

  it('that cannot be written down is none', async () => {
    const chat = new ScriptedChat([text(opinionsOf('BTCUSDC'))]);
    rmSync(folder, { recursive: true });
    const nowhere = new Spending('/dev/null/insight', { hourUsd: 1, dayUsd: 1 }, timers.nowUs);
    const outcome = await adviser(chat, nowhere).enhancePrediction(changed(0));
    expect(outcome).toMatchObject({ ok: false, code: 'budget', reason: expect.stringContaining('cannot be written') });
    expect(chat.questions).toHaveLength(0);
    folder = mkdtempSync(join(tmpdir(), 'flashmm-insight-'));
  });
});
