/**
 * Trains models: makes the Python environment, makes datasets of recordings, trains, exports, writes cards.
 *
 *     npm run models:train                                    from the shipped recordings, into models-trained/
 *     npm run models:train -- --recordings DIR --out DIR      from every recording (*.gz) in a folder
 *     npm run models:train -- --devnet 8 --out DIR            for the devnet's market, from so many simulated half hours
 *
 * What stands behind a second `--` goes to `python -m flashmm_training train` as it is (`-- --kinds linear,trees --register`).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TRAINING_DIR, trainingPython } from './environment.ts';

const ROOT = join(import.meta.dirname, '..');
const FLASHMM = join(ROOT, 'src', 'cli', 'flashmm.js');

function main(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      recordings: { type: 'string', default: join(ROOT, 'tapes') },
      devnet: { type: 'string' },
      out: { type: 'string', default: join(ROOT, 'models-trained') },
    },
  });
  const python = trainingPython();
  const datasets = mkdtempSync(join(tmpdir(), 'flashmm-datasets-'));
  const source =
    values.devnet === undefined
      ? ['--tape', ...recordingsIn(values.recordings)]
      : ['--devnet', '--seeds', values.devnet, '--every-ms', '200'];
  const domain = values.devnet === undefined ? 'binance' : 'sei';
  const training = ['--data', datasets, '--out', resolve(values.out), '--domain', domain, '--register', ...positionals];
  try {
    execFileSync(process.execPath, [FLASHMM, 'dataset', ...source, '--out', datasets], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'flashmm_training', 'train', ...training], { stdio: 'inherit', cwd: TRAINING_DIR });
  } finally {
    rmSync(datasets, { recursive: true, force: true });
  }
}

/** All recordings of a folder, the oldest day of a market before the next, as their names sort. */
function recordingsIn(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.gz'));
  if (files.length === 0) throw new Error(`--recordings: no *.gz in '${folder}', expected recordings as in tapes/`);
  return files.sort().map((name) => resolve(folder, name));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`models:train: ${(error as Error).message}`);
  process.exitCode = 1;
}
