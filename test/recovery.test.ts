import { describe, expect, it } from 'vitest';
import { segmentParts } from '../src/account/read.ts';
import type { OrdersState, WorkingOrder } from '../streams/orders/orders.ts';
import { type Life, Machine, of } from './account_machine.ts';

/** Executions that were booked on disk when the machine died. */
function keptBy({ store }: Machine): string[] {
  return store
    .segments()
    .slice(0, -1)
    .flatMap((segment) => [...segmentParts(store, segment)])
    .flatMap((part) => ('turn' in part ? part.turn : []))
    .flatMap((record) => (record.kind === 'fill' ? [record.settlementId] : []));
}

const heightOf = (settlementId: string): number => Number(settlementId.slice(0, settlementId.indexOf('/')));

/** Nothing was placed before journal and chain were compared, and the comparison went well. */
function demandReconciled(life: Life): readonly string[] {
  const reconciled = life.decisions.findIndex(({ kind }) => kind === 'reconciled');
  const placed = life.decisions.findIndex((one) => one.kind === 'orderBatch' && one.places.length > 0);
  expect(reconciled).toBeGreaterThanOrEqual(0);
  if (placed >= 0) expect(placed).toBeGreaterThan(reconciled);
  expect(life.fatal).toEqual([]);
  const [told] = of(life, 'reconciled');
  expect(told).toMatchObject({ ok: true });
  return told!.differences;
}

/** Every order that rests is known to the journal, and the other way round, once nothing is under way. */
async function demandAgreement(machine: Machine, life: Life): Promise<void> {
  const { journal } = life;
  const known = () =>
    Object.values(journal.state.orders)
      .map(({ orderId }) => orderId)
      .sort();
  // Told a little after it happened: looked at until an instant comes in which nothing is under way.
  await machine.until(
    'agreement of journal and chain',
    () => journal.state.inFlight === null && String(known()) === String(machine.resting()),
  );
}

/** Orders, batches and what is under way, as the order stage itself has them. */
function stageState({ session }: Life) {
  const states = session.edge.snapshot()?.kernel.states ?? {};
  const key = Object.keys(states).find((name) => /(^|[/.])orders([/.]|$)/.test(name));
  return states[key ?? ''] as
    | (Pick<OrdersState, 'batches' | 'inFlight'> & { readonly orders: Readonly<Record<string, WorkingOrder>> })
    | undefined;
}

describe('the account’s journal', () => {
  it('knows at every instant exactly the orders that the order stage does', async () => {
    const machine = await Machine.of(8);
    const life = await machine.start();
    let compared = 0;
    let underWay = 0;
    for (let i = 0; i < 1_500; i += 1) {
      await machine.run(7);
      const stage = stageState(life);
      if (stage === undefined) continue;
      compared += 1;
      if (stage.inFlight !== null) underWay += 1;
      const { orders, batches, inFlight } = life.journal.state;
      const plain = Object.values(stage.orders).map(({ causeSeq: _, missing: __, unwanted: ___, ...order }) => order);
      expect({ batches, inFlight, orders: Object.values(orders) }).toEqual({
        batches: stage.batches,
        inFlight: stage.inFlight,
        orders: plain,
      });
    }
    expect(compared).toBeGreaterThan(1_000);
    expect(underWay).toBeGreaterThan(100);
  });
});

