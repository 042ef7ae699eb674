import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import { queueModel } from '../../streams/simulation/queue.ts';
import { Backtest } from '../backtest/engine.ts';
import { Recording } from '../binance/recording.ts';
import { accountSettings } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { featuresHash } from './features_hash.ts';
import { always, tinyFolder, tinyRegistry } from './fixtures/model_folder.ts';
import type { InferencePlan } from './open_inference.ts';
import { ModelRegistry } from './registry.ts';
import { VirtualModels } from './virtual_models.ts';
import { withModels } from './with_models.ts';

const root = mkdtempSync(join(tmpdir(), 'flashmm-virtual-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { config } = loadConfig({ env: {}, flags: [] });
const SECONDS = 68;

/** The plan for a market of Binance whose champion is this one. */
function planFor(symbol: string, card: Record<string, unknown>): InferencePlan {
  const folder = mkdtempSync(join(root, 'models-'));
  tinyFolder(folder, 'binance-linear/1', { ...always(-2, 0, 2), card });
  tinyRegistry(folder, { binance: { champion: 'binance-linear/1' } });
  const registry = new ModelRegistry(folder, join(root, 'none'));
  return { registry, markets: [{ symbol, domain: 'binance' }], timeoutMs: 50, required: false };
}

describe('models in virtual time', () => {
  const all: Input[] = [];
  let market: Recording['market'];
  beforeAll(async () => {
    const recording = await Recording.open(['tapes/spot_btcusdt_20240808.gz']);
    market = recording.market;
    let untilUs = Number.POSITIVE_INFINITY;
    for await (const { input } of recording.inputs()) {
      if (untilUs === Number.POSITIVE_INFINITY) untilUs = input.timeUs + SECONDS * 1_000_000;
      if (input.timeUs > untilUs) break;
      all.push(input);
    }
  });

  async function run(models: VirtualModels) {
    const decisions: Decision[] = [];
    const backtest = new Backtest({
      settings: withModels(accountSettings(config, [market]), config, models.plan),
      models,
      seed: 1,
      model: {
        queue: queueModel('back', 1),
        orderLatencyUs: 100_000,
        responseLatencyUs: 50_000,
        crossing: 'refuse',
      },
      onDecision: (decision) => decisions.push(decision),
    });
    for (const input of all) await backtest.take({ ...input });
    return { decisions, hash: backtest.finish().decisionsHash };
  }

  it('answer at the instant of the features, before orders go out, and the same in every run', async () => {
    const models = await VirtualModels.open(planFor(market.symbol, { features_hash: featuresHash() }));
    const one = await run(models);
    const features = one.decisions.filter((decision) => decision.kind === 'features');
    const warm = features.filter((decision) => decision.warm);
    expect(warm.length).toBeGreaterThan(30);
    const asked = warm.slice(24).map(({ timeUs }) => timeUs);
    const predictions = one.decisions.filter((decision) => decision.kind === 'prediction');
    expect(predictions.map(({ timeUs }) => timeUs)).toEqual(asked);
    // Bullish: what the prediction threatens is the ask, told anew in the same instant, and the order that follows has it.
    const revised = one.decisions.filter(
      (decision) => decision.kind === 'quote' && decision.timeUs === asked[0] && decision.asks.length > 0,
    );
    expect(revised).toHaveLength(2);
    const [first, second] = revised as Extract<Decision, { kind: 'quote' }>[];
    expect(second!.asks[0]!).toBeGreaterThan(first!.asks[0]!);
    expect(second!.bids).toEqual(first!.bids);
    expect((await run(models)).hash).toBe(one.hash);
    await models.close();
  });

  it('are refused before anything runs when the champion does not pass its checks', async () => {
    const plan = planFor(market.symbol, {});
    await expect(VirtualModels.open(plan)).rejects.toThrow(/binance-linear\/1 may not serve: features/);
  });
});
