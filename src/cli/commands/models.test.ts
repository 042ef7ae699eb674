import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, serveApi } from '../../api/server.ts';
import type { SessionStatus } from '../../api/status.ts';
import { ControlFile } from '../../control/control_file.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import { featuresHash } from '../../inference/features_hash.ts';
import { tinyFolder, tinyRegistry } from '../../inference/fixtures/model_folder.ts';
import { START_US } from '../../runtime/fixtures/account.ts';
import { SESSION } from '../../terminal/fixtures/session.ts';
import { type Ran, runInProcess } from '../fixtures/run_in_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-models-'));
const own = join(folder, 'models');
const card = { features_hash: featuresHash() };

beforeAll(() => {
  tinyFolder(own, 'sei-trees/901', { card });
  tinyFolder(own, 'sei-trees/902', { card });
  tinyFolder(own, 'sei-trees/903', { kind: 'nan', card });
  tinyFolder(own, 'sei-trees/904', {});
  tinyRegistry(own, { sei: { champion: 'sei-trees/901' } });
});
afterAll(() => rmSync(folder, { recursive: true }));

function models(...args: string[]): Promise<Ran> {
  return runInProcess('models', ...args, '--set', `runtime.state_dir=${folder}`);
}

describe('flashmm models', () => {
  it('evaluates a model on a dataset of its features, and on no other', async () => {
    const rule = { everyMs: 200, thresholdBps: 0, smoothingMs: 0, market: 'X', venue: 'sei', domain: 'sei' } as const;
    const origin = { source: 'test', sourceSha256: '', flashmm: '0', featureNames: [], featureMirror: [] };
    const paths = [featuresHash(), 'f'.repeat(64)].map((hash, i) => {
      const writer = new DatasetWriter(join(folder, `set${i}.arrow`), { ...rule, ...origin, featuresHash: hash });
      for (let row = 0; row < 60; row += 1)
        writer.push({
          ...{
            timeUs: START_US + row * 200_000,
            segment: 0,
            warm: true,
            vector: new Float32Array(64),
            sentiment: null,
          },
          topImbalance: 1,
          label: { timeUs: 0, midHalfTicks: 2, movesBps: new Float64Array(3), classes: Int8Array.of(1, 2, 2) },
        });
      writer.close();
      return writer.path;
    });
    const { code, out } = await models('evaluate', 'sei-trees/901', '--data', paths[0]!, '--json');
    expect(code).toBe(0);
    const { horizons } = JSON.parse(out);
    expect([horizons[100].n, horizons[100].moves, horizons[500].n, horizons[500].moves]).toEqual([36, 0, 36, 36]);
    expect(horizons[500].imbalance.direction_accuracy).toEqual({ value: 1, low: 1, high: 1 });
    expect((await models('evaluate', 'sei-trees/901', '--data', paths[0]!)).out).toContain(
      '500 ms: 36 windows, 36 moves',
    );
    const other = await models('evaluate', 'sei-trees/901', '--data', paths[1]!);
    expect([other.code, other.err]).toEqual([4, expect.stringContaining('set1.arrow: of the features ffffffffffff…')]);
    expect((await models('evaluate', 'sei-trees/901')).err).toContain('--data FILE… is required');
    expect((await models('evaluate', '--data', paths[0]!)).err).toContain('evaluate: 0 models: expected one');
  });

  it('lists what there is and which serve', async () => {
    const { code, out } = await models('list', '--json');
    expect(code).toBe(0);
    const listed = JSON.parse(out);
    expect(listed.serving.sei).toEqual({ champion: 'sei-trees/901', challenger: null, previous: [] });
    expect(listed.models).toContainEqual(
      expect.objectContaining({ model: 'sei-trees/901', role: 'champion', source: 'own', fault: '' }),
    );
    expect((await models('list')).out).toMatch(/^sei-trees\/902 +– +own +fp32 +\d+ KB +0\.500 +0\.700/m);
  });

  it('verifies those named, and says why one does not pass', async () => {
    const fine = await models('verify', 'sei-trees/901', join(own, 'sei-trees', '902'));
    expect(fine).toMatchObject({ code: 0, err: '' });
    expect(fine.out).toMatch(/^sei-trees\/901 {2}may serve .*\n {2}ok {3}files/);
    const bad = await models('verify', 'sei-trees/903', 'sei-trees/904', '--json');
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      passed: false,
      models: [{ reason: expect.stringMatching(/^golden: .*NaN/) }, { reason: expect.stringMatching(/^features: /) }],
    });
  });

  it('promotes what passes, refuses what does not, and rolls back', async () => {
    expect(await models('promote', 'sei-trees/903')).toMatchObject({
      code: 5,
      err: expect.stringMatching(/sei-trees\/903 may not serve: golden: .*NaN[\s\S]*Nothing has been changed/),
    });
    const promoted = await models('promote', 'sei-trees/902', '--json');
    expect(promoted.code).toBe(0);
    expect(JSON.parse(promoted.out)).toMatchObject({
      ...{ domain: 'sei', role: 'champion', model: 'sei-trees/902', session: { state: 'none' } },
      serving: { previous: ['sei-trees/901'] },
    });
    expect((await models('promote', 'sei-trees/901', '--as', 'challenger')).out).toBe(
      'sei challenger: sei-trees/901; no session runs, the next one serves it\n',
    );
    expect((await models('rollback', 'sei', '--as', 'challenger')).out).toMatch(/^sei challenger: nobody; /);
    expect((await models('rollback', 'sei')).out).toMatch(/^sei champion: sei-trees\/901; /);
    expect(await models('rollback', 'sei')).toMatchObject({
      code: 5,
      err: expect.stringContaining('sei has no champion before sei-trees/901'),
    });
  });

  it.each([
    [['improve'], /action 'improve': expected one of list, verify, evaluate, promote, rollback/],
    [['promote'], /models promote: MODEL is missing/],
    [['promote', 'best'], /model 'best': expected DOMAIN-KIND\/VERSION, as in binance-trees\/1/],
    [['promote', 'sei-trees/999'], /there is no model sei-trees\/999, neither shipped nor in /],
    [['promote', 'sei-trees/901', '--as', 'king'], /expected champion or challenger/],
    [['rollback', 'mars'], /domain 'mars': expected one of binance, sei/],
    [['list', 'all'], /models list: unexpected argument 'all'/],
  ])('%j is a mistake that is explained', async (args, message) => {
    const { code, err } = await models(...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(message) });
  });
});