describe('a market maker that dies and is started again', () => {
  it('finds its orders resting, keeps them, and goes on', async () => {
    const machine = await Machine.of(1);
    const first = await machine.start();
    await machine.until('orders', () => machine.resting().length >= 4);
    await machine.until('nothing under way', () => first.journal.state.inFlight === null);
    machine.die(first);
    const left = machine.resting();
    const second = await machine.start();
    await machine.until('reconciliation', () => of(second, 'reconciled').length > 0);
    expect(demandReconciled(second)).toEqual([]);
    expect(left.filter((id) => machine.resting().includes(id)).length).toBeGreaterThan(0);
    await machine.run(10_000);
    expect(of(second, 'orderBatch').length).toBeGreaterThan(3);
    await demandAgreement(machine, second);
    const ids = [...of(first, 'orderBatch'), ...of(second, 'orderBatch')];
    expect(new Set(ids.map(({ batchId }) => batchId)).size).toBe(ids.length);
    const clientIds = ids.flatMap(({ places }) => places.map(({ clientOrderId }) => clientOrderId));
    expect(new Set(clientIds).size).toBe(clientIds.length);
  });

  it('does so wherever in the life of a transaction it dies', async () => {
    // 1 ms apart, from the intent over the signature, the broadcast and the answer to the block.
    for (let at = 0; at < 40; at += 4) {
      const machine = await Machine.of(2);
      const first = await machine.start();
      await machine.until('a batch', () => of(first, 'orderBatch').length >= 3);
      await machine.run(at);
      machine.die(first);
      const second = await machine.start();
      await machine.until('reconciliation', () => of(second, 'reconciled').length > 0);
      expect(demandReconciled(second), `${at} ms after the intent`).toEqual([]);
      await machine.run(5_000);
      await demandAgreement(machine, second);
    }
  }, 60_000);

  it('books what was filled meanwhile, once', async () => {
    const machine = await Machine.of(3);
    const first = await machine.start();
    await machine.until('fills', () => of(first, 'fill').length >= 3);
    machine.die(first);
    await machine.run(20_000);
    const second = await machine.start();
    await machine.run(3_000);
    demandReconciled(second);
    // The first may have booked what it had not yet forced to disk: then the second books it as well, since it knows nothing
    // of it. Each of them books nothing twice, and what the second knows is all that ever was.
    const idsOf = (life: Life) => of(life, 'fill').map(({ settlementId }) => settlementId);
    const known = new Set([...keptBy(machine), ...idsOf(second)]);
    const { height } = second.journal.state;
    expect([...known].filter((id) => heightOf(id) <= height).sort()).toEqual(
      machine.executions().filter((id) => heightOf(id) <= height),
    );
    expect(new Set(idsOf(second)).size).toBe(idsOf(second).length);
    expect(idsOf(second).length).toBeGreaterThan(0);
  });

  it('cancels an order that it does not know, or adopts it', async () => {
    for (const unknownOrders of ['cancel', 'adopt'] as const) {
      const machine = await Machine.of(4);
      machine.unknownOrders = unknownOrders;
      const { chain, account } = machine.world;
      const { index } = chain.markets[0]!;
      await machine.run(1_000);
      const order = { account, market: index, side: 'buy', type: 'limit', tick: 600_000, lots: 5, data: '' } as const;
      const placed = chain.place(order);
      await machine.run(1_000);
      expect(machine.resting()).toEqual([String(placed)]);
      const life = await machine.start();
      await machine.until('reconciliation', () => of(life, 'reconciled').length > 0);
      expect(demandReconciled(life)).toEqual([expect.stringMatching(/nobody here has placed it/)]);
      await machine.until('its cancel', () => !machine.resting().includes(String(placed)));
      await machine.run(5_000);
      await demandAgreement(machine, life);
    }
  });

  it('says what nobody can tell it any more, and goes on from what the chain has', async () => {
    const machine = await Machine.of(7);
    const first = await machine.start();
    await machine.until('orders', () => machine.resting().length >= 4);
    await machine.until('nothing under way', () => first.journal.state.inFlight === null);
    machine.die(first);
    // Nodes keep a thousand blocks.
    await machine.run(500_000);
    const second = await machine.start();
    await machine.until('reconciliation', () => of(second, 'reconciled').length > 0);
    const missed = second.inputs.find((input) => input.kind === 'blocksMissed');
    expect(missed).toMatchObject({ fromHeight: first.journal.state.height + 1 });
    expect(demandReconciled(second)[0]).toMatch(/^blocks \d+ to \d+ cannot be read any more/);
    await machine.run(30_000);
    await demandAgreement(machine, second);
  });

  it('stops placing when its disk fails, and goes on when it is well', async () => {
    const machine = await Machine.of(5);
    const life = await machine.start();
    await machine.run(5_000);
    machine.store.fail('sync', 1);
    machine.store.fail('create', 10_000);
    const before = of(life, 'orderBatch').length;
    await machine.run(10_000);
    const refused = life.inputs.filter((input) => input.kind === 'batchRefused');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((input) => input.kind === 'batchRefused' && input.codespace === 'store')).toBe(true);
    expect(of(life, 'orderBatch').length).toBeGreaterThan(before);
    machine.store.fail('create', 0);
    await machine.run(60_000);
    expect(life.journal.healthy).toBe(true);
    await demandAgreement(machine, life);
    machine.die(life);
    const second = await machine.start();
    await machine.run(2_000);
    expect(demandReconciled(second)).toEqual([]);
  });

  it('ends in order with nothing on the chain, and the next start finds nothing to do', async () => {
    const machine = await Machine.of(6);
    const life = await machine.start();
    await machine.run(5_000);
    const report = await machine.world.timers.until(life.session.stop('sigterm'), 20_000);
    expect(report).toMatchObject({ remaining: 0, troubles: [] });
    expect(machine.resting()).toEqual([]);
    machine.die(life);
    const second = await machine.start();
    await machine.until('reconciliation', () => of(second, 'reconciled').length > 0);
    expect(demandReconciled(second)).toEqual([]);
  });
});
