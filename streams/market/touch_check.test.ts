import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderBook } from './order_book.ts';
import { TouchCheck } from './touch_check.ts';
import type { BookTicker } from './types.ts';

function bookOf(bidLots: number): OrderBook {
  const book = new OrderBook();
  book.replace([100, bidLots], [101, 5]);
  return book;
}

const ticker = (updateId: number, bidLots: number): BookTicker => ({
  kind: 'bookTicker',
  seq: 0,
  timeUs: 0,
  market: 'X',
  eventUs: 0,
  updateId,
  bidTick: bidLots === 0 ? 0 : 100,
  bidLots,
  askTick: 101,
  askLots: 5,
});

describe('the check against the exchange', () => {
  it('compares every id that both name, in whatever order they come', () => {
    const rising = fc.uniqueArray(fc.nat(200)).map((ids) => ids.sort((a, b) => a - b));
    fc.assert(
      fc.property(rising, rising, fc.infiniteStream(fc.boolean()), (ours, theirs, oursFirst) => {
        const check = new TouchCheck();
        const book = bookOf(7);
        const left = { ours: [...ours], theirs: [...theirs] };
        for (const first of oursFirst) {
          const id = (first ? left.ours : left.theirs).shift();
          if (id !== undefined) expect(first ? check.ours(id, book) : check.theirs(ticker(id, 7))).toBe(true);
          if (left.ours.length + left.theirs.length === 0) break;
        }
        expect(check.comparisons).toBe(ours.filter((id) => theirs.includes(id)).length);
        expect(TouchCheck.decode(JSON.parse(JSON.stringify(check.encode()))).encode()).toEqual(check.encode());
      }),
      { numRuns: 200 },
    );
  });

  it('remembers 4,096 ids and no more', () => {
    const check = new TouchCheck();
    const book = bookOf(7);
    for (let id = 1; id <= 5_000; id += 1) check.ours(id, book);
    for (const id of [904, 905, 5_000]) check.theirs(ticker(id, 7));
    expect(check.comparisons).toBe(2);
    expect(check.encode().ours.length).toBe(4_096 * 5);
  });

  it('takes an empty side as told by price and size 0 for the empty side of a book', () => {
    const check = new TouchCheck();
    expect(check.ours(1, bookOf(0)) && check.theirs(ticker(1, 0))).toBe(true);
    expect(check.ours(2, bookOf(1)) && check.theirs(ticker(2, 0))).toBe(false);
    expect([check.comparisons, check.mismatches]).toEqual([2, 1]);
  });
});
