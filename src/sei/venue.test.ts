import { afterEach, describe, expect, it } from 'vitest';
import type { Input } from '../../streams/inputs.ts';
import type { OrderBatch, PlaceRequest } from '../../streams/orders/types.ts';
import { DEVNET_MNEMONIC, type DevnetHandle, type DevnetOptions, startDevnet } from '../devnet/devnet.ts';
import { SeiVenue, type SeiVenueOptions } from './venue.ts';

/** A second account on the devnet, to trade against. */
const OTHER = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

class Trader {
  readonly inputs: Input[] = [];
  readonly venue: SeiVenue;
  #batches = 0;

  constructor(venue: SeiVenue) {
    this.venue = venue;
  }

  of<K extends Input['kind']>(kind: K): Extract<Input, { kind: K }>[] {
    return this.inputs.filter((input): input is Extract<Input, { kind: K }> => input.kind === kind);
  }

  /** Sends a batch and waits for its fate. */
  async send(places: Omit<PlaceRequest, 'clientOrderId' | 'market'>[], cancels: OrderBatch['cancels'] = []) {
    this.#batches += 1;
    const batchId = this.#batches;
    const requests = places.map((place, i) => ({
      ...place,
      market: 'BTCUSDC',
      clientOrderId: `flashmm_BTCUSDC_${batchId}${i}`,
    }));
    this.venue.submit({ kind: 'orderBatch', seq: 1, timeUs: 0, causes: [], batchId, cancels, places: requests });
    return await this.until(
      () => [...this.of('batchCommitted'), ...this.of('batchRefused')].find((input) => input.batchId === batchId),
      `fate of batch ${batchId}`,
    );
  }

  async until<T>(find: () => T | undefined | false, what: string): Promise<T> {
    for (let i = 0; i < 1_500; i += 1) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${what} did not come; last inputs ${JSON.stringify(this.inputs.slice(-5))}`);
  }
}

async function chain(options: DevnetOptions = {}): Promise<DevnetHandle> {
  const devnet = await startDevnet({ blockIntervalMs: 50, mnemonics: [OTHER], ...options });
  closing.push(() => devnet.close());
  return devnet;
}

function venueOn(devnet: DevnetHandle, change: Partial<SeiVenueOptions> = {}): SeiVenue {
  return new SeiVenue({
    rpcUrls: devnet.nodes.map(({ rpcUrl }) => rpcUrl),
    wsUrls: [],
    chainId: devnet.chainId,
    contract: devnet.contractAddress,
    markets: devnet.markets,
    mnemonic: () => DEVNET_MNEMONIC,
    gas: { basePriceUsei: 0.1, urgency: 'normal' },
    trading: 'paper',
    requestTimeoutMs: 500,
    reconcileEveryMs: 1_000,
    random: () => 0.5,
    nowUs: () => Math.round(performance.now() * 1_000),
    ...change,
  });
}

async function trader(devnet: DevnetHandle, change: Partial<SeiVenueOptions> = {}): Promise<Trader> {
  const one = new Trader(venueOn(devnet, change));
  await one.venue.open({ accept: (input) => one.inputs.push(input) });
  closing.push(() => one.venue.close());
  await one.until(() => one.of('bookSnapshot').length >= devnet.markets.length, 'first books');
  return one;
}

const bid = { side: 'buy', tick: 600_000, lots: 10 } as const;
const ask = { side: 'sell', tick: 610_000, lots: 20 } as const;

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

  it('catches up after a cut and skipped events, and loses no settlement', async () => {
    const devnet = await chain();
    const [me, you] = [await trader(devnet), await trader(devnet, { mnemonic: () => OTHER })];
    await me.send([{ ...ask, lots: 100 }]);
    for (const node of devnet.nodes) node.faults.skipBlockEvents = 8;
    const traded: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      devnet.nodes[0]!.dropConnections();
      // One whose transaction the cut kept out of the chain for good has not traded.
      if ((await you.send([{ side: 'buy', tick: 610_000, lots: 5 + i }])).kind === 'batchCommitted') traded.push(5 + i);
    }
    expect(traded.length).toBeGreaterThan(0);
    await me.until(() => me.of('settlement').length === traded.length, `${traded.length} settlements`);
    expect(me.of('settlement').map(({ lots }) => lots)).toEqual(traded);
    const heights = me.of('block').map(({ height }) => height);
    expect(new Set(heights).size).toBe(heights.length);
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

  it('takes a lost answer for what it is: the order is found in a block, and not doubled', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.loseAnswers = 1;
    const fate = await me.send([bid]);
    expect(fate.kind).toBe('batchCommitted');
    expect(me.of('batchUnknown').length).toBe(1);
    await me.until(() => me.of('openOrders').at(-1)?.orders.length === 1, 'one order');
    expect((await me.send([ask])).kind).toBe('batchCommitted');
  });

  it('finds out that a swallowed transaction will never come, and goes on', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.swallowBroadcasts = 1;
    expect(await me.send([bid])).toMatchObject({
      kind: 'batchRefused',
      reason: expect.stringContaining('timeout height'),
    });
    expect((await me.send([bid])).kind).toBe('batchCommitted');
  });

  it('fails over from an endpoint that stalls, lies or is gone', async () => {
    const devnet = await chain({ nodes: 3 });
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.stallMs = 60_000;
    await me.until(() => me.venue.endpoints.findIndex(({ current }) => current) > 0, 'another endpoint');
    devnet.nodes[1]!.faults.nonsense = 'html';
    devnet.nodes[2]!.faults.refuseConnections = true;
    await me.until(() => me.of('reject').some(({ reason }) => reason === 'unreachable'), 'complaint');
    devnet.nodes[2]!.faults.refuseConnections = false;
    const before = me.of('bookSnapshot').length;
    await me.until(() => me.of('bookSnapshot').length > before + 8, 'books again');
    expect((await me.send([bid])).kind).toBe('batchCommitted');
    expect(new Set(me.of('reject').map(({ reason }) => reason))).toContain('timeout');
  });

  it('refuses to start as configured, saying what to do, and never shows the mnemonic', async () => {
    const devnet = await chain();
    const open = async (change: Partial<SeiVenueOptions>): Promise<unknown> => {
      try {
        const venue = venueOn(devnet, change);
        closing.push(() => venue.close());
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
    expect(JSON.stringify(venueOn(devnet))).not.toContain('abandon');
  });
});
