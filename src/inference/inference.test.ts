import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Features } from '../../streams/features/types.ts';
import type { Prediction } from '../../streams/predictions/types.ts';
import {
  always,
  TINY_FEATURES_HASH,
  type TinyFolderOptions,
  tinyFolder,
  tinyRegistry,
} from './fixtures/model_folder.ts';
import { Inference, type InferenceOptions } from './inference.ts';
import { ModelServing } from './model_serving.ts';
import { openModelThread } from './model_thread.ts';
import { type OpenModel, type OpenModelFile, openModel } from './open_model.ts';
import { ModelRegistry } from './registry.ts';

type Given = Parameters<InferenceOptions['accept']>[0];

const START_US = 1_700_000_000_000_000;
const PERIOD_US = 200_000;
const MARKETS = ['BTCUSDC', 'ETHUSDC', 'SEIUSDC'];

let root: string;
let made = 0;
const closers: (() => Promise<void>)[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'flashmm-inference-'));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(() => rmSync(root, { recursive: true }));

/** Inference over three markets of the chain with what the folder's registry says. */
async function running(
  models: Readonly<Record<string, TinyFolderOptions>>,
  serving: { champion: string | null; challenger?: string | null },
  open: OpenModelFile = openModel,
) {
  made += 1;
  const folder = join(root, String(made));
  for (const [ref, options] of Object.entries(models)) tinyFolder(folder, ref, options);
  tinyRegistry(folder, { sei: serving });
  const registry = new ModelRegistry(folder, join(root, 'none'));
  const given: Given[] = [];
  const due: (() => void)[] = [];
  const notices: string[] = [];
  const inference = new Inference({
    markets: MARKETS.map((symbol) => ({ symbol, domain: 'sei' })),
    timeoutMs: 100,
    accept: (input) => given.push(input),
    timers: {
      // Stands still: how busy the machine is must not make an answer late.
      stopwatchUs: () => 0,
      after: (_, work) => {
        due.push(work);
        return () => due.splice(due.indexOf(work), 1);
      },
    },
  });
  const models$ = new ModelServing({
    ...{ registry, inference, open, featuresHash: TINY_FEATURES_HASH },
    notify: (_, text) => notices.push(text),
    timers: { nowUs: () => START_US, every: () => () => {} },
  });
  await models$.start();
  closers.push(
    () => inference.close(),
    () => models$.close(),
  );
  let instant = 0;
  const tick = (change: Partial<Features> = {}): void => {
    instant += 1;
    const timeUs = START_US + instant * PERIOD_US;
    for (const market of MARKETS) inference.hear(featuresOf(market, instant, { timeUs, ...change }));
  };
  const ticks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      tick();
      await inference.settled();
    }
  };
  const predictions = () => given.filter((one): one is Prediction => one.kind === 'prediction');
  const skip = (): void => {
    instant += 1;
  };
  return { inference, registry, serving: models$, given, due, notices, tick, ticks, predictions, skip };
}

function featuresOf(market: string, seq: number, change: Partial<Features>): Features {
  const vector = new Float32Array(64).fill(seq);
  return { kind: 'features', seq, timeUs: 0, causes: [], market, quality: 'live', warm: true, vector, ...change };
}

const FALL = always(3, 0, 0);
const RISE = always(0, 0, 3);

