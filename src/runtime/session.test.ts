import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input } from '../../streams/inputs.ts';
import type { OrderBatch } from '../../streams/orders/types.ts';
import { AccountJournal } from '../account/journal.ts';
import { AccountKeeper } from '../account/keeper.ts';
import { MemoryAccountStore } from '../account/memory_store.ts';
import { replay } from '../journal/replay.ts';
import type { CancelReport, Inlet, Venue } from '../venue/port.ts';
import { accountOf, bookSnapshot, START_US } from './fixtures/account.ts';
import { Session, type SessionOptions } from './session.ts';
import { systemTimers } from './timers.ts';

/** A venue that answers at once, in the middle of the turn that sends: the hardest case for the edge. */
class PromptVenue implements Venue {
  readonly name = 'prompt';
  readonly markets = accountOf('AAA').markets.map(({ market }) => market);
  readonly calls: string[] = [];
  readonly batches: OrderBatch[] = [];
  cancelling: () => Promise<CancelReport> = async () => ({ cancelled: 2, remaining: 0 });
  opening: () => Promise<void> = async () => {};
  closing: () => Promise<void> = async () => {};
  #inlet: Inlet | undefined;

  open(inlet: Inlet): Promise<void> {
    this.calls.push('open');
    this.#inlet = inlet;
    inlet.accept({ kind: 'openOrders', seq: 0, timeUs: 0, height: 0, orders: [] });
    inlet.accept({
      kind: 'balances',
      seq: 0,
      timeUs: 0,
      height: 0,
      amounts: { ua: '1000000000', uusdc: '1000000000000' },
    });
    return this.opening();
  }

  give(input: Input): void {
    this.#inlet!.accept(input);
  }

  submit(batch: OrderBatch): void {
    this.batches.push(batch);
    const base = { seq: 0, timeUs: 0, batchId: batch.batchId, txHash: 'x' };
    this.give({ kind: 'batchAccepted', ...base });
    this.give({
      kind: 'batchCommitted',
      ...base,
      height: 1,
      orderIds: batch.places.map((_, i) => `${batch.batchId}${i}`),
    });
  }

  resync(market: string): void {
    this.calls.push(`resync ${market}`);
  }

  cancelAll(deadlineMs: number): Promise<CancelReport> {
    this.calls.push(`cancelAll ${deadlineMs}`);
    return this.cancelling();
  }

  close(): Promise<void> {
    this.calls.push('close');
    return this.closing();
  }
}

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'flashmm-session-'));
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

function setUp(options: Partial<SessionOptions> = {}) {
  const venue = new PromptVenue();
  const wall = { nowUs: START_US + 50 };
  const fatal: unknown[] = [];
  const notices: string[] = [];
  const directory = join(root, 'journal');
  const session = new Session({
    settings: accountOf('AAA'),
    venue,
    seed: 1,
    journal: {
      ...{ directory, session: 'test', flashmm: '0', segmentMaxBytes: 1e8, segmentsMost: 4 },
      ...{ fsync: 'interval', snapshotEveryS: 2 },
    },
    notify: (level, text) => notices.push(`${level} ${text}`),
    onFatal: (error) => fatal.push(error),
    timers: { ...systemTimers(), nowUs: () => wall.nowUs },
    ...options,
  });
  const run = (seconds: number): void => {
    for (let i = 0; i < seconds * 20; i += 1) {
      wall.nowUs += 50_000;
      venue.give(bookSnapshot('AAA', i, 10_000 + (i % 40)));
      if (i % 8 === 0) venue.give({ kind: 'block', seq: 0, timeUs: 0, height: wall.nowUs, chainTimeUs: 0 });
    }
  };
  return { venue, wall, fatal, notices, directory, session, run };
}

