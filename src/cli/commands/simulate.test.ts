import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { parsePlan, planOf, planText } from '../../simulate/plan.ts';
import type { CommandContext } from '../command.ts';
import { command } from './simulate.ts';

type Values = Parameters<typeof command.run>[0] extends CommandContext<infer V> ? V : never;

const folder = mkdtempSync(join(tmpdir(), 'flashmm-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DEFAULTS = { seeds: 1, firstSeed: 1, hours: 0.01, faults: 'normal', jobs: 1 } as const;

async function simulated(options: Partial<Values>, json = true) {
  const out: unknown[] = [];
  const context = {
    options: { ...DEFAULTS, ...options },
    json,
    stderr: { isTTY: false, write: () => true },
    signal: new AbortController().signal,
    config: () => loadConfig({ env: {}, flags: [] }),
    print: (text: string) => out.push(text),
    printJson: (value: unknown) => out.push(value),
  };
  const exit = await command.run(context as unknown as CommandContext<Values>);
  return { exit, out };
}

describe('flashmm simulate', () => {
  it('tells what was injected and what was checked', async () => {
    const { exit, out } = await simulated({ seeds: 2 });
    expect(exit).toBe(0);
    const [report] = out as [Record<string, unknown>];
    expect(report).toMatchObject({ market: 'BTCUSDC', faults: 'normal', seeds: 2, violations: 0, failures: [] });
    expect(report.hours).toBeCloseTo(0.02);
    expect(report.invariants_checked).toBeGreaterThan(100);
    expect(Object.keys(report.faults_by_kind as object)).toContain('kill');
    expect(report.seconds).toBeGreaterThan(0);
  }, 60_000);

  it('runs several markets of one account', async () => {
    const { exit, out } = await simulated({ market: 'BTCUSDC,ETHUSDC' });
    expect(exit).toBe(0);
    expect(out[0]).toMatchObject({ market: 'BTCUSDC,ETHUSDC', violations: 0 });
    await expect(simulated({ market: 'BTCUSDC,XYZ' })).rejects.toThrow(/--market XYZ: expected one of BTCUSDC/);
  }, 60_000);

  it('says the same in words, and again for the same seed', async () => {
    const [first, again] = [await simulated({ seed: 5 }, false), await simulated({ seed: 5 }, false)];
    const hash = (text: unknown) => /hash [0-9a-f]{16}/.exec(String(text))?.[0];
    expect(String(first.out[0])).toContain('no violation');
    expect(hash(first.out[0])).toBeDefined();
    expect(hash(again.out[0])).toBe(hash(first.out[0]));
  }, 60_000);

  it('finds a bug, prints what replays it, and shrinks its plan to a file', async () => {
    const out = join(folder, 'small.json');
    const options = { seed: 3, hours: 0.25, faults: 'heavy', mutation: 'position-ignored', shrink: true, out } as const;
    const failed = await simulated(options);
    expect(failed.exit).toBe(1);
    const [report] = failed.out as [{ violations: number; failures: { invariant: string; replay: string }[] }];
    expect(report.violations).toBe(1);
    expect(report.failures[0]!.invariant).toBe('position');
    expect(report.failures[0]!.replay).toBe(
      'flashmm simulate --seed 3 --hours 0.25 --faults heavy --market BTCUSDC --mutation position-ignored',
    );
    const small = parsePlan(readFileSync(out, 'utf8'));
    expect(small.faults.length).toBeLessThan(planOf(3, 0.25, 'heavy').faults.length / 2);
    const again = await simulated({ plan: out, mutation: 'position-ignored' });
    expect(again.exit).toBe(1);
  }, 300_000);

  it('runs a plan from a file, and says what is wrong with one', async () => {
    const file = join(folder, 'plan.json');
    writeFileSync(file, planText(planOf(9, 0.01, 'heavy')));
    expect((await simulated({ plan: file })).out[0]).toMatchObject({ seeds: 1, violations: 0 });
    writeFileSync(file, '{"flashmm_plan": 2}');
    await expect(simulated({ plan: file })).rejects.toThrow(/flashmm_plan/);
    await expect(simulated({ plan: join(folder, 'none.json') })).rejects.toThrow(/no such file/);
  }, 60_000);

  it('names the markets and the bugs that there are', async () => {
    await expect(simulated({ market: 'XYZ' })).rejects.toThrow(/--market XYZ: expected one of BTCUSDC/);
    await expect(simulated({ mutation: 'none' })).rejects.toThrow(
      /--mutation none: expected one of approval-check-off/,
    );
  });
});
