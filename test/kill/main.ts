import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type KillRound, killRun } from './kill_run.ts';

// npm run kill-test -- --times 100: kill -9 at random moments, and what the next start makes of it.

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

// Leaves no process behind, however it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const folder = mkdtempSync(join(tmpdir(), 'flashmm-kill-'));
const rounds: KillRound[] = [];
const columns = ['round', 'after ms', 'phase', 'batches', 'fills', 'left', 'orphans', 'differences', 'booked to'];
const row = (cells: readonly (string | number)[]): string =>
  cells.map((cell, i) => (i === 2 ? String(cell).padEnd(16) : String(cell).padStart(9))).join('  ');
if (!values.json) console.log(row(columns));
const outcome = await killRun({
  times: Number(values.times),
  seed: Number(values.seed),
  folder,
  onRound: (one) => {
    rounds.push(one);
    if (values.json) return;
    const { round, afterMs, phase, story, resting, orphans, bookedHeight, violations } = one;
    const differences = story?.reconciled?.differences.length ?? '';
    console.log(
      row([
        ...[round, afterMs, phase, story?.batches ?? '', story?.fills ?? '', resting, orphans],
        ...[differences, bookedHeight],
      ]),
    );
    for (const text of violations) console.log(`  violation: ${text}`);
  },
});
if (values.json) console.log(JSON.stringify({ ...outcome, rounds }, null, 2));
else console.log(JSON.stringify(outcome, null, 2));
if (values.keep) console.error(`what was left: ${folder}`);
else rmSync(folder, { recursive: true });
process.exitCode = outcome.violations.length > 0 ? 1 : 0;
