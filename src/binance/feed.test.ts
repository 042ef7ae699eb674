import { afterEach, describe, expect, it } from 'vitest';
import type { Input } from '../../streams/inputs.ts';
import { LocalBook } from '../../streams/market/local_book.ts';
import type { MarketInput } from '../../streams/market/types.ts';
import { seededRandom } from '../runtime/random.ts';
import { BINANCE_ENDPOINTS } from './endpoints.ts';
import { BinanceFeed } from './feed.ts';
import { knownMarket } from './instruments.ts';
import type { Fault } from './replay_server/faults.ts';
import { type ReplayServer, startReplayServer } from './replay_server/server.ts';
import { readTape } from './replay_server/tape.ts';

const file = new URL('../../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname;
const market = knownMarket('binance-spot', 'BTCUSDT')!;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A live feed on a replay server, with the local book that the pipeline would keep. */
async function live(kinds: readonly Fault[], perThousand: number, speed = 60) {
  const tape = await readTape(file);
  const faults = { kinds, perThousand, stallMs: 600 };
  const options = { tape, host: '127.0.0.1', port: 0, speed, atEnd: 'stop', faults, random: seededRandom(3) } as const;
  const server: ReplayServer = await startReplayServer(options);
  closing.push(() => server.close());
  const book = new LocalBook('BTCUSDT');
  const inputs: Input[] = [];
  const rejects: string[] = [];
  const feed: BinanceFeed = new BinanceFeed({
    endpoints: { ...BINANCE_ENDPOINTS['binance-spot'], wsUrl: server.wsUrl, restUrl: server.httpUrl },
    markets: [market],
    random: seededRandom(4),
    timeouts: { silenceMs: 1_000, minBackoffMs: 20, maxBackoffMs: 100 },
  });
  closing.push(() => feed.close());
  await feed.open({
    accept: (input) => {
      inputs.push(input);
      if (input.kind === 'reject') rejects.push(input.reason);
      else {
        const refused = book.apply(input as MarketInput);
        if (refused !== null) rejects.push(refused.reason);
        if (book.resyncWanted) feed.resync('BTCUSDT');
      }
    },
  });
  const until = async (done: () => boolean, what: string): Promise<void> => {
    for (let i = 0; i < 800 && !done(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(done(), what).toBe(true);
  };
  return { server, book, inputs, rejects, until };
}

/** The book that the exchange would give now. */
async function exchangeBook(
  server: ReplayServer,
): Promise<{ lastUpdateId: number; bids: string[][]; asks: string[][] }> {
  return (await fetch(`${server.httpUrl}/api/v3/depth?symbol=BTCUSDT&limit=5`)).json() as never;
}

describe('the live feed', () => {
  it('has the exchange’s book from snapshot and updates, and no reject on a good day', async () => {
    const { server, book, rejects, until } = await live([], 0, 100);
    await until(() => book.status === 'live' && server.progress.tapeSeconds > 100, 'live book');
    const theirs = await exchangeBook(server);
    await until(() => book.lastId >= theirs.lastUpdateId, 'the same update');
    expect(rejects).toEqual([]);
    expect([book.comparisons > 50, book.mismatches]).toEqual([true, 0]);
  });

  it.each([
    ['cut', 0.5],
    ['stall', 0.5],
    ['gap', 2],
    ['duplicate', 5],
    ['reorder', 2],
    ['garbage', 2],
  ] as const)('recovers from %s, and is not misled by it', async (fault, perThousand) => {
    const { server, book, inputs, rejects, until } = await live([fault], perThousand);
    await until(() => server.injected[fault] > 0 && server.progress.tapeSeconds > 60, `a ${fault}`);
    await until(() => book.status === 'live', 'live again');
    expect(book.mismatches).toBe(0);
    const downs = inputs.filter((input) => input.kind === 'feedStatus' && input.status === 'down').length;
    if (fault === 'cut') expect(downs).toBeGreaterThan(0);
    if (fault === 'garbage') expect(rejects.length).toBeGreaterThan(0);
    if (fault === 'duplicate')
      expect(rejects.filter((reason) => reason !== 'duplicate' && reason !== 'out-of-order')).toEqual([]);
  });

  it('tells of a REST interface that does not answer, and asks again', async () => {
    const tape = await readTape(file);
    const server = await startReplayServer({
      tape,
      host: '127.0.0.1',
      port: 0,
      speed: 60,
      atEnd: 'stop',
      faults: { kinds: [], perThousand: 0, stallMs: 1 },
      random: seededRandom(1),
    });
    closing.push(() => server.close());
    const inputs: Input[] = [];
    const feed = new BinanceFeed({
      endpoints: { ...BINANCE_ENDPOINTS['binance-spot'], wsUrl: server.wsUrl, restUrl: `${server.httpUrl}/nowhere` },
      markets: [market],
      random: () => 0,
    });
    closing.push(() => feed.close());
    await feed.open({ accept: (input) => inputs.push(input) });
    feed.resync('BTCUSDT');
    await new Promise((resolve) => setTimeout(resolve, 900));
    const complaints = inputs.filter((input) => input.kind === 'reject');
    expect(complaints.length).toBeGreaterThan(1);
    expect(complaints[0]).toMatchObject({
      source: 'binance-rest',
      reason: 'unreachable',
      market: 'BTCUSDT',
      detail: expect.stringContaining('404'),
    });
  });
});
