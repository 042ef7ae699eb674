import { describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { OrderBatch } from '../../streams/orders/types.ts';
import { AccountJournal } from './journal.ts';
import { AccountKeeper } from './keeper.ts';
import { MemoryAccountStore } from './memory_store.ts';

const stamp = { seq: 1, timeUs: 1, causes: [] };

const order = (status: 'placing' | 'resting' | 'filled', orderId = '') =>
  ({
    ...{ kind: 'order', ...stamp, market: 'A', clientOrderId: 'flashmm_A_1', orderId, side: 'buy' },
    ...{ tick: 100, lots: 10, remainingLots: status === 'filled' ? 0 : 10, status },
  }) as Decision;

function batch(places: number): OrderBatch {
  const place = { clientOrderId: 'flashmm_A_1', market: 'A', side: 'buy', tick: 100, lots: 10 } as const;
  const cancel = { clientOrderId: 'flashmm_A_0', orderId: '9', market: 'A', side: 'sell', tick: 105 } as const;
  return { kind: 'orderBatch', ...stamp, batchId: 1, cancels: [cancel], places: places === 0 ? [] : [place] };
}

const tick = { kind: 'tick', seq: 1, timeUs: 1 } as Input;
const block = (height: number): Input => ({ kind: 'block', seq: 1, timeUs: 1, height, chainTimeUs: 0 });
const signed = { txHash: 'AB', sequence: '4', timeoutHeight: 20, signedHeight: 10 };
const settlement = (settlementId: string, height: number) =>
  ({ kind: 'settlement', seq: 1, timeUs: 1, settlementId, height, market: 'A', orderId: '5' }) as Input;
const fill = (settlementId: string, height: number) =>
  ({ kind: 'fill', ...stamp, settlementId, height, market: 'A', clientOrderId: 'flashmm_A_1' }) as unknown as Decision;

function setUp(store = new MemoryAccountStore()) {
  const told: Input[] = [];
  const timers: (() => void)[] = [];
  const journal = new AccountJournal({ store, chainId: 'c', account: 'a', flashmm: '0', nowUs: () => 1 });
  const keeper = new AccountKeeper({
    journal,
    timers: {
      nowUs: () => 1,
      after: (_delayMs, work) => {
        timers.push(work);
        return () => {};
      },
    },
  });
  keeper.begin({ accept: (input) => told.push(input) });
  return { store, journal, keeper, told, timers };
}

describe('the keeper of an account', () => {
  it('has the intent on disk before it says that a batch may go, and the signature before its bytes may', async () => {
    const { store, keeper } = setUp();
    keeper.decision(order('placing'));
    keeper.decision(batch(1));
    keeper.turnEnded(tick);
    expect(setUp(store.crash()).told).toMatchObject([{ kind: 'recovered', batches: 0, orders: [] }]);
    await keeper.intended(batch(1));
    const unsigned = setUp(store.crash());
    expect(unsigned.told).toMatchObject([
      { kind: 'recovered', batches: 1, orders: [{ status: 'placing' }], inFlight: { batchId: 1 } },
      { kind: 'batchRefused', batchId: 1, codespace: 'flashmm', reason: expect.stringMatching(/before it was signed/) },
    ]);
    expect(unsigned.keeper.former).toEqual({ resume: [], fromHeight: undefined });
    await keeper.signed(1, signed);
    const next = setUp(store.crash());
    expect(next.told).toMatchObject([{ kind: 'recovered', inFlight: { batchId: 1 } }]);
    expect(next.keeper.former.resume).toEqual([{ batchId: 1, ...signed }]);
  });

  it('does not say of cancels without a signature that they cost nothing: they go when the disk fails, too', async () => {
    const { store, keeper } = setUp();
    keeper.decision(batch(0));
    keeper.turnEnded(tick);
    await keeper.intended(batch(0));
    store.fail('sync', 1);
    store.fail('create', 2);
    await keeper.signed(1, signed);
    const next = setUp(store.crash());
    expect(next.told).toMatchObject([
      { kind: 'recovered' },
      { kind: 'batchRefused', reason: expect.stringMatching(/may have gone out/) },
    ]);
  });

  it('knows every signed transaction until its own outcome is told', async () => {
    const { store, keeper } = setUp();
    keeper.decision(batch(1));
    keeper.turnEnded(tick);
    await keeper.signed(1, signed);
    // The pipeline has failed: what became of the batch is heard by nobody, and the venue cancels everything by itself.
    await keeper.signed(2 ** 40 + 1, { ...signed, txHash: 'CD', sequence: '5' });
    const next = setUp(store.crash());
    expect(next.told).toMatchObject([{ kind: 'recovered', inFlight: { batchId: 1 } }]);
    expect(next.keeper.former.resume.map(({ txHash }) => txHash)).toEqual(['AB', 'CD']);
    const outcome = { seq: 1, timeUs: 1, batchId: 2 ** 40 + 1, txHash: 'CD', height: 12, orderIds: [] };
    next.keeper.turnEnded({ kind: 'batchCommitted', ...outcome });
    expect(next.journal.state.signed.map(({ txHash }) => txHash)).toEqual(['AB']);
  });

  it('refuses a batch that places orders while the disk does, and lets cancels go', async () => {
    const { store, keeper, told, timers } = setUp();
    keeper.decision(batch(1));
    keeper.turnEnded(tick);
    store.fail('sync', 1);
    store.fail('create', 2);
    await expect(keeper.intended(batch(1))).rejects.toThrow(/cannot be written: the imagined disk failed/);
    await expect(keeper.signed(1, signed)).rejects.toThrow(/no space/);
    expect(told.slice(1)).toMatchObject([
      { kind: 'component', component: 'database', outcome: 'failure' },
      { kind: 'component', component: 'database', outcome: 'failure' },
    ]);
    await keeper.intended(batch(0));
    await keeper.signed(2, signed);
    expect(told.at(-1)).toMatchObject({ kind: 'component', outcome: 'success' });
    // A disk that does not answer at all is not waited for either.
    store.sync = () => new Promise(() => {});
    const going = keeper.intended(batch(0));
    timers.at(-1)!();
    await expect(going).resolves.toBeUndefined();
    const waiting = keeper.intended(batch(1));
    timers.at(-1)!();
    await expect(waiting).rejects.toThrow(/no answer of the disk within 2000 ms/);
    expect(told.at(-1)).toMatchObject({ kind: 'component', outcome: 'failure' });
  });

  it('knows up to which block everything is booked: not beyond a settlement that is no fill yet', () => {
    const { store, journal, keeper } = setUp();
    const height = () => journal.state.height;
    keeper.turnEnded(block(8));
    expect(height()).toBe(7);
    keeper.turnEnded(settlement('8/0/5', 8));
    keeper.turnEnded(block(9));
    keeper.turnEnded(block(10));
    expect(height()).toBe(7);
    keeper.decision(fill('8/0/5', 8));
    keeper.turnEnded(tick);
    keeper.turnEnded(block(11));
    expect(height()).toBe(10);
    // A repeat is no news, however old.
    keeper.turnEnded(settlement('8/0/5', 8));
    keeper.turnEnded(settlement('2/0/5', 2));
    keeper.turnEnded(block(12));
    expect(height()).toBe(11);
    const next = setUp(store.kill());
    expect(next.told[0]).toMatchObject({ kind: 'recovered', height: 11, settled: ['8/0/5'] });
    expect(next.keeper.former.fromHeight).toBe(11);
  });

  it('keeps the newest money of a turn, together with the fills that it counts', () => {
    const { store, keeper } = setUp();
    const money = (lots: number) => ({ kind: 'moneyRecord', ...stamp, record: { lots } }) as unknown as Decision;
    keeper.decision(fill('8/0/5', 8));
    keeper.decision(money(1));
    keeper.decision(fill('8/1/5', 8));
    keeper.decision(money(2));
    keeper.turnEnded(settlement('8/1/5', 8));
    expect(setUp(store.kill()).told[0]).toMatchObject({ settled: ['8/0/5', '8/1/5'], money: { lots: 2 } });
  });

  it('forgets what has ended', () => {
    const { journal, keeper } = setUp();
    keeper.decision(order('placing'));
    keeper.decision(batch(1));
    keeper.turnEnded(tick);
    keeper.decision(order('resting', '5'));
    keeper.turnEnded({
      ...{ kind: 'batchCommitted', seq: 1, timeUs: 1, batchId: 1, txHash: 'AB', height: 11, orderIds: ['5'] },
    } as Input);
    expect(journal.state).toMatchObject({
      inFlight: null,
      orders: { flashmm_A_1: { status: 'resting', orderId: '5' } },
    });
    expect(keeper.liveMarkets).toEqual(['A']);
    keeper.decision(order('filled', '5'));
    keeper.turnEnded(settlement('12/0/5', 12));
    expect(journal.state.orders).toEqual({});
    expect(keeper.liveMarkets).toEqual([]);
  });

  it('keeps a halt and an operator’s hold for the next process, and nothing that ends by itself', () => {
    const { store, keeper } = setUp();
    const baseline = { day: 3, dailyPnlUsdc: 0, peakUsdc: 5, excusedPeakUsdc: null };
    const held = (...codes: readonly string[]) => {
      const holds = codes.map((code) => ({ code, text: 'x', by: 'y', sinceUs: 1 }));
      const change = { kind: 'tradingState', ...stamp, state: 'paused', cause: codes[0], text: 'x', by: 'y', undo: '' };
      return { ...change, holds, baseline } as unknown as Decision;
    };
    const kept = () => {
      const { trading } = setUp(store.kill()).told[0] as Extract<Input, { kind: 'recovered' }>;
      return trading?.holds.map(({ code }) => code) ?? null;
    };
    for (const [codes, left] of [
      [['operator'], ['operator']],
      [['disconnect'], null],
      [['disconnect', 'drawdown'], ['drawdown']],
      [['drawdown', 'shutdown'], ['drawdown']],
    ] as const) {
      keeper.decision(held(...codes));
      keeper.turnEnded(tick);
      expect(kept(), codes.join()).toEqual(left);
    }
  });

  it('writes what is left when it is closed, and says when it could not', async () => {
    const one = setUp();
    one.keeper.turnEnded(block(8));
    expect(await one.keeper.close()).toBeUndefined();
    expect(setUp(one.store.crash()).told[0]).toMatchObject({ height: 7 });
    const two = setUp();
    two.store.fail('sync', 1);
    expect(await two.keeper.close()).toMatch(/journal: the imagined disk failed/);
  });
});
