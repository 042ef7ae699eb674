import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { killRun } from './kill_run.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

// A slice of `npm run kill-test`.
it('leaves nothing by kill -9 that the next start does not find', async () => {
  const outcome = await killRun({ times: 4, seed: 4, folder });
  expect(outcome.violations).toEqual([]);
  expect(outcome.ordersLeftByKills).toBeGreaterThan(0);
  expect(outcome.end).toEqual({ exitCode: 0, remaining: 0 });
  expect(outcome.fills.booked).toBeGreaterThan(0);
}, 240_000);
