import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { systemTimers } from '../runtime/timers.ts';
import { AzureDouble } from './fixtures/azure_double.ts';
import { marketInsightOf, opinionsOf, situationOf } from './fixtures/markets.ts';
import { openAdviser } from './open.ts';
import type { Adviser } from './port.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-insight-'));
let double: AzureDouble;
beforeAll(async () => {
  double = await new AzureDouble().open();
});
afterAll(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

function opened(withKey: boolean): Promise<Adviser> {
  const env = withKey ? { AZURE_OPENAI_ENDPOINT: double.endpoint, AZURE_OPENAI_API_KEY: 'key' } : {};
  // Without the pauses of retries, which are real time here.
  const settings = { 'runtime.state_dir': folder, 'insight.retries': '0' };
  const flags = Object.entries(settings).map(([path, text]) => ({ path, text, from: '--set' }));
  return openAdviser(loadConfig({ env, flags }).config, systemTimers());
}

/** What both sides of the port keep to: the one that is off, and Azure OpenAI behind its double. */
describe.each([
  ['off', false],
  ['Azure OpenAI', true],
] as const)('the adviser that is %s', (_, withKey) => {
  it('answers a question of either kind in its form, or says why not', async () => {
    const adviser = await opened(withKey);
    double.answer(
      { kind: 'content', content: opinionsOf('BTCUSDC') },
      { kind: 'content', content: marketInsightOf('BTCUSDC') },
    );
    const opinions = await adviser.enhancePrediction(situationOf('BTCUSDC'));
    const insight = await adviser.generateMarketInsight(situationOf('BTCUSDC'));
    expect([opinions.ok, insight.ok]).toEqual([withKey, withKey]);
    if (opinions.ok) expect(opinions.answer.markets).toEqual(JSON.parse(opinionsOf('BTCUSDC')).markets);
    else expect(opinions).toMatchObject({ code: 'off', reason: expect.stringContaining('not set') });
    if (insight.ok) expect(insight.answer.headline).toBe('A quiet market');
    else expect(insight).toEqual(opinions);
  });

  it('never throws, and gives up when it is told to', async () => {
    const adviser = await opened(withKey);
    double.answer({ kind: 'drop' });
    const given = await adviser.enhancePrediction(situationOf('ETHUSDC'), AbortSignal.abort());
    expect(given).toMatchObject({ ok: false, code: withKey ? 'cancelled' : 'off' });
    expect(await adviser.generateMarketInsight({ markets: [] })).toMatchObject({ ok: false });
  });

  it('says how it does', async () => {
    const adviser = await opened(withKey);
    const { state, detail, budget } = adviser.status();
    expect([state, detail === '']).toEqual(withKey ? ['ready', true] : ['off', false]);
    expect(budget.spentDayUsd).toBeLessThanOrEqual(budget.budgetDayUsd);
  });
});
