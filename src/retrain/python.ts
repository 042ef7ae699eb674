import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DOMAINS, type Domain, MODEL_KINDS } from '../inference/model_format.ts';

/** The training project. */
const PROJECT = fileURLToPath(new URL('../../models/training', import.meta.url));

/** What a training is told. */
export interface TrainingPlan {
  readonly data: readonly string[];
  readonly out: string;
  readonly domain: Domain;
  readonly kinds: readonly (typeof MODEL_KINDS)[number][];
  readonly version: number;
  readonly seed: number;
}

/** What a training says at its end: the kinds that are fit to serve, the best first. */
export interface TrainingSummary {
  readonly domain: Domain;
  readonly ranked: readonly (typeof MODEL_KINDS)[number][];
}

const summarySchema = z.looseObject({ domain: z.enum(DOMAINS), ranked: z.array(z.enum(MODEL_KINDS)) });

/** Training could not be begun, or failed; the message says why and what to do next. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/** The Python of the training project's own environment where there is one, else the machine's. */
export function usualPython(): string {
  const own = join(PROJECT, '.venv', 'bin', 'python');
  return existsSync(own) ? own : 'python3';
}

/**
 * Trains models with the Python project in `models/training`.
 *
 * @param onLine told of each line of progress
 * @param project folder of the training project
 * @throws TrainingError
 */
export async function train(
  python: string,
  plan: TrainingPlan,
  onLine: (line: string) => void,
  signal: AbortSignal,
  project = PROJECT,
): Promise<TrainingSummary> {
  if (!existsSync(project)) throw new TrainingError(`${project} is not there: training needs a checkout of FlashMM`);
  const ready = await run(python, ['-c', 'import flashmm_training.train'], () => {}, signal, project);
  if (ready.code !== 0) throw new TrainingError(notReady(python, project, ready.said));
  const { data, out, domain, kinds, version, seed } = plan;
  const options = ['--out', resolve(out), '--domain', domain, '--kinds', kinds.join(',')];
  const numbers = ['--version', String(version), '--seed', String(seed)];
  // The project is run in its own folder, the paths are the caller's.
  const files = data.map((path) => resolve(path));
  const command = ['-m', 'flashmm_training', 'train', '--data', ...files, ...options, ...numbers, '--json'];
  const { code, printed, said } = await run(python, command, onLine, signal, project);
  if (code !== 0) throw new TrainingError(`training failed with status ${code}: ${said || 'it said nothing'}`);
  try {
    return summarySchema.parse(JSON.parse(printed));
  } catch (error) {
    throw new TrainingError(`training ended without a summary: ${(error as Error).message.slice(0, 200)}`);
  }
}

function notReady(python: string, project: string, said: string): string {
  const environment = 'python3 -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.lock';
  return (
    `${python} cannot run the training project (${said || 'no such program'}). ` +
    `Training needs Python 3.11 with the locked packages: cd ${project} && ${environment}; or name another with --python`
  );
}

interface Ended {
  readonly code: number;
  readonly printed: string;
  /** Its last line on standard error. */
  readonly said: string;
}

function run(
  program: string,
  operands: readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal,
  cwd: string,
): Promise<Ended> {
  return new Promise((ended) => {
    const child = spawn(program, operands, { cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed: Buffer[] = [];
    let said = '';
    child.stdout?.on('data', (bytes: Buffer) => printed.push(bytes));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (line.trim() !== '') said = line.trim();
      onLine(line);
    });
    child.on('error', (error) => ended({ code: -1, printed: '', said: error.message }));
    child.on('close', (code) => ended({ code: code ?? -1, printed: Buffer.concat(printed).toString(), said }));
  });
}
