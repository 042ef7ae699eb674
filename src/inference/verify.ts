import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answerFault, answerOffset } from './answers.ts';
import { type Card, type Golden, parseCard, parseGolden } from './card.ts';
import { ModelFileError } from './model_file_error.ts';
import { ANSWER_LENGTH, BATCH_MOST, MODEL_MOST_BYTES, nameOf, refText, WINDOW_LENGTH } from './model_format.ts';
import type { OpenModel, OpenModelFile } from './open_model.ts';
import type { ModelFolder } from './registry.ts';

/** One model answers one window in less than this, at the median: a fortieth of the time between two decisions. */
export const LATENCY_MOST_MS = 5;

/** Runs that are timed: enough for a median, over in a quarter of a second at the limit. */
const TIMED_RUNS = 50;

/** No further run is timed after this: a model so slow needs no better median. */
const TIMED_MOST_MS = 500;

/** The runtime chooses its buffers in the first runs. */
const WARM_UP_RUNS = 5;

/** A first run longer than this ends the check at once: 60 more would hold up everybody. */
const FIRST_RUN_MOST_MS = 500;

/** A model that does not answer at all is given up after this. */
const STUCK_MS = 20_000;

/** Cards and golden outputs are some hundred kilobytes. */
const TEXT_MOST_BYTES = 4 * 1_048_576;

/** Windows that no market shows: a model says something of them, too, and it is a probability. */
const ODD_VALUES = [0, 1, -1, 1_000, -1_000];

const MICROS_PER_MS = 1_000;

/** One thing that was looked at. */
export interface ModelCheck {
  /** `files`, `card`, `outputs`, `size`, `hash`, `features`, `load`, `golden`, `probabilities`, `latency` */
  readonly name: string;
  readonly passed: boolean;
  /** What was seen; where it did not pass, what was expected. */
  readonly detail: string;
}

/** What came of looking at a model folder. */
export interface Verification {
  /** `binance-trees/1` */
  readonly model: string;
  readonly path: string;
  readonly passed: boolean;
  /** Why not, or the empty string. */
  readonly reason: string;
  /** Up to the first that did not pass. */
  readonly checks: readonly ModelCheck[];
}

/** A model that has passed, warm and open. */
export interface VerifiedModel {
  readonly ref: string;
  readonly card: Card;
  readonly open: OpenModel;
}

/**
 * Looks whether a model may serve: its files, their size and hash, card against the features of this program, inputs and
 * outputs, golden outputs, probabilities for odd inputs, and the time it takes. Stops at the first fault.
 *
 * @param featuresHash of the features that this program makes
 * @returns with `verified` where all passed; it is the caller's to close. Never throws for what it is there to find
 */
export async function verifyModel(
  folder: ModelFolder,
  featuresHash: string,
  open: OpenModelFile,
): Promise<{ readonly verification: Verification; readonly verified?: VerifiedModel }> {
  const steps = new Steps();
  const model = refText(folder.ref);
  const told = { model, path: folder.path, checks: steps.done };
  try {
    const verified = await verifiedIn(steps, folder, featuresHash, open);
    return { verification: { ...told, passed: true, reason: '' }, verified };
  } catch (error) {
    const failed = steps.done.at(-1);
    if (failed === undefined || failed.passed) throw error;
    return { verification: { ...told, passed: false, reason: `${failed.name}: ${failed.detail}` } };
  }
}

/** Takes steps one after another and writes down what came of each. */
class Steps {
  readonly done: ModelCheck[] = [];

  /** @throws what `work` throws, once that has been written down */
  async take<T>(name: string, work: () => T | Promise<T>, tell: (seen: T) => string): Promise<T> {
    try {
      const seen = await work();
      this.done.push({ name, passed: true, detail: tell(seen) });
      return seen;
    } catch (error) {
      this.done.push({ name, passed: false, detail: (error as Error).message });
      throw error;
    }
  }
}

async function verifiedIn(
  steps: Steps,
  folder: ModelFolder,
  featuresHash: string,
  open: OpenModelFile,
): Promise<VerifiedModel> {
  const ref = refText(folder.ref);
  const files = await steps.take(
    'files',
    () => readFiles(folder.path),
    () => 'model.onnx, card.json, golden.json',
  );
  const card = await steps.take(
    'card',
    () => cardOf(files.card, folder),
    ({ onnx }) => `${ref}, ${onnx.precision}`,
  );
  const golden = await steps.take(
    'outputs',
    () => parseGolden(files.golden),
    ({ count }) => `${count} windows`,
  );
  await steps.take(
    'size',
    () => sizeOf(files.onnx, card),
    (bytes) => `${bytes} bytes`,
  );
  await steps.take(
    'hash',
    () => hashOf(files.onnx, card),
    (digest) => `SHA-256 ${digest.slice(0, 12)}…`,
  );
  await steps.take(
    'features',
    () => featuresOf(card, featuresHash),
    (digest) => `features ${digest.slice(0, 12)}…`,
  );
  const shapes = 'window [batch, 25, 64], probabilities [batch, 3, 3]';
  const model = await steps.take(
    'load',
    () => open(files.onnx),
    () => shapes,
  );
  try {
    await steps.take(
      'golden',
      () => unlessStuck(compareGolden(model, golden)),
      (worst) => differenceText(worst, golden),
    );
    await steps.take(
      'probabilities',
      () => unlessStuck(oddWindows(model)),
      (count) => `${count} odd windows`,
    );
    await steps.take(
      'latency',
      () => unlessStuck(latencyOf(model)),
      (p50Ms) => `p50 ${p50Ms.toFixed(3)} ms`,
    );
  } catch (error) {
    await model.close();
    throw error;
  }
  return { ref, card, open: model };
}