describe('a session', () => {
  it('sends batches to the venue, stops with everything cancelled, and its journal replays', async () => {
    const { venue, session, run, directory, fatal } = setUp();
    const kinds = new Set<string>();
    session.decisions$.subscribe(({ kind }) => kinds.add(kind));
    await session.start();
    run(10);
    expect(venue.batches.length).toBeGreaterThan(5);
    expect([...kinds]).toEqual(
      expect.arrayContaining(['sample', 'fairValue', 'quote', 'approved', 'orderBatch', 'working']),
    );
    venue.give({ kind: 'block', seq: 0, timeUs: 0, height: 2 * START_US, chainTimeUs: 0 });
    const report = await session.stop('sigint');
    expect(await session.stop('again')).toBe(report);
    expect(report).toMatchObject({ cancelled: 2, remaining: 0, troubles: [], digest: session.digest });
    expect(venue.calls).toEqual(['open', 'cancelAll 7250', 'close']);
    expect(venue.batches.at(-1)).toMatchObject({ places: [], cancels: [{}, {}] });
    expect(fatal).toEqual([]);
    expect(session.stats.batchLatency.count).toBe(venue.batches.length);
    expect(session.stats.decisionLatency.count).toBeGreaterThan(40);
    const replayed = await replay(directory);
    expect(replayed).toMatchObject({ equal: true, closed: 'stopped by sigint', replayed: report.digest, snapshots: 5 });
    expect(await replay(directory, { fromSnapshot: 2 })).toMatchObject({ equal: true, replayed: report.digest });
  });

  it('has the intent on disk before it sends, sends nothing new once it ends, and what was left is known to the next', async () => {
    const store = new MemoryAccountStore();
    const syncs: (() => void)[] = [];
    const sync = store.sync.bind(store);
    let slow = false;
    store.sync = async () => {
      if (slow) await new Promise<void>((resolve) => syncs.push(resolve));
      await sync();
    };
    const nowUs = () => START_US;
    const journal = new AccountJournal({ store, chainId: 'c', account: 'a', flashmm: '0', nowUs });
    const timers = { nowUs, after: () => () => {} };
    const { venue, session, run } = setUp({ account: new AccountKeeper({ journal, timers }) });
    await session.start();
    run(1);
    await new Promise(setImmediate);
    expect(venue.batches.length).toBeGreaterThan(0);
    expect(
      new AccountJournal({ store: store.crash(), chainId: 'c', account: 'a', flashmm: '0', nowUs }).state,
    ).toMatchObject({
      batches: venue.batches.at(-1)!.batchId,
    });
    slow = true;
    const before = venue.batches.length;
    for (let i = 0; i < 50 && syncs.length === 0; i += 1) run(1);
    expect(venue.batches.length).toBe(before);
    const stopping = session.stop('test');
    slow = false;
    for (const synced of syncs) synced();
    const report = await stopping;
    expect(report.troubles).toEqual([]);
    expect(venue.batches.slice(before).flatMap(({ places }) => places)).toEqual([]);
    expect(journal.state).toMatchObject({ inFlight: null });
  });

  it('asks the feed of a market for its book', async () => {
    const { venue, session } = setUp();
    await session.start();
    venue.give({ kind: 'feedStatus', seq: 0, timeUs: 0, market: 'AAA', status: 'up', reason: '' });
    expect(venue.calls).toEqual(['open', 'resync AAA']);
    await session.stop('test');
  });

  it('closes again and says why when a feed cannot open', async () => {
    const { venue, session, directory } = setUp();
    venue.opening = async () => {
      throw new Error('a wrong mnemonic');
    };
    await expect(session.start()).rejects.toThrow('a wrong mnemonic');
    expect(venue.calls).toEqual(['open', 'close']);
    expect(await replay(directory)).toMatchObject({ closed: 'did not start: a wrong mnemonic' });
  });

  it('stops within ten seconds when the venue answers nothing, and does not claim that nothing rests', async () => {
    const { venue, session } = setUp();
    await session.start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    venue.cancelling = () => new Promise(() => {});
    venue.closing = () => new Promise(() => {});
    let report: unknown;
    void session.stop('sigterm').then((it) => {
      report = it;
    });
    await vi.advanceTimersByTimeAsync(9_900);
    expect(report).toMatchObject({ remaining: 1, troubles: [expect.stringContaining('did not answer')] });
  });

  it('tells of a failure once, and can still cancel everything', async () => {
    const { venue, session, run, fatal, notices } = setUp();
    await session.start();
    run(1);
    venue.submit = () => {
      throw new Error('the venue broke its word');
    };
    run(2);
    expect(fatal).toHaveLength(1);
    expect(notices).toEqual(['error the venue broke its word']);
    const report = await session.stop('fatal');
    expect(report).toMatchObject({ cancelled: 2, troubles: ['the venue broke its word'] });
  });

  it('goes on from a snapshot file', async () => {
    const first = setUp();
    await first.session.start();
    first.run(3);
    const path = join(root, 'now.snapshot');
    expect(first.session.saveSnapshot(path, '0')).toBe(true);
    expect(existsSync(path)).toBe(true);
    const snapshot = JSON.parse(JSON.stringify(first.session.edge.snapshot()));
    await first.session.stop('test');
    rmSync(first.directory, { recursive: true });
    const second = setUp({ from: snapshot });
    await second.session.start();
    second.run(3);
    const { digest } = await second.session.stop('test');
    expect(digest.decisions).toBeGreaterThan(snapshot.digest.decisions);
    expect(await replay(second.directory)).toMatchObject({ equal: true, start: snapshot.digest, replayed: digest });
  });
});
