import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BookSide } from '../src/devnet/book.ts';
import { type Execution, type MarketOrder, matchLimitOrders, matchMarketOrders } from '../src/devnet/matching.ts';
import { Answers } from '../streams/simulation/exchange_side.ts';
import { OrderBus } from '../streams/simulation/order_bus.ts';
import { constantLatency } from '../streams/simulation/order_latency.ts';
import { byShare, powerShare, riskAverse } from '../streams/simulation/queue_position.ts';
import { SeiExchange } from '../streams/simulation/sei_exchange.ts';
import { SimulatedOrder } from '../streams/simulation/simulated_order.ts';
import { type MadeRow, seenRows } from './made_rows.ts';

const BLOCK = 400;
const OURS = 1_000;
const MIDDLE = 100;

/** Levels of others by their distance from the middle, from 1 on. */
const levels = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 });
const lots = fc.integer({ min: 1, max: 12 });
/** Others who take: a share of what stands there. */
const takes = fc.array(lots, { maxLength: 3 });

interface Block {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  readonly side: 1 | -1;
  /** Ours that rest before the block, by distance: from where they cross nothing. */
  readonly resting: readonly { readonly away: number; readonly lots: number }[];
  /** Ours of the block: any price. */
  readonly places: readonly { readonly tick: number; readonly lots: number; readonly takes: boolean }[];
  /** Which of those that rest are cancelled. */
  readonly cancels: readonly number[];
  readonly sold: readonly number[];
  readonly bought: readonly number[];
}

const blocks: fc.Arbitrary<Block> = fc.record({
  bids: levels,
  asks: levels,
  side: fc.constantFrom<1 | -1>(1, -1),
  resting: fc.array(fc.record({ away: fc.integer({ min: 0, max: 6 }), lots }), { maxLength: 4 }),
  places: fc.array(fc.record({ tick: fc.integer({ min: MIDDLE - 7, max: MIDDLE + 7 }), lots, takes: fc.boolean() }), {
    maxLength: 4,
  }),
  cancels: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  sold: takes,
  bought: takes,
});

/** The book of others on the chain's own terms, one order a level. */
function bookOf({ bids, asks }: Block): { longs: BookSide; shorts: BookSide } {
  const [longs, shorts] = [new BookSide('buy'), new BookSide('sell')];
  for (const [i, size] of bids.entries())
    if (size > 0) longs.add(MIDDLE - 1 - i, { orderId: i, account: 'others', lots: size });
  for (const [i, size] of asks.entries())
    if (size > 0) shorts.add(MIDDLE + 1 + i, { orderId: i, account: 'others', lots: size });
  return { longs, shorts };
}

const takersOf = (sizes: readonly number[]): MarketOrder[] =>
  sizes.map((size, i) => ({ orderId: i, account: 'others', worstTick: 0, lots: size }));

/** No more than stands there: what a taker does not get, no tape shows. */
function within(sizes: readonly number[], there: readonly number[]): number[] {
  let left = there.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => {
    const part = Math.min(size, left);
    left -= part;
    return part;
  });
}

const priceOf = ({ numerator, denominator }: Execution): number => Math.round((numerator / denominator) * 1e6) / 1e6;

/** Lots by order and price. */
class Fills {
  readonly by = new Map<string, number>();
  add(orderId: number, price: number, size: number): void {
    const key = `${orderId} @ ${price}`;
    this.by.set(key, (this.by.get(key) ?? 0) + size);
  }
}

const tickOf = ({ side }: Block, away: number): number => MIDDLE - side * away;
const isCancelled = ({ cancels }: Block, order: number): boolean => cancels.includes(order);

/** What the devnet's matching, which is the chain's, gives our orders. */
function onChain(block: Block): Fills {
  const { longs, shorts } = bookOf(block);
  const own = block.side > 0 ? longs : shorts;
  const add = (order: number, tick: number, size: number): void =>
    own.add(tick, { orderId: OURS + order, account: 'us', lots: size });
  for (const [i, order] of block.resting.entries()) add(i, tickOf(block, order.away), order.lots);
  for (const [i, order] of block.resting.entries())
    if (isCancelled(block, i)) own.remove(tickOf(block, order.away), OURS + i);
  const placed = block.places.map((order, i) => ({ ...order, id: block.resting.length + i }));
  for (const { id, tick, lots: size, takes: takes_ } of placed) if (!takes_) add(id, tick, size);
  const ours = placed
    .filter((order) => order.takes)
    .map(({ id, tick, lots: size }) => ({ orderId: OURS + id, account: 'us', worstTick: tick, lots: size }));
  const buyers = takersOf(within(block.bought, block.asks));
  const sellers = takersOf(within(block.sold, block.bids));
  const executions = [
    ...matchMarketOrders(block.side > 0 ? [...buyers, ...ours] : buyers, shorts, 'buy').executions,
    ...matchMarketOrders(block.side < 0 ? [...sellers, ...ours] : sellers, longs, 'sell').executions,
    ...matchLimitOrders(longs, shorts).executions,
  ];
  const fills = new Fills();
  for (const one of executions) if (one.account === 'us') fills.add(one.orderId - OURS, priceOf(one), one.lots);
  return fills;
}

/** The rows of a block that went on without us. */
function tapeOf(block: Block, atNs: number): MadeRow[] {
  const { longs, shorts } = bookOf(block);
  const rows: MadeRow[] = [];
  for (const [sizes, resting, side, what, level] of [
    [within(block.bought, block.asks), shorts, 'buy', 'bought', 'ask'],
    [within(block.sold, block.bids), longs, 'sell', 'sold', 'bid'],
  ] as const) {
    const before = resting.copy();
    for (const one of matchMarketOrders(takersOf(sizes), resting, side).executions)
      if (one.type === 'limit') rows.push({ what, tick: one.numerator, lots: one.lots, atNs });
    for (const { tick } of before) rows.push({ what: level, tick, lots: resting.at(tick)?.lots ?? 0, atNs });
  }
  return rows;
}

