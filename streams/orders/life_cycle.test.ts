import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffSide } from './diff.ts';
import { LIFE_CYCLE, type LiveStatus, type OrderEvent } from './life_cycle.ts';
import { move, type OrdersOutput, orders, type WorkingOrder } from './orders.ts';

const EVENTS: readonly OrderEvent[] = [
  'placed',
  'placeRefused',
  'cancelSent',
  'cancelled',
  'cancelRefused',
  'filledInPart',
  'filled',
  'vanished',
];
const STATUSES: readonly LiveStatus[] = ['placing', 'resting', 'cancelling'];

function orderOf(status: LiveStatus, change: Partial<WorkingOrder> = {}): WorkingOrder {
  const order = {
    clientOrderId: 'a',
    orderId: '1',
    market: 'X',
    side: 'buy',
    tick: 100,
    lots: 10,
    remainingLots: 10,
  } as const;
  return { ...order, status, causeSeq: 1, missing: 0, unwanted: false, ...change };
}

describe('the life of an order', () => {
  it.each(STATUSES.flatMap((status) => EVENTS.map((event) => [status, event] as const)))(
    'in %s, on %s, follows the table',
    (status, event) => {
      const state = orders({ maxOrdersPerS: 10, wishExpiresMs: 1_000 }).initial();
      const order = orderOf(status);
      state.orders.set('a', order);
      const seen: OrdersOutput[] = [];
      const legal = move(state, order, event, 7, { emit: (one) => seen.push(one), nowUs: () => 0, nextSeq: () => 8 });
      const next = LIFE_CYCLE[status][event];
      expect(legal).toBe(next !== undefined);
      expect(seen.length).toBe(1);
      if (next === undefined) {
        expect(seen[0]).toMatchObject({ kind: 'reject', reason: 'illegal-transition' });
        expect(state.orders.get('a')).toMatchObject({ status });
      } else {
        expect(seen[0]).toMatchObject({ kind: 'order', status: next, causes: [7] });
        expect(state.orders.get('a') === undefined).toBe(!STATUSES.includes(next as LiveStatus));
      }
    },
  );

  it('ends from every status that the table knows', () => {
    for (const status of STATUSES) {
      const ends = Object.values(LIFE_CYCLE[status]).filter((next) => !STATUSES.includes(next as LiveStatus));
      expect(ends.length, status).toBeGreaterThan(0);
    }
  });
});

describe('the difference between wish and orders', () => {
  const wanted = [100, 10];

  it.each([
    ['nothing rests', [], 0, [100, 10]],
    ['the order rests', [orderOf('resting')], 0, []],
    ['most of it is left, it keeps its place', [orderOf('resting', { remainingLots: 5 })], 0, []],
    ['little of it is left: the rest is placed beside it', [orderOf('resting', { remainingLots: 4 })], 0, [100, 6]],
    ['it is larger than wished', [orderOf('resting', { remainingLots: 11 })], 1, [100, 10]],
    ['it rests elsewhere', [orderOf('resting', { tick: 99 })], 1, [100, 10]],
    ['two rest, one is too many', [orderOf('resting'), orderOf('resting', { clientOrderId: 'b' })], 1, []],
    [
      'two rest that are what is wished together',
      [orderOf('resting', { remainingLots: 3 }), orderOf('resting', { clientOrderId: 'b', remainingLots: 7 })],
      0,
      [],
    ],
    ['it is being placed', [orderOf('placing')], 0, []],
    ['it is being cancelled', [orderOf('cancelling')], 0, [100, 10]],
    ['it is to go whatever is wished', [orderOf('resting', { unwanted: true })], 1, [100, 10]],
  ] as const)('%s', (_what, orders, cancels, places) => {
    const diff = diffSide(wanted, 'buy', orders);
    expect([diff.cancels.length, diff.places]).toEqual([cancels, places]);
  });

  it('of any ladder to any other leaves exactly the wished prices, each with half of its size or more, and not more', () => {
    const lots = fc.integer({ min: 1, max: 20 });
    const tick = fc.integer({ min: 95, max: 105 });
    const ladder = fc.uniqueArray(fc.tuple(tick, lots), { selector: ([at]) => at, maxLength: 6 });
    const resting = fc.array(fc.tuple(tick, lots, fc.constantFrom(...STATUSES), fc.boolean()), { maxLength: 8 });
    fc.assert(
      fc.property(ladder, resting, (wished, before) => {
        const orders = before.map(([at, size, status, unwanted], i) =>
          orderOf(status, {
            clientOrderId: String(i),
            tick: at,
            remainingLots: size,
            unwanted: unwanted && i % 3 === 0,
          }),
        );
        const { cancels, places } = diffSide(wished.flat(), 'buy', orders);
        const after = new Map<number, number>();
        const add = (at: number, size: number) => after.set(at, (after.get(at) ?? 0) + size);
        for (const order of orders) {
          if (cancels.includes(order)) expect(order.status).toBe('resting');
          else if (order.status === 'resting') add(order.tick, order.remainingLots);
        }
        for (let i = 0; i < places.length; i += 2) add(places[i]!, places[i + 1]!);
        const inFlight = orders.filter(({ status }) => status === 'placing');
        for (const [at, size] of after) {
          expect(size).toBeLessThanOrEqual(new Map(wished).get(at) ?? 0);
        }
        for (const [at, size] of wished) {
          const flying = inFlight.filter((order) => order.tick === at).reduce((sum, one) => sum + one.remainingLots, 0);
          expect((after.get(at) ?? 0) + flying).toBeGreaterThanOrEqual(size / 2);
        }
      }),
    );
  });

  it('of nothing wished is to cancel everything', () => {
    expect(diffSide([], 'buy', [orderOf('resting')])).toMatchObject({
      cancels: [{ clientOrderId: 'a' }],
      places: [],
    });
    expect(diffSide(wanted, 'sell', [])).toEqual({ cancels: [], places: wanted });
  });
});
