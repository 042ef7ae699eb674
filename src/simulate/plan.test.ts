import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, FAULTS } from './faults.ts';
import { CALM_AT_END_MS, parsePlan, planOf, planText } from './plan.ts';

describe('a plan of faults', () => {
  it('follows from its seed', () => {
    expect(planOf(7, 1, 'normal')).toEqual(planOf(7, 1, 'normal'));
    expect(planOf(7, 1, 'normal').faults).not.toEqual(planOf(8, 1, 'normal').faults);
  });

  it('is the same as a text', () => {
    const plan = planOf(3, 0.5, 'heavy');
    expect(parsePlan(planText(plan))).toEqual(plan);
    expect(parsePlan(planText(planOf(3, 0.5, 'none'))).faults).toEqual([]);
  });

  it('names what is wrong with a text', () => {
    expect(() => parsePlan('{"flashmm_plan": 1, "seed": 1, "hours": -1, "faults": []}')).toThrow(/hours/);
    const unknown =
      '{"flashmm_plan":1,"seed":1,"hours":1,"faults":[{"atMs":0,"kind":"rain","target":"","durationMs":0,"parameters":{}}]}';
    expect(() => parsePlan(unknown)).toThrow(/kind/);
  });

  it('has every kind of fault, in bursts with calm at the end', () => {
    const drawn = new Set<string>();
    for (let seed = 1; seed <= 30; seed += 1) {
      const { faults } = planOf(seed, 1, 'heavy');
      for (const { kind, atMs, durationMs } of faults) {
        drawn.add(kind);
        const [shortest, longest] = FAULTS[kind].durationMs;
        expect(durationMs).toBeGreaterThanOrEqual(shortest);
        expect(durationMs).toBeLessThanOrEqual(longest);
        expect(atMs + durationMs).toBeLessThanOrEqual(3_600_000 - CALM_AT_END_MS + longest);
      }
    }
    expect([...drawn].sort()).toEqual([...FAULT_KINDS].sort());
  });

  it('has more faults at a higher level', () => {
    const [light, normal, heavy] = (['light', 'normal', 'heavy'] as const).map(
      (level) => planOf(1, 4, level).faults.length,
    );
    expect(light).toBeLessThan(normal!);
    expect(normal).toBeLessThan(heavy!);
  });
});
