import { fromBase64, fromUtf8, toHex } from '@cosmjs/encoding';
import { DirectSecp256k1HdWallet, Registry } from '@cosmjs/proto-signing';
import { defaultRegistryTypes, SigningStargateClient, StargateClient } from '@cosmjs/stargate';
import { connectComet, Tendermint37Client, WebsocketClient } from '@cosmjs/tendermint-rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { txMsgData, txRaw } from '../sei/codec/cosmos.ts';
import { parseDecimal } from '../sei/codec/decimal.ts';
import { cancellation, msgCancelOrders, msgPlaceOrders, msgPlaceOrdersResponse, order } from '../sei/codec/dex.ts';
import * as q from '../sei/codec/query.ts';
import { dexRegistryTypes } from '../sei/codec/registry.ts';
import { DEVNET_MNEMONIC, type DevnetHandle, startDevnet } from './devnet.ts';

/** An unmodified cosmjs client against the devnet: everything it needs must work, and look as it does on the chain. */

const FEE = { amount: [{ denom: 'usei', amount: '50000' }], gas: '400000' };
const registry = new Registry([...defaultRegistryTypes, ...dexRegistryTypes] as ConstructorParameters<
  typeof Registry
>[0]);

let devnet: DevnetHandle;
let comet: Tendermint37Client;
let client: SigningStargateClient;
let me: string;

beforeAll(async () => {
  devnet = await startDevnet({ blockIntervalMs: 40, firstOrderId: 2 ** 31 });
  comet = (await connectComet(devnet.rpcUrl)) as Tendermint37Client;
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(DEVNET_MNEMONIC, { prefix: 'sei' });
  me = (await wallet.getAccounts())[0]!.address;
  client = await SigningStargateClient.createWithSigner(comet, wallet, { registry, broadcastPollIntervalMs: 20 });
});

afterAll(async () => {
  client.disconnect();
  await devnet.close();
});

function limit(side: 0 | 1, price: string, quantity: string, data = '') {
  return order.create({
    price: parseDecimal(price),
    quantity: parseDecimal(quantity),
    priceDenom: 'USDC',
    assetDenom: 'BTC',
    positionDirection: side,
    data,
  });
}

function place(...orders: ReturnType<typeof limit>[]) {
  const value = msgPlaceOrders.create({ creator: me, orders, contractAddr: devnet.contractAddress });
  return { typeUrl: msgPlaceOrders.typeUrl, value };
}

function cancel(id: bigint, side: 0 | 1, price: string) {
  const pair = { priceDenom: 'USDC', assetDenom: 'BTC', positionDirection: side, price: parseDecimal(price) };
  const cancellations = [cancellation.create({ id, ...pair })];
  const value = msgCancelOrders.create({ creator: me, cancellations, contractAddr: devnet.contractAddress });
  return { typeUrl: msgCancelOrders.typeUrl, value };
}

async function ask<Q, A>(
  name: string,
  request: { encode(fields: Partial<Q>): Uint8Array },
  response: { decode(b: Uint8Array): A },
  fields: Partial<Q>,
): Promise<A> {
  const answer = await comet.abciQuery({ path: q.queryPath(name), data: request.encode(fields) });
  expect(answer.code, answer.log).toBe(0);
  return response.decode(answer.value);
}

