import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { DEVNET_MNEMONIC } from '../devnet/devnet.ts';
import type { FormerTx, SignedRecord } from './client/signed_record.ts';
import { ask, bid, chain, closeAll, closeLater, OTHER, trader, type VenueChange, venueOn } from './fixtures/trader.ts';

afterEach(closeAll);

describe('the Sei venue', () => {
  it('places, shows in the book, replaces and cancels in one transaction', async () => {
    const me = await trader(await chain());
    const placed = await me.send([bid, ask]);
    if (placed.kind !== 'batchCommitted') throw new Error(JSON.stringify(placed));
    expect(placed.orderIds.length).toBe(2);
    expect(Number(placed.feeUsei)).toBeGreaterThan(11_000);
    await me.until(
      () => me.of('bookSnapshot').some(({ bids, asks }) => `${bids} ${asks}` === '600000,10 610000,20'),
      'our book',
    );
    const old = {
      clientOrderId: 'x',
      orderId: placed.orderIds[0]!,
      market: 'BTCUSDC',
      side: 'buy',
      tick: 600_000,
    } as const;
    const replaced = await me.send([{ ...bid, tick: 600_500 }], [old]);
    expect(replaced.kind).toBe('batchCommitted');
    await me.until(
      () =>
        me.of('bookSnapshot').at(-4)?.bids.join() === '600500,10' ||
        me.of('bookSnapshot').some(({ bids }) => bids.join() === '600500,10'),
      'replaced book',
    );
    await me.until(() => me.of('openOrders').at(-1)?.orders.length === 2, 'reconciliation');
    expect(await me.venue.cancelAll(5_000)).toEqual({ cancelled: 2, remaining: 0 });
  });

  it('reports our fills once, at the price of the settlement, and others’ trades', async () => {
    const devnet = await chain();
    const [me, you] = [await trader(devnet), await trader(devnet, { mnemonic: () => OTHER })];
    await me.send([ask]);
    await you.send([{ side: 'buy', tick: 610_010, lots: 7 }]);
    const fill = await me.until(() => me.of('settlement')[0], 'settlement');
    expect(fill).toMatchObject({
      market: 'BTCUSDC',
      side: 'sell',
      lots: 7,
      microTicks: 610_005_000_000,
      liquidity: 'maker',
    });
    expect(me.of('trade')).toMatchObject([{ side: 'buy', lots: 7 }]);
    await me.until(() => me.of('block').length > 15, 'more blocks');
    expect(me.of('settlement').length).toBe(1);
    expect(me.inputs.filter(({ kind }) => kind === 'reject')).toEqual([]);
  });

  it('gives every block once and in order, its news in one order', async () => {
    const me = await trader(await chain());
    await me.send([bid]);
    await me.until(() => me.of('block').length > 10, 'blocks');
    const heights = me.of('block').map(({ height }) => height);
    expect(heights).toEqual(heights.map((_, i) => heights[0]! + i));
    const committed = me.inputs.findIndex(({ kind }) => kind === 'batchCommitted');
    const before = me.inputs.slice(0, committed).findLast(({ kind }) => kind === 'block' || kind === 'bookSnapshot');
    expect(before?.kind).toBe('block');
  });

  it('repairs a wrong account sequence', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    await me.send([bid]);
    devnet.nodes[0]!.faults.wrongSequence = 1;
    const sent = await me.send([{ ...bid, tick: 599_000 }]);
    // The fault is a lie about the sequence: what the chain says next is believed, and no order is doubled.
    await me.until(
      () => me.of('openOrders').at(-1)?.orders.length === (sent.kind === 'batchCommitted' ? 2 : 1),
      'orders',
    );
    const same = [await trader(devnet), await trader(devnet)];
    const fates = await Promise.all(same.map((one, i) => one.send([{ ...bid, tick: 590_000 + i }])));
    expect(fates.map(({ kind }) => kind)).toEqual(['batchCommitted', 'batchCommitted']);
  });

  it('finds out what became of a former process’s transaction and what was missed, and then tells what there is', async () => {
    const devnet = await chain();
    const signed: FormerTx[] = [];
    const onSigned = (batchId: number, record: SignedRecord) => void signed.push({ batchId, ...record });
    const [former, you] = [await trader(devnet, { onSigned }), await trader(devnet, { mnemonic: () => OTHER })];
    await former.send([ask]);
    await former.venue.close();
    const [resume] = signed;
    await you.send([{ side: 'buy', tick: 610_000, lots: 7 }]);
    const me = await trader(devnet, { resume: resume!, fromHeight: resume!.signedHeight });
    await me.until(() => me.of('balances').length > 0, 'the account');
    const told = me.inputs.map(({ kind }) => kind).filter((kind) => !['block', 'feedStatus', 'trade'].includes(kind));
    expect(told.slice(0, 2)).toEqual(['batchCommitted', 'settlement']);
    expect(told.indexOf('openOrders')).toBeGreaterThan(1);
    expect(me.of('batchCommitted')).toMatchObject([
      { batchId: 1, txHash: resume!.txHash, feeUsei: expect.any(String) },
    ]);
    expect(me.of('settlement')).toMatchObject([{ side: 'sell', lots: 7 }]);
    expect(me.of('openOrders')[0]!.orders).toMatchObject([{ lots: 13 }]);
    expect((await me.send([bid])).kind).toBe('batchCommitted');
  });

  it('refuses to start as configured, saying what to do, and never shows the mnemonic', async () => {
    const devnet = await chain();
    const open = async (change: VenueChange): Promise<unknown> => {
      try {
        const venue = venueOn(devnet, change);
        closeLater(() => venue.close());
        await venue.open({ accept: () => {} });
        return 'opened';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const words = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon zebra';
    const wrongMnemonic = await open({ mnemonic: () => words });
    expect(wrongMnemonic).toContain('sei.mnemonic: 12 words that are no BIP-39 mnemonic');
    expect(wrongMnemonic).not.toContain('zebra');
    expect(await open({ chainId: 'pacific-1' })).toContain("sei.chain_id 'pacific-1'");
    expect(await open({ rpcUrls: ['http://127.0.0.1:1'] })).toContain('no endpoint answers');
    expect(await open({ rpcUrls: ['https://rpc.example.com'] })).toContain('is not on this machine');
    const [first, ...rest] = devnet.markets;
    expect(await open({ markets: [{ ...first!, base: 'DOGE' }, ...rest] })).toContain(
      'pair DOGE/USDC is not registered',
    );
    expect(await open({ markets: [{ ...first!, tickSize: '0.5' }] })).toContain(
      "tick_size '0.5', but the contract has registered 0.1",
    );
    const unfunded = 'letter advice cage absurd amount doctor acoustic avoid letter advice cage above';
    expect(await open({ mnemonic: () => unfunded })).toContain('is not known to the chain');
  });

  it('shows nothing of the mnemonic, whatever is printed of it', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    await me.send([bid]);
    devnet.nodes[0]!.faults.nonsense = 'truncated';
    await me.until(() => me.of('reject').length > 0, 'complaint');
    const shown = inspect(me.venue, { depth: 12, showHidden: true }) + JSON.stringify([me.venue, me.inputs]);
    expect(shown).not.toContain(DEVNET_MNEMONIC.slice(0, 15));
  });

  it('keeps orders on this machine unless both settings for live trading are made', async () => {
    const remote = { rpcUrls: ['https://user:secret@rpc.example.com/key-123'], wsUrls: [] };
    const devnet = await chain();
    const make = (change: VenueChange) => () => venueOn(devnet, { ...remote, ...change });
    const live = { trading: 'live' } as const;
    expect(make({})).toThrow("endpoint 'rpc.example.com' is not on this machine: paper trading stays here");
    for (const liveConsent of [
      { enabled: true, confirmed: false },
      { enabled: false, confirmed: true },
    ])
      expect(make({ ...live, liveConsent })).toThrow('needs both trading.enabled and trading.confirm_live');
    expect(make(live)).toThrow('needs both');
    const consented = make({ ...live, liveConsent: { enabled: true, confirmed: true } })();
    expect(consented.endpoints.map(({ url }) => url)).toEqual(['https://rpc.example.com']);
    expect(make({ ...live, rpcUrls: ['http://127.0.0.1@rpc.example.com'] })).toThrow('needs both');
    expect(make({ rpcUrls: ['ftp://127.0.0.1'] })).toThrow('sei.rpc_urls: entry 1 is no address');
    expect(make({ rpcUrls: [] })).toThrow('sei.rpc_urls: 0 given: expected one to three');
  });

  it('tells the time of blocks, trades and books as the chain states it', async () => {
    const devnet = await chain();
    const [me, you] = [await trader(devnet), await trader(devnet, { mnemonic: () => OTHER })];
    await me.send([ask]);
    await you.send([{ ...ask, side: 'buy' }]);
    const trade = await me.until(() => me.of('trade')[0], 'trade');
    for (const { height, chainTimeUs } of me.of('block'))
      expect(chainTimeUs).toBe(devnet.producer.block(height)!.timeUs);
    expect(me.of('block').map(({ chainTimeUs }) => chainTimeUs)).toContain(trade.eventUs);
    expect(me.of('bookSnapshot').every(({ eventUs }) => eventUs > 0)).toBe(true);
  });

  it('tells of a commit before the fills of its block', async () => {
    const devnet = await chain();
    const [me, you] = [await trader(devnet), await trader(devnet, { mnemonic: () => OTHER })];
    await you.send([ask]);
    for (let i = 0; i < 5; i += 1) await me.send([{ ...ask, side: 'buy', lots: 1 }]);
    await me.until(() => me.of('settlement').length === 5, 'fills');
    for (const { orderId, settlementId } of me.of('settlement')) {
      const kinds = me.inputs.filter(
        (input) =>
          (input.kind === 'batchCommitted' && input.orderIds.includes(orderId)) ||
          (input.kind === 'settlement' && input.settlementId === settlementId),
      );
      expect(kinds.map(({ kind }) => kind)).toEqual(['batchCommitted', 'settlement']);
    }
  });

  it('tells which orders of a transaction the contract refused', async () => {
    const me = await trader(await chain());
    const sent = await me.send([bid, { ...bid, lots: 1_000_000 }, ask]);
    if (sent.kind !== 'batchCommitted') throw new Error(JSON.stringify(sent));
    expect(sent.orderIds.map((id) => id !== '')).toEqual([true, false, true]);
    expect(me.of('reject').map(({ reason }) => reason)).toContain('order-refused');
  });

  it('reconciles at a height, after the news of that block', async () => {
    const me = await trader(await chain(), { reconcileEveryMs: 100 });
    await me.send([bid, ask]);
    await me.until(() => me.of('openOrders').length > 5, 'reconciliations');
    const [first, ...later] = me.of('openOrders');
    expect(me.inputs.indexOf(first!)).toBe(0);
    for (const one of later) {
      const before = me.inputs.slice(0, me.inputs.indexOf(one)).filter(({ kind }) => kind === 'block');
      expect(before.at(-1)).toMatchObject({ height: one.height });
    }
    expect(later.at(-1)!.orders.length).toBe(2);
  });

  it('cancels everything, however much it is', async () => {
    const me = await trader(await chain());
    for (let i = 0; i < 3; i += 1)
      await me.send(Array.from({ length: 50 }, (_, j) => ({ ...bid, lots: 1, tick: 500_000 + 50 * i + j })));
    expect(await me.venue.cancelAll(10_000)).toEqual({ cancelled: 150, remaining: 0 });
    expect(await me.venue.cancelAll(1_000)).toEqual({ cancelled: 0, remaining: 0 });
  });
});
