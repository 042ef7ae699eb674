import { toBase64 } from '@cosmjs/encoding';
import { DirectSecp256k1HdWallet, Registry } from '@cosmjs/proto-signing';
import { SigningStargateClient } from '@cosmjs/stargate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { txRaw } from '../sei/codec/cosmos.ts';
import { DECIMAL_ONE } from '../sei/codec/decimal.ts';
import { msgPlaceOrders, order } from '../sei/codec/dex.ts';
import { bookAllRequest, longBookAllResponse, queryPath } from '../sei/codec/query.ts';
import { dexRegistryTypes } from '../sei/codec/registry.ts';
import { DEVNET_MNEMONIC, type DevnetHandle, startDevnet } from './devnet.ts';
import type { Faults } from './faults.ts';
import { abciQuery } from './query.ts';
import { txHash } from './tx.ts';

/**
 * Faults that strike a signed transaction on its way into a block. Blocks are made by hand, so that nothing depends on
 * time.
 */

let devnet: DevnetHandle;
let faults: Faults;
let client: SigningStargateClient;
let address: string;

beforeEach(async () => {
  devnet = await startDevnet({ blockIntervalMs: 0 });
  faults = devnet.nodes[0]!.faults;
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(DEVNET_MNEMONIC, { prefix: 'sei' });
  address = (await wallet.getAccounts())[0]!.address;
  const registry = new Registry(dexRegistryTypes as ConstructorParameters<typeof Registry>[0]);
  client = await SigningStargateClient.connectWithSigner(devnet.rpcUrl, wallet, { registry });
});

afterEach(async () => {
  client.disconnect();
  await devnet.close();
});

async function signedPlace(price = 100n): Promise<Uint8Array> {
  const value = msgPlaceOrders.create({
    creator: address,
    contractAddr: devnet.contractAddress,
    orders: [
      order.create({ price: price * DECIMAL_ONE, quantity: DECIMAL_ONE, priceDenom: 'USDC', assetDenom: 'BTC' }),
    ],
  });
  const fee = { amount: [{ denom: 'usei', amount: '5500' }], gas: '200000' };
  return txRaw.encode(await client.sign(address, [{ typeUrl: msgPlaceOrders.typeUrl, value }], fee, ''));
}

async function call(method: string, tx: Uint8Array): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { tx: toBase64(tx) } });
  return (await (await fetch(devnet.rpcUrl, { method: 'POST', body })).json()) as Record<string, unknown>;
}

describe('a broadcast', () => {
  it('whose answer is lost is in the next block all the same', async () => {
    const tx = await signedPlace();
    faults.loseAnswers = 1;
    await expect(call('broadcast_tx_sync', tx)).rejects.toThrow();
    expect(devnet.produceBlock().txs.map(({ hash, result }) => [hash, result.code])).toEqual([[txHash(tx), 0]]);
  });

  it('that is swallowed never is, and may be sent again', async () => {
    const tx = await signedPlace();
    faults.swallowBroadcasts = 1;
    expect(await call('broadcast_tx_sync', tx)).toMatchObject({ result: { code: 0, hash: txHash(tx) } });
    expect(devnet.produceBlock().txs).toEqual([]);
    expect(await call('broadcast_tx_sync', tx)).toMatchObject({ result: { code: 0 } });
    expect(devnet.produceBlock().txs).toHaveLength(1);
  });

  it('that is held back waits for so many blocks more', async () => {
    faults.holdBlocks = 2;
    expect(await call('broadcast_tx_sync', await signedPlace())).toMatchObject({ result: { code: 0 } });
    expect([1, 2, 3].map(() => devnet.produceBlock().txs.length)).toEqual([0, 0, 1]);
  });

  it('is told of another transaction that was faster, once', async () => {
    const tx = await signedPlace();
    faults.wrongSequence = 1;
    const answer = await call('broadcast_tx_sync', tx);
    expect(answer).toMatchObject({ result: { code: 32, codespace: 'sdk' } });
    expect(answer).toHaveProperty(
      'result.log',
      'account sequence mismatch, expected 1, got 0: incorrect account sequence',
    );
    expect(await call('broadcast_tx_sync', tx)).toMatchObject({ result: { code: 0 } });
  });

  it('may wait for its block', async () => {
    const tx = await signedPlace();
    const answer = call('broadcast_tx_commit', tx);
    while (devnet.producer.mempool.size === 0) await new Promise((resolve) => setImmediate(resolve));
    const { height } = devnet.produceBlock();
    expect(await answer).toMatchObject({
      result: { check_tx: { code: 0 }, deliver_tx: { code: 0 }, hash: txHash(tx), height: String(height) },
    });
  });
});

it('books of recent heights can be read while newer blocks are made', async () => {
  await call('broadcast_tx_sync', await signedPlace(100n));
  const { height } = devnet.produceBlock();
  await call('broadcast_tx_sync', await signedPlace(101n));
  devnet.produceBlock();
  const data = bookAllRequest.encode({ contractAddr: devnet.contractAddress, priceDenom: 'USDC', assetDenom: 'BTC' });
  const pricesAt = (at: number): bigint[] => {
    const answer = abciQuery(devnet.chain, queryPath('LongBookAll'), data, at);
    expect(answer.log).toBe('');
    return longBookAllResponse.decode(answer.value).levels.map(({ price }) => price / DECIMAL_ONE);
  };
  expect(pricesAt(height)).toEqual([100n]);
  expect(pricesAt(height - 1)).toEqual([]);
  expect(pricesAt(0)).toEqual([100n, 101n]);
  for (let i = 0; i < 25; i += 1) devnet.produceBlock();
  expect(abciQuery(devnet.chain, queryPath('LongBookAll'), data, height)).toMatchObject({ code: 18 });
  expect(abciQuery(devnet.chain, queryPath('LongBookAll'), data, devnet.chain.height + 1)).toMatchObject({ code: 18 });
});
