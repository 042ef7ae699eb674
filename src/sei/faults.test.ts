import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { systemTimers } from '../runtime/timers.ts';
import { ask, bid, chain, closeAll, closeLater, OTHER, trader } from './fixtures/trader.ts';

afterEach(closeAll);

describe('the Sei venue, when things go wrong', () => {
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

  it('sends a transaction again that a node lost, and does not double it', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.swallowBroadcasts = 1;
    expect((await me.send([bid])).kind).toBe('batchCommitted');
    await me.until(() => me.of('openOrders').at(-1)?.orders.length === 1, 'one order');
    expect(me.of('batchAccepted').length).toBe(1);
  });

  it('finds out that a swallowed transaction will never come, and goes on', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    const { faults } = devnet.nodes[0]!;
    faults.swallowBroadcasts = 1_000;
    expect(await me.send([bid])).toMatchObject({
      kind: 'batchRefused',
      reason: expect.stringContaining('timeout height'),
    });
    faults.swallowBroadcasts = 0;
    expect((await me.send([bid])).kind).toBe('batchCommitted');
  });

  it('has a transaction that waits long in one block only', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.holdBlocks = 6;
    const sent = me.send([bid]);
    await me.until(() => me.of('batchAccepted').length === 1, 'acceptance');
    devnet.nodes[0]!.faults.holdBlocks = 0;
    const [accepted, fate] = [me.of('block').length, await sent];
    expect(fate.kind).toBe('batchCommitted');
    expect(me.of('block').length - accepted).toBeGreaterThan(4);
    await me.until(() => me.of('openOrders').at(-1)?.orders.length === 1, 'one order');
  });

  it('is not sure of a refusal by a full mempool until the timeout height', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.refuseBroadcasts = true;
    expect((await me.send([bid])).kind).toBe('batchRefused');
    expect(me.of('batchUnknown').length).toBe(1);
    devnet.nodes[0]!.faults.refuseBroadcasts = false;
    expect((await me.send([bid])).kind).toBe('batchCommitted');
  });

  it('takes events that come twice once', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    devnet.nodes[0]!.faults.duplicateBlockEvents = 10;
    const from = me.of('block').length;
    await me.until(() => me.of('block').length > from + 10, 'blocks');
    const heights = me.of('block').map(({ height }) => height);
    expect(heights).toEqual(heights.map((_, i) => heights[0]! + i));
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

  it.each(['html', 'notJson', 'truncated', 'wrongShape'] as const)(
    'leaves a node that answers %s',
    async (nonsense) => {
      const devnet = await chain({ nodes: 2 });
      const me = await trader(devnet);
      devnet.nodes[0]!.faults.nonsense = nonsense;
      await me.until(() => me.venue.endpoints[1]!.current, 'the other endpoint');
      expect(me.of('reject').some(({ source, reason }) => source === 'sei-rpc' && reason === 'nonsense')).toBe(true);
      const from = me.of('bookSnapshot').length;
      await me.until(() => me.of('bookSnapshot').length > from + 8, 'books');
      expect((await me.send([bid])).kind).toBe('batchCommitted');
    },
  );

  it('never asks a node of another chain, and one that is behind only in need', async () => {
    const [devnet, foreign] = [await chain({ nodes: 2 }), await chain({ chainId: 'other-1' })];
    devnet.nodes[0]!.faults.lagBlocks = 50;
    for (let i = 0; i < 60; i += 1) devnet.produceBlock();
    const urls = [foreign.rpcUrl, ...devnet.nodes.map(({ rpcUrl }) => rpcUrl)];
    const wsUrls = [`${devnet.nodes[1]!.wsUrl}/websocket`];
    const me = await trader(devnet, { rpcUrls: urls, wsUrls });
    expect(me.venue.endpoints.map(({ standing }) => standing)).toEqual(['wrong-chain', 'doubtful', 'good']);
    expect(me.venue.endpoints[2]!.current).toBe(true);
    expect(me.venue.endpoints[2]!.pingMs).toBeLessThan(250);
    devnet.nodes[1]!.faults.nonsense = 'html';
    await me.until(() => me.venue.endpoints[1]!.current, 'the one that is behind');
    expect((await me.send([bid])).kind).toBe('batchCommitted');
  });

  it('is not led astray by a height that does not exist', async () => {
    const devnet = await chain();
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    closeLater(async () => server.close());
    const claim = { data: { value: { block: { header: { height: '987654321' } } } } };
    server.on('connection', (socket) => socket.on('message', () => socket.send(JSON.stringify({ result: claim }))));
    const { port } = server.address() as { port: number };
    const me = await trader(devnet, { wsUrls: [`ws://127.0.0.1:${port}`] });
    const from = me.of('bookSnapshot').length;
    await me.until(() => me.of('bookSnapshot').length >= from + 8, 'books by asking');
    expect(me.of('reject').some(({ reason }) => reason === 'read-failed')).toBe(true);
  });

  it('says that the feed is down when no block comes, and up with the next', async () => {
    const devnet = await chain();
    let aheadUs = 0;
    const me = await trader(devnet, {
      timers: { ...systemTimers(), stopwatchUs: () => performance.now() * 1_000 + aheadUs },
    });
    devnet.pause(true);
    aheadUs = 6_000_000;
    await me.until(() => me.of('feedStatus').some(({ status }) => status === 'down'), 'down');
    devnet.pause(false);
    await me.until(() => me.of('feedStatus').at(-1)?.status === 'up', 'up');
    const count = devnet.markets.length;
    expect(me.of('feedStatus').map(({ status }) => status)).toEqual(
      ['up', 'down', 'up'].flatMap((status) => Array.from({ length: count }, () => status)),
    );
  });

  it('cancels everything across lost answers and cuts', async () => {
    const devnet = await chain();
    const me = await trader(devnet);
    await me.send([bid, ask, { ...bid, tick: 590_000 }]);
    devnet.nodes[0]!.faults.loseAnswers = 2;
    const cancelling = me.venue.cancelAll(8_000);
    devnet.nodes[0]!.dropConnections();
    expect(await cancelling).toEqual({ cancelled: 3, remaining: 0 });
  });
});
