import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { STRATEGIES } from '../backtest/strategies.ts';
import { CommandError } from '../exit/command_error.ts';
import { type Axis, listAxis, rangeAxis } from './axis.ts';
import type { WalkForward } from './blocks.ts';
import { METRICS } from './measures.ts';
import { POINTS_MOST, type RandomSearch } from './points.ts';

/** What a sweep is asked to do. */
export interface SweepSpec {
  /** Each a list of files that are one session. */
  readonly tapes: readonly (readonly string[])[];
  readonly market: string | null;
  readonly axes: readonly Axis[];
  /** Null for the whole grid. */
  readonly random: RandomSearch | null;
  readonly walk: WalkForward | null;
  /** Name of a metric. */
  readonly objective: string;
  readonly models: boolean;
  /** Name of a strategy, where it is not varied itself. */
  readonly strategy: string;
  /** Of the kernel's chance, the same for every run. */
  readonly seed: number;
}

/** A spec is a page; anything bigger is the wrong file. */
const FILE_MAX_BYTES = 1_048_576;

const value = z.union([z.string(), z.number(), z.boolean()]);
const range = z.strictObject({
  from: z.number(),
  to: z.number(),
  scale: z.enum(['linear', 'log']).default('linear'),
});
const VARIED = 'expected a list of values, or { from = A, to = B, scale = "linear" or "log" }';
const varied = z.union([z.array(value), range]);
const files = z.union(
  [
    z
      .string()
      .min(1)
      .transform((file) => [file]),
    z.array(z.string().min(1)).min(1),
  ],
  {
    error: 'expected a file, or a list of files that are one session',
  },
);

/** How many points a random search may draw. */
export const pointsSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(POINTS_MOST, { error: `expected at most ${POINTS_MOST}` });
/** Any integer that {@link RandomSearch} takes as seed. */
export const seedSchema = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31);
/** Length of a block, seconds: shorter ones hold no change of the profit over 10 s worth the name. */
export const blockSchema = z.coerce.number().min(10).max(31_536_000);
/** Seconds left out between two blocks. */
export const gapSchema = z.coerce.number().min(0).max(31_536_000);
/** Blocks that choose. */
export const trainBlocksSchema = z.coerce.number().int().min(1).max(1_000);
/** Name of a metric. */
export const objectiveSchema = z.enum(METRICS.map(({ name }) => name) as [string, ...string[]], {
  error: `expected one of ${METRICS.map(({ name }) => name).join(', ')}`,
});

/** Name of a strategy. */
export const strategySchema = z.enum(STRATEGIES as [string, ...string[]], {
  error: `expected one of ${STRATEGIES.join(', ')}`,
});

const fileSchema = z.strictObject({
  tapes: z.array(files).optional(),
  market: z.string().min(1).optional(),
  objective: objectiveSchema.optional(),
  models: z.enum(['on', 'off'], { error: 'expected on or off' }).optional(),
  seed: seedSchema.optional(),
  strategy: strategySchema.optional(),
  vary: z.record(z.string(), z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())])).optional(),
  random: z.strictObject({ points: pointsSchema, seed: seedSchema.default(1) }).optional(),
  walk_forward: z
    .strictObject({
      block_s: blockSchema.optional(),
      gap_s: gapSchema.default(0),
      train_blocks: trainBlocksSchema,
    })
    .optional(),
});

/**
 * Reads a spec out of a TOML file. What it leaves out is absent.
 *
 * @throws CommandError (`configuration`) that names file, key and what was expected; (`usage`) for an axis that is none
 */
export function readSpec(path: string): Partial<SweepSpec> {
  const parsed = fileSchema.safeParse(tableOf(path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const key = issue.path.map(String).join('.');
    throw configurationError(`${path}: ${key === '' ? '' : `${key}: `}${issue.message}`);
  }
  const { tapes, market, objective, models, strategy, seed, vary, random, walk_forward: walk } = parsed.data;
  // A list of strategies stands beside sections of keys.
  const axes = Object.entries(vary ?? {}).flatMap(([name, given]) =>
    Array.isArray(given)
      ? [axisOf(path, name, given)]
      : Object.entries(given).map(([key, one]) => axisOf(path, `${name}.${key}`, one)),
  );
  return {
    ...(tapes && { tapes }),
    ...(market !== undefined && { market }),
    ...(objective !== undefined && { objective }),
    ...(models !== undefined && { models: models === 'on' }),
    ...(strategy !== undefined && { strategy }),
    ...(seed !== undefined && { seed }),
    ...(axes.length > 0 && { axes }),
    ...(random && { random }),
    ...(walk && { walk: { blockS: walk.block_s ?? null, gapS: walk.gap_s, trainBlocks: walk.train_blocks } }),
  };
}

function axisOf(path: string, key: string, given: unknown): Axis {
  const { success, data } = varied.safeParse(given);
  if (!success) throw configurationError(`${path}: vary.${key}: ${VARIED}`);
  if (Array.isArray(data)) return listAxis(key, data.map(String));
  return rangeAxis(key, data.from, data.to, data.scale);
}

function tableOf(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw configurationError(`${path}: ${code === 'ENOENT' ? 'no such file' : (error as Error).message}`);
  }
  if (text.length > FILE_MAX_BYTES) {
    throw configurationError(`${path} has ${text.length} characters, expected at most ${FILE_MAX_BYTES}`);
  }
  try {
    return parse(text);
  } catch (error) {
    const where = error instanceof TomlError ? `, line ${error.line}, column ${error.column}` : '';
    throw configurationError(`${path}${where}: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

function configurationError(message: string): CommandError {
  return new CommandError('configuration', message, 'docs/sweeps.md has the form of a spec.');
}
