import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import type { FairValue } from '../../streams/fairvalue/fair_value.ts';
import type { Insight } from '../../streams/predictions/insight.ts';
import { loadConfig } from '../config/load.ts';
import { VirtualTimers } from '../simulate/virtual_time.ts';
import { AzureDouble } from './fixtures/azure_double.ts';
import { marketInsightOf, opinionsOf } from './fixtures/markets.ts';
import { SessionInsight } from './session_insight.ts';
import { insightStatusSchema } from './status.ts';

const START_US = Date.UTC(2026, 10, 21, 13) * 1_000;
const KEY = 'a-key-that-nobody-may-see';

let folder: string;
let double: AzureDouble;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flashmm-insight-'));
  double = await new AzureDouble().open();
});
afterEach(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

async function opened(settings: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) {
  const flags = Object.entries({ 'runtime.state_dir': folder, ...settings });
  const { config } = loadConfig({ env, flags: flags.map(([path, text]) => ({ path, text, from: '--set' })) });
  const timers = new VirtualTimers(START_US);
  const notices: string[] = [];
  const accepted: Insight[] = [];
  const decisions$ = new Subject<Decision>();
  const notify = (level: string, text: string): void => void notices.push(`${level} ${text}`);
  const insight = await SessionInsight.open({ config, symbols: ['BTCUSDC'], timers, notify });
  insight.start(decisions$, (opinion) => accepted.push(opinion));
  return { insight, timers, notices, accepted, decisions$ };
}

const fair = (timeUs: number): Decision =>
  ({
    ...{ kind: 'fairValue', seq: 1, timeUs, causes: [], market: 'BTCUSDC', quality: 'live', fairTick: 100_000 },
    ...{ micropriceTick: 100_000, bidTick: 99_995, bidLots: 3, askTick: 100_005, askLots: 1, flow: 0.2 },
    ...{ bids: [], asks: [], sigmaBps: 1, usualSigmaBps: 1, toxicity: 0.2, arrivals: { perS: 1, kappa: 1 } },
  }) as unknown as FairValue;

describe('the insight of a session', () => {
  it('is off unless it is enabled, even with a key, and follows the markets all the same', async () => {
    const env = { AZURE_OPENAI_ENDPOINT: double.endpoint, AZURE_OPENAI_API_KEY: KEY };
    const { insight, timers, notices, decisions$ } = await opened({}, env);
    decisions$.next(fair(START_US));
    await timers.runTo(START_US + 7_200_000_000);
    expect(insight.status()).toMatchObject({ state: 'off', detail: 'insight.enabled is false', asked: 0 });
    expect(insight.status().situation.markets[0]).toMatchObject({ state: 'live', spread_bps: 1 });
    expect([double.seen, notices]).toEqual([[], []]);
  });

  it('is off without a key, and says so to whoever has enabled it', async () => {
    const { insight, notices } = await opened(
      { 'insight.enabled': 'true' },
      { AZURE_OPENAI_ENDPOINT: double.endpoint },
    );
    expect(insight.status()).toMatchObject({ state: 'off', detail: expect.stringContaining('AZURE_OPENAI_API_KEY') });
    expect(notices).toEqual([expect.stringMatching(/^warn insight is off: not set: insight.azure_api_key/)]);
  });

  it('asks, hands opinions on, and shows both until they expire', async () => {
    const env = { AZURE_OPENAI_ENDPOINT: double.endpoint, AZURE_OPENAI_API_KEY: KEY };
    const { insight, timers, accepted, decisions$ } = await opened({ 'insight.enabled': 'true' }, env);
    const horizon = { horizonMs: 500, bearish: 0.2, neutral: 0.5, bullish: 0.3, confidence: 0.5, uncertainty: 0.9 };
    const newest = START_US + 119_000_000;
    decisions$.next(fair(newest));
    insight.input({
      ...{ kind: 'prediction', seq: 2, timeUs: newest, market: 'BTCUSDC', model: 'sei-trees/1', role: 'champion' },
      ...{ featuresSeq: 1, horizons: [horizon] },
    });
    double.answer(
      { kind: 'content', content: opinionsOf('BTCUSDC') },
      { kind: 'content', content: marketInsightOf('BTCUSDC') },
    );
    const came = double.nextRequest();
    await timers.runTo(START_US + 120_000_000);
    await timers.outside(came);
    await timers.outside(until(() => insight.status().latest !== null));
    expect(accepted).toMatchObject([{ kind: 'insight', market: 'BTCUSDC', lean: 0.5, doubt: 0.25 }]);
    const status = insightStatusSchema.parse(insight.status());
    expect(status).toMatchObject({ state: 'ready', asked: 2, answered: 2, spent_hour_usd: 0.004 });
    expect(status.opinions).toMatchObject([{ market: 'BTCUSDC', until_ms: START_US / 1_000 + 120_000 + 300_000 }]);
    expect(status.latest).toMatchObject({ headline: 'A quiet market', by: 'gpt-4o market/1' });
    expect(JSON.stringify(status)).not.toContain(KEY);
    insight.stop();
    await timers.runTo(START_US + 430_000_000);
    expect(insight.status().opinions).toEqual([]);
    expect(double.seen).toHaveLength(2);
  });
});

/** Gives the event loop turns until something holds that comes from the wire. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