function readFiles(path: string): { readonly onnx: Uint8Array; readonly card: string; readonly golden: string } {
  const read = (name: string, most: number): Buffer => {
    const file = join(path, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) throw new ModelFileError(`${name} is missing in ${path}`);
    if (stat.size > most) throw new ModelFileError(`${name} has ${stat.size} bytes, expected at most ${most}`);
    return readFileSync(file);
  };
  return {
    onnx: read('model.onnx', MODEL_MOST_BYTES),
    card: read('card.json', TEXT_MOST_BYTES).toString('utf8'),
    golden: read('golden.json', TEXT_MOST_BYTES).toString('utf8'),
  };
}

function cardOf(text: string, { ref }: ModelFolder): Card {
  const card = parseCard(text);
  if (card.name === nameOf(ref) && card.version === ref.version) return card;
  throw new ModelFileError(
    `card.json is of ${card.name}/${card.version}, expected ${refText(ref)} by the folder's name`,
  );
}

function sizeOf(bytes: Uint8Array, { onnx }: Card): number {
  if (bytes.length === onnx.bytes) return bytes.length;
  throw new ModelFileError(`model.onnx has ${bytes.length} bytes, expected ${onnx.bytes} by the card`);
}

function hashOf(bytes: Uint8Array, { onnx }: Card): string {
  const digest = hash('sha256', bytes);
  if (digest === onnx.sha256) return digest;
  throw new ModelFileError(`model.onnx has SHA-256 ${digest}, expected ${onnx.sha256} by the card`);
}

function featuresOf({ features_hash }: Card, featuresHash: string): string {
  if (features_hash === featuresHash) return featuresHash;
  throw new ModelFileError(
    `trained on the features ${features_hash}, expected ${featuresHash}: the list has changed since; train again`,
  );
}

/** The greatest difference to the golden outputs, window by window and all at once. */
async function compareGolden(model: OpenModel, { count, windows, probabilities, tolerance }: Golden): Promise<number> {
  let worst = 0;
  const compare = (from: number, windowsRun: number): void => {
    for (let i = 0; i < windowsRun * ANSWER_LENGTH; i += 1) {
      const [answer, expected] = [model.output[i]!, probabilities[from * ANSWER_LENGTH + i]!];
      const difference = Math.abs(answer - expected);
      if (!(difference <= tolerance)) {
        const window = from + Math.floor(i / ANSWER_LENGTH);
        throw new ModelFileError(
          `window ${window}, output ${i % ANSWER_LENGTH}: ${answer}, expected ${expected} within ${tolerance}`,
        );
      }
      worst = Math.max(worst, difference);
    }
  };
  for (let from = 0; from < count; from += 1) {
    model.input.set(windows.subarray(from * WINDOW_LENGTH, (from + 1) * WINDOW_LENGTH));
    const tookMs = (await model.run(1)) / MICROS_PER_MS;
    if (tookMs > FIRST_RUN_MOST_MS) {
      throw new ModelFileError(`one run took ${tookMs.toFixed(0)} ms, expected less than ${LATENCY_MOST_MS} ms`);
    }
    compare(from, 1);
  }
  const batch = Math.min(count, BATCH_MOST);
  model.input.set(windows.subarray(0, batch * WINDOW_LENGTH));
  await model.run(batch);
  compare(0, batch);
  return worst;
}

function differenceText(worst: number, { tolerance }: Golden): string {
  return `within ${worst.toExponential(1)} of what the training saw (allowed ${tolerance})`;
}

async function oddWindows(model: OpenModel): Promise<number> {
  ODD_VALUES.forEach((value, i) => {
    model.input.fill(value, i * WINDOW_LENGTH, (i + 1) * WINDOW_LENGTH);
  });
  await model.run(ODD_VALUES.length);
  ODD_VALUES.forEach((value, i) => {
    const fault = answerFault(model.output, answerOffset(i));
    if (fault !== undefined) throw new ModelFileError(`for a window of nothing but ${value} it ${fault}`);
  });
  return ODD_VALUES.length;
}

/** The median of one window, milliseconds. Also warms the model for its first tick, one window and a full batch. */
async function latencyOf(model: OpenModel): Promise<number> {
  await model.run(BATCH_MOST);
  for (let i = 0; i < WARM_UP_RUNS; i += 1) await model.run(1);
  const took: number[] = [];
  for (let sumMs = 0; took.length < TIMED_RUNS && sumMs < TIMED_MOST_MS; sumMs += took.at(-1)!) {
    took.push((await model.run(1)) / MICROS_PER_MS);
  }
  const p50Ms = took.sort((a, b) => a - b)[Math.floor(took.length / 2)]!;
  if (p50Ms < LATENCY_MOST_MS) return p50Ms;
  throw new ModelFileError(
    `p50 ${p50Ms.toFixed(3)} ms over ${took.length} runs, expected less than ${LATENCY_MOST_MS} ms`,
  );
}

async function unlessStuck<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    const why = `did not answer within ${STUCK_MS / MICROS_PER_MS} s`;
    timer = setTimeout(() => reject(new ModelFileError(why)), STUCK_MS);
  });
  try {
    return await Promise.race([work, stuck]);
  } finally {
    clearTimeout(timer);
  }
}
