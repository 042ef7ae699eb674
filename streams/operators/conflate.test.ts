import fc from 'fast-check';
import { NEVER, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { conflate } from './conflate.ts';

interface Fill {
  readonly market: string;
  readonly lots: number;
}

function setUp(maxKeys = 8) {
  const source = new Subject<Fill>();
  const release$ = new Subject<void>();
  const out: (Fill | string)[] = [];
  const subscription = source
    .pipe(
      conflate({
        key: (fill) => fill.market,
        fold: (waiting, arriving) => ({ ...arriving, lots: waiting.lots + arriving.lots }),
        maxKeys,
        release$,
      }),
    )
    .subscribe({
      next: (fill) => out.push(fill),
      error: (error: unknown) => out.push(`${error}`),
      complete: () => out.push('complete'),
    });
  return { source, release$, out, subscription };
}

const steps = fc.array(
  fc.oneof(
    fc.record({ market: fc.constantFrom('A', 'B', 'C', 'D'), lots: fc.integer({ min: 1, max: 9 }) }),
    fc.constant('release' as const),
  ),
);

describe('conflate', () => {
  it('loses nothing, keeps the order of keys and emits only on release', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { source, release$, out } = setUp();
        const expected: Fill[] = [];
        let waiting: Fill[] = [];
        for (const step of list) {
          if (step === 'release') {
            release$.next();
            expected.push(...waiting);
            waiting = [];
          } else {
            source.next(step);
            const same = waiting.findIndex(({ market }) => market === step.market);
            if (same < 0) waiting.push(step);
            else waiting[same] = { ...step, lots: waiting[same]!.lots + step.lots };
          }
          expect(out).toEqual(expected);
        }
        source.complete();
        expect(out).toEqual([...expected, ...waiting, 'complete']);
      }),
    );
  });

  it('fails rather than hold more keys than it may', () => {
    const { source, out } = setUp(2);
    for (const market of ['A', 'B', 'A', 'C']) source.next({ market, lots: 1 });
    expect(out).toEqual(['RangeError: conflate: more than 2 keys wait']);
    expect(source.observed).toBe(false);
  });

  it('goes on holding when the releases end, and lets go at the end of the source', () => {
    const { source, release$, out } = setUp();
    source.next({ market: 'A', lots: 1 });
    release$.complete();
    expect(out).toEqual([]);
    source.complete();
    expect(out).toEqual([{ market: 'A', lots: 1 }, 'complete']);
  });

  it('keeps what comes back during a release for the next one', () => {
    const source = new Subject<number>();
    const release$ = new Subject<void>();
    const out: number[] = [];
    source.pipe(conflate({ key: (n) => n % 2, fold: (_, n) => n, maxKeys: 2, release$ })).subscribe((n) => {
      out.push(n);
      if (n < 10) source.next(n + 10);
    });
    source.next(1);
    source.next(2);
    release$.next();
    expect(out).toEqual([1, 2]);
    release$.next();
    expect(out).toEqual([1, 2, 11, 12]);
  });

  it('passes errors of the source, of release$ and of fold, and leaves both on unsubscription', () => {
    const options = { key: () => 1, fold: (_: number, b: number): number => b, maxKeys: 1 };
    const failures: unknown[] = [];
    const seen = { error: (error: unknown) => failures.push(error) };
    throwError(() => 'source')
      .pipe(conflate({ ...options, release$: NEVER }))
      .subscribe(seen);
    const numbers = new Subject<number>();
    numbers.pipe(conflate({ ...options, release$: throwError(() => 'release') })).subscribe(seen);
    const fold = (): never => {
      throw 'fold';
    };
    numbers.pipe(conflate<number, number>({ ...options, fold, release$: NEVER })).subscribe(seen);
    numbers.next(1);
    numbers.next(2);
    expect(failures).toEqual(['source', 'release', 'fold']);
    const { source, release$, subscription } = setUp();
    subscription.unsubscribe();
    expect([source.observed, release$.observed, numbers.observed]).toEqual([false, false, false]);
  });

  it('refuses a bound below one', () => {
    expect(() => setUp(0)).toThrow(/maxKeys 0/);
  });
});
