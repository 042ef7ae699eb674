import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { featuresHash } from '../src/inference/features_hash.ts';
import { Inference } from '../src/inference/inference.ts';
import { type Domain, type ModelKind, refText, WINDOW_EVERY_MS, WINDOW_STEPS } from '../src/inference/model_format.ts';
import { openModelThread } from '../src/inference/model_thread.ts';
import { openModel } from '../src/inference/open_model.ts';
import { type ModelFolder, ModelRegistry } from '../src/inference/registry.ts';
import { type VerifiedModel, verifyModel } from '../src/inference/verify.ts';
import { systemTimers } from '../src/runtime/timers.ts';
import type { Features } from '../streams/features/types.ts';

/**
 * What a model's answer costs: the bare run of ONNX Runtime on one thread, and the whole way from the features of an instant to
 * the predictions made of them, as a live session goes it, over the model's own thread.
 */

const BATCHES = [1, 16] as const;
const WARM_UP = 50;
const START_US = 1_700_000_000_000_000;
/** The medians that are asked of one window. */
const P50_MOST_MS: Partial<Record<ModelKind, number>> = { transformer: 0.7, lstm: 0.3, ensemble: 1.2 };

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '400' },
    /** Over all models, one after another: what else the machine does comes and goes. Figures are medians over them. */
    rounds: { type: 'string', default: '3' },
    /** A folder of models besides the shipped ones. */
    models: { type: 'string', default: '' },
    /** What another runtime needs for the same weights: `{"runtime":"…","p50_ms":{"binance-lstm/1":0.9}}`. */
    beside: { type: 'string', default: '' },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 10) throw new RangeError(`--runs ${values.runs}: expected an integer from 10 on`);
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds ${values.rounds}: expected an integer from 1 on`);
const besideSchema = z.object({ runtime: z.string(), p50_ms: z.record(z.string(), z.number()) });
const beside = values.beside === '' ? undefined : besideSchema.parse(JSON.parse(readFileSync(values.beside, 'utf8')));

interface Times {
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/** By the number of windows. */
type ByBatch = Readonly<Record<number, Times>>;

/** One round of a model. */
interface Round {
  readonly bytes: number;
  readonly bare: ByBatch;
  readonly served: ByBatch;
}

interface Measured {
  readonly model: string;
  readonly bytes: number;
  readonly bare: ByBatch;
  readonly served: ByBatch;
  /** p50 of served over bare, one window. */
  readonly ratio: number;
  readonly p50_most_ms: number | null;
  readonly beside_p50_ms: number | null;
  readonly met: boolean;
}

function timesOf(sample: number[]): Times {
  sample.sort((a, b) => a - b);
  const at = (p: number) => sample[Math.min(sample.length - 1, Math.floor(p * sample.length))]!;
  return { p50_ms: at(0.5), p99_ms: at(0.99) };
}

/** The model itself, in this thread. */
async function bare(model: VerifiedModel, windows: number): Promise<Times> {
  const took: number[] = [];
  for (let i = 0; i < WARM_UP + runs; i += 1) {
    model.open.input.fill(Math.sin(i));
    const us = await model.open.run(windows);
    if (i >= WARM_UP) took.push(us / 1_000);
  }
  return timesOf(took);
}

/** From the features of so many markets to their predictions. */
async function served(model: VerifiedModel, domain: Domain, windows: number): Promise<Times> {
  const markets = Array.from({ length: windows }, (_, i) => ({ symbol: `M${i}`, domain }));
  let predicted = 0;
  const inference = new Inference({
    ...{ markets, timeoutMs: 10_000, timers: systemTimers() },
    accept: ({ kind }) => {
      predicted += Number(kind === 'prediction');
    },
  });
  inference.serve(domain, 'champion', model);
  const vector = new Float32Array(64);
  const took: number[] = [];
  for (let i = 0; i < WINDOW_STEPS - 1 + WARM_UP + runs; i += 1) {
    vector.fill(Math.sin(i));
    const timeUs = START_US + i * WINDOW_EVERY_MS * 1_000;
    const startedMs = performance.now();
    for (const { symbol: market } of markets) {
      const features: Features = {
        kind: 'features',
        seq: i,
        timeUs,
        causes: [],
        market,
        quality: 'live',
        warm: true,
        vector,
      };
      inference.hear(features);
    }
    await inference.settled();
    if (i >= WINDOW_STEPS - 1 + WARM_UP) took.push(performance.now() - startedMs);
  }
  if (predicted !== windows * (WARM_UP + runs))
    throw new Error(`${predicted} predictions of ${windows * (WARM_UP + runs)}`);
  await inference.close();
  return timesOf(took);
}

async function round(folder: ModelFolder): Promise<Round> {
  const demanded = async (open: typeof openModel): Promise<VerifiedModel> => {
    const { verified, verification } = await verifyModel(folder, featuresHash(), open);
    if (verified === undefined) throw new Error(`${refText(folder.ref)}: ${verification.reason}`);
    return verified;
  };
  const here = await demanded(openModel);
  const figures = { bare: {} as Record<number, Times>, served: {} as Record<number, Times> };
  for (const windows of BATCHES) {
    figures.bare[windows] = await bare(here, windows);
    figures.served[windows] = await served(await demanded(openModelThread), folder.ref.domain, windows);
  }
  await here.open.close();
  return { bytes: here.card.onnx.bytes, ...figures };
}

function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

/** Each figure's median over the rounds. */
function overRounds(all: readonly ByBatch[]): ByBatch {
  const of = (windows: number, figure: keyof Times) => middle(all.map((one) => one[windows]![figure]));
  return Object.fromEntries(
    BATCHES.map((windows) => [windows, { p50_ms: of(windows, 'p50_ms'), p99_ms: of(windows, 'p99_ms') }]),
  );
}

function summed({ ref }: ModelFolder, all: readonly Round[]): Measured {
  const model = refText(ref);
  const figures = { bare: overRounds(all.map((one) => one.bare)), served: overRounds(all.map((one) => one.served)) };
  const most = P50_MOST_MS[ref.kind] ?? null;
  const p50Ms = figures.bare[1]!.p50_ms;
  return {
    ...{ model, bytes: all[0]!.bytes, ...figures, ratio: figures.served[1]!.p50_ms / p50Ms },
    ...{ p50_most_ms: most, beside_p50_ms: beside?.p50_ms[model] ?? null, met: most === null || p50Ms < most },
  };
}

const folders = new ModelRegistry(values.models).all();
const found = folders.map((): Round[] => []);
for (let n = 1; n <= rounds; n += 1) {
  process.stderr.write(`round ${n} of ${rounds}\n`);
  for (const [i, folder] of folders.entries()) found[i]!.push(await round(folder));
}
const measured = folders.map((folder, i) => summed(folder, found[i]!));

if (values.json === true) {
  const facts = { rounds, runs, node: process.version, cpu: cpus()[0]?.model ?? '', beside: beside?.runtime ?? null };
  console.log(JSON.stringify({ ...facts, models: measured }, null, 2));
} else {
  const ms = (value: number) => value.toFixed(3).padStart(8);
  console.log(
    `one thread, ms, medians of ${rounds} rounds of ${runs} runs; Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}`,
  );
  console.log(
    `${''.padEnd(24)}  one window: p50      p99   served        ×   16: p50   served  limit${beside === undefined ? '' : `  ${beside.runtime}`}`,
  );
  for (const { model, bare: run, served: whole, ratio, p50_most_ms, met, beside_p50_ms } of measured) {
    const [one, many] = [run[1]!, run[16]!];
    const figures = [
      ms(one.p50_ms),
      ms(one.p99_ms),
      ms(whole[1]!.p50_ms),
      ms(ratio),
      ms(many.p50_ms),
      ms(whole[16]!.p50_ms),
    ];
    const limit = p50_most_ms === null ? '–' : `${p50_most_ms} ${met ? 'met' : 'missed'}`;
    console.log(
      `${model.padEnd(24)}        ${figures.join(' ')}  ${limit}${beside_p50_ms === null ? '' : `  ${ms(beside_p50_ms)}`}`,
    );
  }
  if (measured.length === 0) console.log('no models: none are shipped, and --models names none');
}
if (measured.some(({ met }) => !met)) process.exitCode = 1;
