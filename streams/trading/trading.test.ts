import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equityOf } from '../../test/money_events.ts';
import { ReducerBench } from '../../test/reducer_bench.ts';
import type { Equity } from '../fills/types.ts';
import type { Conditions } from '../guard/conditions.ts';
import type { Command } from '../inputs.ts';
import { CAUSES, type CauseCode, stateOf } from './causes.ts';
import { memoryOf, type TradingInput, type TradingParameters, type TradingStateChange, trading } from './trading.ts';

const DAY_US = 86_400_000_000;

const PARAMETERS: TradingParameters = {
  maxDailyLossUsdc: 100,
  maxDrawdownUsdc: 200,
  reduceFromPct: 80,
  reduceUntilPct: 60,
  maxGrossUsdc: 1_000,
};

const bench = () => new ReducerBench(trading(PARAMETERS), 5 * DAY_US);
type Bench = ReturnType<typeof bench>;

function command(asked: Command['command'], clears?: string): Command {
  return { kind: 'command', seq: 1, timeUs: 0, command: asked, by: 'ann', ...(clears && { clears }) };
}

function equity(totalPnlUsdc: number, over: Partial<Equity> = {}): Equity {
  const figures = { totalPnlUsdc, dailyPnlUsdc: totalPnlUsdc, peakUsdc: Math.max(0, totalPnlUsdc) };
  return equityOf({ seq: 2, timeUs: 5 * DAY_US, ...figures, ...over });
}

function conditions(...codes: Conditions['holds'][number]['code'][]): Conditions {
  const holds = codes.map((code) => ({ code, text: `${code} failed` }));
  return { kind: 'conditions', seq: 3, timeUs: 0, causes: [], widen: 1, fallback: [], holds, breakers: {} };
}

const reconciled = (ok: boolean) =>
  ({ kind: 'reconciled', seq: 4, timeUs: 0, causes: [], ok, differences: ok ? [] : ['order 7 is strange'] }) as const;

const recovered = (memory: ReturnType<typeof memoryOf> = null) =>
  ({
    kind: 'recovered',
    ...{ seq: 5, timeUs: 0, height: 1, batches: 0, orders: [], inFlight: null, settled: [] },
    ...{ money: null, trading: memory },
  }) as const;

const compared = (status: 'waiting' | 'doubt' | 'agrees' | 'broken') =>
  ({ kind: 'ledger', seq: 8, timeUs: 0, causes: [], height: 7, status, books: {}, text: 'more usei' }) as const;

const ledgerBreak = {
  kind: 'ledgerBreak',
  ...{ seq: 6, timeUs: 0, causes: [], denom: 'usei', expected: '2', found: '1', height: 9 },
  text: 'usei: 2 expected, 1 found',
} as const;

const stop = {
  kind: 'alert',
  severity: 'critical',
  status: 'raised',
  ...{ seq: 7, timeUs: 0, causes: [], code: 'extreme-market', market: 'AAA', text: 'AAA moved 400 bps', halts: true },
} as const;

function changes(one: Bench): TradingStateChange[] {
  return one.all.filter((output) => output.kind === 'tradingState');
}

function state(one: Bench): string {
  return changes(one).at(-1)?.state ?? 'active';
}

/** For each cause: what brings it about, and what ends it. */
const STORY: Readonly<Record<CauseCode, readonly [begin: TradingInput, end: TradingInput | null]>> = {
  reconciling: [recovered(), reconciled(true)],
  operator: [command('pause'), command('resume')],
  shutdown: [command('shutdown'), null],
  disconnect: [conditions('disconnect'), conditions()],
  order_placement: [conditions('order_placement'), conditions()],
  database: [conditions('database'), conditions()],
  gross: [equity(0, { grossUsdc: 1_051 }), equity(0, { grossUsdc: 799 })],
  'near-loss-limit': [equity(-80), equity(-59)],
  'daily-loss': [equity(-100, { peakUsdc: -100 }), command('resume', 'daily-loss')],
  drawdown: [equity(0, { peakUsdc: 200 }), command('resume', 'drawdown')],
  ledger: [ledgerBreak, command('resume', 'ledger')],
  'ledger-doubt': [compared('doubt'), compared('agrees')],
  reconciliation: [reconciled(false), command('resume', 'reconciliation')],
  'extreme-market': [stop, command('resume', 'extreme-market')],
  'emergency-stop': [command('halt'), command('resume', 'emergency-stop')],
};

