import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import { type Freshness, staleness } from './staleness.ts';

const AFTER_US = 200_000;

function watch(clock = new HeapClock(0)) {
  const source = new Subject<number>();
  const seen: Freshness[] = [];
  const subscription = source
    .pipe(staleness({ clock, staleAfterMs: 200 }))
    .subscribe({ next: (freshness) => seen.push(freshness), error: () => {} });
  return { clock, source, seen, subscription };
}

describe('staleness', () => {
  it('equals its definition for any arrivals, with one timer at most', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }).map((n) => n * 80_000)), (gaps) => {
        const { clock, source, seen, subscription } = watch();
        const expected: Freshness[] = [];
        let lastUs = 0;
        const silenceUntil = (nowUs: number): void => {
          if (nowUs - lastUs < AFTER_US || expected.at(-1)?.status === 'stale') return;
          expected.push({ status: 'stale', sinceUs: lastUs + AFTER_US });
        };
        for (const gap of gaps) {
          const nowUs = clock.nowUs() + gap;
          clock.advanceTo(nowUs);
          source.next(1);
          silenceUntil(nowUs);
          if (expected.at(-1)?.status !== 'fresh') expected.push({ status: 'fresh', sinceUs: nowUs });
          lastUs = nowUs;
          expect(clock.pending).toBe(1);
        }
        clock.advanceTo(lastUs + 1_000_000);
        silenceUntil(lastUs + 1_000_000);
        expect(seen).toEqual(expected);
        expect(clock.pending).toBe(0);
        subscription.unsubscribe();
      }),
    );
  });

  it('says so of a source that never speaks', () => {
    const { clock, seen } = watch();
    clock.advanceTo(1_000_000);
    expect(seen).toEqual([{ status: 'stale', sinceUs: AFTER_US }]);
  });

  it('says stale before fresh when a scheduler delivers a value first at the very instant', () => {
    // A clock that does not fire its timers by itself stands for such a scheduler.
    let nowUs = 0;
    const heap = new HeapClock(0);
    const clock = Object.assign(Object.create(heap) as HeapClock, {
      nowUs: () => nowUs,
      at: (dueUs: number, work: () => void) => heap.at(dueUs, work),
    });
    const { source, seen } = watch(clock);
    source.next(1);
    nowUs = AFTER_US;
    source.next(2);
    expect(seen.map(({ status }) => status)).toEqual(['fresh', 'stale', 'fresh']);
    expect(heap.pending).toBe(1);
  });

  it.each(['complete', 'error', 'unsubscribe'] as const)('leaves no timer after %s', (end) => {
    const { clock, source, subscription } = watch();
    source.next(1);
    if (end === 'unsubscribe') subscription.unsubscribe();
    else if (end === 'error') source.error(new Error('cut'));
    else source.complete();
    expect(clock.pending).toBe(0);
    expect(subscription.closed).toBe(true);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s ms', (staleAfterMs) => {
    expect(() => staleness({ clock: new HeapClock(0), staleAfterMs })).toThrow(/staleAfterMs/);
  });
});