describe('inference', () => {
  it('asks about all markets in one run once their windows are full, and says what the answer was made from', async () => {
    const runs: number[] = [];
    const counted: OpenModelFile = async (bytes) => counting(await openModel(bytes), runs);
    const world = await running({ 'sei-linear/1': RISE }, { champion: 'sei-linear/1' }, counted);
    const before = runs.length;
    await world.ticks(24);
    expect(world.predictions()).toEqual([]);
    await world.ticks(2);
    expect(runs.slice(before)).toEqual([3, 3]);
    expect(world.predictions().map(({ market, featuresSeq }) => `${market} ${featuresSeq}`)).toEqual(
      [25, 26].flatMap((seq) => MARKETS.map((market) => `${market} ${seq}`)),
    );
    const [first] = world.predictions();
    expect(first).toMatchObject({ model: 'sei-linear/1', role: 'champion' });
    expect(first!.horizons.map(({ horizonMs }) => horizonMs)).toEqual([100, 200, 500]);
    const rise = Math.exp(3) / (Math.exp(3) + 2);
    expect(first!.horizons[2]!.bullish).toBeCloseTo(rise, 6);
    expect(first!.horizons[2]!.confidence).toBeCloseTo(rise, 6);
    // Of three classes only the rise reaches 1 − 0.7.
    expect(first!.horizons[2]!.classes).toBe(1);
    expect(world.given.filter(({ kind }) => kind === 'component')).toEqual([]);
  });

  it('begins a window anew after a missing instant, and after a market that is not live', async () => {
    const world = await running({ 'sei-linear/1': {} }, { champion: 'sei-linear/1' });
    await world.ticks(25);
    world.skip();
    await world.ticks(24);
    expect(world.predictions()).toHaveLength(3);
    await world.ticks(1);
    expect(world.predictions()).toHaveLength(6);
    world.tick({ warm: false });
    await world.ticks(24);
    expect(world.predictions()).toHaveLength(6);
  });

  it('lets a challenger see the same, and tells its failures to nobody', async () => {
    const models = { 'sei-linear/1': RISE, 'sei-trees/1': FALL };
    let opened = 0;
    let broken = false;
    const open: OpenModelFile = async (bytes) => {
      opened += 1;
      const model = await openModel(bytes);
      const challenges = opened === 2;
      return {
        ...model,
        run: (windows) => (challenges && broken ? Promise.reject(new Error('it is broken')) : model.run(windows)),
      };
    };
    const world = await running(models, { champion: 'sei-linear/1', challenger: 'sei-trees/1' }, open);
    await world.ticks(25);
    expect(world.predictions().map(({ model, role }) => `${model} ${role}`)).toEqual([
      ...MARKETS.map(() => 'sei-linear/1 champion'),
      ...MARKETS.map(() => 'sei-trees/1 challenger'),
    ]);
    broken = true;
    await world.ticks(1);
    expect(world.predictions().slice(6)).toHaveLength(3);
    expect(world.given.some(({ kind }) => kind === 'component')).toBe(false);
    expect(world.inference.seat('sei', 'challenger')).toMatchObject({ failures: 1, predictions: 3 });
  });

  it('drops an answer that is late, says so at once, and counts it; the next instant is asked about again', async () => {
    const gate = gated();
    const world = await running({ 'sei-linear/1': RISE }, { champion: 'sei-linear/1' }, gate.open);
    await world.ticks(24);
    gate.hold();
    world.tick();
    await setImmediate();
    world.due[0]!();
    expect(world.given.at(-1)).toMatchObject({
      ...{ kind: 'component', component: 'ml_inference', outcome: 'failure' },
      detail: 'sei-linear/1 has not answered within 100 ms',
    });
    world.tick();
    await setImmediate();
    expect(world.given.at(-1)).toMatchObject({ detail: 'sei-linear/1 is still busy with the instant before' });
    gate.release();
    await world.inference.settled();
    expect(world.predictions()).toEqual([]);
    await world.ticks(1);
    expect(world.predictions()).toHaveLength(3);
    expect(world.given.at(-1)).toMatchObject({ outcome: 'success', detail: 'sei-linear/1 answers again' });
    expect(world.inference.seat('sei', 'champion')).toMatchObject({ late: 1, missed: 1, failures: 0, predictions: 3 });
  });

  it('reports a model that fails or answers what is no probability, and gives none of it on', async () => {
    const gate = gated();
    const world = await running({ 'sei-linear/1': RISE }, { champion: 'sei-linear/1' }, gate.open);
    await world.ticks(24);
    gate.answer((output) => output.fill(Number.NaN));
    await world.ticks(1);
    expect(world.given.at(-1)).toMatchObject({
      outcome: 'failure',
      detail: 'sei-linear/1 answers NaN at 100 ms, expected a probability',
    });
    gate.answer(() => {
      throw new Error('out of memory');
    });
    await world.ticks(1);
    expect(world.given.at(-1)).toMatchObject({ outcome: 'failure', detail: 'sei-linear/1: out of memory' });
    expect(world.predictions()).toEqual([]);
  });

  it('reports that there is no champion, so that pricing falls back', async () => {
    const world = await running({}, { champion: null });
    await world.ticks(25);
    expect(world.given).toEqual([
      expect.objectContaining({ outcome: 'failure', detail: 'sei has no champion that may serve' }),
    ]);
  });
});