describe('flashmm models with a running session', () => {
  let server: ApiServer | undefined;
  let control: ControlFile | undefined;

  afterEach(async () => {
    control?.release();
    await server?.close();
    tinyRegistry(own, { sei: { champion: 'sei-trees/901' } });
  });

  /** A session in this process whose status says this of its models. */
  async function session(part: Pick<SessionStatus, 'models' | 'model_refusals'>): Promise<void> {
    const source = {
      status: () => ({ ...SESSION, ...part }),
      health: () => ({ status: 'ok' as const, version: '0', uptime_s: 1, checks: [] }),
    };
    server = await serveApi(source, { host: '127.0.0.1', port: 0, allow_remote: false, onError: () => {} });
    control = new ControlFile(folder, { version: '0.1.0', mode: 'paper' });
    control.publish(server.url);
  }

  const seat = (model: string) => ({ ...SESSION.models[0]!, model });
  const refusal = (time_ms: number) => ({
    ...{ time_ms, domain: 'sei', role: 'champion' as const, model: 'sei-trees/902' },
    reason: 'latency: p50 7.100 ms',
  });

  it('says that it has taken the change up', async () => {
    await session({ models: [seat('sei-trees/902')], model_refusals: [] });
    const { code, out } = await models('promote', 'sei-trees/902');
    expect({ code, out }).toEqual({
      ...{ code: 0, out: 'sei champion: sei-trees/902; the running session has taken it up\n' },
    });
  });

  it('tells of its refusal, but not of one that came before', async () => {
    const [old, fresh] = [refusal(1), refusal(Date.now() + 60_000)];
    await session({ models: [seat('sei-trees/901')], model_refusals: [old, fresh] });
    const refused = await models('promote', 'sei-trees/902');
    expect(refused).toMatchObject({
      code: 5,
      out: expect.stringContaining('goes on as before: latency: p50 7.100 ms'),
    });
  });

  it('says when it has not been seen to, and when it predicts nothing', async () => {
    await session({ models: [seat('sei-trees/901')], model_refusals: [refusal(1)] });
    const unseen = await models('promote', 'sei-trees/902', '--wait', '0.1', '--json');
    expect(unseen.code).toBe(6);
    expect(JSON.parse(unseen.out)).toMatchObject({ session: { state: 'unseen' } });
    control?.release();
    await server?.close();
    await session({ models: [], model_refusals: [] });
    expect((await models('rollback', 'sei')).out).toMatch(/the running session began without models of this domain/);
  });
});
