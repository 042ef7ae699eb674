import { describe, expect, it } from 'vitest';
import { type MadeRow, seenRows } from '../../test/made_rows.ts';
import { Answers } from './exchange_side.ts';
import { FifoExchange } from './fifo_exchange.ts';
import { OrderBus } from './order_bus.ts';
import { constantLatency } from './order_latency.ts';
import { WHOLE_SIDE } from './rows.ts';
import { SimulatedOrder } from './simulated_order.ts';
import type { OrderType } from './strategy.ts';

/** What the tape tells, without when. */
type Told = Omit<MadeRow, 'atNs'>;

const told = (what: MadeRow['what'], id: number, tick: number, lots: number, side: 1 | -1 = 1): Told => ({
  ...{ what, id, tick, lots, side },
});
const level = (what: 'bid' | 'ask', tick: number, lots: number): Told => ({ what, tick, lots });

/** An exchange and what it answers, as text. */
class World {
  readonly #bus = new OrderBus();
  readonly #exchange: FifoExchange;
  #nowNs = 0;
  #orders = 0;

  constructor(through = true) {
    this.#exchange = new FifoExchange(new Answers(this.#bus, constantLatency(0, 0), () => {}), through);
    this.rows(told('joins', 1, 99, 5), level('bid', 99, 5), told('joins', 2, 101, 5, -1), level('ask', 101, 5));
  }

  /** Tells rows, each a nanosecond after the one before. @returns what was answered */
  rows(...rows: readonly Told[]): readonly string[] {
    for (const row of rows) {
      this.#nowNs += 1;
      this.#exchange.drain(seenRows([{ ...row, atNs: this.#nowNs }]), 0, this.#nowNs);
    }
    return this.heard();
  }

  place(side: 1 | -1, tick: number, type: OrderType = 'postOnly'): SimulatedOrder {
    this.#orders += 1;
    const order = new SimulatedOrder(this.#orders, side, tick, 2, type);
    this.#exchange.place(order, this.#nowNs);
    return order;
  }

  cancel(order: SimulatedOrder): void {
    this.#exchange.cancel(order, this.#nowNs);
  }

  heard(): readonly string[] {
    const answers: string[] = [];
    while (this.#bus.nextNs < Number.POSITIVE_INFINITY) {
      const { kind, order, tick, lots, maker } = this.#bus.take();
      answers.push(`${kind} ${order.id}${kind === 'filled' ? ` ${lots} @ ${tick} ${maker ? 'maker' : 'taker'}` : ''}`);
    }
    return answers;
  }
}

describe('an exchange of single orders', () => {
  it('fills us when an order behind ours is executed, and not when one before is', () => {
    const world = new World();
    world.place(1, 99);
    expect(world.heard()).toEqual(['accepted 1']);
    world.rows(told('joins', 3, 99, 4), level('bid', 99, 9));
    expect(world.rows(told('executed', 1, 99, 5), told('leaves', 1, 99, 5), level('bid', 99, 4))).toEqual([]);
    expect(world.rows(told('executed', 3, 99, 1))).toEqual(['filled 1 2 @ 99 maker']);
    expect(world.rows(told('executed', 3, 99, 1))).toEqual([]);
  });

  it('lets an order that gets smaller keep its place, and sends one that gets larger or moves to the end', () => {
    for (const [change, filled] of [
      [told('changes', 1, 99, 3), false],
      [told('changes', 1, 99, 6), true],
      [told('changes', 1, 98, 5), true],
    ] as const) {
      const world = new World(false);
      world.place(1, 99);
      world.place(1, 98);
      world.heard();
      world.rows(change);
      const expected = filled ? [change.tick === 99 ? 'filled 1 2 @ 99 maker' : 'filled 2 2 @ 98 maker'] : [];
      expect(world.rows(told('executed', 1, change.tick, 1))).toEqual(expected);
    }
  });

  it('fills a better price than the one executed, unless it is to be as hftbacktest 2.4.4', () => {
    for (const through of [true, false]) {
      const world = new World(through);
      world.place(-1, 100);
      world.heard();
      expect(world.rows(told('executed', 2, 101, 1, -1))).toEqual(through ? ['filled 1 2 @ 100 maker'] : []);
    }
  });

  it('knows of an order from before the tape only that it stood before ours', () => {
    const world = new World();
    world.place(1, 98);
    world.place(1, 97);
    world.heard();
    expect(world.rows(told('leaves', 77, 98, 1), told('changes', 78, 98, 1))).toEqual([]);
    expect(world.rows(told('executed', 79, 97, 1))).toEqual(['filled 1 2 @ 98 maker']);
  });

  it('fills us when the other side reaches our price', () => {
    const world = new World();
    world.place(1, 100);
    world.place(1, 99);
    world.heard();
    expect(world.rows(told('joins', 9, 100, 1, -1), level('ask', 100, 1))).toEqual(['filled 1 2 @ 100 maker']);
  });

  it('refuses what would take if it may not, and lets it take at the best price where it may', () => {
    const world = new World();
    for (const type of ['postOnly', 'limit', 'immediateOrCancel', 'fillOrKill'] as const) world.place(1, 102, type);
    world.place(-1, 100, 'immediateOrCancel');
    expect(world.heard()).toEqual([
      'expired 1',
      'filled 2 2 @ 101 taker',
      'filled 3 2 @ 101 taker',
      'filled 4 2 @ 101 taker',
      'expired 5',
    ]);
  });

  it('takes an order off the book once', () => {
    const world = new World();
    const order = world.place(1, 99);
    world.cancel(order);
    world.cancel(order);
    expect(world.heard()).toEqual(['accepted 1', 'cancelled 1', 'rejected 1']);
    expect(world.rows(told('joins', 3, 99, 4), told('executed', 3, 99, 1))).toEqual([]);
  });

  it('ends our orders where a side is cleared', () => {
    const world = new World();
    world.place(1, 99);
    world.place(-1, 101);
    world.heard();
    expect(world.rows({ what: 'clear', tick: WHOLE_SIDE, lots: 0, side: 1 })).toEqual(['expired 1']);
    expect(world.rows({ what: 'clear', tick: 0, lots: 0 })).toEqual(['expired 2']);
  });
});
