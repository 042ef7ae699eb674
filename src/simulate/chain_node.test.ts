import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Market } from '../../streams/market/types.ts';
import type { OrderBatch } from '../../streams/orders/types.ts';
import { Chain } from '../devnet/chain.ts';
import { DEVNET_MNEMONIC, type DevnetHandle, devnetContract, genesisAmounts, startDevnet } from '../devnet/devnet.ts';
import { DEFAULT_MARKETS } from '../devnet/market.ts';
import { populate } from '../devnet/participants/crowds.ts';
import { Producer } from '../devnet/producer.ts';
import { seededRandom } from '../runtime/random.ts';
import {
  type BlockSource,
  type HeightNews,
  NodeError,
  type NodePort,
  type SignedTx,
  type Signer,
} from '../sei/node.ts';
import { RpcBlockSource } from '../sei/rpc/block_source.ts';
import { RpcNode } from '../sei/rpc/rpc_node.ts';
import { walletSigner } from '../sei/rpc/signing.ts';
import { Transport } from '../sei/rpc/transport.ts';
import { walletOf } from '../sei/rpc/wallet.ts';
import { ChainNode, plainSigner } from './chain_node.ts';
import { randomPath, virtualWorld } from './virtual_world.ts';
import { wireNode } from './wire_node.ts';

/** The conformance suite of the node port: a real node, one called in process, and one without bytes answer alike. */

const GAS = { basePriceUsei: 0.1, urgency: 'normal' } as const;
const markets: readonly Market[] = DEFAULT_MARKETS.slice(0, 2);
const [btc] = markets as [Market, Market];
const contract = devnetContract();
const context = { contract, markets: new Map(markets.map((market) => [market.symbol, market])), gas: GAS };

type Batch = Pick<OrderBatch, 'cancels' | 'places'>;

const place = (side: 'buy' | 'sell', tick: number, lots: number, market = btc.symbol): Batch['places'][number] => ({
  clientOrderId: `flashmm_${market}_${side}${tick}`,
  market,
  side,
  tick,
  lots,
});
const cancel = (orderId: string, side: 'buy' | 'sell', tick: number): Batch['cancels'][number] => ({
  clientOrderId: '',
  orderId,
  market: btc.symbol,
  side,
  tick,
});

/** What a question is answered with, its refusal included. */
async function said(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NodeError) return { refused: error.message.replace(/.*(height|version).*/, '$1') };
    throw error;
  }
}

describe('what nodes say of one chain', () => {
  let devnet: DevnetHandle;
  let signer: Signer;
  let nodes: Record<'rpc' | 'wire' | 'plain', NodePort>;
  const transport = new Transport(5_000);
  const hashes: string[] = [];

  beforeAll(async () => {
    const people = populate([randomPath(seededRandom(1), 3)], seededRandom(2), { noisePerS: 4, makerSizeUsdc: 200 });
    let timeUs = 1_795_248_000_000_000;
    const nowUs = (): number => (timeUs += 400_000);
    devnet = await startDevnet({
      blockIntervalMs: 0,
      markets: DEFAULT_MARKETS,
      onGenesis: people.onGenesis,
      onBeginBlock: people.onBeginBlock,
      nowUs,
    });
    const { producer } = devnet;
    const options = { contract, markets, stopwatchUs: () => 0 };
    nodes = {
      rpc: new RpcNode({ url: devnet.rpcUrl, exchange: transport, ...options }),
      wire: wireNode('node-1', producer, contract, markets),
      plain: new ChainNode('node-1', producer, markets),
    };
    signer = walletSigner(await walletOf(DEVNET_MNEMONIC), context);
    for (let i = 0; i < 40; i += 1) {
      if (i % 3 === 0) hashes.push(await trade(i));
      devnet.produceBlock();
    }
  });

  afterAll(async () => {
    transport.close();
    await devnet.close();
  });

  /** Quotes around the best prices, so that some of it trades, some rests, and some fails. */
  async function trade(round: number): Promise<string> {
    const numbers = await nodes.wire.account(signer.address);
    const { bids, asks } = await nodes.wire.book(btc, 0);
    const places = [
      place('buy', (bids[0] ?? 600_000) + 1, 5 + round),
      place('sell', (asks[0] ?? 620_000) - 1, 7),
      // More than the account has: the contract's hook refuses it.
      ...(round % 2 === 0 ? [place('sell', 700_000, 400_000)] : []),
    ];
    const timeoutHeight = devnet.chain.height + 10;
    const chainId = devnet.chainId;
    const cancels = round === 6 ? [cancel('1', 'sell', 1)] : [];
    const tx = signer.sign({ batch: { places, cancels }, chainId, ...numbers, timeoutHeight, congestion: 0 });
    expect((await nodes.wire.broadcast(tx)).code).toBe(0);
    return tx.hash;
  }

  const alike = async (ask: (node: NodePort) => Promise<unknown>): Promise<unknown> => {
    const [rpc, wire, plain] = await Promise.all([nodes.rpc, nodes.wire, nodes.plain].map((node) => said(ask(node))));
    expect(wire).toEqual(rpc);
    expect(plain).toEqual(rpc);
    return rpc;
  };

  it('is the same of every block and its matching, transactions and outcomes included', async () => {
    let [entries, refused, results] = [0, 0, 0];
    for (let height = 0; height <= devnet.chain.height + 1; height += 1) {
      const block = (await alike((node) => node.block(height))) as { txHashes?: string[] };
      const match = await alike((node) => node.match(height));
      if (match !== undefined && 'entries' in (match as object)) {
        const found = match as Awaited<ReturnType<NodePort['match']>>;
        entries += found!.entries.length;
        refused += found!.refused.length;
      }
      for (const index of block.txHashes?.keys() ?? []) {
        await alike((node) => node.resultInBlock(height, index));
        results += 1;
      }
    }
    expect([entries > 40, refused, results]).toEqual([true, 7, hashes.length]);
  });

  it('is the same of books and orders at heights that are kept, and they refuse the others', async () => {
    const { height: newest } = devnet.chain;
    for (const height of [0, newest, newest - 1, newest - 19, newest - 20, newest + 1]) {
      for (const market of markets) await alike((node) => node.book(market, height));
      await alike((node) => node.orders(signer.address, height));
      await alike((node) => node.balances(signer.address, height));
    }
    const orders = (await nodes.plain.orders(signer.address, 0)).length;
    expect(orders).toBeGreaterThan(3);
  });

  it('is the same of accounts, pairs, transactions by hash, and what waits', async () => {
    await alike((node) => node.account(signer.address));
    await alike((node) => node.pairs());
    await alike((node) => node.waiting());
    for (const hash of [...hashes, '0'.repeat(64)]) await alike((node) => node.resultByHash(hash));
    for (const node of Object.values(nodes))
      await expect(node.account('sei1nobody')).rejects.toThrow(/not found|invalid/);
    const statuses = await Promise.all(Object.values(nodes).map((node) => node.status(true)));
    for (const { chainId, height } of statuses)
      expect([chainId, height]).toEqual([devnet.chainId, devnet.chain.height]);
  });
});

