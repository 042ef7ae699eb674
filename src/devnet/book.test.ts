import { describe, expect, it } from 'vitest';
import { BookSide } from './book.ts';

describe('one side of a book', () => {
  it('tells the best level of all, and the best at which somebody else than an account is', () => {
    const [bids, asks] = [new BookSide('buy'), new BookSide('sell')];
    const order = (orderId: number, account: string) => ({ orderId, account, lots: 3 });
    expect([bids.best(), bids.bestBeside('me')]).toEqual([undefined, undefined]);
    bids.add(101, order(1, 'me'));
    asks.add(103, order(2, 'me'));
    expect([bids.best()?.tick, bids.bestBeside('me'), asks.bestBeside('me')]).toEqual([101, undefined, undefined]);
    bids.add(99, order(3, 'they'));
    asks.add(105, order(4, 'they'));
    expect([bids.bestBeside('me')?.tick, asks.bestBeside('me')?.tick]).toEqual([99, 105]);
    expect([bids.bestBeside('they')?.tick, asks.bestBeside('they')?.tick]).toEqual([101, 103]);
    bids.add(101, order(5, 'they'));
    expect(bids.bestBeside('me')?.tick).toBe(101);
  });
});
