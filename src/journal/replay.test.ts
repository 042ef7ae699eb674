import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Edge } from '../runtime/edge.ts';
import { accountOf, START_US } from '../runtime/fixtures/account.ts';
import { World, type WorldOptions } from '../runtime/fixtures/world.ts';
import { Reactor } from '../runtime/reactor.ts';
import { replay } from './replay.ts';
import { type JournalOptions, JournalWriter } from './writer.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'flashmm-journal-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A live session on a made-up wall clock, with a real journal. */
function live(world: WorldOptions, inputs: number, journal: Partial<JournalOptions> = {}) {
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
  edge.close();
  writer.close(reactor.digest.mark(), 'stopped by test');
  return { kinds, failures, fatal, mark: reactor.digest.mark(), writer };
}

const MARKETS = ['AAA', 'BBB', 'CCC'];

describe('a replay', () => {
  it('gives the same decisions, byte for byte, from the beginning and from every snapshot', async () => {
    const session = live({ seed: 1, markets: MARKETS, trouble: 0.03 }, 4_000);
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
      inputs: 4_000,
      closed: 'stopped by test',
      replayed: session.mark,
    });
    expect(whole.snapshots).toBeGreaterThan(10);
    expect(whole.snapshotsCompared).toBe(whole.snapshots);
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
});