describe('a cosmjs client', () => {
  it('takes the node for an old Tendermint and reads its status, blocks, commits and validators', async () => {
    expect(comet).toBeInstanceOf(Tendermint37Client);
    const status = await comet.status();
    expect(status.nodeInfo.network).toBe(devnet.chainId);
    expect(status.syncInfo.latestBlockHeight).toBeGreaterThan(0);
    const { block, blockId } = await comet.block(1);
    expect(block.header.chainId).toBe(devnet.chainId);
    expect(block.header.lastBlockId).toBeNull();
    devnet.produceBlock();
    const second = await comet.block(2);
    expect(second.block.header.lastBlockId?.hash).toEqual(blockId.hash);
    expect((await comet.commit(2)).commit.blockId.hash).toEqual(second.blockId.hash);
    expect((await comet.validators({ height: 1 })).validators).toHaveLength(1);
    expect((await comet.genesis()).chainId).toBe(devnet.chainId);
    expect((await comet.abciInfo()).lastBlockHeight).toBeGreaterThan(0);
    expect((await comet.blockchain(1, 2)).blockMetas.map((meta) => meta.header.height)).toEqual([2, 1]);
    expect((await comet.numUnconfirmedTxs()).total).toBe(0);
    expect(await comet.health()).toBeNull();
  });

  it('reads accounts and balances', async () => {
    expect(await client.getChainId()).toBe(devnet.chainId);
    expect(await client.getAccount(me)).toMatchObject({ address: me, accountNumber: 0n });
    expect(await client.getBalance(me, 'uusdc')).toEqual({ denom: 'uusdc', amount: '1000000000000' });
    expect((await client.getAllBalances(me)).map((coin) => coin.denom)).toEqual([
      'uatom',
      'ubtc',
      'ueth',
      'usei',
      'uusdc',
    ]);
    expect(await client.getAccount(devnet.contractAddress)).toBeNull();
  });

  it('simulates, signs, broadcasts, and finds its orders in the book and its transaction in a block', async () => {
    const gas = await client.simulate(me, [place(limit(0, '60000.1', '0.01'))], 'memo');
    expect(gas).toBeGreaterThan(0);
    const result = await client.signAndBroadcast(
      me,
      [place(limit(0, '60000.1', '0.01', '{"id":"a"}'), limit(1, '70000', '0.02'))],
      FEE,
      'memo',
    );
    expect(result.code, result.rawLog).toBe(0);
    const [bid, ask_] = idsOf(result.msgResponses, await dataOf(result.transactionHash));
    expect(bid).toBeGreaterThanOrEqual(2n ** 31n);
    const found = await client.getTx(result.transactionHash);
    expect(found).toMatchObject({ height: result.height, code: 0 });
    expect((await client.getBlock(result.height)).txs).toHaveLength(1);

    const fields = { contractAddr: devnet.contractAddress, priceDenom: 'USDC', assetDenom: 'BTC' };
    const longs = await ask('LongBookAll', q.bookAllRequest, q.longBookAllResponse, fields);
    expect(longs.levels).toHaveLength(1);
    expect(longs.levels[0]).toMatchObject({
      price: parseDecimal('60000.1'),
      entry: {
        quantity: parseDecimal('0.01'),
        allocations: [{ orderId: bid, account: me }],
        priceDenom: 'USDC',
        assetDenom: 'BTC',
      },
    });
    const mine = await ask('GetOrders', q.getOrdersRequest, q.getOrdersResponse, {
      contractAddr: devnet.contractAddress,
      account: me,
    });
    expect(mine.orders.map(({ id, data }) => [id, data])).toEqual([
      [bid, ''],
      [ask_, ''],
    ]);

    const replaced = await client.signAndBroadcast(
      me,
      [cancel(bid!, 0, '60000.1'), place(limit(0, '60001', '0.01'))],
      FEE,
    );
    expect(replaced.code, replaced.rawLog).toBe(0);
    const after = await ask('LongBookAll', q.bookAllRequest, q.longBookAllResponse, fields);
    expect(after.levels.map((level) => level.price)).toEqual([parseDecimal('60001')]);
  });

  it('sees its fills in the match result of their height, and nowhere else', async () => {
    const result = await client.signAndBroadcast(
      me,
      [place(limit(0, '65001', '0.001'), limit(1, '65000', '0.001'))],
      FEE,
    );
    const [buy] = idsOf(result.msgResponses, await dataOf(result.transactionHash));
    const request = q.getMatchResultRequest.encode({ contractAddr: devnet.contractAddress });
    const answer = await comet.abciQuery({ path: q.queryPath('GetMatchResult'), data: request, height: result.height });
    const match = q.getMatchResultResponse.decode(answer.value).result!;
    expect(match.height).toBe(BigInt(result.height));
    expect(
      match.settlements.map((entry) => [entry.orderId, entry.positionDirection, entry.executionCostOrProceed]),
    ).toEqual([
      [buy, 'Long', parseDecimal('65000.5')],
      [buy! + 1n, 'Short', parseDecimal('65000.5')],
    ]);
    expect(match.orders[0]).toMatchObject({ id: buy, status: 0, quantity: parseDecimal('0.001') });
  });

  it('pages through a book from either end', async () => {
    const result = await client.signAndBroadcast(
      me,
      [place(...['50000', '50001', '50002'].map((price) => limit(0, price, '0.001')))],
      FEE,
    );
    expect(result.code).toBe(0);
    const fields = { contractAddr: devnet.contractAddress, priceDenom: 'USDC', assetDenom: 'BTC' };
    const seen: bigint[] = [];
    let key: Uint8Array = new Uint8Array(0);
    do {
      const pagination = q.pageRequest.create({ key, limit: 2n, reverse: true });
      const page = await ask('LongBookAll', q.bookAllRequest, q.longBookAllResponse, { ...fields, pagination });
      seen.push(...page.levels.map((level) => level.price));
      key = page.pagination!.nextKey;
    } while (key.length > 0);
    expect(seen).toEqual(['60001', '50002', '50001', '50000'].map(parseDecimal));
  });

  it('learns of refusals with the chain’s codes', async () => {
    const code = async (
      ...args: Parameters<SigningStargateClient['sign']>
    ): Promise<[number, string | undefined, string | undefined]> => {
      const raw = await client.sign(...args);
      const answer = await comet.broadcastTxSync({ tx: txRaw.encode(raw) });
      return [answer.code, answer.codespace, answer.log];
    };
    const cheap = { ...FEE, amount: [{ denom: 'usei', amount: '5499' }] };
    expect((await code(me, [place(limit(0, '1', '0.001'))], cheap, '')).slice(0, 2)).toEqual([13, 'sdk']);
    expect(await code(me, [place(limit(0, '1.05', '0.001'))], FEE, '')).toEqual([1, 'undefined', '']);
    expect(await code(me, [place(limit(0, '1', '0.00011'))], FEE, '')).toEqual([1, 'undefined', '']);
    expect((await code(me, [place({ ...limit(0, '1', '0.001'), orderType: 5 })], FEE, ''))[0]).toBe(18);
    const { accountNumber, sequence } = await client.getSequence(me);
    const wrong = await code(me, [place(limit(0, '1', '0.001'))], FEE, '', {
      accountNumber,
      sequence: sequence + 1,
      chainId: devnet.chainId,
    });
    expect(wrong[0]).toBe(32);
    expect(wrong[2]).toContain(`account sequence mismatch, expected ${sequence}, got ${sequence + 1}`);
    const elsewhere = await code(me, [place(limit(0, '1', '0.001'))], FEE, '', {
      accountNumber,
      sequence,
      chainId: 'pacific-1',
    });
    expect(elsewhere[0]).toBe(4);
  });

  it('gets blocks and transactions over a WebSocket, with decoded event maps', async () => {
    const socket = new WebsocketClient(devnet.wsUrl);
    const live = Tendermint37Client.create(socket);
    const blocks: number[] = [];
    const done = new Promise<string>((resolve) => {
      live
        .subscribeTx(`place_order.order_id EXISTS`)
        .subscribe({ next: (event) => resolve(toHex(event.hash).toUpperCase()) });
    });
    // The node takes subscriptions in order: with the first block in, the one above stands.
    const firstBlock = new Promise<void>((resolve) => {
      live.subscribeNewBlock().subscribe({
        next: (block) => {
          blocks.push(block.header.height);
          resolve();
        },
      });
    });
    await firstBlock;
    const result = await client.signAndBroadcast(me, [place(limit(0, '40000', '0.001'))], FEE);
    expect(await done).toBe(result.transactionHash);
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
    live.disconnect();
  });

  it('finds base64 attributes in block results, of transactions and of the block', async () => {
    const result = await client.signAndBroadcast(me, [place(limit(0, '40001', '0.001'))], FEE);
    const results = await comet.blockResults(result.height);
    const sudo = results.endBlockEvents.find((event) => event.type === 'sudo')!;
    expect(sudo.attributes.map(({ key, value }) => [fromUtf8(fromBase64(key)), fromUtf8(fromBase64(value))])).toEqual([
      ['_contract_address', devnet.contractAddress],
    ]);
    expect(results.results[0]!.events.map((event) => event.type)).toContain('place_order');
  });

  it('is refused a read-only query it has no right to expect', async () => {
    const reader = await StargateClient.create(comet);
    expect(await reader.getTx('00'.repeat(32))).toBeNull();
    await expect(comet.block(10_000_000)).rejects.toThrow(
      /must be less than or equal to the current blockchain height/,
    );
    const unknown = await comet.abciQuery({ path: '/no.such/Path', data: new Uint8Array(0) });
    expect(unknown.code).toBe(6);
  });
});

async function dataOf(hash: string): Promise<Uint8Array> {
  const found = await comet.tx({ hash: Uint8Array.from(Buffer.from(hash, 'hex')) });
  return found.result.data ?? new Uint8Array(0);
}

/** The order ids in a transaction's data, in the form of SDK 0.45. */
function idsOf(_responses: unknown, data: Uint8Array): bigint[] {
  return txMsgData
    .decode(data)
    .data.filter(({ msgType }) => msgType === msgPlaceOrders.typeUrl)
    .flatMap((message) => [...msgPlaceOrdersResponse.decode(message.data).orderIds]);
}
