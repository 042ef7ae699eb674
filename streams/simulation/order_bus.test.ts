import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OrderBus } from './order_bus.ts';
import { SimulatedOrder } from './simulated_order.ts';

it('delivers all messages in the order of sending, never before their time, and none overtakes another', () => {
  const step = fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const bus = new OrderBus();
      const expected: { id: number; dueNs: number }[] = [];
      let lastNs = 0;
      let sent = 0;
      for (const arrivesNs of steps) {
        if (arrivesNs !== undefined) {
          sent += 1;
          bus.send(arrivesNs, 'place', new SimulatedOrder(sent, 1, 100, 1, 'postOnly'));
          lastNs = expected.length === 0 ? arrivesNs : Math.max(arrivesNs, lastNs);
          expected.push({ id: sent, dueNs: lastNs });
        } else if (expected.length > 0) {
          const { id, dueNs } = expected.shift()!;
          expect(bus.nextNs).toBe(dueNs);
          const { order, arrivesNs: at } = bus.take();
          expect([order.id, at]).toEqual([id, dueNs]);
        }
        expect(bus.nextNs).toBe(expected[0]?.dueNs ?? Number.POSITIVE_INFINITY);
      }
    }),
    { numRuns: 60 },
  );
});
