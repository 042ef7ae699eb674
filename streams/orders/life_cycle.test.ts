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
  return { ...order, status, causeSeq: 1, missing: 0, ...change };
}

describe('the life of an order', () => {
  it.each(STATUSES.flatMap((status) => EVENTS.map((event) => [status, event] as const)))(
    'in %s, on %s, follows the table',
    (status, event) => {
      const state = orders({ maxOrdersPerS: 10, wishExpiresMs: 1_000 }).initial();
      const order = orderOf(status);
      state.orders.a = order;
      const seen: OrdersOutput[] = [];
      const legal = move(state, order, event, 7, { emit: (one) => seen.push(one), nowUs: () => 0, nextSeq: () => 8 });
      const next = LIFE_CYCLE[status][event];
      expect(legal).toBe(next !== undefined);
      expect(seen.length).toBe(1);
      if (next === undefined) {
        expect(seen[0]).toMatchObject({ kind: 'reject', reason: 'illegal-transition' });
        expect(state.orders.a).toMatchObject({ status });
      } else {
        expect(seen[0]).toMatchObject({ kind: 'order', status: next, causes: [7] });
        expect(state.orders.a === undefined).toBe(!STATUSES.includes(next as LiveStatus));
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
    ['nothing rests', [], 0, true],
    ['the order rests', [orderOf('resting')], 0, false],
    ['most of it is left, it keeps its place', [orderOf('resting', { remainingLots: 5 })], 0, false],
    ['little of it is left', [orderOf('resting', { remainingLots: 4 })], 1, true],
    ['it is larger than wished', [orderOf('resting', { remainingLots: 11 })], 1, true],
    ['it rests elsewhere', [orderOf('resting', { tick: 99 })], 1, true],
    ['two rest, one is too many', [orderOf('resting'), orderOf('resting', { clientOrderId: 'b' })], 1, false],
    ['it is being placed', [orderOf('placing')], 0, false],
    ['it is being cancelled', [orderOf('cancelling')], 0, true],
  ] as const)('%s', (_what, orders, cancels, places) => {
    const diff = diffSide(wanted, 'buy', orders);
    expect([diff.cancels.length, diff.places]).toEqual([cancels, places ? wanted : []]);
  });

  it('of nothing wished is to cancel everything', () => {
    expect(diffSide([], 'buy', [orderOf('resting')])).toMatchObject({
      cancels: [{ clientOrderId: 'a' }],
      places: [],
    });
    expect(diffSide(wanted, 'sell', [])).toEqual({ cancels: [], places: wanted });
  });
});