interface Side {
  readonly node: NodePort;
  readonly signer: Signer;
  readonly producer: Producer;
  readonly sent: SignedTx[];
}

/** A chain of its own, with a node and a signer that fit. */
async function side(kind: 'wire' | 'plain'): Promise<Side> {
  const chain = new Chain({ chainId: 'test-1', contractAddress: contract, markets, bookHistoryBlocks: 20 });
  const signer =
    kind === 'wire' ? walletSigner(await walletOf(DEVNET_MNEMONIC), context) : plainSigner('sei1plain', context);
  chain.fund(signer.address, genesisAmounts(chain));
  const producer = new Producer(chain);
  producer.produce(1_000_000);
  const node =
    kind === 'wire' ? wireNode('node-1', producer, contract, markets) : new ChainNode('node-1', producer, markets);
  return { node, signer, producer, sent: [] };
}

describe('what becomes of transactions', () => {
  let wire: Side;
  let plain: Side;

  beforeEach(async () => {
    wire = await side('wire');
    plain = await side('plain');
  });

  /** Does the same on both sides; what they say of it has to be the same, but for hashes and numbers of bytes. */
  const both = async (work: (side: Side) => Promise<unknown>): Promise<unknown> => {
    const [one, other] = [await said(work(wire)), await said(work(plain))];
    expect(other).toEqual(one);
    return one;
  };

  const send = (batch: Batch, change: { sequence?: bigint; timeoutHeight?: number; congestion?: number } = {}) =>
    both(async ({ node, signer, producer, sent }) => {
      const numbers = await node.account(signer.address);
      const timeoutHeight = producer.chain.height + 10;
      const request = { batch, chainId: 'test-1', ...numbers, timeoutHeight, congestion: 0, ...change };
      const tx = signer.sign(request);
      sent.push(tx);
      const { code, codespace } = await node.broadcast(tx);
      return { code, codespace };
    });

  /** A block, and all that it brought. */
  const block = () =>
    both(async ({ node, signer, producer, sent }) => {
      const { height } = producer.produce(producer.chain.timeUs + 400_000);
      const { txHashes } = await node.block(height);
      const results = await Promise.all(txHashes.map((_, i) => node.resultInBlock(height, i)));
      const match = await node.match(height);
      const [account, balances] = [await node.account(signer.address), await node.balances(signer.address, height)];
      const mine = (address: string): string => (address === signer.address ? 'me' : address);
      return {
        txs: txHashes.map((hash) => sent.findIndex((tx) => tx.hash === hash)),
        // The words of a failure may name amounts that depend on bytes.
        results: results.map(({ log: _, ...result }) => result),
        entries: match?.entries.map((entry) => ({ ...entry, account: mine(entry.account) })),
        refused: match?.refused.map((one) => ({ ...one, account: mine(one.account) })),
        orders: await node.orders(signer.address, height),
        book: await node.book(btc, height),
        ...{ account, balances, waiting: await node.waiting() },
      };
    });

  it('is the same: placed, replaced, traded, refused by the contract', async () => {
    expect(await send({ cancels: [], places: [place('buy', 600_000, 5), place('sell', 610_000, 6)] })).toMatchObject({
      code: 0,
    });
    expect(await block()).toMatchObject({ txs: [0], results: [{ code: 0, orderIds: ['0', '1'] }] });
    await send({ cancels: [cancel('0', 'buy', 600_000)], places: [place('buy', 600_500, 8)] });
    expect(await block()).toMatchObject({ orders: [{ orderId: '2', tick: 600_500, lots: 8 }, { orderId: '1' }] });
    await send({ cancels: [], places: [place('buy', 610_000, 2), place('sell', 700_000, 400_000)] });
    expect(await block()).toMatchObject({ entries: [{ lots: 2 }, { lots: 2 }], refused: [{ orderId: 4n }] });
  });

  it('is the same: a wrong sequence, too late, sent twice, two at once, failing in its block', async () => {
    expect(await send({ cancels: [], places: [place('buy', 1, 1)] }, { sequence: 3n })).toMatchObject({ code: 32 });
    expect(await send({ cancels: [], places: [place('buy', 1, 1)] }, { timeoutHeight: 0 })).toMatchObject({ code: 0 });
    await block();
    await send({ cancels: [], places: [place('buy', 2, 1)] }, { timeoutHeight: wire.producer.chain.height });
    expect(await block()).toMatchObject({ results: [{ code: 30 }] });
    await send({ cancels: [], places: [place('buy', 3, 1)] });
    await both(async ({ node, sent }) => {
      const again = node.broadcast(sent.at(-1)!);
      await expect(again).rejects.toThrow('already exists');
    });
    expect(await send({ cancels: [], places: [place('buy', 4, 1)] }, { sequence: 2n })).toMatchObject({ code: 0 });
    expect(await block()).toMatchObject({ results: [{ code: 0 }, { code: 0 }] });
    // Somebody else's order: the transaction fails in its block, and has paid.
    await both(async ({ producer }) => {
      const { chain } = producer;
      chain.fund('sei1other', genesisAmounts(chain));
      chain.place({ account: 'sei1other', market: 0, side: 'sell', type: 'limit', tick: 650_000, lots: 1 });
      producer.produce(chain.timeUs + 400_000);
    });
    await send({ cancels: [cancel('3', 'sell', 650_000)], places: [] });
    expect(await block()).toMatchObject({ results: [{ code: 1, feeUsei: expect.any(String), orderIds: [] }] });
  });
});

