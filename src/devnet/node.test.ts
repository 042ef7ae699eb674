import { connect } from 'node:net';
import { toBase64, toHex } from '@cosmjs/encoding';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { getMatchResultRequest, queryPath } from '../sei/codec/query.ts';
import { type DevnetHandle, startDevnet } from './devnet.ts';
import { parseEventQuery } from './event_query.ts';
import { BODY_MAX_BYTES } from './http.ts';

let devnet: DevnetHandle;

beforeEach(async () => {
  devnet = await startDevnet({ blockIntervalMs: 0, nodes: 2 });
});
afterEach(() => devnet.close());

async function post(body: string, url = devnet.rpcUrl): Promise<Record<string, unknown>> {
  return (await (await fetch(url, { method: 'POST', body })).json()) as Record<string, unknown>;
}

function call(method: string, params: unknown = {}, url = devnet.rpcUrl): Promise<Record<string, unknown>> {
  return post(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }), url);
}

async function get(path: string, base = devnet.rpcUrl): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(base + path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A WebSocket with its messages, and a wait for the next one. */
async function openSocket(): Promise<{
  socket: WebSocket;
  ask(method: string, query?: string): Promise<Record<string, unknown>>;
  next(): Promise<Record<string, unknown>>;
}> {
  const socket = new WebSocket(`${devnet.wsUrl}/websocket`);
  const inbox: Record<string, unknown>[] = [];
  const waiting: ((message: Record<string, unknown>) => void)[] = [];
  socket.on('message', (raw) => {
    const message = JSON.parse(raw.toString()) as Record<string, unknown>;
    const waiter = waiting.shift();
    if (waiter === undefined) inbox.push(message);
    else waiter(message);
  });
  await new Promise((resolve) => socket.once('open', resolve));
  const next = (): Promise<Record<string, unknown>> => {
    const message = inbox.shift();
    return message === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(message);
  };
  return {
    socket,
    next,
    ask: (method, query) => {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: query === undefined ? {} : { query } }));
      return next();
    },
  };
}

