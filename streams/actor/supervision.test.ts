import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import { Kernel } from './kernel.ts';
import type { Mailbox } from './mailbox.ts';
import type { Reducer } from './reducer.ts';
import { type Failure, RestartBudget, type RestartSettings, type Supervision } from './supervision.ts';

const FAIL: Mailbox<number> = { capacity: 1_000, overflow: 'fail' };

/** Passes numbers on with how many it has seen since it began; fails on negative ones. */
const counting: Reducer<{ n: number }, number, string> = {
  initial: () => ({ n: 0 }),
  step: (state, event, turn) => {
    if (event < 0) throw new Error(`${event}`);
    state.n += 1;
    turn.emit(`${event}:${state.n}`);
  },
  encode: (state) => ({ ...state }),
  decode: (plain) => ({ ...(plain as { n: number }) }),
};

function setUp(supervision: Supervision, random: () => number = () => 0, mailbox = FAIL) {
  const clock = new HeapClock(0);
  const failures: Failure[] = [];
  const kernel = new Kernel({ clock, random, onFailure: (failure) => failures.push(failure) });
  const inputs = new Subject<number>();
  const seen: string[] = [];
  let end: unknown = 'none';
  kernel
    .entry('inputs', inputs, () => 'all')
    .on('all')
    .pipe(
      kernel.actor<number, string>({
        name: 'a',
        mailbox,
        supervision,
        behavior: (inbox, self) => inbox.pipe(self.reduce(counting)),
      }),
    )
    .subscribe({ next: (x) => seen.push(x), error: (error) => (end = error), complete: () => (end = 'completed') });
  const probe = kernel.graph.nodes.find(({ name }) => name === 'a')!.probe;
  return { clock, kernel, inputs, seen, failures, probe, end: () => end };
}

const settings: RestartSettings = {
  minBackoffMs: 100,
  maxBackoffMs: 1_000,
  randomFactor: 0.5,
  maxRestarts: 6,
  maxRestartsWithinMs: 60_000,
};

describe('the restart budget', () => {
  it('waits min · 2ⁿ⁻¹, at most max, times 1 to 1 + randomFactor', () => {
    const waits = (random: number): (number | undefined)[] => {
      const budget = new RestartBudget(settings, () => random);
      return Array.from({ length: 7 }, (_, i) => budget.next(i));
    };
    expect(waits(0)).toEqual([100, 200, 400, 800, 1_000, 1_000, undefined]);
    expect(waits(1)).toEqual([150, 300, 600, 1_200, 1_500, 1_500, undefined]);
  });

  it('never allows more than maxRestarts in any window, and refuses none that fits', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30_000), { maxLength: 60 }), (gaps) => {
        const budget = new RestartBudget(settings, () => 0);
        const allowed: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const inWindow = allowed.filter((at) => at > nowMs - settings.maxRestartsWithinMs).length;
          const wait = budget.next(nowMs);
          expect(wait !== undefined).toBe(inWindow < settings.maxRestarts);
          if (wait !== undefined) allowed.push(nowMs);
        }
      }),
    );
  });
});

