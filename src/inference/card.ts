import { z } from 'zod';
import { ModelFileError } from './model_file_error.ts';
import {
  ANSWER_LENGTH,
  DOMAINS,
  FEATURES_IN_ROW,
  MODEL_KINDS,
  nameOf,
  WINDOW_EVERY_MS,
  WINDOW_LENGTH,
  WINDOW_STEPS,
} from './model_format.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in 64 small hexadecimal digits' });
const share = z.number().min(0).max(1);
const positive = z.number().positive();
const perHorizon = <T extends z.ZodType>(of: T) => z.strictObject({ '100': of, '200': of, '500': of });

/** A figure with the interval that it lies in. */
const measured = z.looseObject({ value: z.number(), low: z.number(), high: z.number() });

/** How good a model was on data that it had not seen, for one horizon. */
const metrics = z.looseObject({ macro_f1: measured, direction_accuracy: measured });

/** Inner decile edges of one feature, and the share of training rows between them: what PSI compares with. */
const driftReference = z.looseObject({
  edges: z.array(z.array(z.number()).length(9)).length(FEATURES_IN_ROW),
  shares: z.array(z.array(share).length(10)).length(FEATURES_IN_ROW),
  accuracy: perHorizon(share),
  /** From which population stability index on a feature counts as drifted; without them inputs are not watched. */
  limits: z.array(positive).length(FEATURES_IN_ROW).optional(),
});

/**
 * A model's card: what it is, what it was made from, how good it is and where it ends. What the program goes by is checked to
 * the letter; figures for people may say more than is asked for.
 */
export const cardSchema = z.looseObject({
  format: z.literal('flashmm-model/1'),
  name: z.string(),
  version: z.int().min(1).max(999_999),
  kind: z.enum(MODEL_KINDS),
  domain: z.enum(DOMAINS),
  onnx: z.looseObject({ sha256, bytes: z.int().positive(), precision: z.enum(['fp32', 'int8']) }),
  /** Of the list of features that the model was trained on: with any other its numbers mean nothing. */
  features_hash: sha256,
  window: z.looseObject({ steps: z.literal(WINDOW_STEPS), every_ms: z.literal(WINDOW_EVERY_MS) }),
  horizons_ms: z.tuple([z.literal(100), z.literal(200), z.literal(500)]),
  /** What a move is: beyond the threshold (bps), of the mid smoothed over so long. */
  labels: z.looseObject({ threshold_bps: z.number().min(0), smoothing_ms: z.number().min(0) }),
  trained: z.looseObject({
    at: z.string(),
    command: z.string(),
    seed: z.int(),
    lock_sha256: sha256,
    data: z.array(z.looseObject({ source: z.string(), sha256, market: z.string(), rows: z.int().min(1) })).min(1),
  }),
  validation: z.looseObject({ scheme: z.string(), folds: z.int().min(1), embargo_ms: z.number().min(0) }),
  metrics: perHorizon(metrics),
  baselines: z.record(z.string(), perHorizon(metrics)),
  calibration: z.looseObject({ temperature: perHorizon(positive) }),
  /** Split conformal prediction: the set of all classes with a probability of at least 1 − quantile holds the true one in 1 − alpha of all cases. */
  conformal: z.looseObject({ alpha: share, quantile: perHorizon(share) }),
  drift_reference: driftReference,
  latency: z.looseObject({ p50_ms: z.number().min(0), p99_ms: z.number().min(0), machine: z.string() }),
  intended_use: z.string().min(1),
  limits: z.string().min(1),
});

/** See {@link cardSchema}. */
export type Card = z.infer<typeof cardSchema>;

/** @throws ModelFileError */
export function parseCard(text: string): Card {
  const card = parsed('card.json', cardSchema, text);
  if (card.name !== nameOf(card)) {
    throw new ModelFileError(`card.json: name: '${card.name}', expected '${nameOf(card)}' by its domain and kind`);
  }
  return card;
}

/** Inputs with the answers that the training saw, to show that the file answers the same here. */
export interface Golden {
  readonly count: number;
  /** [count, 25, 64] */
  readonly windows: Float32Array;
  /** [count, 3, 3] */
  readonly probabilities: Float32Array;
  /** Greatest difference that is allowed. */
  readonly tolerance: number;
}

/** Looser than this it would show nothing. */
const TOLERANCE_MOST = 1e-3;
const FLOAT_BYTES = 4;
const GOLDEN_MOST = 64;

const goldenSchema = z.looseObject({
  windows: z.base64(),
  probabilities: z.base64(),
  tolerance: positive.max(TOLERANCE_MOST),
});

/** @throws ModelFileError */
export function parseGolden(text: string): Golden {
  const { windows, probabilities, tolerance } = parsed('golden.json', goldenSchema, text);
  const [inputs, answers] = [floatsOf('windows', windows), floatsOf('probabilities', probabilities)];
  const count = inputs.length / WINDOW_LENGTH;
  if (!Number.isInteger(count) || count < 1 || count > GOLDEN_MOST) {
    const expected = `expected 1 to ${GOLDEN_MOST} windows of ${WINDOW_STEPS} × ${FEATURES_IN_ROW}`;
    throw new ModelFileError(`golden.json: windows: ${inputs.length} numbers, ${expected}`);
  }
  if (answers.length !== count * ANSWER_LENGTH) {
    const expected = `expected ${count * ANSWER_LENGTH} for ${count} windows`;
    throw new ModelFileError(`golden.json: probabilities: ${answers.length} numbers, ${expected}`);
  }
  return { count, windows: inputs, probabilities: answers, tolerance };
}

function floatsOf(field: string, base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % FLOAT_BYTES !== 0) {
    throw new ModelFileError(`golden.json: ${field}: ${bytes.length} bytes, expected 32-bit numbers`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / FLOAT_BYTES }, (_, i) => view.getFloat32(i * FLOAT_BYTES, true));
}

/** What a file of a model folder says. @throws ModelFileError with the first thing that is wrong */
export function parsed<T>(file: string, schema: z.ZodType<T>, text: string): T {
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(`${file} is no JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(plain);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], plain);
  const shown = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 80);
  throw new ModelFileError(`${file}: ${path.join('.') || 'document'}: ${shown}: ${issue?.message}`);
}
