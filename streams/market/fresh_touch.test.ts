import { describe, expect, it } from 'vitest';
import { LocalBook } from './local_book.ts';
import type { BookTicker, Levels, MarketInput } from './types.ts';

const stamp = { seq: 0, timeUs: 0, market: 'X', eventUs: 0 };
const snapshot = (lastId: number, bids: Levels, asks: Levels): MarketInput => ({
  kind: 'bookSnapshot',
  ...stamp,
  lastId,
  bids,
  asks,
});
const delta = (lastId: number, bids: Levels, asks: Levels = []): MarketInput => ({
  kind: 'bookDelta',
  ...stamp,
  firstId: lastId,
  lastId,
  previousId: -1,
  bids,
  asks,
});
const ticker = (updateId: number, bidTick: number, bidLots: number, askTick: number, askLots: number): BookTicker => ({
  kind: 'bookTicker',
  ...{ ...stamp, updateId, bidTick, bidLots, askTick, askLots },
});

/** The touch after each input. */
function touches(...inputs: readonly MarketInput[]): readonly (readonly number[])[] {
  const local = new LocalBook('X');
  return inputs.map((input) => {
    local.apply(input);
    const { bidTick, bidLots, askTick, askLots } = local.touch;
    return [bidTick, bidLots, askTick, askLots];
  });
}

describe('the newest best prices', () => {
  it('are the ticker’s until the book has caught up, and the book’s from then on', () => {
    expect(
      touches(
        snapshot(10, [100, 5], [101, 5]),
        ticker(12, 101, 2, 102, 7),
        delta(11, [99, 1]),
        delta(12, [101, 2], [101, 0, 102, 7]),
        delta(13, [101, 3]),
        ticker(12, 90, 1, 91, 1),
      ),
    ).toEqual([
      [100, 5, 101, 5],
      [101, 2, 102, 7],
      [101, 2, 102, 7],
      [101, 2, 102, 7],
      [101, 3, 102, 7],
      [101, 3, 102, 7],
    ]);
  });

  it('are not held by an id that was wrong: not a book’s, and a ticker’s no longer than the stream doubts itself', () => {
    const garbledBook = touches(snapshot(10, [100, 5], [101, 5]), snapshot(9_000, [80, 1], [81, 1]));
    expect(garbledBook.at(-1)).toEqual([80, 1, 81, 1]);
    const late = Array.from({ length: 70 }, (_, i) => ticker(11 + i, 100, 1 + i, 101, 5));
    const garbledTicker = touches(snapshot(10, [100, 5], [101, 5]), ticker(9_000, 80, 1, 81, 1), ...late);
    expect(garbledTicker.at(-1)).toEqual([100, 70, 101, 5]);
  });

  it('begin anew with the feed', () => {
    const status = (to: 'down' | 'up'): MarketInput => ({ kind: 'feedStatus', ...stamp, status: to, reason: 'test' });
    const seen = touches(
      snapshot(10, [100, 5], [101, 5]),
      ticker(12, 101, 2, 102, 7),
      status('down'),
      status('up'),
      snapshot(3, [50, 5], [51, 5]),
    );
    expect(seen.slice(2)).toEqual([
      [-1, 0, -1, 0],
      [-1, 0, -1, 0],
      [50, 5, 51, 5],
    ]);
  });

  it('have a mid only where both sides are there', () => {
    const local = new LocalBook('X');
    expect(local.touch.twoSided).toBe(false);
    local.apply(snapshot(10, [100, 5], [103, 5]));
    expect([local.touch.twoSided, local.touch.midHalfTicks]).toEqual([true, 203]);
    local.apply(snapshot(11, [100, 5], []));
    expect(local.touch.twoSided).toBe(false);
  });

  it('are the same after encoding and decoding, and go on the same', () => {
    const local = new LocalBook('X');
    for (const input of [snapshot(10, [100, 5], [101, 5]), ticker(12, 101, 2, 102, 7)]) local.apply(input);
    const copy = LocalBook.decode('X', JSON.parse(JSON.stringify(local.encode())));
    for (const one of [local, copy]) one.apply(delta(11, [99, 1]));
    expect(copy.touch.encode()).toEqual(local.touch.encode());
    expect(copy.touch.bidTick).toBe(101);
  });
});
