import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, Plan } from './plan.ts';
import { shrink } from './shrink.ts';

const fault = (atMs: number): Fault => ({
  ...{ atMs, kind: 'stall', target: 'all', durationMs: 1_000, parameters: {} },
});

const planWith = (n: number): Plan => ({
  seed: 1,
  hours: 1,
  faults: Array.from({ length: n }, (_, i) => fault(1_000 * (i + 1))),
});

describe('shrinking', () => {
  it('finds the faults that are needed together, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat(39), { minLength: 0, maxLength: 4 }),
        async (n, wanted) => {
          const needed = new Set(wanted.filter((i) => i < n).map((i) => 1_000 * (i + 1)));
          const fails = async ({ faults }: Plan) =>
            [...needed].every((atMs) => faults.some((one) => one.atMs === atMs));
          const { plan } = await shrink(planWith(n), 50_000, fails);
          expect(plan.faults.map(({ atMs }) => atMs).sort()).toEqual([...needed].sort());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ends the run after the failure, and makes what is left shorter', async () => {
    const fails = async ({ faults }: Plan) =>
      faults.some(({ atMs, durationMs }) => atMs === 3_000 && durationMs >= 200);
    const { plan } = await shrink(planWith(20), 8_000, fails);
    expect(plan.hours).toBe(9_000 / 3_600_000);
    expect(plan.faults).toEqual([{ ...fault(3_000), durationMs: 250 }]);
  });

  it('keeps the plan when nothing smaller fails', async () => {
    const plan = planWith(3);
    const fails = async (one: Plan) => one === plan;
    expect((await shrink(plan, 3_600_000, fails)).plan.faults).toEqual(plan.faults);
  });
});
