import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Input } from '../../streams/inputs.ts';
import { Edge } from '../runtime/edge.ts';
import { accountOf, START_US } from '../runtime/fixtures/account.ts';
import { World, type WorldOptions } from '../runtime/fixtures/world.ts';
import { Reactor } from '../runtime/reactor.ts';
import { encodeFrame, FRAME, HEAD_BYTES, PREAMBLE_BYTES } from './frame.ts';
import { replay } from './replay.ts';
import { type JournalOptions, JournalWriter } from './writer.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'flashmm-journal-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const MARKETS = ['AAA', 'BBB', 'CCC'];

/** A live session on a made-up wall clock, with a real journal. */
function live(world: WorldOptions, inputs: number, journal: Partial<JournalOptions> = {}, last?: Input) {
  const wall = { nowUs: START_US + 123 };
  const it = new World(world);
  const plan = { settings: accountOf(...world.markets), seed: 5, startUs: wall.nowUs };
  const kinds: Record<string, number> = {};
  const failures: string[] = [];
  const reactor = new Reactor(plan, {
    onDecision: (decision) => {
      kinds[decision.kind] = (kinds[decision.kind] ?? 0) + 1;
      it.see(decision);
    },
    onFailure: ({ actor }) => failures.push(actor),
  });
  const writer = new JournalWriter({
    ...{ directory, session: 'test', plan, flashmm: '0', segmentMaxBytes: 1e9, segmentsMost: 100, fsync: 'never' },
    snapshotEveryS: 5,
    ...journal,
  });
  let fatal: unknown;
  const edge = new Edge(reactor, {
    wallNowUs: () => wall.nowUs,
    setTimer: () => () => {},
    notify: () => {},
    journal: writer,
    onFatal: (error) => {
      fatal = error;
    },
  });
  for (let i = 0; i < inputs; i += 1) {
    wall.nowUs += it.pauseUs();
    edge.accept(it.next());
  }
  if (last !== undefined) edge.accept(last);
  edge.close();
  writer.close(reactor.digest.mark(), 'stopped by test');
  return { kinds, failures, fatal, mark: reactor.digest.mark(), writer };
}

