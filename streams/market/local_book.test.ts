import { describe, expect, it } from 'vitest';
import { LocalBook } from './local_book.ts';
import type { BookDelta, BookSnapshot, BookTicker, FeedStatus, Levels, Trade } from './types.ts';

const stamp = { seq: 0, timeUs: 0, market: 'X', eventUs: 0 };
const snapshot = (lastId: number, bids: Levels = [100, 5], asks: Levels = [101, 5]): BookSnapshot => ({
  kind: 'bookSnapshot',
  ...stamp,
  lastId,
  bids,
  asks,
});
const spot = (firstId: number, lastId: number, bids: Levels = [], asks: Levels = []): BookDelta => ({
  kind: 'bookDelta',
  ...stamp,
  firstId,
  lastId,
  previousId: -1,
  bids,
  asks,
});
const futures = (previousId: number, firstId: number, lastId: number, bids: Levels = []): BookDelta => ({
  ...spot(firstId, lastId, bids),
  previousId,
});
const ticker = (updateId: number, bidTick: number, askTick: number): BookTicker => ({
  kind: 'bookTicker',
  ...stamp,
  updateId,
  bidTick,
  bidLots: 5,
  askTick,
  askLots: 5,
});
const trade = (tradeId: number): Trade => ({ kind: 'trade', ...stamp, tradeId, side: 'buy', tick: 100, lots: 2 });
const status = (to: 'up' | 'down'): FeedStatus => ({ kind: 'feedStatus', ...stamp, status: to, reason: 'test' });

function fed(...inputs: Parameters<LocalBook['apply']>[0][]) {
  const book = new LocalBook('X');
  const rejects = inputs.map((input) => book.apply(input)?.reason ?? null);
  return { book, rejects: rejects.filter((reason) => reason !== null) };
}

describe('the rules for keeping a spot book', () => {
  it('asks for a snapshot, applies the updates that waited from the one that straddles it, and drops older ones', () => {
    const { book, rejects } = fed(spot(1, 4, [90, 1]), spot(5, 8, [91, 1]), spot(9, 10, [92, 1]));
    expect([book.status, book.resyncWanted]).toEqual(['syncing', true]);
    book.apply(snapshot(6));
    expect([book.status, book.lastId, book.resyncWanted]).toEqual(['live', 10, false]);
    expect([book.book.bids.lotsAt(90), book.book.bids.lotsAt(91), book.book.bids.lotsAt(92)]).toEqual([0, 1, 1]);
    expect(rejects).toEqual([]);
  });

  it('takes a gap for what it is: nothing more is applied until a snapshot', () => {
    const { book, rejects } = fed(snapshot(10), spot(11, 12), spot(14, 15, [99, 1]));
    expect(rejects).toEqual(['gap']);
    expect([book.status, book.resyncWanted]).toEqual(['gapped', true]);
    expect(book.book.bids.lotsAt(99)).toBe(0);
    book.apply(spot(16, 16, [98, 1]));
    expect(book.apply(snapshot(14))).toBe(null);
    expect([book.status, book.lastId]).toEqual(['live', 16]);
    expect([book.book.bids.lotsAt(99), book.book.bids.lotsAt(98)]).toEqual([1, 1]);
  });

  it('refuses a snapshot that is too old for what waits, and asks again', () => {
    const { book, rejects } = fed(spot(20, 22), snapshot(10));
    expect(rejects).toEqual(['gap']);
    expect([book.status, book.resyncWanted]).toEqual(['gapped', true]);
  });

  it('keeps what waits when a snapshot is too old for it, and wishes for another', () => {
    const { book } = fed(spot(5, 8, [99, 1]), spot(9, 10, [99, 0]));
    expect([book.apply(snapshot(2))?.reason, book.resyncWanted, book.resyncs]).toEqual(['gap', true, 2]);
    expect(book.apply(snapshot(7))).toBe(null);
    expect([book.status, book.lastId, book.resyncs]).toEqual(['live', 10, 2]);
  });

  it('drops updates that the snapshot includes, also those that come after it', () => {
    const { book, rejects } = fed(spot(5, 8), snapshot(12), spot(9, 10), spot(11, 12), spot(13, 14), spot(13, 14));
    expect([rejects, book.status, book.lastId]).toEqual([['duplicate'], 'live', 14]);
  });

  it('refuses repeats among what waits, too', () => {
    const { book, rejects } = fed(spot(5, 8, [101, 1]), spot(9, 10, [101, 0]), spot(5, 8, [101, 1]), snapshot(6));
    expect([rejects, book.status, book.lastId, book.book.bestBidTick]).toEqual([['out-of-order'], 'live', 10, 100]);
  });

  it('takes a long run of late updates for a sign that its own id is wrong', () => {
    const { book } = fed(snapshot(10), spot(11, 9_000_000));
    const late = Array.from({ length: 64 }, (_, i) => book.apply(spot(12 + i, 12 + i))?.reason);
    expect(new Set(late.slice(0, 63))).toEqual(new Set(['out-of-order']));
    expect([late[63], book.status, book.resyncWanted]).toEqual(['gap', 'gapped', true]);
    book.apply(snapshot(75));
    expect([book.status, book.lastId]).toEqual(['live', 75]);
  });

  it('counts duplicates and late updates, and is not disturbed by them', () => {
    const { book, rejects } = fed(snapshot(10), spot(11, 12), spot(11, 12), spot(11, 11));
    expect(rejects).toEqual(['duplicate', 'out-of-order']);
    expect([book.status, book.lastId]).toEqual(['live', 12]);
  });
});

