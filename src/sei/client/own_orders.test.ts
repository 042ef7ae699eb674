import { describe, expect, it } from 'vitest';
import type { OrderBatch, Settlement } from '../../../streams/orders/types.ts';
import type { Book, IncludedTx } from '../node.ts';
import type { Executions } from './executions.ts';
import { OwnOrders } from './own_orders.ts';
import { type Found, signedTx } from './pending_tx.ts';

const X = 'XUSDC';

function batchOf(change: Partial<OrderBatch>): OrderBatch {
  return { kind: 'orderBatch', seq: 0, timeUs: 0, causes: [], batchId: 1, cancels: [], places: [], ...change };
}

/** A transaction in a block: of its orders the ids, or the code that it failed with. */
function found(change: Partial<OrderBatch>, orderIds: readonly string[], code = 0): Found {
  const tx = { hash: 'HASH', sequence: 1n, timeoutHeight: 10, feeUsei: 1, payload: null };
  const result: IncludedTx = { height: 5, code, codespace: '', log: '', orderIds };
  return { pending: signedTx(batchOf(change), tx, 1, 0), result };
}

const place = (side: 'buy' | 'sell', tick: number, lots: number) =>
  ({ clientOrderId: `${side} ${tick}`, market: X, side, tick, lots }) as const;

function executions(settled: readonly [orderId: string, lots: number][], refused: readonly string[] = []): Executions {
  const settlements = settled.map(([orderId, lots]) => ({ orderId, lots }) as Settlement);
  return { settlements, trades: [], untold: [], refused: new Map(refused.map((id) => [id, 'not today'])) };
}

const book = (bids: Book['bids'], asks: Book['asks']): Book => ({ bids, asks });

/** Two bids at one price and an ask of ours. */
function quoted(): OwnOrders {
  const own = new OwnOrders();
  own.take(
    [found({ places: [place('buy', 99, 3), place('buy', 99, 2), place('sell', 101, 4)] }, ['1', '2', '3'])],
    undefined,
  );
  return own;
}

describe('our own orders', () => {
  it('have to be in the books, all of a price together, among others’ lots', () => {
    const own = quoted();
    expect(own.lackedBy(X, book([100, 1, 99, 6], [101, 4, 102, 1]))).toBeNull();
    expect(own.lackedBy(X, book([100, 1, 99, 4], [101, 4]))).toBe('4 lots to buy at tick 99, where 5 of our own rest');
    expect(own.lackedBy(X, book([99, 5], [102, 4]))).toContain('0 lots to sell at tick 101');
    expect(own.lackedBy(X, book([], []))).not.toBeNull();
    expect(own.lackedBy('OTHER', book([], []))).toBeNull();
  });

  it('are fewer once they were executed or cancelled, and what was refused never was', () => {
    const own = quoted();
    own.take(
      [],
      executions([
        ['1', 3],
        ['3', 1],
      ]),
    );
    expect(own.lackedBy(X, book([99, 2], [101, 3]))).toBeNull();
    expect(own.lackedBy(X, book([99, 1], [101, 3]))).not.toBeNull();
    const cancel = { clientOrderId: '', orderId: '2', market: X, side: 'buy', tick: 99 } as const;
    own.take([found({ cancels: [cancel], places: [place('buy', 98, 1)] }, ['4'])], executions([], ['4']));
    expect(own.lackedBy(X, book([], [101, 3]))).toBeNull();
    own.forget();
    expect(own.lackedBy(X, book([], []))).toBeNull();
  });

  it('are as before when a transaction failed', () => {
    const own = quoted();
    const cancel = { clientOrderId: '', orderId: '3', market: X, side: 'sell', tick: 101 } as const;
    own.take([found({ cancels: [cancel], places: [place('buy', 90, 1)] }, [], 11)], undefined);
    expect(own.lackedBy(X, book([99, 5], [101, 4]))).toBeNull();
    expect(own.lackedBy(X, book([99, 5], []))).not.toBeNull();
  });

  it('are gone when two looks in a row do not find them', () => {
    const own = quoted();
    const there = { orderId: '3', market: X, side: 'sell', tick: 101, lots: 4 } as const;
    own.looked([]);
    own.looked([there]);
    expect(own.lackedBy(X, book([], []))).toContain('to sell');
    own.looked([]);
    own.looked([]);
    expect(own.lackedBy(X, book([], []))).toBeNull();
  });
});
