import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderBatch, RestingOrder } from '../streams/orders/types.ts';
import type { AccountSettings } from '../streams/settings.ts';
import { accountOf, START_US, World } from './pipeline_world.ts';

/** ±2,000 USDC of a coin worth 99.5 to 100.5. */
const LIMIT_LOTS = 20;
const STEP_MS = 100;

type Step =
  | { readonly do: 'move'; readonly tick: number }
  | { readonly do: 'fill'; readonly which: number; readonly lots: number; readonly early: boolean }
  | { readonly do: 'commit' | 'refuse' | 'unknown' | 'report' | 'pause' | 'resume' | 'repeat' | 'wait' };

/** Orders of four coins, so that the limit is a few fills away. */
function largeOrders(): AccountSettings {
  const account = accountOf('AAA');
  return {
    ...account,
    markets: account.markets.map((one) => ({ ...one, quotes: { ...one.quotes, orderSizeUsdc: 400 } })),
  };
}

/** A venue that does what a chain does: one batch at a time, cancels before places, fills by its own settlement only. */
class ModelVenue {
  readonly world = new World(largeOrders());
  readonly resting = new Map<string, RestingOrder & { lots: number }>();
  readonly clientIds = new Set<string>();
  pending: OrderBatch | undefined;
  positionLots = 0;
  paused = false;
  #batches = 0;
  #orders = 0;
  #height = 1;
  #settlements: [string, 'buy' | 'sell', number, number, number][] = [];
  #nowMs = 10;

