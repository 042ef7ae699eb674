import { describe, expect, it } from 'vitest';
import type { Insight } from '../../streams/predictions/insight.ts';
import { VirtualTimers } from '../simulate/virtual_time.ts';
import { marketInsightOf, opinionsOf, situationOf } from './fixtures/markets.ts';
import type { Adviser, Answered, FailureCode, NoAnswer, Outcome } from './port.ts';
import { InsightRounds, type RoundsOptions } from './rounds.ts';
import type { Situation } from './situation.ts';

const START_US = Date.UTC(2026, 10, 21, 13) * 1_000;
const MODEL = { horizon_ms: 500, bearish: 0.2, neutral: 0.5, bullish: 0.3 };

const answered = <T>(answer: T): Answered<T> => ({
  ...{ ok: true, answer, by: 'gpt-4o enhance/1', cached: false, tokensIn: 1, tokensOut: 1, costUsd: 0.001, tookMs: 1 },
});
const no = (code: FailureCode): NoAnswer => ({ ok: false, code, reason: `it is ${code}` });

/** Everything around the rounds, with an adviser that takes so long. */
class Bench {
  readonly timers = new VirtualTimers(START_US);
  readonly accepted: Insight[] = [];
  readonly notices: string[] = [];
  readonly asked: string[] = [];
  readonly rounds: InsightRounds;
  situation: Situation = withModel('BTCUSDC');
  refuses: FailureCode | undefined;

  constructor(options: Partial<RoundsOptions> = {}, tookMs = 2_000) {
    const { timers } = this;
    const say = <T>(what: string, { markets }: Situation, answer: T, signal?: AbortSignal): Promise<Outcome<T>> => {
      this.asked.push(`${what} ${markets.map(({ symbol }) => symbol).join(',')}`);
      return new Promise((resolve) => {
        timers.after(tookMs, () => resolve(this.refuses === undefined ? answered(answer) : no(this.refuses)));
        signal?.addEventListener('abort', () => resolve(no('cancelled')));
      });
    };
    const adviser: Adviser = {
      enhancePrediction: (situation, signal) => {
        const symbols = situation.markets.map(({ symbol }) => symbol);
        return say('opinions', situation, JSON.parse(opinionsOf(...symbols)), signal);
      },
      generateMarketInsight: (situation, signal) =>
        say('words', situation, JSON.parse(marketInsightOf('BTCUSDC')), signal),
      status: () => {
        throw new Error('nobody needs it here');
      },
    };
    this.rounds = new InsightRounds({
      ...{ adviser, timers, keeper: { situation: () => this.situation }, leans: true },
      ...{ everyMs: 60_000, marketEveryMs: 0, accept: (insight) => this.accepted.push(insight) },
      ...{ notify: (level, text) => this.notices.push(`${level} ${text}`), ...options },
    });
    this.rounds.start();
  }

  to(seconds: number): Promise<void> {
    return this.timers.runTo(START_US + seconds * 1_000_000);
  }
}

function withModel(...symbols: readonly string[]): Situation {
  return { markets: situationOf(...symbols).markets.map((market) => ({ ...market, model: MODEL })) };
}

describe('the rounds of a session', () => {
  it('hand opinions on as inputs, at their pace', async () => {
    const bench = new Bench();
    await bench.to(61);
    expect(bench.accepted).toEqual([]);
    await bench.to(62);
    expect(bench.accepted).toEqual([
      { kind: 'insight', seq: 0, timeUs: 0, market: 'BTCUSDC', lean: 0.5, doubt: 0.25, by: 'gpt-4o enhance/1' },
    ]);
    expect(bench.rounds.opinions).toEqual([
      { market: 'BTCUSDC', lean: 0.5, doubt: 0.25, reason: 'flow is 0.2', timeMs: START_US / 1_000 + 62_000 },
    ]);
    await bench.to(600);
    expect(bench.asked).toHaveLength(10);
  });

  it('ask only about markets that are live and have a model', async () => {
    const bench = new Bench();
    const [btc, eth, sei] = withModel('BTCUSDC', 'ETHUSDC', 'SEIUSDC').markets;
    bench.situation = { markets: [{ ...btc!, model: null }, eth!, { ...sei!, state: 'stale' }] };
    await bench.to(70);
    expect(bench.asked).toEqual(['opinions ETHUSDC']);
    bench.situation = situationOf('BTCUSDC');
    await bench.to(300);
    expect(bench.asked).toHaveLength(1);
  });

  it('ask for no opinions that could move nothing', async () => {
    const bench = new Bench({ leans: false });
    await bench.to(300);
    expect(bench.asked).toEqual([]);
  });

  it('leave a round out while one is under way', async () => {
    const bench = new Bench({ everyMs: 10_000 }, 25_000);
    await bench.to(39);
    // Begun at 10 s and at 40 s, when the one before had ended at 35 s.
    expect(bench.asked).toHaveLength(1);
    await bench.to(41);
    expect(bench.asked).toHaveLength(2);
  });

  it('now and then ask for the markets in words, after the opinions', async () => {
    const bench = new Bench({ marketEveryMs: 600_000 });
    await bench.to(64);
    expect(bench.asked).toEqual(['opinions BTCUSDC', 'words BTCUSDC']);
    expect(bench.rounds.latest).toMatchObject({ headline: 'A quiet market', timeMs: START_US / 1_000 + 64_000 });
    expect(bench.notices).toEqual(['info insight: A quiet market']);
    await bench.to(600);
    expect(bench.asked.filter((one) => one.startsWith('words'))).toHaveLength(1);
    await bench.to(730);
    expect(bench.asked.filter((one) => one.startsWith('words'))).toHaveLength(2);
  });

  it('tell each kind of failure once, and its end', async () => {
    const bench = new Bench();
    bench.refuses = 'timeout';
    await bench.to(200);
    bench.refuses = 'budget';
    await bench.to(300);
    bench.refuses = undefined;
    await bench.to(500);
    expect(bench.notices).toEqual([
      'warn insight: timeout: it is timeout',
      'warn insight: budget: it is budget',
      'info insight: answers again',
    ]);
  });

  it('end with the session: what is under way is given up, and nothing is handed on', async () => {
    const bench = new Bench({ marketEveryMs: 60_000 });
    await bench.to(61);
    bench.rounds.stop();
    await bench.to(900);
    expect(bench.asked).toEqual(['opinions BTCUSDC']);
    expect([bench.accepted, bench.notices]).toEqual([[], []]);
  });
});
