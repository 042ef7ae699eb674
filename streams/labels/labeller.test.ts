import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABEL, Labeller, type LabelRule } from './labeller.ts';

const MS = 1_000;

/** From an instant on the mid is this, or, as null, not known. */
interface Change {
  readonly timeUs: number;
  readonly mid: number | null;
}

type Row = readonly [timeUs: number, mid: number, classes: readonly number[], movesBps: readonly number[]];

const copyOf = (labeller: Labeller, everyUs: number): Labeller =>
  Labeller.decode(labeller.rule, everyUs, JSON.parse(JSON.stringify(labeller.encode())));

/** The labels of a grid, as time goes by; the labeller is exchanged for its decoded self at every `copyEvery`-th change. */
function streamed(rule: LabelRule, changes: readonly Change[], everyUs: number, endUs: number, copyEvery = 0): Row[] {
  let labeller = new Labeller(rule, everyUs);
  const rows: Row[] = [];
  const out = labeller.blank();
  const drain = (): void => {
    while (labeller.take(out))
      rows.push([out.timeUs, out.midHalfTicks, [...out.classes], [...out.movesBps].map((bps) => Math.fround(bps))]);
  };
  let gridUs = 0;
  const marksTo = (timeUs: number): void => {
    for (; gridUs <= timeUs; gridUs += everyUs) {
      labeller.mark(gridUs);
      drain();
    }
  };
  for (const [i, { timeUs, mid }] of changes.entries()) {
    marksTo(timeUs);
    if (mid === null) labeller.lost(timeUs);
    else labeller.moved(timeUs, mid);
    drain();
    if (copyEvery > 0 && i % copyEvery === 0) labeller = copyOf(labeller, everyUs);
  }
  marksTo(endUs);
  labeller.lost(endUs);
  labeller.reached(endUs + 10_000 * MS);
  drain();
  return rows;
}

/** The same from the whole path at once: microsecond by microsecond, where the streamed one has integrals. */
function batch(rule: LabelRule, changes: readonly Change[], everyUs: number, endUs: number): Row[] {
  const midAt = (timeUs: number): number | null => {
    if (timeUs > endUs) return null;
    let mid: number | null = null;
    for (const change of changes) if (change.timeUs < timeUs) mid = change.mid;
    return mid;
  };
  const rows: Row[] = [];
  for (let timeUs = 0; timeUs <= endUs; timeUs += everyUs) {
    const mid = midAt(timeUs);
    if (mid === null) continue;
    const movesBps = rule.horizonsMs.map((horizonMs) => {
      const windowUs = rule.smoothingMs * MS;
      const endsUs = timeUs + horizonMs * MS - Math.floor(windowUs / 2) + windowUs;
      // Every mid on the way must be known; one that is lost and found within an instant is lost all the same.
      const gone = changes.some((one) => one.mid === null && one.timeUs >= timeUs && one.timeUs < endsUs);
      if (gone || endsUs > endUs) return Number.NaN;
      if (windowUs === 0) return (10_000 * (midAt(endsUs)! - mid)) / mid;
      let sum = 0;
      for (let us = endsUs - windowUs + 1; us <= endsUs; us += 1) sum += midAt(us)!;
      return (10_000 * (sum - mid * windowUs)) / (mid * windowUs);
    });
    const classes = movesBps.map((bps) =>
      Number.isNaN(bps) ? -1 : bps > rule.thresholdBps ? 2 : bps < -rule.thresholdBps ? 0 : 1,
    );
    rows.push([timeUs, mid, classes, movesBps.map((bps) => Math.fround(bps))]);
  }
  return rows;
}

const paths = fc
  .array(fc.tuple(fc.nat(40), fc.option(fc.integer({ min: 10_000, max: 10_010 }), { freq: 8 })), { maxLength: 40 })
  .map((steps) => {
    let timeUs = 0;
    return steps.map(([gapUs, mid]): Change => {
      timeUs += gapUs;
      return { timeUs, mid };
    });
  });