describe('the rules for keeping a futures book', () => {
  it('begins with the update that straddles the snapshot and then follows pu', () => {
    const { book, rejects } = fed(futures(3, 5, 9), futures(9, 11, 14, [99, 2]), snapshot(7));
    expect(rejects).toEqual([]);
    expect([book.status, book.lastId]).toEqual(['live', 14]);
    expect(book.apply(futures(15, 16, 17))?.reason).toBe('gap');
  });

  it('begins where ids between pu and U belong to other markets, but never goes on so', () => {
    const { book, rejects } = fed(snapshot(7), futures(6, 9, 10));
    expect([rejects, book.status]).toEqual([[], 'live']);
    expect(book.apply(futures(9, 11, 12))?.reason).toBe('gap');
  });
});

describe('trust in the book', () => {
  it('is lost while it is crossed and comes back with the crossing gone', () => {
    const { book, rejects } = fed(snapshot(10), spot(11, 11, [101, 1]));
    expect([rejects, book.status]).toEqual([['crossed'], 'crossed']);
    expect(book.resyncWanted).toBe(true);
    book.apply(spot(12, 12, [101, 0]));
    expect([book.status, book.resyncWanted]).toEqual(['live', false]);
  });

  it('comes back by a snapshot and what was taken in since, where the crossing stays', () => {
    const { book } = fed(snapshot(10), spot(11, 11, [101, 1]), spot(12, 12, [99, 4]));
    expect(book.apply(snapshot(11))).toBe(null);
    expect([book.status, book.lastId, book.book.bids.lotsAt(99)]).toEqual(['live', 12, 4]);
  });

  it('is lost when the exchange names other best prices for the same update, whichever came first', () => {
    const late = fed(snapshot(10), spot(11, 11, [99, 1]), ticker(11, 99, 101));
    expect([late.rejects, late.book.status, late.book.mismatches]).toEqual([['mismatch'], 'gapped', 1]);
    const early = fed(snapshot(10), ticker(11, 99, 101), spot(11, 11, [99, 1]));
    expect(early.rejects).toEqual(['mismatch']);
    expect([early.book.status, early.book.comparisons, early.book.mismatches]).toEqual(['gapped', 1, 1]);
    const good = fed(snapshot(10), ticker(11, 100, 101), spot(11, 11, [99, 1]), spot(12, 12), ticker(12, 100, 101));
    expect([good.book.status, good.book.comparisons, good.book.mismatches]).toEqual(['live', 2, 0]);
  });

  it('is lost with the feed and needs a new snapshot afterwards', () => {
    const { book } = fed(snapshot(10), status('down'));
    expect(book.status).toBe('down');
    // A snapshot that was under way: nothing would keep it up to date.
    expect(book.apply(snapshot(11))?.reason).toBe('feed-down');
    expect(book.apply(spot(12, 12))?.reason).toBe('feed-down');
    expect(book.status).toBe('down');
    book.apply(status('up'));
    expect([book.status, book.resyncWanted]).toEqual(['syncing', true]);
    book.apply(snapshot(3));
    expect([book.status, book.lastId]).toEqual(['live', 3]);
  });
});

describe('a local book', () => {
  it('sums the order-flow imbalance of the touch as the paper defines it', () => {
    const { book } = fed(snapshot(1), spot(2, 2, [100, 8]), spot(3, 3, [], [101, 2]), spot(4, 4, [100, 0, 99, 4]));
    // +3 at the bid, then 3 gone from the ask, then the best bid of 8 gone: 3 + 3 − 8.
    expect(book.ofiLots).toBe(-2);
  });

  it('compares and counts each best price and each trade once', () => {
    const { book, rejects } = fed(
      snapshot(10),
      spot(11, 11),
      ticker(11, 100, 101),
      ticker(11, 100, 101),
      ticker(9, 1, 2),
    );
    expect([rejects, book.comparisons]).toEqual([['duplicate', 'out-of-order'], 1]);
    expect([trade(7), trade(7), trade(6), trade(8)].map((one) => book.apply(one)?.reason ?? null)).toEqual([
      null,
      'duplicate',
      'out-of-order',
      null,
    ]);
    expect(book.takerBuyLots).toBe(4);
    // One garbled id must not silence the stream for ever.
    book.apply(trade(9_000_000));
    const refused = Array.from({ length: 100 }, (_, i) => book.apply(trade(9 + i))).filter((one) => one !== null);
    expect(refused.length).toBe(64);
  });

  it('keeps how far takers went in the newest slot of time in which they came', () => {
    const book = new LocalBook('X', 200);
    const at = (timeUs: number, side: 'buy' | 'sell', tick: number, tradeId: number): void => {
      book.apply({ ...trade(tradeId), timeUs, side, tick });
    };
    const reach = (): number[] => [book.tradeSlot, book.tradeHighTick, book.tradeLowTick];
    expect(reach()).toEqual([-1, -1, -1]);
    at(200, 'buy', 100, 1);
    at(210, 'buy', 103, 2);
    at(399, 'buy', 101, 3);
    expect(reach()).toEqual([1, 103, -1]);
    at(400, 'sell', 98, 4);
    at(401, 'sell', 99, 5);
    expect(reach()).toEqual([2, -1, 98]);
  });

  it('is the same after encoding and decoding, and goes on the same', () => {
    const { book } = fed(snapshot(10), ticker(12, 100, 101), spot(11, 11, [99, 1]));
    const copy = LocalBook.decode('X', JSON.parse(JSON.stringify(book.encode())));
    for (const one of [book, copy]) one.apply(spot(12, 12, [98, 3]));
    expect(copy.encode()).toEqual(book.encode());
    expect(copy.comparisons).toBe(1);
  });

  it('keeps a bounded number of updates while it waits for a snapshot', () => {
    const { book } = fed(...Array.from({ length: 5_000 }, (_, i) => spot(i + 1, i + 1)));
    expect(book.encode().waiting.length).toBeLessThanOrEqual(2_000);
  });
});