/** What the exchange of tapes gives our orders. */
function onTape(block: Block): { readonly fills: Fills; readonly ends: readonly string[] } {
  const bus = new OrderBus();
  const exchange = new SeiExchange(riskAverse, new Answers(bus, constantLatency(0, 0), () => {}), BLOCK);
  const run = (...rows: readonly MadeRow[]): void => {
    const seen = seenRows(rows);
    for (let at = 0; at < rows.length; ) at = exchange.drain(seen, at, Number.POSITIVE_INFINITY);
  };
  const book = bookOf(block);
  const told = (side: BookSide, what: 'bid' | 'ask'): MadeRow[] =>
    side.copy().map(({ tick, lots: size }) => ({ what, tick, lots: size, atNs: 1 }));
  const nothing = (atNs: number): MadeRow => ({ what: 'bid', tick: 1, lots: 0, atNs });
  run(...told(book.longs, 'bid'), ...told(book.shorts, 'ask'), nothing(2));
  const orders: SimulatedOrder[] = [];
  const place = (tick: number, size: number, type: SimulatedOrder['type']): void => {
    const order = new SimulatedOrder(orders.length, block.side, tick, size, type);
    orders.push(order);
    exchange.place(order);
  };
  for (const { away, lots: size } of block.resting) place(tickOf(block, away), size, 'limit');
  run(nothing(BLOCK + 1));
  for (const i of new Set(block.cancels)) if (i < orders.length) exchange.cancel(orders[i]!);
  for (const order of block.places) place(order.tick, order.lots, order.takes ? 'immediateOrCancel' : 'limit');
  run(...tapeOf(block, BLOCK + 2), nothing(2 * BLOCK + 1));
  const fills = new Fills();
  const ends: string[] = [];
  while (bus.nextNs < Number.POSITIVE_INFINITY) {
    const { kind, order, tick, lots: size } = bus.take();
    if (kind === 'filled') fills.add(order.id, tick, size);
    else ends.push(`${kind} ${order.id}`);
  }
  return { fills, ends };
}

const price = fc.integer({ min: MIDDLE - 5, max: MIDDLE + 5 });

/** Something that the tape tells, and something that we do after it. */
const stepOf = fc.record({
  row: fc.record({
    what: fc.constantFrom('bid', 'ask', 'bid', 'ask', 'bought', 'sold'),
    tick: price,
    lots: fc.integer({ min: 1, max: 9 }),
  }),
  order: fc.option(
    fc.record({
      side: fc.constantFrom<1 | -1>(1, -1),
      tick: price,
      lots,
      type: fc.constantFrom<SimulatedOrder['type']>('limit', 'postOnly', 'immediateOrCancel', 'fillOrKill'),
    }),
  ),
  cancel: fc.option(fc.nat(20)),
  passNs: fc.integer({ min: 0, max: 300 }),
});

describe("Sei's exchange on a tape, beside the chain's own matching", () => {
  it('gives our orders of one side the same lots at the same prices', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        expect(Object.fromEntries(onTape(block).fills.by)).toEqual(Object.fromEntries(onChain(block).by));
      }),
      { numRuns: 400 },
    );
  });

  it('gives us no more than was traded and offered, whatever the tape and the model of queues', () => {
    fc.assert(
      fc.property(fc.array(stepOf, { minLength: 5, maxLength: 60 }), fc.boolean(), (steps, shared) => {
        const bus = new OrderBus();
        const got = { 1: 0, [-1]: 0 };
        const answers = new Answers(bus, constantLatency(0, 0), (order, _timeNs, _tick, size) => {
          got[order.side] += size;
        });
        const exchange = new SeiExchange(shared ? byShare(powerShare(2)) : riskAverse, answers, BLOCK);
        const orders: SimulatedOrder[] = [];
        // What there was for our buyers and our sellers, each lot once.
        const there = { 1: 0, [-1]: 0 };
        let atNs = 0;
        for (const { row, order, cancel, passNs } of steps) {
          atNs += passNs;
          const seen = seenRows([{ ...row, atNs }]);
          while (exchange.drain(seen, 0, atNs) === 0);
          if (row.what === 'ask' || row.what === 'sold') there[1] += row.lots;
          if (row.what === 'bid' || row.what === 'bought') there[-1] += row.lots;
          if (order !== null) {
            const placed = new SimulatedOrder(orders.length, order.side, order.tick, order.lots, order.type);
            orders.push(placed);
            exchange.place(placed);
          }
          if (cancel !== null && cancel < orders.length) exchange.cancel(orders[cancel]!);
        }
        expect(got[1]).toBeLessThanOrEqual(there[1] + got[-1]);
        expect(got[-1]).toBeLessThanOrEqual(there[-1] + got[1]);
        const ends = new Map<number, string>();
        const left = new Map(orders.map(({ id, lots: size }) => [id, size]));
        while (bus.nextNs < Number.POSITIVE_INFINITY) {
          const { kind, order, lots: size, tick } = bus.take();
          if (kind === 'filled') {
            left.set(order.id, left.get(order.id)! - size);
            expect((order.tick - tick) * order.side).toBeGreaterThanOrEqual(0);
            expect(ends.get(order.id)).toBe(undefined);
          }
          if (kind === 'cancelled' || kind === 'expired') ends.set(order.id, kind);
        }
        for (const order of orders) expect(left.get(order.id)).toBe(order.restingLots);
        expect(Math.min(...left.values(), 0)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