describe('JSON-RPC', () => {
  it('wraps the result of a POST and not that of a GET', async () => {
    expect(await call('health')).toEqual({ jsonrpc: '2.0', id: 7, result: {} });
    expect(await get('/health')).toEqual({ status: 200, body: {} });
    expect((await get('/block?height=1')).body).toHaveProperty('block.header.height', '1');
    const data = toHex(getMatchResultRequest.encode({ contractAddr: devnet.contractAddress }));
    const uri = await get(`/abci_query?path="${encodeURIComponent(queryPath('GetMatchResult'))}"&data=0x${data}`);
    expect(uri.body).toHaveProperty('response.code', 0);
  });

  it.each([
    ['{', -32700],
    ['7', -32600],
    ['[]', -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"nope"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"x"}}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"block","params":"x"}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"*"}}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"99"}}', -32603],
    ['{"jsonrpc":"2.0","id":1,"method":"tx_search","params":{"query":"sudo-gas.type EXISTS"}}', -32603],
  ])('answers %s with %i', async (body, code) => {
    expect(await post(body)).toHaveProperty('error.code', code);
  });

  it('takes parameters by position, and batches', async () => {
    expect(await call('block', ['1'])).toHaveProperty('result.block.header.height', '1');
    const batch = await post('[{"jsonrpc":"2.0","id":1,"method":"health"},{"jsonrpc":"2.0","id":2,"method":"nope"}]');
    expect(batch).toMatchObject([
      { id: 1, result: {} },
      { id: 2, error: { code: -32601 } },
    ]);
  });

  it('refuses a body beyond the limit', async () => {
    const response = await fetch(devnet.rpcUrl, { method: 'POST', body: 'x'.repeat(BODY_MAX_BYTES + 1) });
    expect(response.status).toBe(413);
  });

  it('refuses garbage as a transaction with code 2', async () => {
    expect(await call('broadcast_tx_sync', { tx: toBase64(Uint8Array.of(1, 2, 3)) })).toMatchObject({
      result: { code: 2, codespace: 'sdk' },
    });
  });

  it('says so when a port is taken, and leaves nothing open', async () => {
    const rpcPort = Number(new URL(devnet.rpcUrl).port);
    await expect(startDevnet({ rpcPort })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('REST', () => {
  it('shows decimals with 18 places and 64-bit numbers as text', async () => {
    devnet.chain.beginBlock(devnet.chain.timeUs + 1);
    const { address } = devnet.accounts[0]!;
    devnet.chain.place({ account: address, market: 0, side: 'buy', type: 'limit', tick: 1001, lots: 25 });
    devnet.chain.endBlock();
    const base = '/sei-protocol/seichain/dex';
    const at = `${devnet.contractAddress}/USDC/BTC`;
    expect((await get(`${base}/long_book/${at}`, devnet.restUrl)).body).toEqual({
      LongBook: [
        {
          price: '100.100000000000000000',
          entry: {
            price: '100.100000000000000000',
            quantity: '0.002500000000000000',
            allocations: [{ orderId: '0', quantity: '0.002500000000000000', account: address }],
            priceDenom: 'USDC',
            assetDenom: 'BTC',
          },
        },
      ],
      pagination: { next_key: null, total: '1' },
    });
    const pairs = await get(`${base}/registered_pairs?contractAddr=${devnet.contractAddress}`, devnet.restUrl);
    expect(pairs.body).toHaveProperty('pairs.3.priceTicksize', '0.001000000000000000');
    expect((await get(`${base}/get_orders/${devnet.contractAddress}/${address}`, devnet.restUrl)).body).toHaveProperty(
      'orders.0.orderType',
      'LIMIT',
    );
    const account = await get(`/cosmos/auth/v1beta1/accounts/${address}`, devnet.restUrl);
    expect(account.body).toMatchObject({ account: { address, account_number: '0', sequence: '0' } });
    expect((await get(`/cosmos/bank/v1beta1/balances/${address}`, devnet.restUrl)).body).toHaveProperty(
      'balances.0.denom',
      'uatom',
    );
  });

  it('answers what it does not know as the gateway does', async () => {
    expect(await get('/cosmos/auth/v1beta1/accounts/sei1x', devnet.restUrl)).toMatchObject({
      status: 404,
      body: { code: 5 },
    });
    expect((await get('/nothing/here', devnet.restUrl)).status).toBe(501);
    const bad = await get(`/sei-protocol/seichain/dex/get_twaps/${devnet.contractAddress}/abc`, devnet.restUrl);
    expect(bad.status).toBe(400);
    expect((await get('/cosmos/auth/v1beta1/accounts/%ff', devnet.restUrl)).status).toBe(400);
  });
});

describe('subscriptions', () => {
  it('by contract see the blocks in which it worked, others all; the event map is decoded', async () => {
    const ws = await openSocket();
    const query = `tm.event='NewBlock' AND sudo._contract_address='${devnet.contractAddress}'`;
    expect(await ws.ask('subscribe', query)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    devnet.produceBlock();
    devnet.chain.dex.place({
      account: devnet.accounts[0]!.address,
      market: 0,
      side: 'buy',
      type: 'limit',
      tick: 1,
      lots: 1,
    });
    const { height } = devnet.produceBlock();
    const event = await ws.next();
    expect(event).toHaveProperty('result.data.value.block.header.height', String(height));
    expect(event).toMatchObject({
      id: 1,
      result: {
        query,
        data: { type: 'tendermint/event/NewBlock' },
        events: { 'sudo._contract_address': [devnet.contractAddress] },
      },
    });
    ws.socket.close();
  });

  it('are five a client at most, and a hyphen is no part of a name', async () => {
    const ws = await openSocket();
    for (let i = 0; i < 5; i += 1) expect(await ws.ask('subscribe', `tx.height=${i}`)).toHaveProperty('result');
    expect(await ws.ask('subscribe', 'tx.height=5')).toHaveProperty(
      'error.data',
      'max_subscriptions_per_client 5 reached',
    );
    expect(await ws.ask('unsubscribe', 'tx.height=4')).toHaveProperty('result');
    expect(await ws.ask('subscribe', "sudo-gas.type='x'")).toMatchObject({ error: { code: -32603 } });
    expect(await ws.ask('subscribe', 'tx.height=3')).toHaveProperty('error.data', 'already subscribed');
    expect(await ws.ask('unsubscribe_all')).toHaveProperty('result');
    ws.socket.close();
  });

  it('read the query language', () => {
    const events = new Map([
      ['tm.event', ['Tx']],
      ['place_order.order_id', ['3', '12']],
      ['tx.height', ['5']],
    ]);
    const matches = (text: string): boolean => parseEventQuery(text).matches(events);
    expect(matches("tm.event='Tx' AND place_order.order_id EXISTS")).toBe(true);
    expect(matches("place_order.order_id='12' AND tx.height>=5 AND tx.height<6")).toBe(true);
    expect(matches("place_order.order_id CONTAINS '1'")).toBe(true);
    expect(matches("tm.event='NewBlock'")).toBe(false);
    expect(matches('cancel_order EXISTS')).toBe(false);
    for (const bad of ['', 'AND', "a='1' AND", 'a-b EXISTS', "a='1", 'x'.repeat(600)])
      expect(() => parseEventQuery(bad)).toThrow(RangeError);
  });
});

describe('faults', () => {
  const fails = (promise: Promise<unknown>): Promise<void> => expect(promise).rejects.toThrow();

  it('of one node leave the other alone', async () => {
    const [first, second] = devnet.nodes;
    first!.faults.refuseConnections = true;
    first!.dropConnections();
    await fails(call('health'));
    expect(await call('health', {}, second!.rpcUrl)).toHaveProperty('result');
    first!.faults.refuseConnections = false;
    expect(await call('health')).toHaveProperty('result');
  });

  it('stall, answer nonsense, and lag where told to', async () => {
    const { faults } = devnet.nodes[0]!;
    faults.methods = new Set(['status']);
    faults.nonsense = 'html';
    await fails(call('status'));
    faults.nonsense = 'wrongShape';
    expect(await call('status')).toHaveProperty('result.unexpected');
    faults.nonsense = null;
    faults.stallMs = Number.POSITIVE_INFINITY;
    expect(await call('health')).toHaveProperty('result');
    await fails(fetch(`${devnet.rpcUrl}/status`, { signal: AbortSignal.timeout(50) }));
    faults.stallMs = 0;
    for (let i = 0; i < 3; i += 1) devnet.produceBlock();
    faults.lagBlocks = 2;
    expect(await call('status')).toHaveProperty(
      'result.sync_info.latest_block_height',
      String(devnet.chain.height - 2),
    );
  });

  it('skip and repeat block events', async () => {
    const ws = await openSocket();
    await ws.ask('subscribe', "tm.event='NewBlock'");
    const { faults } = devnet.nodes[0]!;
    faults.skipBlockEvents = 1;
    devnet.produceBlock();
    faults.duplicateBlockEvents = 1;
    const { height } = devnet.produceBlock();
    for (let i = 0; i < 2; i += 1)
      expect(await ws.next()).toHaveProperty('result.data.value.block.header.height', String(height));
    const closed = new Promise((resolve) => ws.socket.once('close', resolve));
    devnet.nodes[0]!.dropConnections();
    await closed;
  });

  it('refuse broadcasts', async () => {
    devnet.nodes[0]!.faults.refuseBroadcasts = true;
    expect(await call('broadcast_tx_sync', { tx: 'AQ==' })).toHaveProperty('error.code', -32603);
    devnet.nodes[0]!.faults.refuseBroadcasts = false;
    expect(await call('broadcast_tx_sync', { tx: 'AQ==' })).toHaveProperty('result.code', 2);
  });

  it('cannot be confused with bytes that are no HTTP at all', async () => {
    const url = new URL(devnet.rpcUrl);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(url.port), url.hostname, () => socket.write('\u0000\u0001garbage\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect(await call('health')).toHaveProperty('result');
  });
});