describe('labels', () => {
  // Horizons of microseconds, so that the other calculation may walk through each of them.
  const rules = fc.record({
    horizonsMs: fc.constantFrom([0.02], [0.01, 0.02, 0.05], [0.01, 0.1]),
    thresholdBps: fc.constantFrom(0, 1, 3.3),
    smoothingMs: fc.constantFrom(0, 0.001, 0.007, 0.02),
  });

  it('are those of the whole path taken at once', () => {
    fc.assert(
      fc.property(paths, rules, fc.integer({ min: 3, max: 30 }), fc.nat(3), (changes, rule, everyUs, copyEvery) => {
        const endUs = (changes.at(-1)?.timeUs ?? 0) + 60;
        expect(streamed(rule, changes, everyUs, endUs, copyEvery)).toEqual(batch(rule, changes, everyUs, endUs));
      }),
      { numRuns: 300 },
    );
  });

  it('tell threshold and smoothing apart', () => {
    const changes = [
      { timeUs: 0, mid: 20_000 },
      { timeUs: 95 * MS, mid: 20_002 },
    ];
    const label = (thresholdBps: number, smoothingMs: number): Row =>
      streamed({ horizonsMs: [100, 200], thresholdBps, smoothingMs }, changes, 40 * MS, 1_000 * MS)[0]!;
    expect(label(0, 0)).toEqual([40 * MS, 20_000, [LABEL.bullish, LABEL.bullish], [1, 1]]);
    expect(label(1, 0)[2]).toEqual([LABEL.neutral, LABEL.neutral]);
    // At 60 ms from the row the window of the first horizon begins: the mid is still where it was until 95 ms.
    expect(label(0, 160)[3]).toEqual([Math.fround((10_000 * 2 * (220 - 95)) / (160 * 20_000)), 1]);
    expect(label(0.8, 160)[2]).toEqual([LABEL.neutral, LABEL.bullish]);
  });

  it('stay exact however long it goes on: the integral is counted anew before it would be rounded', () => {
    const rule = { horizonsMs: [100], thresholdBps: 0, smoothingMs: 3 };
    const labeller = new Labeller(rule, 1_000 * MS);
    const out = labeller.blank();
    let wrong = 0;
    let rows = 0;
    for (let second = 0; second < 3_000; second += 1) {
      const mid = 20_000_001 + (second % 2);
      labeller.moved(second * 1_000_000 + 1, mid);
      labeller.mark(second * 1_000_000 + 100);
      labeller.reached(second * 1_000_000 + 900_000);
      while (labeller.take(out)) {
        rows += 1;
        if (out.movesBps[0] !== 0) wrong += 1;
      }
    }
    expect([rows, wrong]).toEqual([3_000, 0]);
  });

  it('hold no more marks than the longest horizon needs, and say so', () => {
    const labeller = new Labeller({ horizonsMs: [100, 500], thresholdBps: 0, smoothingMs: 0 }, 50 * MS);
    expect(labeller.mark(0)).toBe(false);
    labeller.moved(0, 7);
    for (let i = 1; i <= 12; i += 1) labeller.mark(i * 50 * MS);
    expect(labeller.pending).toBe(12);
    expect(() => labeller.mark(650 * MS)).toThrow('12 marks wait: take those decided first');
  });

  it('refuse a rule that has no meaning', () => {
    const rule = { horizonsMs: [100, 200], thresholdBps: 0, smoothingMs: 0 };
    const made = (change: Partial<LabelRule>) => () => new Labeller({ ...rule, ...change }, 50 * MS);
    expect(made({ horizonsMs: [200, 100] })).toThrow('horizons 200, 100 ms: expected at least one, positive, shortest');
    expect(made({ horizonsMs: [] })).toThrow('horizons');
    expect(made({ thresholdBps: -1 })).toThrow('threshold -1 bps: expected 0 or more');
    expect(made({ smoothingMs: 201 })).toThrow('smoothing 201 ms: expected 0 to 200, twice the shortest horizon');
    expect(() => new Labeller(rule, 0)).toThrow('marks every 0 µs');
  });
});
