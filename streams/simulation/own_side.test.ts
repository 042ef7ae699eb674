import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OwnSide } from './own_side.ts';
import { SimulatedOrder } from './simulated_order.ts';
import { NO_TICK_ABOVE, NO_TICK_BELOW } from './tick_ladder.ts';

// Few ticks, so that orders meet at one; some are 65,536 apart, and share a mark.
const tick = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 65_536, -65_536)).map(([a, b]) => a + b);
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), tick }),
  fc.record({ do: fc.constant('remove' as const), tick: fc.integer({ min: 0, max: 9 }) }),
);

it('says where the orders of a tick begin, whether each is alone, and which price is reached first', () => {
  fc.assert(
    fc.property(fc.constantFrom(1 as const, -1 as const), fc.array(step, { maxLength: 30 }), (side, steps) => {
      const own = new OwnSide(side);
      const plain: number[] = [];
      for (const one of steps) {
        if (one.do === 'add') {
          own.add(new SimulatedOrder(1, side, one.tick, 1, 'postOnly'));
          plain.push(one.tick);
        } else if (one.tick < plain.length) {
          own.removeAt(one.tick);
          plain.splice(one.tick, 1);
        }
        expect(own.orders.map((order) => order.tick)).toEqual(plain);
        const best = side > 0 ? Math.max(NO_TICK_BELOW, ...plain) : Math.min(NO_TICK_ABOVE, ...plain);
        expect(own.bestTick).toBe(best);
        for (const at of plain) {
          expect(own.firstAt(at)).toBeGreaterThanOrEqual(0);
          expect(own.firstAt(at)).toBeLessThanOrEqual(plain.indexOf(at));
          if (own.single)
            expect([own.firstAt(at), plain.lastIndexOf(at)]).toEqual([plain.indexOf(at), plain.indexOf(at)]);
        }
        expect(own.firstAt(9)).toBe(-1);
      }
    }),
    { numRuns: 100 },
  );
});
