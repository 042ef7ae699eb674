import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import { boundedReplay } from './bounded_replay.ts';

describe('boundedReplay', () => {
  it('replays the last values that are young enough, whatever came', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 5 }).map((n) => n * 100_000));
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 5 }), (gaps, maxCount) => {
        const clock = new HeapClock(0);
        const source = new Subject<number>();
        const replayed$ = source.pipe(boundedReplay({ clock, maxCount, maxAgeMs: 300 }));
        const live: number[] = [];
        const subscription = replayed$.subscribe((timeUs) => live.push(timeUs));
        for (const gap of gaps) {
          clock.advanceTo(clock.nowUs() + gap);
          source.next(clock.nowUs());
        }
        clock.advanceTo(clock.nowUs() + 100_000);
        const late: number[] = [];
        replayed$.subscribe((timeUs) => late.push(timeUs)).unsubscribe();
        expect(late).toEqual(live.filter((timeUs) => clock.nowUs() - timeUs < 300_000).slice(-maxCount));
        expect(live.length).toBe(gaps.length);
        subscription.unsubscribe();
      }),
    );
  });

  it('replays after the end, and subscribes to the source once', () => {
    const source = new Subject<number>();
    const replayed$ = source.pipe(boundedReplay({ clock: new HeapClock(0), maxCount: 2, maxAgeMs: 1_000 }));
    replayed$.subscribe({ error: () => {} });
    for (const n of [1, 2, 3]) source.next(n);
    source.error('cut');
    const late: unknown[] = [];
    replayed$.subscribe({ next: (n) => late.push(n), error: (error: unknown) => late.push(error) });
    expect(late).toEqual([2, 3, 'cut']);
  });

  it('forgets and leaves when nobody listens', () => {
    const source = new Subject<number>();
    const replayed$ = source.pipe(boundedReplay({ clock: new HeapClock(0), maxCount: 2, maxAgeMs: 1_000 }));
    const first = replayed$.subscribe();
    source.next(1);
    first.unsubscribe();
    expect(source.observed).toBe(false);
    const late: number[] = [];
    replayed$.subscribe((n) => late.push(n));
    source.next(2);
    expect(late).toEqual([2]);
  });

  it.each([
    [{ maxCount: 0 }, /maxCount/],
    [{ maxAgeMs: Number.POSITIVE_INFINITY }, /maxAgeMs/],
  ])('refuses %o: both bounds are compulsory', (wrong, message) => {
    expect(() => boundedReplay({ clock: new HeapClock(0), maxCount: 1, maxAgeMs: 1, ...wrong })).toThrow(message);
  });
});
