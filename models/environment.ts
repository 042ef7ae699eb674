import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Python project that trains the models. */
export const TRAINING_DIR = join(import.meta.dirname, 'training');

const LOCK = join(TRAINING_DIR, 'requirements.lock');
const ENVIRONMENT = join(TRAINING_DIR, '.venv');
const INSTALLED = join(ENVIRONMENT, 'installed.sha256');
const PYTHON_MIN = '3.11';

/**
 * Gives the path of a Python that has exactly what the lock file says, in an environment of the training project's own, made on
 * first use and again whenever the lock has changed. `FLASHMM_PYTHON` names the Python to make it from (`python3`).
 *
 * @throws Error without a Python of at least 3.11, and when an install fails
 */
export function trainingPython(): string {
  const python = join(ENVIRONMENT, 'bin', 'python');
  const wanted = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === wanted) return python;
  const base = process.env.FLASHMM_PYTHON ?? 'python3';
  checkVersion(base);
  console.error(`Making ${ENVIRONMENT} from ${LOCK} (about a minute)`);
  execFileSync(base, ['-m', 'venv', '--clear', ENVIRONMENT], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', LOCK], { stdio: 'inherit' });
  writeFileSync(INSTALLED, wanted);
  return python;
}

function checkVersion(python: string): void {
  const tell = 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))';
  try {
    execFileSync(python, ['-c', tell], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    const found = stdout ? `is Python ${stdout.trim()}` : 'does not run';
    throw new Error(
      `'${python}' ${found}, expected Python ${PYTHON_MIN} or newer: install it, or name one in FLASHMM_PYTHON`,
    );
  }
}