describe('the trading state', () => {
  it.each(Object.entries(STORY))(
    '%s: comes with its cause, its numbers and its undoing, and goes',
    (code, [begin, end]) => {
      const one = bench();
      one.step(begin);
      const change = changes(one).find(({ cause }) => cause === code)!;
      const { state: demanded, undo, alert } = CAUSES[code as CauseCode];
      expect(stateOf([code as CauseCode])).toBe(demanded);
      expect(change.state).toBe(demanded);
      expect(change.undo).toContain(undo);
      expect(change.text).not.toBe('');
      expect(change.causes).toEqual([begin.seq]);
      const alerts = one.all.filter((output) => output.kind === 'alert' && output.code === code);
      expect(alerts.map((output) => output.kind === 'alert' && output.severity)).toEqual(alert === null ? [] : [alert]);
      if (end === null) return;
      one.step(end);
      expect(
        changes(one)
          .at(-1)!
          .holds.map((hold) => hold.code),
      ).not.toContain(code);
    },
  );

  it('is the gravest of what is in force, in whatever order it came and goes', () => {
    const codes = Object.keys(CAUSES) as CauseCode[];
    const gravity = ['active', 'reducing', 'paused', 'starting', 'halted'];
    fc.assert(
      fc.property(fc.subarray(codes), fc.integer({ min: 0, max: 20 }), (some, turn) => {
        const turned = [...some.slice(turn % (some.length || 1)), ...some.slice(0, turn % (some.length || 1))];
        const gravest = Math.max(0, ...some.map((code) => gravity.indexOf(CAUSES[code].state)));
        expect(stateOf(turned)).toBe(gravity[gravest]);
      }),
    );
  });

  it('never leaves a halt but by a resume that names it', () => {
    const events = Object.values(STORY).flatMap(([begin, end]) => (end === null ? [begin] : [begin, end]));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (list) => {
        const one = bench();
        let halts = new Set<string>();
        for (const event of list) {
          one.step(event);
          const now = new Set(
            (changes(one).at(-1)?.holds ?? [])
              .map(({ code }) => code)
              .filter((code) => CAUSES[code].state === 'halted'),
          );
          for (const code of halts) {
            if (now.has(code as CauseCode)) continue;
            expect(event).toMatchObject({ kind: 'command', command: 'resume', clears: code });
          }
          halts = now;
          expect(state(one)).toBe(stateOf((changes(one).at(-1)?.holds ?? []).map(({ code }) => code)));
        }
      }),
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    const events = Object.values(STORY).flatMap(([begin, end]) => (end === null ? [begin] : [begin, end]));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 20 }), fc.nat(20), (list, at) => {
        const [plain, restored] = [bench(), bench()];
        list.forEach((event, i) => {
          if (i === at) restored.restore();
          plain.step(event);
          restored.step(event);
        });
        expect(restored.all).toEqual(plain.all);
      }),
    );
  });
});