describe('supervision', () => {
  it('restart: waits as long as it says, starts with a fresh state, loses only the message at fault', () => {
    const { clock, inputs, seen, probe } = setUp({ directive: 'restart', ...settings, randomFactor: 0 });
    for (const x of [1, 2, -1, 3, 4]) inputs.next(x);
    expect(probe).toMatchObject({ status: 'backingOff', depth: 2, restarts: 1 });
    clock.advanceTo(99_999);
    expect(seen).toEqual(['1:1', '2:2']);
    clock.advanceTo(100_000);
    expect(seen).toEqual(['1:1', '2:2', '3:1', '4:2']);
    expect(probe).toMatchObject({ status: 'running', depth: 0, dropped: 0, messagesIn: 5, messagesOut: 4 });
  });

  it('restart: a message that fails on the way out of the backlog costs another, longer wait', () => {
    const { clock, inputs, seen } = setUp({ directive: 'restart', ...settings, randomFactor: 0 });
    for (const x of [-1, 1, -2, 2]) inputs.next(x);
    clock.advanceTo(100_000);
    expect(seen).toEqual(['1:1']);
    clock.advanceTo(299_999);
    expect(seen).toEqual(['1:1']);
    clock.advanceTo(300_000);
    expect(seen).toEqual(['1:1', '2:1']);
  });

  it('restart: escalates when the budget is used up', () => {
    const { clock, inputs, end, failures, probe } = setUp({ directive: 'restart', ...settings, maxRestarts: 2 });
    for (let i = 0; i < 3; i += 1) {
      inputs.next(-1 - i);
      clock.advanceTo(clock.nowUs() + 2_000_000);
    }
    expect(failures.map(({ decision }) => decision)).toEqual(['restart', 'restart', 'escalate']);
    expect(end()).toEqual(new Error('-3'));
    expect(probe.status).toBe('failed');
  });

  it('restart: stops instead, where the policy says so', () => {
    const { clock, inputs, end, failures } = setUp({
      directive: 'restart',
      ...settings,
      maxRestarts: 1,
      whenSpent: 'stop',
    });
    for (let i = 0; i < 2; i += 1) {
      inputs.next(-1);
      clock.advanceTo(clock.nowUs() + 2_000_000);
    }
    expect(failures.map(({ decision }) => decision)).toEqual(['restart', 'stop']);
    expect(end()).toBe('completed');
  });

  it('resume: goes on with the state as it is', () => {
    const { inputs, seen, failures } = setUp({ directive: 'resume' });
    for (const x of [1, -1, 2, -2, 3]) inputs.next(x);
    expect(seen).toEqual(['1:1', '2:2', '3:3']);
    expect(failures.map(({ message }) => message)).toEqual([-1, -2]);
  });

  it('stop: completes, and counts what comes after', () => {
    const { inputs, seen, end, probe } = setUp({ directive: 'stop' });
    for (const x of [1, -1, 2]) inputs.next(x);
    expect([seen, end(), probe.status]).toEqual([['1:1'], 'completed', 'stopped']);
  });

  it('stop: stays stopped in a system restored from a snapshot', () => {
    const first = setUp({ directive: 'stop' });
    first.inputs.next(-1);
    const snapshot = JSON.parse(JSON.stringify(first.kernel.snapshot()));
    expect(snapshot.stopped).toEqual(['a']);
    const kernel = new Kernel({ clock: new HeapClock(0), random: () => 0, snapshot });
    const behavior = (): never => {
      throw new Error('was started');
    };
    let completed = false;
    new Subject<number>()
      .pipe(kernel.actor<number, number>({ name: 'a', mailbox: FAIL, supervision: { directive: 'stop' }, behavior }))
      .subscribe({ complete: () => (completed = true) });
    expect(completed).toBe(true);
  });

  it('escalate: fails downstream, with the message at fault in the report', () => {
    const { inputs, end, failures } = setUp({ directive: 'escalate' });
    for (const x of [1, -1, 2]) inputs.next(x);
    expect(end()).toEqual(new Error('-1'));
    expect(failures).toMatchObject([{ actor: 'a', message: -1, decision: 'escalate' }]);
  });

  it('an overflow of a mailbox that fails escalates, whatever the directive', () => {
    const { inputs, end } = setUp({ directive: 'restart', ...settings }, () => 0, { capacity: 2, overflow: 'fail' });
    for (const x of [-1, 1, 2, 3]) inputs.next(x);
    expect(String(end())).toMatch(/MailboxOverflowError: mailbox is full: 2 messages wait/);
  });

  it('whatever comes and whenever it fails: order is kept, memory bounded, and every message is accounted for', () => {
    const move = fc.oneof(
      { weight: 8, arbitrary: fc.record({ message: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ advanceUs: fc.nat(400_000) }) },
    );
    const policies = fc.constantFrom('dropHead', 'dropTail', 'dropNew', 'dropBuffer', 'fail');
    const directives = fc.constantFrom<Supervision>(
      { directive: 'resume' },
      { directive: 'stop' },
      { directive: 'restart', ...settings, maxRestarts: 1_000 },
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), policies, directives, (moves, overflow, supervision) => {
        const { clock, inputs, seen, probe, end } = setUp(supervision, () => 0.5, { capacity: 5, overflow });
        let n = 0;
        for (const step of moves) {
          if ('advanceUs' in step) clock.advanceTo(clock.nowUs() + step.advanceUs);
          else {
            n += 1;
            inputs.next(step.message || n % 7 > 0 ? n : -n);
          }
          expect(probe.depth).toBeLessThanOrEqual(5);
        }
        clock.advanceTo(clock.nowUs() + 10_000_000);
        const numbers = seen.map((text) => Number.parseInt(text, 10));
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        expect(probe.messagesIn).toBe(probe.messagesOut + probe.dropped + probe.depth + probe.failures);
        if (overflow === 'fail' && end() === 'none') expect(probe.dropped).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
