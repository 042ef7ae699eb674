import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputAlarm } from './input_alarm.ts';
import { InputWatch } from './psi.ts';
import type { DriftReference } from './types.ts';

const FEATURES = 64;
const WINDOW = 1_500;

/** Features that were spread evenly over 0 to 1 in training. */
const REFERENCE: DriftReference = {
  edges: Array.from({ length: FEATURES }, () => Array.from({ length: 9 }, (_, i) => (i + 1) / 10)),
  shares: Array.from({ length: FEATURES }, () => Array<number>(10).fill(0.1)),
  limits: Array<number>(FEATURES).fill(0.25),
};

/** The nth vector: every feature runs through 0 to 1, the first few moved by so much. */
function vectorOf(n: number, moved = 0, by = 0): Float32Array {
  return Float32Array.from({ length: FEATURES }, (_, f) => ((n * 7 + f) % 100) / 100 + 0.005 + (f < moved ? by : 0));
}

describe('the population stability index', () => {
  it('is as good as zero for what training was like, and told each half minute once the window is full', () => {
    const watch = new InputWatch(REFERENCE);
    const told = Array.from({ length: WINDOW + 150 }, (_, n) => watch.add(vectorOf(n)));
    expect(told.flatMap((one, n) => (one === null ? [] : [n + 1]))).toEqual([WINDOW, WINDOW + 150]);
    expect(told[WINDOW - 1]).toMatchObject({ drifted: 0, features: FEATURES });
    expect(told[WINDOW - 1]!.worstIndex).toBeLessThan(0.001);
  });

  it('is its formula', () => {
    const watch = new InputWatch(REFERENCE);
    const told = Array.from({ length: WINDOW }, (_, n) => watch.add(vectorOf(n, 1, 0.3))).at(-1)!;
    // Three tenths are empty now, and what was in the upper three is in the last with what moved there: 0.4.
    const all = WINDOW + 5;
    const share = (of: number): number => (of * WINDOW + 0.5) / all;
    const term = (now: number): number => (share(now) - share(0.1)) * Math.log(share(now) / share(0.1));
    expect(told).toMatchObject({ drifted: 1, worst: 0 });
    expect(told.worstIndex).toBeCloseTo(3 * term(0) + term(0.4) + 6 * term(0.1), 10);
  });

  it('finds the tenth that counting the edges below finds, and goes on from a restore', () => {
    const values = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.nat(299), (column, at) => {
        const one = { edges: [REFERENCE.edges[0]!], shares: [REFERENCE.shares[0]!], limits: [0.25] };
        let watch = new InputWatch(one);
        for (const [i, value] of column.entries()) {
          if (i === at) watch = InputWatch.decode(one, JSON.parse(JSON.stringify(watch.encode())));
          watch.add(Float32Array.of(value));
        }
        const counts = Array<number>(10).fill(0);
        for (const value of column) counts[one.edges[0]!.filter((edge) => edge < value).length]! += 1;
        const { slots } = watch.encode();
        expect(counts.map((_, t) => slots.reduce((sum, slot) => sum + slot[t]!, 0))).toEqual(counts);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a reference that is not one', () => {
    expect(() => new InputWatch({ ...REFERENCE, limits: [1] })).toThrow(
      '64 rows of edges, 64 of shares, 1 limits: expected equally many',
    );
  });
});

describe('the alarm of the inputs', () => {
  const parameters = { inputTripPct: 20, inputClearPct: 10 };

  function run(alarm: InputAlarm, vectors: number, moved: number): string[] {
    const told: string[] = [];
    for (let n = 0; n < vectors; n += 1) {
      if (alarm.add(vectorOf(n, moved, 2))) told.push(`${n + 1} ${alarm.drifting ? 'drifting' : 'over'}`);
    }
    return told;
  }

  it('trips two minutes after a fifth of the features is beyond its limit, and clears when it is back', () => {
    const alarm = new InputAlarm(REFERENCE, parameters);
    expect(run(alarm, WINDOW, 0)).toEqual([]);
    // A third of the window elsewhere is an index beyond 0.25; four readings half a minute apart say so.
    expect(run(alarm, 1_500, 13)).toEqual(['900 drifting']);
    expect(alarm.text).toMatch(/^PSI of 13 of 64 inputs beyond their limit, furthest of feature \d+ at \d/);
    expect(run(alarm, 3_000, 0)).toEqual(['1650 over']);
  });

  it('lets single features drift', () => {
    const alarm = new InputAlarm(REFERENCE, parameters);
    expect(run(alarm, 6_000, 12)).toEqual([]);
    expect(alarm.newest).toMatchObject({ drifted: 12 });
  });
});