describe('a command', () => {
  it.each([
    ['resume', undefined, 'nothing-to-resume', []],
    ['resume', 'nonsense', 'nothing-to-resume', []],
    ['resume', 'disconnect', 'nothing-to-resume', [conditions('disconnect')]],
    ['resume', 'shutdown', 'nothing-to-resume', [command('shutdown')]],
    ['resume', undefined, 'nothing-to-resume', [command('halt')]],
    ['pause', undefined, 'already-paused', [command('pause')]],
    ['halt', undefined, 'already-halted', [command('halt')]],
  ] as const)('%s (clears %s) that makes no sense now is refused and counted: %s', (asked, clears, reason, before) => {
    const one = bench();
    for (const event of before) one.step(event);
    const [refusal, ...more] = one.step(command(asked, clears));
    expect(refusal).toMatchObject({ kind: 'reject', source: 'trading', reason });
    expect(more).toEqual([]);
  });

  it('resume ends the operator’s pause and leaves a halt, which says what it needs', () => {
    const one = bench();
    one.step(command('halt'));
    one.step(command('pause'));
    one.step(command('resume'));
    expect(changes(one).at(-1)).toMatchObject({ state: 'halted', undo: "resume that clears 'emergency-stop'" });
  });

  it('cancelAll leaves the trading state alone', () => {
    expect(bench().step(command('cancelAll'))).toEqual([]);
  });
});

describe('losses', () => {
  it('of the day halt at the limit, count anew once cleared, and anew on another day', () => {
    const one = bench();
    const today = (dailyPnlUsdc: number, timeUs = 5 * DAY_US) => one.step(equity(0, { dailyPnlUsdc, timeUs }));
    today(-99.99);
    expect(state(one)).toBe('reducing');
    today(-100);
    expect(state(one)).toBe('halted');
    one.step(command('resume', 'daily-loss'));
    today(-150);
    expect(state(one)).toBe('active');
    today(-200);
    expect(state(one)).toBe('halted');
    one.step(command('resume', 'daily-loss'));
    today(-99, 6 * DAY_US);
    expect(state(one)).toBe('reducing');
    today(-100, 6 * DAY_US);
    expect(state(one)).toBe('halted');
  });

  it('from the peak halt, and once cleared count from there until there is a higher peak', () => {
    const one = bench();
    one.step(equity(300, { dailyPnlUsdc: 0, peakUsdc: 300 }));
    one.step(equity(100, { dailyPnlUsdc: 0, peakUsdc: 300 }));
    expect(state(one)).toBe('halted');
    one.step(command('resume', 'drawdown'));
    one.step(equity(99, { dailyPnlUsdc: 0, peakUsdc: 300 }));
    expect(state(one)).toBe('active');
    one.step(equity(-100, { dailyPnlUsdc: 0, peakUsdc: 300 }));
    expect(changes(one).at(-1)).toMatchObject({ state: 'halted' });
    one.step(command('resume', 'drawdown'));
    one.step(equity(150, { dailyPnlUsdc: 0, peakUsdc: 350 }));
    expect(
      changes(one)
        .at(-1)!
        .holds.map(({ code }) => code),
    ).toContain('drawdown');
  });

  it('that are no number stop trading', () => {
    const one = bench();
    one.step(equity(Number.NaN));
    expect(changes(one).at(-1)).toMatchObject({ state: 'halted', cause: 'ledger' });
  });
});

describe('what outlives the process', () => {
  it('is what survives by the table: a halt and the operator’s hold, not the shutdown that ended it', () => {
    const one = bench();
    for (const [begin] of Object.values(STORY)) one.step(begin);
    const memory = memoryOf(changes(one).at(-1)!)!;
    const survivors = Object.entries(CAUSES).filter(([, cause]) => cause.survives);
    expect(memory.holds.map(({ code }) => code).sort()).toEqual(survivors.map(([code]) => code).sort());
    const next = bench();
    next.step(recovered(JSON.parse(JSON.stringify(memory))));
    next.step(reconciled(true));
    expect(state(next)).toBe('halted');
    expect(
      changes(next)
        .at(-1)!
        .holds.find(({ code }) => code === 'drawdown')!.text,
    ).toContain('from before the restart');
    for (const { code } of memory.holds) next.step(command('resume', code));
    expect(state(next)).toBe('active');
  });

  it('is nothing when nothing is worth remembering', () => {
    const one = bench();
    one.step(command('shutdown'));
    expect(memoryOf(changes(one).at(-1)!)).toBeNull();
  });
});
