import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_ASK, NO_BID, TouchBook } from './touch_book.ts';

const update = fc.record({
  bid: fc.boolean(),
  tick: fc.integer({ min: 100, max: 120 }),
  lots: fc.integer({ min: 0, max: 3 }),
});

/** The rule itself, over plain maps: who comes in last is believed, the other side steps back behind it. */
class Plain {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  bidTick = NO_BID;
  askTick = NO_ASK;

  set({ bid, tick, lots }: { bid: boolean; tick: number; lots: number }): void {
    const side = bid ? this.bids : this.asks;
    if (lots === 0) side.delete(tick);
    else side.set(tick, lots);
    const bidBelow = (limit: number) => Math.max(NO_BID, ...[...this.bids.keys()].filter((one) => one < limit));
    const askAbove = (limit: number) => Math.min(NO_ASK, ...[...this.asks.keys()].filter((one) => one > limit));
    if (bid && lots === 0 && tick === this.bidTick) this.bidTick = bidBelow(tick);
    if (!bid && lots === 0 && tick === this.askTick) this.askTick = askAbove(tick);
    if (bid && lots > 0 && tick > this.bidTick) {
      this.bidTick = tick;
      if (tick >= this.askTick) this.askTick = askAbove(tick);
    }
    if (!bid && lots > 0 && tick < this.askTick) {
      this.askTick = tick;
      if (tick <= this.bidTick) this.bidTick = bidBelow(tick);
    }
  }
}

it('believes the newer of two levels that cross, and is never crossed', () => {
  fc.assert(
    fc.property(fc.array(update, { maxLength: 60 }), (updates) => {
      const book = new TouchBook();
      const plain = new Plain();
      for (const one of updates) {
        if (one.bid) book.setBid(one.tick, one.lots);
        else book.setAsk(one.tick, one.lots);
        plain.set(one);
        expect([book.bidTick, book.askTick]).toEqual([plain.bidTick, plain.askTick]);
        expect(book.bidTick).toBeLessThan(book.askTick);
      }
    }),
    { numRuns: 60 },
  );
});
