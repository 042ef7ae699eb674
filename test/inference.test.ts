import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { accountSettings } from '../src/config/account.ts';
import { loadConfig } from '../src/config/load.ts';
import { DEFAULT_MARKETS } from '../src/devnet/market.ts';
import { featuresHash } from '../src/inference/features_hash.ts';
import { always, tinyFolder, tinyRegistry } from '../src/inference/fixtures/model_folder.ts';
import { type OpenInference, openInference, planInference } from '../src/inference/open_inference.ts';
import { openModel } from '../src/inference/open_model.ts';
import { ModelRegistry } from '../src/inference/registry.ts';
import { withModels } from '../src/inference/with_models.ts';
import { replay } from '../src/journal/replay.ts';
import { Session } from '../src/runtime/session.ts';
import { virtualWorld } from '../src/simulate/virtual_world.ts';
import { MICROS_PER_SECOND } from '../streams/clock/clock.ts';
import type { Decision } from '../streams/decisions.ts';

/*
 * Models in a whole session: features out of the pipeline, a real ONNX file, its answers back in as inputs, in virtual time on the
 * devnet's chain.
 */

// Over a minute of a market, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const MARKETS = DEFAULT_MARKETS.slice(0, 1);
const folder = mkdtempSync(join(tmpdir(), 'flashmm-predicting-'));
const card = { features_hash: featuresHash() };
tinyFolder(folder, 'sei-linear/1', { ...always(0, 0, 3), card });
tinyFolder(folder, 'sei-linear/2', { ...always(3, 0, 0), card });
tinyFolder(folder, 'sei-linear/3', { kind: 'nan', card });
afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly decisions: readonly Decision[];
  readonly journal: string;
  readonly models: OpenInference;
}

/** Runs a session for so many seconds; what is to be done after some of them is done. */
async function run(name: string, seconds: number, after: Readonly<Record<number, () => void>>): Promise<Ran> {
  tinyRegistry(folder, { sei: { champion: 'sei-linear/1' } });
  const { config } = loadConfig({ env: {}, flags: [] });
  const plan = planInference(config, MARKETS, new ModelRegistry(folder, join(folder, 'none')))!;
  const world = await virtualWorld({ seed: 3, markets: MARKETS });
  const { timers, venue } = world.process();
  const journal = join(folder, name);
  const session = new Session({
    settings: withModels(accountSettings(config, MARKETS), config, plan),
    ...{ venue: venue({}), seed: 1, timers, notify: () => {} },
    journal: {
      ...{ directory: journal, session: name, flashmm: '0', segmentMaxBytes: 1e9, segmentsMost: 9, fsync: 'never' },
      snapshotEveryS: 20,
    },
    onFatal: (error) => {
      throw error;
    },
  });
  const decisions: Decision[] = [];
  session.decisions$.subscribe((decision) => {
    decisions.push(decision);
    if (decision.kind === 'features') models.inference.hear(decision);
  });
  const models = await openInference({
    ...{ plan, timers: world.timers, open: openModel, notify: () => {} },
    accept: (input) => session.edge.accept(input),
  });
  await world.timers.until(session.start(), 10_000);
  const startUs = timers.nowUs();
  for (let second = 1; second <= seconds; second += 1) {
    await world.runTo(startUs + second * MICROS_PER_SECOND);
    after[second]?.();
  }
  await world.timers.until(session.stop('test'), 20_000);
  await models.close();
  return { decisions, journal, models };
}

const predictions = ({ decisions }: Ran) => decisions.filter((one) => one.kind === 'prediction');

describe('a session with models', () => {
  it('is predicted in every instant once it is warm, over a swap and a refusal, and replays to the same bytes without any', async () => {
    const registry = new ModelRegistry(folder, join(folder, 'none'));
    const promote = (version: number) => () => {
      registry.promote({ domain: 'sei', kind: 'linear', version });
    };
    // The third answers NaN; the second is fine.
    const after = { 67: promote(3), 69: promote(2) };
    const ran = await run('one', 72, after);
    const seen = predictions(ran);
    for (const { symbol } of MARKETS) {
      const instants = seen.filter(({ market }) => market === symbol).map(({ timeUs }) => Math.floor(timeUs / 200_000));
      // Sixty seconds of features and 25 rows; from then on every instant, whatever is swapped.
      expect(instants.length).toBeGreaterThan(30);
      expect(instants).toEqual(instants.map((_, i) => instants[0]! + i));
    }
    expect([...new Set(seen.map(({ model }) => model))]).toEqual(['sei-linear/1', 'sei-linear/2']);
    expect(ran.models.status().refusals).toMatchObject([
      { model: 'sei-linear/3', reason: expect.stringMatching(/^golden: .*NaN/) },
    ]);
    const features = ran.decisions.find((one) => one.kind === 'features' && one.seq === seen[0]!.featuresSeq);
    expect(features).toMatchObject({ market: seen[0]!.market, warm: true });
    const report = await replay(ran.journal);
    expect(report).toMatchObject({ equal: true, snapshotsDifferent: [], torn: undefined });
    expect((await replay(ran.journal, { fromSnapshot: report.snapshots })).equal).toBe(true);
  });
});
