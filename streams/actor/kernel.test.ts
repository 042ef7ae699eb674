import { Subject } from 'rxjs';
import { map } from 'rxjs/operators';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import { Kernel } from './kernel.ts';
import type { Reducer } from './reducer.ts';

const counter: Reducer<{ sum: number }, number, number> = {
  initial: () => ({ sum: 0 }),
  step: (state, event, turn) => {
    if (event === 13) throw new Error('unlucky');
    state.sum += event;
    turn.emit(state.sum);
  },
  encode: (state) => ({ ...state }),
  decode: (plain) => ({ ...(plain as { sum: number }) }),
};

function setUp(snapshot?: ReturnType<Kernel['snapshot']>) {
  const clock = new HeapClock(0);
  const kernel = new Kernel({ clock, random: () => 0, ...(snapshot ? { snapshot } : {}) });
  const inputs = new Subject<number>();
  return { clock, kernel, inputs, entry: kernel.entry('inputs', inputs, () => 'all') };
}

const restart = {
  directive: 'restart',
  minBackoffMs: 100,
  maxBackoffMs: 1000,
  randomFactor: 0,
  maxRestarts: 2,
  maxRestartsWithinMs: 10_000,
} as const;

describe('the kernel', () => {
  it('knows names and edges before the first event, through plain operators and loops', () => {
    const { kernel, entry } = setUp();
    const options = { mailbox: { capacity: 8, overflow: 'fail' }, supervision: { directive: 'escalate' } } as const;
    const loop = kernel.loop('back', (x: number): x is number => x > 0);
    const a = entry.on('all').pipe(kernel.actor<number, number>({ name: 'a', ...options, behavior: (inbox) => inbox }));
    const b = a.pipe(
      map((x) => x + 1),
      kernel.actor<number, number>({ name: 'b', ...options, behavior: (inbox) => inbox }),
      loop.close,
    );
    b.subscribe();
    loop.events$.subscribe();
    expect(kernel.graph.nodes.map((node) => node.name)).toEqual(['inputs', 'back', 'a', 'b']);
    expect(kernel.graph.edges).toEqual([
      { from: 'b', to: 'back' },
      { from: 'a', to: 'b' },
      { from: 'inputs', to: 'a' },
    ]);
  });

  it('keeps the state on resume and forgets it on restart', () => {
    for (const [supervision, expected] of [
      [{ directive: 'resume' }, [1, 3, 6]],
      [restart, [1, 3, 3]],
    ] as const) {
      const { clock, kernel, inputs, entry } = setUp();
      const seen: number[] = [];
      entry
        .on('all')
        .pipe(
          kernel.actor<number, number>({
            name: 'sum',
            mailbox: { capacity: 8, overflow: 'fail' },
            supervision,
            behavior: (inbox, self) => inbox.pipe(self.reduce(counter)),
          }),
        )
        .subscribe((x) => seen.push(x));
      for (const x of [1, 2, 13, 3]) inputs.next(x);
      clock.advanceTo(99_999);
      if (supervision.directive === 'restart') expect(seen).toEqual([1, 3]);
      clock.advanceTo(100_000);
      expect(seen).toEqual(expected);
    }
  });

  it('escalates when restarts are used up, and then fails downstream', () => {
    const { clock, kernel, inputs, entry } = setUp();
    let error: unknown;
    entry
      .on('all')
      .pipe(
        kernel.actor<number, number>({
          name: 'sum',
          mailbox: { capacity: 8, overflow: 'fail' },
          supervision: restart,
          behavior: (inbox, self) => inbox.pipe(self.reduce(counter)),
        }),
      )
      .subscribe({ error: (e) => (error = e) });
    for (let i = 0; i < 3; i += 1) {
      inputs.next(13);
      clock.advanceTo(clock.nowUs() + 1_000_000);
    }
    expect(error).toEqual(new Error('unlucky'));
  });

  it('delivers feedback at the end of the turn, in one order for all', () => {
    const { kernel, inputs, entry } = setUp();
    const loop = kernel.loop('back', (x: number): x is number => x > 0);
    const seen: string[] = [];
    entry
      .on('all')
      .pipe(loop.close)
      .subscribe((x) => seen.push(`first ${x}`));
    entry.on('all').subscribe((x) => seen.push(`second ${x}`));
    loop.events$.subscribe((x) => seen.push(`back ${x}`));
    inputs.next(1);
    inputs.next(2);
    expect(seen).toEqual(['first 1', 'second 1', 'back 1', 'first 2', 'second 2', 'back 2']);
  });

  it('restores every reducer from a snapshot', () => {
    const wire = ({ kernel, entry }: ReturnType<typeof setUp>, seen: number[]): void => {
      entry
        .on('all')
        .pipe(
          kernel.scope('BTC').actor<number, number>({
            name: 'sum',
            mailbox: { capacity: 8, overflow: 'fail' },
            supervision: { directive: 'escalate' },
            behavior: (inbox, self) => inbox.pipe(self.reduce(counter)),
          }),
        )
        .subscribe((x) => seen.push(x));
    };
    const first = setUp();
    wire(first, []);
    first.inputs.next(5);
    const snapshot = JSON.parse(JSON.stringify(first.kernel.snapshot()));
    expect(snapshot.states).toEqual({ 'sum[BTC]': { sum: 5 } });
    const second = setUp(snapshot);
    const seen: number[] = [];
    wire(second, seen);
    second.inputs.next(1);
    expect(seen).toEqual([6]);
  });

  it('holds and releases', () => {
    const { kernel, inputs, entry } = setUp();
    const seen: number[] = [];
    let release = (): void => {};
    entry
      .on('all')
      .pipe(
        kernel.actor<number, number>({
          name: 'slow',
          mailbox: { capacity: 2, overflow: 'dropHead' },
          supervision: { directive: 'escalate' },
          behavior: (inbox, self) => {
            release = () => self.release();
            return inbox.pipe(
              map((x) => {
                self.hold();
                return x;
              }),
            );
          },
        }),
      )
      .subscribe((x) => seen.push(x));
    for (const x of [1, 2, 3, 4]) inputs.next(x);
    expect(seen).toEqual([1]);
    release();
    expect(seen).toEqual([1, 3]);
    release();
    expect(seen).toEqual([1, 3, 4]);
  });

  it('a farewell is emitted when the behavior fails', () => {
    const { kernel, inputs, entry } = setUp();
    const seen: number[] = [];
    entry
      .on('all')
      .pipe(
        kernel.actor<number, number>({
          name: 'sum',
          mailbox: { capacity: 2, overflow: 'fail' },
          supervision: restart,
          behavior: (inbox, self) => inbox.pipe(self.reduce(counter)),
          farewell: () => -1,
        }),
      )
      .subscribe((x) => seen.push(x));
    inputs.next(1);
    inputs.next(13);
    expect(seen).toEqual([1, -1]);
  });
});
