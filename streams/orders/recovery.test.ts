import { describe, expect, it } from 'vitest';
import { type Approved, approvedBefore } from '../risk/risk.ts';
import { type OrderParameters, type OrdersInput, type OrdersOutput, orders } from './orders.ts';
import type { OrderBatch, Recovered, RecoveredOrder, RestingOrder } from './types.ts';

const PARAMETERS: OrderParameters = { maxOrdersPerS: 10, wishExpiresMs: 1_000 };
const stamp = { seq: 1, timeUs: 0, causes: [] };

/** The order stage alone, with its inputs in the test's hand. */
class Desk {
  readonly reducer;
  readonly state;
  readonly told: OrdersOutput[] = [];
  nowUs = 1_000_000;
  #seq = 0;

  constructor(change: Partial<OrderParameters> = {}) {
    this.reducer = orders({ ...PARAMETERS, ...change });
    this.state = this.reducer.initial();
  }

  give(...events: OrdersInput[]): void {
    for (const event of events) {
      this.reducer.step(this.state, event, {
        emit: (one) => this.told.push(one),
        nowUs: () => this.nowUs,
        nextSeq: () => {
          this.#seq += 1;
          return this.#seq;
        },
      });
    }
  }

  /** A new block, and the look after the next sample. @returns the batch that goes out, if one does */
  wake(height: number): OrderBatch | undefined {
    this.nowUs += 400_000;
    const before = this.told.length;
    this.give({ kind: 'block', seq: 1, timeUs: 0, height, chainTimeUs: 0 }, { kind: 'wake', timeUs: this.nowUs });
    return this.told.slice(before).find((one) => one.kind === 'orderBatch');
  }

  wish(bids: readonly number[], asks: readonly number[]): void {
    const timeUs = this.nowUs + 400_000;
    const limits: string[] = [];
    const quote = { timeUs, quotedUs: timeUs, market: 'A', fairTick: 100, bids, asks };
    const approved: Approved = { kind: 'approved', ...stamp, ...quote, limits };
    this.give(approvedBefore(approved));
  }

  of<K extends OrdersOutput['kind']>(kind: K): Extract<OrdersOutput, { kind: K }>[] {
    return this.told.filter((one): one is Extract<OrdersOutput, { kind: K }> => one.kind === kind);
  }
}

const resting = (orderId: string, side: 'buy' | 'sell' = 'buy', tick = 99, lots = 5): RestingOrder => ({
  ...{ orderId, market: 'A', side, tick, lots },
});

const known = (orderId: string, side: 'buy' | 'sell' = 'buy', tick = 99): RecoveredOrder => ({
  ...resting(orderId, side, tick),
  ...{ clientOrderId: `flashmm_A_${orderId}`, remainingLots: 5, status: 'resting' },
});

function recovered(change: Partial<Recovered> = {}): Recovered {
  const nothing = { orders: [], inFlight: null, settled: [], money: null, trading: null };
  return { kind: 'recovered', seq: 1, timeUs: 0, height: 10, batches: 7, ...nothing, ...change };
}

const look = (height: number, ...orders: RestingOrder[]): OrdersInput => ({
  ...{ kind: 'openOrders', seq: 2, timeUs: 0, height, orders },
});

const ids = (batch: OrderBatch | undefined) => batch?.cancels.map(({ orderId }) => orderId);