describe('a line that tells of new blocks', () => {
  it('is opened, tells heights in order, and is lost when it is cut: over a WebSocket, and in virtual time', async () => {
    for (const kind of ['rpc', 'virtual'] as const) {
      const { source, produce, cut, settle, close } = await lineOf(kind);
      const told: (string | HeightNews)[] = [];
      // A node acknowledges a subscription; without a wire there is nothing to acknowledge.
      let subscribed = kind === 'virtual';
      const line = source.watch(
        {
          opened: () => told.push('opened'),
          message: (news) => told.push(news),
          alive: () => {
            subscribed = true;
          },
          lost: () => told.push('lost'),
        },
        1_000,
      );
      expect(told).toEqual([]);
      await settle(() => told.length === 1 && subscribed);
      const from = produce();
      await settle(() => told.length === 2);
      produce();
      await settle(() => told.length === 3);
      cut();
      await settle(() => told.length === 4);
      produce();
      expect(told).toEqual(['opened', from, from + 1, 'lost']);
      line.close();
      await close();
    }
  });
});

/** A source of blocks, and how it comes to something there: in real or in virtual time. */
async function lineOf(kind: 'rpc' | 'virtual') {
  if (kind === 'rpc') {
    const devnet = await startDevnet({ blockIntervalMs: 0 });
    return {
      source: new RpcBlockSource(`${devnet.wsUrl}/websocket`) as BlockSource,
      produce: () => devnet.produceBlock().height,
      cut: () => devnet.nodes[0]!.dropConnections(),
      settle: async (done: () => boolean) => {
        for (let i = 0; i < 1_000 && !done(); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      close: () => devnet.close(),
    };
  }
  const world = await virtualWorld({ seed: 1, markets });
  const [node] = world.nodes;
  world.halts += 1;
  return {
    source: node!.client(world.process().timers) as BlockSource,
    produce: () => world.producer.produce(world.timers.nowUs()).height,
    cut: () => node!.cutLines(),
    settle: () => world.runTo(world.timers.nowUs() + 1_000_000),
    close: async () => {},
  };
}