describe('a swap', () => {
  it.each([
    ['in this thread', openModel],
    ['on threads of their own', openModelThread],
  ])('under load loses no instant of any market, models %s', async (_, open) => {
    const models = { 'sei-linear/1': RISE, 'sei-linear/2': FALL };
    const world = await running(models, { champion: 'sei-linear/1' }, open);
    await world.ticks(30);
    world.registry.promote({ domain: 'sei', kind: 'linear', version: 2 });
    let swapped = false;
    const swap = world.serving.look().then(() => {
      swapped = true;
    });
    // Instants come on while the new model is verified, and for some time after.
    for (let after = 0; after < 10; after += Number(swapped)) await world.ticks(1);
    await swap;
    const answers = world.predictions();
    const seqs = answers.filter(({ market }) => market === 'ETHUSDC').map(({ featuresSeq }) => featuresSeq);
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => 25 + i));
    expect(answers).toHaveLength(3 * seqs.length);
    const changes = answers.filter(({ model }, i) => i > 0 && model !== answers[i - 1]!.model);
    expect(changes).toHaveLength(1);
    expect(answers.at(-1)).toMatchObject({ model: 'sei-linear/2' });
    expect(answers.at(-1)!.horizons[0]!.bearish).toBeGreaterThan(0.9);
    // The notice comes before the first answer of the new one.
    const notice = world.given.findIndex((one) => one.kind === 'model' && one.model === 'sei-linear/2');
    expect(notice).toBeLessThan(world.given.indexOf(changes[0]!));
    expect(world.given.filter(({ kind }) => kind === 'component')).toEqual([]);
    expect(world.inference.seat('sei', 'champion')).toMatchObject({ swaps: 1, late: 0, missed: 0 });
  });

  it('keeps the model that serves when the new one does not pass, and remembers why', async () => {
    const models = { 'sei-linear/1': RISE, 'sei-linear/2': { kind: 'nan' } } as const;
    const world = await running(models, { champion: 'sei-linear/1' });
    world.registry.promote({ domain: 'sei', kind: 'linear', version: 2 });
    await world.serving.look();
    await world.ticks(25);
    expect(world.predictions().at(-1)).toMatchObject({ model: 'sei-linear/1' });
    expect(world.serving.refusals).toMatchObject([
      { role: 'champion', model: 'sei-linear/2', reason: expect.stringMatching(/^golden: window 0, output 0: NaN/) },
    ]);
    expect(world.notices.at(-1)).toMatch(/^sei champion: sei-linear\/2 is refused: golden: .*; sei-linear\/1 stays$/);
    // What is refused is tried again only when the registry has changed.
    await world.serving.look();
    expect(world.serving.refusals).toHaveLength(1);
    world.registry.rollback('sei');
    await world.serving.look();
    expect(world.inference.seat('sei', 'champion')).toMatchObject({ model: 'sei-linear/1', swaps: 0 });
  });

  it('opens a model again whose thread has ended', async () => {
    const opened: OpenModel[] = [];
    const dying: OpenModelFile = async (bytes) => {
      const model = { ...(await openModel(bytes)), ended: undefined as string | undefined };
      opened.push(model);
      return model;
    };
    const world = await running({ 'sei-linear/1': RISE }, { champion: 'sei-linear/1' }, dying);
    (opened[0] as { ended: string | undefined }).ended = 'its thread has ended';
    await world.serving.look();
    expect(opened).toHaveLength(2);
    expect(world.inference.seat('sei', 'champion')).toMatchObject({ model: 'sei-linear/1', ended: '' });
  });
});

function counting(model: OpenModel, runs: number[]): OpenModel {
  return {
    ...model,
    run: (windows) => {
      runs.push(windows);
      return model.run(windows);
    },
  };
}

/** Models whose runs can be held, and whose answers can be changed once they serve. */
function gated() {
  let held: Promise<void> | undefined;
  let release = (): void => {};
  let change: (output: Float32Array) => void = () => {};
  const open: OpenModelFile = async (bytes) => {
    const model = await openModel(bytes);
    return {
      ...model,
      run: async (windows) => {
        await held;
        const took = await model.run(windows);
        change(model.output);
        return took;
      },
    };
  };
  return {
    open,
    hold: () => {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => {
      held = undefined;
      release();
    },
    answer: (next: typeof change) => {
      change = next;
    },
  };
}
