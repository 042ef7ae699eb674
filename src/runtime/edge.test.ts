import { describe, expect, it } from 'vitest';
import { LANES } from '../../streams/actor/kernel.ts';
import type { Input } from '../../streams/inputs.ts';
import { Edge } from './edge.ts';
import { accountOf, bookSnapshot, START_US } from './fixtures/account.ts';
import { Reactor, type ReactorWatch } from './reactor.ts';

function setUp(watch: ReactorWatch = {}) {
  const reactor = new Reactor({ settings: accountOf('AAA'), seed: 1, startUs: START_US }, watch);
  const journal: Input[] = [];
  const notices: string[] = [];
  const fatal: unknown[] = [];
  const timers: { work: () => void; delayMs: number; cancelled: boolean }[] = [];
  const wall = { nowUs: START_US };
  const edge = new Edge(reactor, {
    wallNowUs: () => wall.nowUs,
    setTimer: (work, delayMs) => {
      const timer = { work, delayMs, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    notify: (_level, text, details) => notices.push(`${text} ${JSON.stringify(details ?? {})}`),
    journal: { append: (input) => journal.push({ ...input }), settled: () => {} },
    onFatal: (error) => fatal.push(error),
  });
  const armed = (): (typeof timers)[number] | undefined => timers.filter((timer) => !timer.cancelled).at(-1);
  return { reactor, edge, journal, notices, fatal, wall, armed };
}

describe('the edge', () => {
  it('gives each input its time and number once, in lane 0, and time never goes back', () => {
    const { edge, journal, wall, notices } = setUp();
    edge.accept(bookSnapshot('AAA', 1));
    wall.nowUs += 500;
    edge.accept(bookSnapshot('AAA', 2));
    wall.nowUs -= 1_000_000;
    edge.accept(bookSnapshot('AAA', 3));
    expect(journal.map(({ seq, timeUs }) => [seq, timeUs])).toEqual([
      [LANES, START_US],
      [2 * LANES, START_US + 500],
      [3 * LANES, START_US + 500],
    ]);
    expect(edge.stats.clockBack).toBe(1);
    expect(notices).toHaveLength(1);
  });

  it('tells of a jump ahead', () => {
    const { edge, wall, notices } = setUp();
    wall.nowUs += 60_000_000;
    edge.accept(bookSnapshot('AAA', 1));
    expect(edge.stats.clockJumps).toBe(1);
    expect(notices[0]).toMatch(/nothing happened for 60000 ms/);
  });

  it('fires timers due at or before an input first, and one real timer when nothing comes in', () => {
    const seen: string[] = [];
    const { edge, journal, wall, armed } = setUp({
      onDecision: (decision) => seen.push(`${decision.kind} ${decision.timeUs - START_US}`),
    });
    wall.nowUs += 100;
    edge.accept(bookSnapshot('AAA', 1));
    expect(armed()).toMatchObject({ delayMs: 200 });
    wall.nowUs += 199_900;
    edge.accept(bookSnapshot('AAA', 2));
    expect(seen).toContain('sample 200000');
    expect(armed()).toMatchObject({ delayMs: 1 });
    wall.nowUs += 201_000;
    armed()!.work();
    expect(journal.at(-1)).toMatchObject({ kind: 'tick', timeUs: START_US + 401_000 });
    expect(seen).toContain('sample 400000');
  });

  it('sleeps on when a real timer comes early', () => {
    const { edge, journal, wall, armed } = setUp();
    wall.nowUs += 100;
    edge.accept(bookSnapshot('AAA', 1));
    wall.nowUs += 199_600;
    armed()!.work();
    expect(journal).toHaveLength(1);
    expect(armed()).toMatchObject({ delayMs: 1 });
  });

  it('queues what comes in while an input is processed', () => {
    const order: string[] = [];
    const { edge, journal, wall } = setUp({
      onDecision: (decision) => {
        if (decision.kind !== 'sample' || order.length > 0) return;
        edge.accept({ kind: 'block', seq: 0, timeUs: 0, height: 1, chainTimeUs: 0 });
        order.push('sample handled');
      },
    });
    edge.accept(bookSnapshot('AAA', 1));
    wall.nowUs += 200_000;
    edge.accept(bookSnapshot('AAA', 2));
    expect(journal.map(({ kind, seq }) => [kind, seq / LANES])).toEqual([
      ['bookSnapshot', 1],
      ['bookSnapshot', 2],
      ['block', 3],
    ]);
    expect(edge.stats.queueMost).toBe(1);
  });

  it('counts rejects, journals them, tells one in ten seconds, and delivers none', () => {
    const { edge, journal, notices, wall } = setUp();
    for (let i = 0; i < 5; i += 1) {
      edge.accept({
        kind: 'reject',
        seq: 0,
        timeUs: 0,
        market: 'AAA',
        source: 'binance-ws',
        reason: 'malformed',
        detail: `${i}`,
      });
      wall.nowUs += i === 3 ? 10_000_000 : 1;
    }
    expect(edge.stats.rejects).toEqual({ 'binance-ws malformed': 5 });
    expect(journal).toHaveLength(5);
    expect(notices.filter((text) => text.includes('refused'))).toEqual([
      expect.stringContaining('"detail":"0"'),
      expect.stringMatching(/"detail":"4","leftOut":3/),
    ]);
  });

  it('ends once and for all when the pipeline fails, and counts what comes after', () => {
    const { edge, fatal } = setUp({
      onDecision: () => {
        throw new Error('a sink broke');
      },
    });
    for (let i = 0; i < 3; i += 1) edge.accept({ kind: 'command', seq: 0, timeUs: 0, command: 'pause', by: 'test' });
    expect(fatal).toHaveLength(1);
    expect(String(fatal[0])).toMatch(/PipelineFailedError: the pipeline failed: a sink broke/);
    expect(edge.stats.refused).toBe(2);
  });

  it('bounds what waits', () => {
    const { edge, fatal, wall } = setUp({
      onDecision: (decision) => {
        if (decision.kind !== 'sample') return;
        for (let i = 0; i < 20_000; i += 1) edge.accept({ kind: 'tick', seq: 0, timeUs: 0 });
      },
    });
    edge.accept(bookSnapshot('AAA', 1));
    wall.nowUs += 200_000;
    edge.accept(bookSnapshot('AAA', 2));
    expect(String(fatal[0])).toMatch(/RangeError: more than 10000 inputs wait/);
  });
});
