import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LADDER_WINDOW, NO_TICK_ABOVE, NO_TICK_BELOW, TickLadder } from './tick_ladder.ts';

// Ticks near one another, at the edges of the window, far beyond it, and at the ends of the range.
const tick = fc.oneof(
  fc.integer({ min: 600_000, max: 600_200 }),
  fc.integer({ min: 600_000 - LADDER_WINDOW, max: 600_000 + LADDER_WINDOW }),
  fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), tick, lots: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant('centre' as const), tick, lots: fc.constant(0) }),
);

describe('a ladder of ticks', () => {
  it('holds what a map holds, wherever its window lies and however wide the gaps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(tick, { maxLength: 10 }), (steps, asked) => {
        const ladder = new TickLadder();
        const plain = new Map<number, number>();
        for (const one of steps) {
          if (one.do === 'centre') ladder.centre(one.tick);
          else {
            expect(ladder.set(one.tick, one.lots)).toBe(plain.get(one.tick) ?? 0);
            if (one.lots === 0) plain.delete(one.tick);
            else plain.set(one.tick, one.lots);
          }
        }
        for (const at of [...asked, ...plain.keys()]) {
          expect(ladder.lotsAt(at)).toBe(plain.get(at) ?? 0);
          expect(ladder.below(at)).toBe(Math.max(NO_TICK_BELOW, ...[...plain.keys()].filter((one) => one < at)));
          expect(ladder.above(at)).toBe(Math.min(NO_TICK_ABOVE, ...[...plain.keys()].filter((one) => one > at)));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('finds a level beyond a gap wider than its window', () => {
    const ladder = new TickLadder();
    ladder.centre(600_000);
    ladder.set(600_000, 1);
    ladder.set(100_000, 2);
    expect(ladder.below(600_000)).toBe(100_000);
    expect(ladder.above(100_000)).toBe(600_000);
  });

  it('is empty after a clear, what was far away included', () => {
    const ladder = new TickLadder();
    ladder.centre(600_000);
    for (const at of [600_000, 1, 1_200_000]) ladder.set(at, 5);
    ladder.clear();
    expect(ladder.below(NO_TICK_ABOVE)).toBe(NO_TICK_BELOW);
    expect([600_000, 1, 1_200_000].map((at) => ladder.lotsAt(at))).toEqual([0, 0, 0]);
  });
});
