import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalBook } from '../market/local_book.ts';
import type { BookSnapshot, Levels, Side, Trade } from '../market/types.ts';
import type { OrderBatch, Settlement } from '../orders/types.ts';
import { type ExchangeModel, type Report, SimulatedExchange } from './exchange.ts';
import { type QueueModelName, queueModel } from './queue.ts';

const stamp = { seq: 0, timeUs: 0, market: 'X', eventUs: 0 };
let ids = 0;

function snapshot(bids: Levels, asks: Levels): BookSnapshot {
  ids += 1;
  return { kind: 'bookSnapshot', ...stamp, lastId: ids, bids, asks };
}

function trade(side: Side, tick: number, lots: number): Trade {
  ids += 1;
  return { kind: 'trade', ...stamp, tradeId: ids, side, tick, lots };
}

class Scene {
  readonly book = new LocalBook('X');
  readonly exchange: SimulatedExchange;
  readonly reports: Report[] = [];
  #batches = 0;

  constructor(queue: QueueModelName = 'back', change: Partial<ExchangeModel> = {}, exponent = 1) {
    const model = {
      queue: queueModel(queue, exponent),
      orderLatencyUs: 5_000,
      responseLatencyUs: 3_000,
      crossing: 'refuse',
      ...change,
    } as const;
    this.exchange = new SimulatedExchange(model, new Map([['X', this.book]]));
  }

  feed(input: BookSnapshot | Trade, nowUs = 0): void {
    this.book.apply(input);
    this.reports.push(...this.exchange.moved(input, nowUs));
  }

  /** Places an order and gives its id, or the empty string. */
  place(side: Side, tick: number, lots: number, cancelIds: readonly string[] = []): string {
    this.#batches += 1;
    const places = [{ clientOrderId: `c${this.#batches}`, market: 'X', side, tick, lots }];
    const cancels = cancelIds.map((orderId) => ({ clientOrderId: '', orderId, market: 'X', side, tick }));
    const batch: OrderBatch = {
      kind: 'orderBatch',
      seq: 1,
      timeUs: 0,
      causes: [],
      batchId: this.#batches,
      cancels,
      places,
    };
    const reports = this.exchange.arrive(batch, 1_000);
    this.reports.push(...reports);
    const outcome = reports.map(({ input }) => input).find((input) => input.kind === 'batchCommitted');
    return outcome?.kind === 'batchCommitted' ? outcome.orderIds[0]! : '';
  }

  get fills(): Settlement[] {
    return this.reports.map(({ input }) => input).filter((input) => input.kind === 'settlement');
  }

  get filledLots(): number {
    return this.fills.reduce((sum, { lots }) => sum + lots, 0);
  }
}