describe('what the account’s journal knows, against what the chain has', () => {
  it('on both: is kept, until a wish says otherwise or none comes', () => {
    const desk = new Desk();
    desk.give(recovered({ orders: [known('1'), known('2', 'sell', 101)] }));
    expect(desk.of('working')[0]!.orders.length).toBe(2);
    desk.wish([98, 5], []);
    expect(desk.wake(11)).toBeUndefined();
    desk.give(look(11, resting('1'), resting('2', 'sell', 101)));
    expect(desk.of('reconciled')).toMatchObject([{ ok: true, differences: [] }]);
    desk.wish([], []);
    expect(desk.wake(12)).toBeUndefined();
    desk.wish([99, 5], [102, 5]);
    const batch = desk.wake(13)!;
    expect(ids(batch)).toEqual(['2']);
    expect(batch.places).toMatchObject([{ side: 'sell', tick: 102 }]);
    expect(batch.batchId).toBe(8);
    const silent = new Desk();
    silent.give(recovered({ orders: [known('1')] }), look(11, resting('1')));
    silent.nowUs += 1_000_000;
    expect(ids(silent.wake(12))).toEqual(['1']);
  });

  it('on the chain only: is cancelled whatever is wished, or adopted', () => {
    const desk = new Desk();
    desk.give(recovered(), look(11, resting('9')));
    expect(desk.of('reconciled')[0]!.differences).toEqual([expect.stringMatching(/id 9.* it will be cancelled/)]);
    desk.wish([99, 5], []);
    const batch = desk.wake(12)!;
    expect([ids(batch), batch.places]).toEqual([['9'], []]);
    const adopting = new Desk({ unknownOrders: 'adopt' });
    adopting.give(recovered(), look(11, resting('9')));
    adopting.wish([99, 5], []);
    expect(adopting.wake(12)).toBeUndefined();
    expect(adopting.of('order')).toMatchObject([{ status: 'adopted', orderId: '9' }]);
  });

  it('in the journal only: counts until a second look does not find it either', () => {
    const desk = new Desk();
    desk.give(recovered({ orders: [known('1')] }), look(11));
    expect(desk.of('reconciled')).toMatchObject([{ ok: true, differences: [expect.stringMatching(/once more/)] }]);
    expect([...desk.state.orders.keys()]).toEqual(['flashmm_A_1']);
    desk.give(look(12));
    expect(desk.of('order').at(-1)).toMatchObject({ status: 'vanished' });
    expect(desk.state.orders.size).toBe(0);
  });

  it('of another price on the chain: is refused, since one of them is of another chain', () => {
    const desk = new Desk();
    desk.give(recovered({ orders: [known('1')] }), look(11, resting('1', 'sell', 150)));
    expect(desk.of('reconciled')).toMatchObject([{ ok: false, differences: [expect.stringMatching(/another chain/)] }]);
  });

  it('of another size: is as large as the chain says', () => {
    const desk = new Desk();
    desk.give(recovered({ orders: [known('1')] }), look(11, resting('1', 'buy', 99, 2)));
    expect(desk.of('reconciled')[0]!.differences).toEqual([expect.stringMatching(/has 2 lots left/)]);
    expect(desk.of('working').at(-1)!.orders).toMatchObject([{ lots: 2 }]);
    desk.give(look(12, resting('1', 'buy', 99, 1)));
    expect(desk.of('working').at(-1)!.orders).toMatchObject([{ lots: 2 }]);
    desk.give(
      { kind: 'blocksMissed', seq: 1, timeUs: 0, fromHeight: 13, toHeight: 14 },
      look(15, resting('1', 'buy', 99, 1)),
    );
    expect(desk.of('working').at(-1)!.orders).toMatchObject([{ lots: 1 }]);
  });

  it('waits for the fate of the transaction that was under way', () => {
    const desk = new Desk();
    const placing: RecoveredOrder = { ...known('', 'buy', 98), clientOrderId: 'flashmm_A_p', status: 'placing' };
    const inFlight = { batchId: 7, places: ['flashmm_A_p'], cancels: [] };
    desk.give(recovered({ orders: [placing], inFlight }), look(11, resting('5', 'buy', 98)));
    expect(desk.of('reconciled')).toEqual([]);
    expect(desk.wake(12)).toBeUndefined();
    const outcome = { kind: 'batchCommitted', seq: 1, timeUs: 0, batchId: 7, txHash: '', height: 11 } as const;
    desk.give({ ...outcome, orderIds: ['5'] }, look(12, resting('5', 'buy', 98)));
    expect(desk.of('reconciled')).toMatchObject([{ ok: true, differences: [] }]);
  });

  it('knows a settlement again that was booked before', () => {
    const desk = new Desk();
    const settlement = {
      ...resting('1', 'buy', 99, 2),
      kind: 'settlement',
      seq: 3,
      timeUs: 0,
      microTicks: 99e6,
    } as const;
    const told = { ...settlement, liquidity: 'maker', height: 10, settlementId: '10/0/1' } as const;
    desk.give(recovered({ orders: [known('1')], settled: ['10/0/1'] }), told);
    expect(desk.of('fill')).toEqual([]);
    desk.give({ ...told, height: 11, settlementId: '11/0/1' });
    expect(desk.of('fill')).toMatchObject([{ clientOrderId: 'flashmm_A_1', lots: 2 }]);
  });

  it('is acted on at once where trading is stopped, and not before it is compared where it is not', () => {
    const desk = new Desk();
    desk.give(recovered({ orders: [known('1')] }));
    expect(desk.wake(11)).toBeUndefined();
    desk.state.trading = 'halted';
    expect(ids(desk.wake(12))).toEqual(['1']);
  });
});

describe('an order to cancel everything', () => {
  it('cancels what rests and what is just being placed, before anything new is placed', () => {
    const desk = new Desk();
    desk.give(recovered({ orders: [known('1')] }), look(11, resting('1')));
    desk.wish([99, 5], [101, 5]);
    const placing = desk.wake(12)!;
    expect(placing.places).toMatchObject([{ side: 'sell', tick: 101 }]);
    desk.give({ kind: 'command', seq: 1, timeUs: 0, command: 'cancelAll', by: 'test' });
    desk.give({ kind: 'batchCommitted', seq: 1, timeUs: 0, batchId: 8, txHash: '', height: 13, orderIds: ['2'] });
    desk.wish([99, 5], [101, 5]);
    const sweep = desk.wake(13)!;
    expect([ids(sweep), sweep.places]).toEqual([['1', '2'], []]);
    desk.give({ kind: 'batchCommitted', seq: 1, timeUs: 0, batchId: 9, txHash: '', height: 14, orderIds: [] });
    desk.wish([99, 5], [101, 5]);
    expect(desk.wake(14)!.places.length).toBe(2);
  });
});

describe('a place that one of our own orders would meet in the same block', () => {
  it('is left out, unless the same transaction cancels that order', () => {
    const desk = new Desk({ maxOrdersPerS: 1 });
    desk.give(recovered({ orders: [known('1', 'sell', 105)] }), look(11, resting('1', 'sell', 105)));
    // The ask is to go lower and the bid up to where it rests: with its cancel in the same transaction that is safe …
    desk.wish([105, 5], [106, 5]);
    const batch = desk.wake(12)!;
    expect(ids(batch)).toEqual(['1']);
    expect(batch.places).toMatchObject([{ side: 'buy', tick: 105 }]);
    // … and where it stays, there is no bid.
    const other = new Desk();
    other.give(recovered({ orders: [known('1', 'sell', 105)] }), look(11, resting('1', 'sell', 105)));
    other.wish([105, 5], [105, 5]);
    expect(other.wake(12)).toBeUndefined();
  });
});
