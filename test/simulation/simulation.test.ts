import { describe, expect, it } from 'vitest';
import { runPlans } from '../../src/simulate/jobs.ts';
import { INVARIANT_NAMES } from '../../src/simulate/observer/invariant.ts';
import { planOf } from '../../src/simulate/plan.ts';
import { type RunResult, run } from '../../src/simulate/simulation.ts';
import { replayLine, summaryOf } from '../../src/simulate/summary.ts';
import { settingsOfOneMarket } from './settings.ts';

const settings = settingsOfOneMarket();

/** Simulated hours of each seed: what fits into a minute or two on two cores. */
const HOURS = 0.3;

const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

async function runAll(plans: Parameters<typeof runPlans>[0]): Promise<RunResult[]> {
  const runs: RunResult[] = [];
  const onResult = (result: RunResult): boolean => {
    runs.push(result);
    return true;
  };
  await runPlans(plans, { settings, wire: false, jobs: 2, signal: new AbortController().signal, onResult });
  return runs;
}

describe('the whole system with faults', () => {
  it('keeps every invariant over some seeds', async () => {
    const runs = await runAll([
      ...seeds(1, 6).map((seed) => planOf(seed, HOURS, 'normal')),
      ...seeds(1, 4).map((seed) => planOf(seed, HOURS, 'heavy')),
    ]);
    const summary = summaryOf(runs, 1, (seed) => replayLine({ seed, hours: HOURS }, 'normal', 'BTCUSDC'));
    expect(summary.failed).toEqual([]);
    expect(summary.faults).toBeGreaterThan(100);
    expect(summary.kills).toBeGreaterThan(10);
    expect(summary.fills).toBeGreaterThan(1_000);
    expect(summary.quotedPercent).toBeGreaterThan(60);
    for (const name of INVARIANT_NAMES) expect(summary.checksByInvariant[name], name).toBeGreaterThan(1_000);
  }, 400_000);

  it('is the same whenever it is run', async () => {
    const plan = planOf(11, 0.1, 'heavy');
    const [first, again] = [await run(plan, { settings }), await run(plan, { settings })];
    expect(again.hash).toBe(first.hash);
    expect({ ...again, seconds: 0 }).toEqual({ ...first, seconds: 0 });
    const [other] = await runAll([planOf(12, 0.1, 'heavy')]);
    expect(other!.hash).not.toBe(first.hash);
  }, 200_000);

  it('quotes all the time where nothing goes wrong', async () => {
    const { violation, counts, lives } = await run(planOf(1, 0.1, 'none'), { settings });
    expect(violation).toBeUndefined();
    expect(lives).toMatchObject({ starts: 1, kills: 0, failures: 0 });
    expect(counts.quotedBlocks / counts.blocks).toBeGreaterThan(0.95);
  }, 100_000);

  it('goes through the bytes of the wire, too', async () => {
    const { violation, counts } = await run(planOf(2, 0.02, 'none'), { settings, wire: true });
    expect(violation).toBeUndefined();
    expect(counts.orders).toBeGreaterThan(0);
  }, 100_000);
});
