import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What the peers are installed as. */
const PACKAGES = ['hftbacktest==2.4.4', 'nautilus_trader==1.221.0', 'pandas', 'numpy'];

/** Where the benchmark keeps a Python of its own, between runs. */
const FOLDER = new URL('../../node_modules/.cache/bench-backtest', import.meta.url).pathname;

/** Installing takes a minute or two on a good line. */
const INSTALL_MS_MOST = 900_000;

/**
 * A Python that has the peers: the one that is named, or one of the benchmark's own, made on first use.
 *
 * @returns its path, or why there is none
 */
export function findPython(named: string | undefined): { python: string } | { missing: string } {
  if (named !== undefined) return existsSync(named) ? { python: named } : { missing: `${named} is not there` };
  const python = join(FOLDER, 'bin', 'python');
  if (!existsSync(join(FOLDER, 'complete'))) {
    const made = spawnSync('python3', ['-m', 'venv', FOLDER], { encoding: 'utf8' });
    if (made.status !== 0) return { missing: `python3 -m venv: ${reason(made)}` };
    process.stderr.write(`installing ${PACKAGES.join(' ')} into ${FOLDER}\n`);
    // What pip tells of its progress goes to our stderr: stdout is the report's.
    const installed = spawnSync(python, ['-m', 'pip', 'install', '--disable-pip-version-check', ...PACKAGES], {
      encoding: 'utf8',
      timeout: INSTALL_MS_MOST,
      stdio: ['ignore', process.stderr.fd, 'pipe'],
    });
    if (installed.status !== 0) return { missing: `pip install: ${reason(installed)}` };
    spawnSync(python, ['-c', `open(${JSON.stringify(join(FOLDER, 'complete'))}, 'w')`]);
  }
  return { python };
}

/** The last line that a process had to say. */
export function reason({
  error,
  stderr,
}: {
  readonly error?: Error | undefined;
  readonly stderr: string | null;
}): string {
  return error?.message ?? (stderr ?? '').trim().split('\n').at(-1) ?? 'no reason given';
}