describe('a replay', () => {
  it('gives the same decisions, byte for byte, from the beginning and from every snapshot', async () => {
    const session = live({ seed: 1, markets: MARKETS, trouble: 0.03 }, 1_500);
    expect(session.fatal).toBeUndefined();
    expect(session.kinds).toMatchObject({
      fill: expect.any(Number),
      position: expect.any(Number),
      resync: expect.any(Number),
    });
    const whole = await replay(directory);
    expect(whole).toMatchObject({
      equal: true,
      fromSnapshot: 0,
      inputs: 1_500,
      closed: 'stopped by test',
      replayed: session.mark,
    });
    expect(whole.snapshots).toBeGreaterThan(5);
    expect(whole.snapshotsCompared).toBe(whole.snapshots);
    expect(whole.snapshotsDifferent).toEqual([]);
    for (let n = 1; n <= whole.snapshots; n += 1) {
      const part = await replay(directory, { fromSnapshot: n });
      expect(part).toMatchObject({
        equal: true,
        fromSnapshot: n,
        replayed: session.mark,
        snapshotsCompared: whole.snapshots - n,
      });
      expect(part.start.decisions).toBeGreaterThan(0);
    }
  });

  it('holds for any world, with crashing markets, from a snapshot anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 3 }), fc.nat(), async (seed, markets, pick) => {
        rmSync(directory, { recursive: true });
        const world = { seed, markets: MARKETS.slice(0, markets), trouble: 0.05, poison: 0.004 };
        const session = live(world, 600, { snapshotEveryS: 1 });
        const whole = await replay(directory);
        expect(whole).toMatchObject({
          equal: true,
          snapshotsDifferent: [],
          replayed: session.mark,
          inputs: session.writer.inputs,
        });
        if (whole.snapshots === 0) return;
        const part = await replay(directory, { fromSnapshot: 1 + (pick % whole.snapshots) });
        expect(part).toMatchObject({ equal: true, snapshotsDifferent: [], replayed: session.mark });
      }),
      { numRuns: 15 },
    );
  });

  it('goes on after a crash as the session did', async () => {
    const session = live({ seed: 3, markets: MARKETS, poison: 0.006, trouble: 0.02 }, 1_200);
    expect(session.failures.length).toBeGreaterThan(3);
    const { snapshots } = await replay(directory);
    for (let n = 1; n <= snapshots; n += 1)
      expect(await replay(directory, { fromSnapshot: n })).toMatchObject({ equal: true });
  });

  it('gives a market up that keeps crashing, and so does the replay from any snapshot', async () => {
    const session = live({ seed: 3, markets: ['AAA', 'BBB'], poison: 0.05, trouble: 0.02 }, 3_000);
    expect(session.fatal).toBeUndefined();
    expect(session.failures.length).toBeGreaterThan(20);
    const { snapshots, equal } = await replay(directory);
    expect(equal).toBe(true);
    for (let n = 1; n <= snapshots; n += 3)
      expect(await replay(directory, { fromSnapshot: n })).toMatchObject({ equal: true });
  });

  it('begins with the oldest segment that rotation left', async () => {
    const session = live({ seed: 4, markets: MARKETS, trouble: 0.02 }, 3_000, {
      segmentMaxBytes: 100_000,
      segmentsMost: 3,
    });
    const names = readdirSync(directory).sort();
    expect(names).toHaveLength(3);
    expect(names[0]).not.toBe('00000001.journal');
    expect(await replay(directory)).toMatchObject({ equal: true, fromSnapshot: 1, replayed: session.mark });
    const last = join(directory, names[2]!);
    expect(await replay(last)).toMatchObject({ equal: true, replayed: session.mark });
  });

  it('keeps the disk bounded even when no snapshot can be had', () => {
    const plan = { settings: accountOf('AAA'), seed: 1, startUs: START_US };
    const options = { directory, session: 'x', plan, flashmm: '0', segmentMaxBytes: 10_000, segmentsMost: 2 } as const;
    const writer = new JournalWriter({ ...options, fsync: 'never', snapshotEveryS: 1 });
    const reactor = new Reactor(plan);
    reactor.snapshot = () => undefined;
    for (let i = 0; i < 3_000; i += 1) {
      writer.append({ kind: 'tick', seq: i, timeUs: START_US });
      writer.settled(reactor);
    }
    writer.close(reactor.digest.mark(), 'end');
    expect(writer.segment.number).toBeGreaterThan(3);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('tells the input after which decisions part', async () => {
    live({ seed: 6, markets: MARKETS }, 500);
    const file = join(directory, '00000001.journal');
    const { bytes, changed } = withBooksChanged(readFileSync(file));
    writeFileSync(file, bytes);
    const report = await replay(directory);
    expect(report).toMatchObject({
      equal: false,
      difference: { seq: expect.any(Number), decisions: expect.any(Array) },
    });
    expect(report.difference!.seq).toBeGreaterThan(changed);
    expect(report.difference!.decisions.length).toBeGreaterThan(0);
  });

  it('ends where the session failed, for the same reason', async () => {
    const fill = { kind: 'settlement', seq: 0, timeUs: 0, market: 'ZZZ', orderId: '1', side: 'buy', lots: 1 } as const;
    const unknown: Input = { ...fill, microTicks: 1, liquidity: 'maker', height: -100, settlementId: 'z' };
    const session = live({ seed: 3, markets: MARKETS }, 500, {}, unknown);
    expect(String(session.fatal)).toMatch(/the pipeline failed/);
    expect(await replay(directory)).toMatchObject({
      equal: true,
      replayed: session.mark,
      failure: expect.stringMatching(/the pipeline failed/),
    });
  });

  it('refuses a snapshot that is not there', async () => {
    live({ seed: 6, markets: MARKETS }, 500);
    await expect(replay(directory, { fromSnapshot: 99 })).rejects.toThrow(
      /there is no snapshot 99: the journal holds \d+/,
    );
  });
});

/** Makes some books cheaper by a tick, as a journal would that held other inputs; checksums are right. */
function withBooksChanged(bytes: Buffer): { bytes: Buffer; changed: number } {
  const frames: Buffer[] = [bytes.subarray(0, PREAMBLE_BYTES)];
  let changed = 0;
  for (let offset = PREAMBLE_BYTES, n = 0; offset < bytes.length; n += 1) {
    const end = offset + HEAD_BYTES + bytes.readUInt32LE(offset);
    let frame = bytes.subarray(offset, end);
    const isInput = frame[HEAD_BYTES] === FRAME.input;
    if (isInput && n > 300 && n < 350) {
      const input = JSON.parse(frame.toString('utf8', HEAD_BYTES + 1)) as { kind: string; bids: number[]; seq: number };
      if (input.kind === 'bookSnapshot') {
        changed ||= input.seq;
        frame = encodeFrame(FRAME.input, { ...input, bids: [input.bids[0]! - 1, input.bids[1]!] });
      }
    }
    frames.push(frame);
    offset = end;
  }
  return { bytes: Buffer.concat(frames), changed };
}
