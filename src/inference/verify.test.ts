import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY_FEATURES_HASH, type TinyFolderOptions, tinyFolder } from './fixtures/model_folder.ts';
import { openModelThread } from './model_thread.ts';
import { openModel } from './open_model.ts';
import { ModelRegistry } from './registry.ts';
import { verifyModel } from './verify.ts';

let root: string;
let made = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'flashmm-models-'));
});

afterAll(() => rmSync(root, { recursive: true }));

const WEIGHTS = Float32Array.from({ length: 64 * 9 }, (_, i) => Math.cos(i));

/** Verifies a folder of its own. */
async function verified(options: TinyFolderOptions, open = openModel, featuresHash = TINY_FEATURES_HASH) {
  made += 1;
  const folder = join(root, String(made));
  tinyFolder(folder, 'sei-linear/1', options);
  const registry = new ModelRegistry(folder, join(root, 'none'));
  const found = registry.find({ domain: 'sei', kind: 'linear', version: 1 })!;
  const { verification, verified: model } = await verifyModel(found, featuresHash, open);
  await model?.open.close();
  return verification;
}

describe('a model folder', () => {
  it.each([
    ['in this thread', openModel],
    ['on a thread of its own', openModelThread],
  ])('that is as it should be passes every check, %s', async (_, open) => {
    const { passed, reason, checks } = await verified({ weights: WEIGHTS }, open);
    expect({ passed, reason }).toEqual({ passed: true, reason: '' });
    const names = [
      'files',
      'card',
      'outputs',
      'size',
      'hash',
      'features',
      'load',
      'golden',
      'probabilities',
      'latency',
    ];
    expect(checks.map(({ name }) => name)).toEqual(names);
  });

  const damaged = (at: number) => (bytes: Uint8Array) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

  it.each<[string, TinyFolderOptions, RegExp]>([
    [
      'is cut short',
      { damage: (bytes) => bytes.subarray(0, 900) },
      /^size: model\.onnx has 900 bytes, expected \d+ by/,
    ],
    ['has one bit changed', { damage: damaged(1_500) }, /^hash: model\.onnx has SHA-256 [0-9a-f]{64}, expected/],
    [
      'is too large',
      { damage: () => new Uint8Array(5 * 1_048_576 + 1) },
      /^files: model\.onnx has 5242881 bytes, expected/,
    ],
    [
      'has another input',
      { kind: 'wrongInput' },
      /^load: .*inputs are 'x': float32 \[batch, 25, 64\], expected one, 'window'/,
    ],
    [
      'has another shape',
      { kind: 'flat' },
      /^load: .*outputs are 'scores': float32 \[batch, 9\], expected one, 'probab/,
    ],
    ['answers NaN', { kind: 'nan' }, /^golden: window 0, output 0: NaN, expected 0\.333.* within 0\.0001/],
    [
      'answers something else',
      { golden: (golden) => ({ ...golden, probabilities: golden.probabilities.replace(/^..../, 'AAAA') }) },
      /^golden: window 0, output 0/,
    ],
    [
      'allows itself anything',
      { golden: (golden) => ({ ...golden, tolerance: 1 }) },
      /^outputs: golden\.json: tolerance: 1: /,
    ],
    [
      'has half a window',
      { golden: (golden) => ({ ...golden, windows: golden.windows.slice(0, 2_000) }) },
      /^outputs: golden\.json: windows: 375 numbers, expected 1 to 64 windows/,
    ],
    [
      'is slow',
      { kind: 'slow', slowness: 900 },
      /^(?:latency: p50 .* ms over \d+ runs|golden: one run took \d+ ms), expected less than 5 ms/,
    ],
    [
      'has a card of another version',
      { card: { version: 2 } },
      /^card: card\.json is of sei-linear\/2, expected sei-linear\/1 by the folder's name/,
    ],
    [
      'has a card of another kind',
      { card: { kind: 'trees' } },
      /^card: card\.json: name: 'sei-linear', expected 'sei-trees'/,
    ],
    [
      'looks at other windows',
      { card: { window: { steps: 20, every_ms: 200 } } },
      /^card: card\.json: window\.steps: 20: /,
    ],
    [
      'has no conformal quantiles',
      { card: { conformal: { alpha: 0.1 } } },
      /^card: card\.json: conformal\.quantile: missing: /,
    ],
  ])('that %s is refused with its reason', async (_, options, reason) => {
    const { passed, reason: why, checks } = await verified(options);
    expect(passed).toBe(false);
    expect(why).toMatch(reason);
    expect(checks.at(-1)).toMatchObject({ passed: false });
  });

  it('with probabilities that do not add up is refused, though its golden outputs are its own', async () => {
    // Answers 0 everywhere and is proud of it.
    const zeros = Buffer.alloc(8 * 9 * 4).toString('base64');
    const { reason } = await verified({ kind: 'zeros', golden: (golden) => ({ ...golden, probabilities: zeros }) });
    expect(reason).toMatch(/^probabilities: for a window of nothing but 0 it answers .* add up to 0\.0000, expected 1/);
  });

  it('trained on other features is refused, and told apart from one that is broken', async () => {
    const { reason } = await verified({}, openModel, 'e'.repeat(64));
    expect(reason).toMatch(/^features: trained on the features f{64}, expected e{64}: .* train again/);
  });

  it('that is no ONNX at all is refused by the runtime, on either thread', async () => {
    const noise = Uint8Array.from({ length: 500 }, (_, i) => (i * 37) % 251);
    await expect(openModel(noise)).rejects.toThrow(/^model\.onnx cannot be loaded: /);
    await expect(openModelThread(noise)).rejects.toThrow(/^model\.onnx cannot be loaded: /);
  });

  it('without one of its files is refused', async () => {
    const folder = join(root, 'bare', 'sei-linear', '1');
    tinyFolder(join(root, 'bare'), 'sei-linear/1');
    rmSync(join(folder, 'golden.json'));
    const ref = { domain: 'sei', kind: 'linear', version: 1 } as const;
    const found = { ref, path: folder, source: 'own' } as const;
    expect((await verifyModel(found, TINY_FEATURES_HASH, openModel)).verification.reason).toMatch(
      /^files: golden\.json is missing in /,
    );
    writeFileSync(join(folder, 'card.json'), '{"format":');
    writeFileSync(join(folder, 'golden.json'), '{}');
    expect((await verifyModel(found, TINY_FEATURES_HASH, openModel)).verification.reason).toMatch(
      /^card: card\.json is no JSON: /,
    );
  });
});