  constructor() {
    this.world.block(this.#nowMs, this.#height);
    this.#book(10_000);
  }

  step(step: Step): void {
    this.#nowMs += STEP_MS;
    // What the pipeline's own timers bring comes before the step.
    this.world.until(this.#nowMs);
    this.#takeBatches();
    switch (step.do) {
      case 'move':
        this.#book(step.tick);
        break;
      case 'fill':
        this.#fill(step.which, step.lots, step.early);
        break;
      case 'commit':
        this.#settle(true);
        break;
      case 'refuse':
        this.#settle(false);
        break;
      case 'unknown':
        if (this.pending !== undefined)
          this.#input({ kind: 'batchUnknown', batchId: this.pending.batchId, txHash: '', reason: 'timeout' });
        break;
      case 'report':
        this.#input({ kind: 'openOrders', height: this.#height, orders: [...this.resting.values()] });
        break;
      case 'pause':
      case 'resume':
        this.paused = step.do === 'pause';
        this.#input({ kind: 'command', command: step.do, by: 'test' });
        break;
      case 'repeat': {
        const last = this.#settlements.at(-1);
        if (last !== undefined) this.world.settle(this.#nowMs, 'AAA', ...last);
        break;
      }
      case 'wait':
        break;
    }
    this.#takeBatches();
    this.check();
  }

  /** Everything that must hold after every step. */
  check(): void {
    const { world, resting, pending } = this;
    const batches = world.all('orderBatch');
    expect(batches.length - this.#batches, 'batches under way').toBeLessThanOrEqual(0);
    for (const side of ['buy', 'sell'] as const) {
      const live = [...resting.values(), ...(pending?.places ?? [])].filter((order) => order.side === side);
      const worst =
        (side === 'buy' ? this.positionLots : -this.positionLots) + live.reduce((sum, { lots }) => sum + lots, 0);
      expect(worst, `worst case ${side}`).toBeLessThanOrEqual(LIMIT_LOTS);
    }
    const position = world.all('position').at(-1)?.lots ?? 0;
    const unclaimed = this.positionLots - position;
    if (pending === undefined) expect(unclaimed, 'lots that the pipeline does not know of').toBe(0);
    expect(world.failures, 'failures of actors').toEqual([]);
    expect(
      world
        .all('reject')
        .filter(({ reason }) => ['illegal-transition', 'overfilled', 'unknown-order'].includes(reason)),
    ).toEqual([]);
  }

  #book(tick: number): void {
    this.#height += 1;
    this.world.block(this.#nowMs, this.#height);
    this.world.book(this.#nowMs, 'AAA', this.#height, [tick - 20, 50], [tick + 20, 50]);
  }

  #input(input: Parameters<World['at']>[1]): void {
    this.world.at(this.#nowMs, input);
  }

  #takeBatches(): void {
    for (const batch of this.world.all('orderBatch').slice(this.#batches)) {
      expect(this.pending, 'a second batch under way').toBeUndefined();
      if (this.paused) expect(batch.places, 'places while paused').toEqual([]);
      for (const cancel of batch.cancels) {
        const order = this.resting.get(cancel.orderId);
        if (order !== undefined) expect([cancel.side, cancel.tick]).toEqual([order.side, order.tick]);
      }
      for (const { clientOrderId } of batch.places) {
        expect(this.clientIds.has(clientOrderId), `client id ${clientOrderId} used twice`).toBe(false);
        this.clientIds.add(clientOrderId);
      }
      this.#batches += 1;
      this.pending = batch;
    }
  }

  /** The fate of the batch under way: taken into a block, or certainly not. */
  #settle(committed: boolean): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    this.#height += 1;
    this.world.block(this.#nowMs, this.#height);
    if (!committed) {
      this.#input({
        kind: 'batchRefused',
        batchId: pending.batchId,
        txHash: '',
        code: 5,
        codespace: 'sdk',
        reason: 'test',
      });
      return;
    }
    for (const { orderId } of pending.cancels) this.resting.delete(orderId);
    const orderIds = pending.places.map((place) => {
      this.#orders += 1;
      const orderId = String(this.#orders);
      this.resting.set(orderId, { ...place, orderId });
      return orderId;
    });
    this.#input({ kind: 'batchCommitted', batchId: pending.batchId, txHash: '', height: this.#height, orderIds });
  }

  /** Fills one order, resting or, `early`, just being placed: then the settlement comes before the commit is told. */
  #fill(which: number, lots: number, early: boolean): void {
    if (early && this.pending !== undefined && this.pending.places.length > 0) {
      const { pending } = this;
      const orderId = String(this.#orders + 1);
      const place = pending.places[0]!;
      this.#tellFill(orderId, place.side, Math.min(lots, place.lots), place.tick);
      this.#settle(true);
      this.#reduce(orderId, Math.min(lots, place.lots));
      return;
    }
    const order = [...this.resting.values()][which % Math.max(1, this.resting.size)];
    if (order === undefined) return;
    const part = Math.min(lots, order.lots);
    this.#tellFill(order.orderId, order.side, part, order.tick);
    this.#reduce(order.orderId, part);
  }

  #reduce(orderId: string, lots: number): void {
    const order = this.resting.get(orderId);
    if (order === undefined) return;
    if (order.lots === lots) this.resting.delete(orderId);
    else this.resting.set(orderId, { ...order, lots: order.lots - lots });
  }

  #tellFill(orderId: string, side: 'buy' | 'sell', lots: number, tick: number): void {
    this.positionLots += side === 'buy' ? lots : -lots;
    this.#height += 1;
    this.#settlements.push([orderId, side, lots, tick, this.#height]);
    this.world.settle(this.#nowMs, 'AAA', orderId, side, lots, tick, this.#height);
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('move' as const), tick: fc.integer({ min: 9_950, max: 10_050 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fill' as const),
      which: fc.nat(3),
      lots: fc.integer({ min: 1, max: 4 }),
      early: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('refuse', 'unknown', 'report', 'pause', 'resume', 'repeat', 'wait') as fc.Arbitrary<'wait'>,
    }),
  },
);

describe('the order stage against a model of the venue', () => {
  it('keeps its limits and its books, whatever comes in whatever order, and ends with nothing resting', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const venue = new ModelVenue();
        for (const one of steps) venue.step(one);
        venue.step({ do: 'pause' });
        for (let i = 0; i < 4; i += 1) {
          venue.step({ do: 'commit' });
          for (let wait = 0; wait < 3; wait += 1) venue.step({ do: 'wait' });
        }
        expect([...venue.resting.values()]).toEqual([]);
        expect(venue.world.all('position').at(-1)?.lots ?? 0).toBe(venue.positionLots);
        expect(venue.world.clock.nowUs()).toBeGreaterThan(START_US);
      }),
      { numRuns: 200 },
    );
  });
});