describe('the simulated exchange', () => {
  it('fills a resting order only after what stood ahead of it has traded', () => {
    const scene = new Scene();
    scene.feed(snapshot([100, 10], [102, 10]));
    scene.place('buy', 100, 5);
    scene.feed(trade('sell', 100, 9));
    expect(scene.filledLots).toBe(0);
    scene.feed(trade('sell', 100, 3));
    scene.feed(trade('sell', 100, 10));
    expect(scene.fills.map(({ lots, microTicks, liquidity }) => [lots, microTicks, liquidity])).toEqual([
      [2, 100_000_000, 'maker'],
      [3, 100_000_000, 'maker'],
    ]);
    expect(scene.exchange.open).toBe(0);
  });

  it('fills wholly when the market trades through the price, or the other side comes to it', () => {
    for (const happen of [
      (scene: Scene) => scene.feed(trade('sell', 99, 1)),
      (scene: Scene) => scene.feed(snapshot([98, 1], [100, 4])),
    ]) {
      const scene = new Scene();
      scene.feed(snapshot([100, 50], [102, 10]));
      scene.place('buy', 100, 5);
      happen(scene);
      expect(scene.filledLots).toBe(5);
    }
  });

  it('does not fill from trades on the other side or at other prices', () => {
    const scene = new Scene();
    scene.feed(snapshot([100, 1], [102, 1]));
    scene.place('buy', 100, 5);
    scene.feed(trade('buy', 102, 100));
    scene.feed(trade('sell', 101, 100));
    expect(scene.fills).toEqual([]);
  });

  it('moves up with cancels as its queue model says', () => {
    // Ten ahead and ten behind, of which ten are cancelled.
    for (const [model, exponent, needed] of [
      ['back', 1, 10],
      ['power', 1, 5],
      ['power', 3, 5],
    ] as const) {
      const scene = new Scene(model, {}, exponent);
      scene.feed(snapshot([100, 10], [102, 10]));
      scene.place('buy', 100, 1);
      scene.feed(snapshot([100, 20], [102, 10]));
      scene.feed(snapshot([100, 10], [102, 10]));
      scene.feed(trade('sell', 100, needed));
      expect(scene.filledLots).toBe(0);
      scene.feed(trade('sell', 100, 1));
      expect(scene.filledLots).toBe(1);
    }
  });

  it('refuses an order that would take, or executes it at the prices of the book', () => {
    const refusing = new Scene();
    refusing.feed(snapshot([100, 10], [102, 3, 103, 10]));
    expect(refusing.place('buy', 103, 5)).toBe('');
    const taking = new Scene('back', { crossing: 'take' });
    taking.feed(snapshot([100, 10], [102, 3, 103, 10]));
    taking.place('buy', 103, 5);
    expect(taking.fills.map(({ lots, microTicks, liquidity }) => [lots, microTicks / 1e6, liquidity])).toEqual([
      [3, 102, 'taker'],
      [2, 103, 'taker'],
    ]);
  });

  it('cancels first, and tells everything after the response latency', () => {
    const scene = new Scene();
    scene.feed(snapshot([100, 0, 99, 1], [102, 10]));
    const first = scene.place('buy', 100, 5);
    scene.place('buy', 99, 5, [first]);
    expect(scene.exchange.open).toBe(1);
    expect(new Set(scene.reports.map(({ dueUs }) => dueUs))).toEqual(new Set([4_000]));
    expect(scene.exchange.arrivesUs(100)).toBe(5_100);
  });

  it('places nothing in a book that is not live', () => {
    const scene = new Scene();
    expect(scene.place('buy', 100, 1)).toBe('');
  });

  it('never fills more than traded beyond the queue, nor more than the order', () => {
    const trades = fc.array(
      fc.tuple(
        fc.constantFrom<Side>('buy', 'sell'),
        fc.integer({ min: 99, max: 102 }),
        fc.integer({ min: 1, max: 20 }),
      ),
    );
    fc.assert(
      fc.property(trades, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 10 }), (all, ahead, lots) => {
        const scene = new Scene();
        scene.feed(snapshot([100, ahead, 90, 1], [103, 10]));
        scene.place('buy', 100, lots);
        let traded = 0;
        let through = false;
        for (const [side, tick, size] of all) {
          scene.feed(trade(side, tick, size));
          if (side === 'sell' && tick === 100) traded += size;
          if (side === 'sell' && tick < 100) through = true;
          const most = through ? lots : Math.min(lots, Math.max(0, traded - ahead));
          expect(scene.filledLots).toBeLessThanOrEqual(lots);
          expect(scene.filledLots).toBe(most);
        }
        expect(new Set(scene.fills.map(({ settlementId }) => settlementId)).size).toBe(scene.fills.length);
      }),
    );
  });

  it('gives one trade to our own orders of a level once, the first that joined before the next', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 5 });
    const trades = fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, trades, fc.integer({ min: 0, max: 20 }), (orders, all, ahead) => {
        const scene = new Scene();
        scene.feed(snapshot([100, ahead, 90, 1], [103, 10]));
        const ids = orders.map((lots) => scene.place('buy', 100, lots));
        for (const lots of all) scene.feed(trade('sell', 100, lots));
        const traded = all.reduce((sum, lots) => sum + lots, 0);
        let left = Math.max(0, traded - ahead);
        for (const [i, orderId] of ids.entries()) {
          const filled = scene.fills
            .filter((fill) => fill.orderId === orderId)
            .reduce((sum, { lots }) => sum + lots, 0);
          expect(filled).toBe(Math.min(left, orders[i]!));
          left -= filled;
        }
      }),
    );
  });
});
