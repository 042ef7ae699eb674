import type { Ladder } from '../../streams/market/ladder.ts';
import type { OrderBook } from '../../streams/market/order_book.ts';
import { KIND, SIDE, WHOLE_SIDE } from './rows.ts';

/** Applies a row to a book kept row by row; rows that are no part of the book change nothing. */
export function applyRow(book: OrderBook, kind: number, side: number, tick: number, lots: number): void {
  if (kind === KIND.level || kind === KIND.snapshotLevel) {
    if (side === SIDE.buy) book.bids.set(tick, lots);
    else book.asks.set(tick, lots);
  } else if (kind === KIND.clear) {
    if (side === SIDE.none || tick === WHOLE_SIDE) {
      if (side !== SIDE.sell) book.bids.clear();
      if (side !== SIDE.buy) book.asks.clear();
    } else if (side === SIDE.buy) clearTo(book.bids, (level) => level >= tick);
    else clearTo(book.asks, (level) => level <= tick);
  }
}

function clearTo(ladder: Ladder, within: (tick: number) => boolean): void {
  const gone: number[] = [];
  ladder.forEach(Number.POSITIVE_INFINITY, (tick) => {
    if (within(tick)) gone.push(tick);
  });
  for (const tick of gone) ladder.set(tick, 0);
}
