import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ladder } from './ladder.ts';

const bestOf = (model: ReadonlyMap<number, number>, side: 'bid' | 'ask'): number[] =>
  [...model].sort(([a], [b]) => (side === 'bid' ? b - a : a - b)).flat();

/** Ticks near one another, at the edges of a window, and far away, as real books have them. */
const tick = fc.oneof(
  fc.integer({ min: 600_000, max: 600_040 }),
  fc.integer({ min: 560_000, max: 640_000 }),
  fc.integer({ min: 0, max: 5_000_000 }),
);
const updates = fc.array(fc.tuple(tick, fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }))), { maxLength: 400 });

describe('a ladder', () => {
  for (const side of ['bid', 'ask'] as const) {
    it(`equals a sorted map after any updates (${side})`, () => {
      fc.assert(
        fc.property(updates, fc.oneof(fc.nat(50), fc.nat(100_000)), (all, ticks) => {
          const ladder = new Ladder(side);
          const model = new Map<number, number>();
          for (const [at, lots] of all) {
            ladder.set(at, lots);
            if (lots === 0) model.delete(at);
            else model.set(at, lots);
            const best = bestOf(model, side);
            expect(ladder.bestTick).toBe(best[0] ?? -1);
            expect(ladder.bestLots).toBe(best[1] ?? 0);
            expect(ladder.lotsAt(at)).toBe(lots);
            expect(ladder.levels).toBe(model.size);
          }
          const near = [...model].filter(([at]) => Math.abs(at - ladder.bestTick) <= ticks);
          expect(ladder.depthLots(ticks)).toBe(near.reduce((sum, [, lots]) => sum + lots, 0));
          expect(ladder.encode()).toEqual(bestOf(model, side));
          const pairs = ladder.encode();
          const restored = new Ladder(side);
          for (let i = 0; i < pairs.length; i += 2) restored.set(pairs[i]!, pairs[i + 1]!);
          expect(restored.bestTick).toBe(ladder.bestTick);
          expect(restored.levels).toBe(ladder.levels);
        }),
        { numRuns: 200 },
      );
    });
  }

  it('walks the best levels in order, also right after the touch moved far', () => {
    const ladder = new Ladder('ask');
    for (let i = 0; i < 50; i += 1) ladder.set(1_000_000 + i * 7, i + 1);
    for (let i = 0; i < 50; i += 1) ladder.set(1_060_000 + i * 3, i + 1);
    for (let i = 0; i < 50; i += 1) ladder.set(1_000_000 + i * 7, 0);
    const seen: number[] = [];
    ladder.forEach(10, (at) => seen.push(at));
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => 1_060_000 + i * 3));
  });

  it('bounds the levels far from the touch, and counts what it gives up', () => {
    const ladder = new Ladder('bid');
    ladder.set(10_000_000, 1);
    for (let i = 0; i < 25_000; i += 1) ladder.set(i + 1, 1);
    expect(ladder.levels).toBeLessThanOrEqual(20_001);
    expect(ladder.dropped).toBe(25_001 - ladder.levels);
    expect(ladder.bestTick).toBe(10_000_000);
  });
});
