import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Measured } from './grid.ts';
import { reason } from './python.ts';

/** What Node has compiled, kept between processes: without it each would strip the types of its sources again, in 20 MB. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/bench-backtest-code');

/** Runs the grid on a tape in a process of its own, as `ours.ts` says. @throws Error with the last line that it had to say */
export function runOurs(tape: string, ...parameters: readonly string[]): Measured {
  const script = join(import.meta.dirname, 'ours.ts');
  const ran = spawnSync(process.execPath, [script, tape, ...parameters], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  });
  if (ran.status !== 0) throw new Error(`FlashMM on ${tape}: ${reason(ran)}`);
  return JSON.parse(ran.stdout) as Measured;
}
