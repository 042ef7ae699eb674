import fc from 'fast-check';
import { of, timer } from 'rxjs';
import { delay } from 'rxjs/operators';
import { describe, expect, it } from 'vitest';
import { HeapClock } from './heap_clock.ts';

type Step =
  | { readonly do: 'set'; readonly inUs: number; readonly rank: number; readonly again: number | undefined }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'advance'; readonly byUs: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: set() },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(200) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), byUs: fc.nat(30) }) },
  ),
  { maxLength: 300 },
);

function set(): fc.Arbitrary<Step> {
  return fc.record({
    do: fc.constant('set' as const),
    inUs: fc.integer({ min: -5, max: 40 }),
    rank: fc.nat(2),
    again: fc.option(fc.nat(10), { nil: undefined }),
  });
}

/** What the clock has to do, in the plainest way: a list, searched. */
class ListClock {
  nowUs = 0;
  #order = 0;
  #timers: { dueUs: number; rank: number; order: number; work: () => void }[] = [];

  get pending(): number {
    return this.#timers.length;
  }

  at(dueUs: number, work: () => void, rank: number): () => void {
    const timer = { dueUs: Math.max(dueUs, this.nowUs), rank, order: this.#order++, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  nextDueUs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#timers.map(({ dueUs }) => dueUs));
  }

  advanceTo(timeUs: number): void {
    for (;;) {
      const [next] = this.#timers
        .filter(({ dueUs }) => dueUs <= timeUs)
        .sort((a, b) => a.dueUs - b.dueUs || a.rank - b.rank || a.order - b.order);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.nowUs = next.dueUs;
      next.work();
    }
    this.nowUs = timeUs;
  }
}

describe('the heap clock', () => {
  it('does what a sorted list does: due time, rank, creation; timers set by timers; cancelling', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const heap = new HeapClock(0);
        const list = new ListClock();
        const fired: [string[], string[]] = [[], []];
        const cancels: [() => void, () => void][] = [];
        let n = 0;
        const both = (inUs: number, rank: number, again: number | undefined): void => {
          const name = `${n++}`;
          const work = (mine: string[], at: ListClock['at'], nowUs: () => number) => (): void => {
            mine.push(`${name}@${nowUs()}`);
            if (again !== undefined) at(nowUs() + again, () => mine.push(`${name}'@${nowUs()}`), rank);
          };
          const now = list.nowUs;
          const heapNow = (): number => heap.nowUs();
          const onHeap = heap.at(now + inUs, work(fired[0], heap.at.bind(heap), heapNow), rank);
          const onList = list.at(
            now + inUs,
            work(fired[1], list.at.bind(list), () => list.nowUs),
            rank,
          );
          cancels.push([onHeap, onList]);
        };
        const advance = (toUs: number): void => {
          heap.advanceTo(toUs);
          list.advanceTo(toUs);
        };
        for (const step of all) {
          if (step.do === 'set') both(step.inUs, step.rank, step.again);
          else if (step.do === 'cancel') for (const cancel of cancels[step.which] ?? []) cancel();
          else advance(list.nowUs + step.byUs);
          expect(fired[0]).toEqual(fired[1]);
          expect(heap.pending).toBe(list.pending);
          expect(heap.nextDueUs()).toBe(list.nextDueUs());
          expect(heap.nowUs()).toBe(list.nowUs);
        }
      }),
    );
  });

  it('does not go back, nor advance within a timer, nor hold more timers than it may', () => {
    const clock = new HeapClock(10, 2);
    expect(() => clock.advanceTo(9)).toThrow('clock cannot go back from 10 to 9');
    clock.at(20, () => clock.advanceTo(30));
    expect(() => clock.advanceTo(20)).toThrow('clock is already advancing');
    clock.at(40, () => {});
    clock.at(40, () => {});
    expect(() => clock.at(40, () => {})).toThrow('clock: more than 2 timers pending');
    expect(() => new HeapClock(0.5)).toThrow('startUs 0.5: expected integer microseconds');
  });

  it('forgets cancelled timers long before they are due', () => {
    const clock = new HeapClock(0, 100);
    for (let i = 0; i < 100_000; i += 1) clock.at(1_000_000 + i, () => {})();
    expect(clock.pending).toBe(0);
    expect(clock.nextDueUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('schedules for RxJS', () => {
    const clock = new HeapClock(0);
    const seen: string[] = [];
    timer(2, 3, clock).subscribe((i) => seen.push(`timer ${i}@${clock.nowUs()}`));
    of('late')
      .pipe(delay(4, clock))
      .subscribe((x) => seen.push(`${x}@${clock.nowUs()}`));
    clock.advanceTo(8_000);
    expect(seen).toEqual(['timer 0@2000', 'late@4000', 'timer 1@5000', 'timer 2@8000']);
  });
});
