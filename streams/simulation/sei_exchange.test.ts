import { describe, expect, it } from 'vitest';
import { type MadeRow, seenRows } from '../../test/made_rows.ts';
import { Answers } from './exchange_side.ts';
import { OrderBus } from './order_bus.ts';
import { constantLatency } from './order_latency.ts';
import { riskAverse } from './queue_position.ts';
import { SeiExchange } from './sei_exchange.ts';
import { SimulatedOrder } from './simulated_order.ts';
import type { OrderType } from './strategy.ts';

const BLOCK = 400;

/** An exchange whose rows are told one after another, and what it answers, as text: when, what, whose, and of fills how much at what price. */
class World {
  readonly answers: string[] = [];
  readonly #bus = new OrderBus();
  readonly #exchange: SeiExchange;
  #orders = 0;

  constructor(book: readonly Omit<MadeRow, 'atNs'>[] = BOOK) {
    const told = new Answers(this.#bus, constantLatency(0, 0), () => {});
    this.#exchange = new SeiExchange(riskAverse, told, BLOCK);
    this.rows(...book.map((row) => ({ ...row, atNs: 1 })));
  }

  rows(...rows: readonly MadeRow[]): this {
    const seen = seenRows(rows);
    for (let at = 0; at < rows.length; ) {
      at = this.#exchange.drain(seen, at, Number.POSITIVE_INFINITY);
      this.#hear();
    }
    return this;
  }

  place(side: 1 | -1, tick: number, lots: number, type: OrderType = 'limit'): SimulatedOrder {
    this.#orders += 1;
    const order = new SimulatedOrder(this.#orders, side, tick, lots, type);
    this.#exchange.place(order);
    return order;
  }

  cancel(order: SimulatedOrder): void {
    this.#exchange.cancel(order);
  }

  /** Lets time go on to a block's end, and gives what was answered since. */
  until(ns: number): readonly string[] {
    this.rows({ what: 'bid', tick: 1, lots: 1, atNs: ns + 1 });
    return this.answers.splice(0);
  }

  #hear(): void {
    while (this.#bus.nextNs < Number.POSITIVE_INFINITY) {
      const { kind, order, tick, lots, maker, exchangeNs } = this.#bus.take();
      const fill = kind === 'filled' ? ` ${lots} @ ${tick} ${maker ? 'maker' : 'taker'}` : '';
      this.answers.push(`${exchangeNs} ${kind} ${order.id}${fill}`);
    }
  }
}

/** 5 at 98, 3 at 99; 4 at 101, 6 at 102. */
const BOOK = [
  { what: 'bid', tick: 98, lots: 5 },
  { what: 'bid', tick: 99, lots: 3 },
  { what: 'ask', tick: 101, lots: 4 },
  { what: 'ask', tick: 102, lots: 6 },
] as const;

describe("Sei's exchange on a tape", () => {
  it('answers at the end of the block, cancels first, and ignores a cancel of the same block', () => {
    const world = new World();
    const first = world.place(1, 98, 2);
    expect(world.until(400)).toEqual(['400 accepted 1']);
    const second = world.place(-1, 103, 1);
    world.cancel(second);
    world.cancel(first);
    expect(world.until(800)).toEqual(['800 rejected 2', '800 cancelled 1', '800 accepted 2']);
    world.cancel(first);
    expect(world.until(1_200)).toEqual(['1200 rejected 1']);
  });

  it('has the rows of its last instant in a block, and no later one', () => {
    const world = new World();
    world.place(-1, 99, 9);
    world.rows({ what: 'bid', tick: 99, lots: 4, atNs: 400 }, { what: 'bid', tick: 99, lots: 8, atNs: 401 });
    expect(world.answers).toEqual(['400 accepted 1', '400 filled 1 4 @ 99 taker']);
  });

  it('gives those who took in a block to better prices first, at those prices, and each lot once', () => {
    const world = new World();
    world.place(1, 99, 4);
    world.place(1, 100, 2);
    expect(world.until(400)).toEqual(['400 accepted 1', '400 accepted 2']);
    // 3 at 99 and 5 at 98 were sold: with us there, 2 of them at 100, 3 at 99 to whom was there first, and 3 at 99 to us.
    world.rows({ what: 'sold', tick: 99, lots: 3, atNs: 500 }, { what: 'sold', tick: 98, lots: 5, atNs: 501 });
    world.rows({ what: 'bid', tick: 99, lots: 0, atNs: 502 }, { what: 'bid', tick: 98, lots: 0, atNs: 503 });
    expect(world.until(800)).toEqual(['800 filled 2 2 @ 100 maker', '800 filled 1 3 @ 99 maker']);
  });

  it('serves an order in the block in which it came, also by what was traded before it', () => {
    const world = new World();
    world.rows({ what: 'sold', tick: 99, lots: 3, atNs: 100 }, { what: 'bid', tick: 99, lots: 0, atNs: 100 });
    world.place(1, 100, 2);
    world.place(1, 99, 2);
    expect(world.until(400)).toEqual(['400 accepted 1', '400 accepted 2', '400 filled 1 2 @ 100 maker']);
  });

  it('moves us up by trades at our price, block by block', () => {
    const world = new World();
    world.place(-1, 101, 3);
    world.until(400);
    world.rows({ what: 'bought', tick: 101, lots: 3, atNs: 500 }, { what: 'ask', tick: 101, lots: 1, atNs: 500 });
    expect(world.until(800)).toEqual([]);
    world.rows({ what: 'ask', tick: 101, lots: 4, atNs: 900 }, { what: 'bought', tick: 101, lots: 2, atNs: 950 });
    world.rows({ what: 'ask', tick: 101, lots: 2, atNs: 950 });
    expect(world.until(1_200)).toEqual(['1200 filled 1 1 @ 101 maker']);
  });

  it('matches crossed limits at the middle of each two levels, post-only or not', () => {
    const world = new World();
    world.place(1, 102, 7, 'postOnly');
    expect(world.until(400)).toEqual(['400 accepted 1', '400 filled 1 4 @ 101.5 taker', '400 filled 1 3 @ 102 taker']);
    // What was taken is not there again, until the tape tells the level.
    world.place(1, 102, 9);
    expect(world.until(800)).toEqual(['800 accepted 2', '800 filled 2 3 @ 102 taker']);
    world.rows({ what: 'ask', tick: 102, lots: 5, atNs: 900 });
    expect(world.until(1_200)).toEqual(['1200 filled 2 5 @ 102 maker']);
  });

  it('fills a resting order at the middle, where the market comes through it', () => {
    const world = new World();
    world.place(1, 100, 5);
    world.until(400);
    world.rows({ what: 'ask', tick: 99, lots: 3, atNs: 500 });
    expect(world.until(800)).toEqual(['800 filled 1 3 @ 99.5 maker']);
  });

  it('does not keep us from trading with ourselves', () => {
    const world = new World();
    world.place(1, 100, 5);
    world.until(400);
    world.place(-1, 99, 2);
    expect(world.until(800)).toEqual(['800 accepted 2', '800 filled 1 2 @ 99.5 maker', '800 filled 2 2 @ 99.5 taker']);
  });

  it('gives all who took in a block one price: 4 at 101, and 3 at 102 by us', () => {
    const world = new World();
    world.rows({ what: 'bought', tick: 101, lots: 4, atNs: 100 }, { what: 'ask', tick: 101, lots: 0, atNs: 100 });
    world.place(1, 102, 3, 'immediateOrCancel');
    world.place(1, 101, 1, 'immediateOrCancel');
    world.place(1, 103, 1, 'fillOrKill');
    const price = Math.round(((4 * 101 + 3 * 102) / 7) * 1e6) / 1e6;
    expect(world.until(400)).toEqual(['400 expired 3', `400 filled 1 3 @ ${price} taker`, '400 expired 2']);
  });

  it('leaves nothing of a level that is cleared', () => {
    const world = new World();
    world.rows({ what: 'clear', tick: 0, lots: 0, atNs: 100 });
    world.place(1, 110, 1);
    world.place(-1, 111, 1, 'immediateOrCancel');
    expect(world.until(400)).toEqual(['400 accepted 1', '400 expired 2']);
  });

  it('wants whole nanoseconds for a block', () => {
    const told = new Answers(new OrderBus(), constantLatency(0, 0), () => {});
    for (const blockNs of [0, -1, 0.5]) expect(() => new SeiExchange(riskAverse, told, blockNs)).toThrow('whole nano');
  });
});
