import fc from 'fast-check';
import { from, NEVER, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import { sampleOnGrid } from './sample_on_grid.ts';

const PERIOD_US = 200_000;

interface Arrival {
  readonly timeUs: number;
  readonly value: number;
}

function sampled(arrivals: readonly Arrival[], heartbeat: boolean, endUs: number): { out: Arrival[]; peak: number } {
  const clock = new HeapClock(0);
  const source = new Subject<number>();
  const out: Arrival[] = [];
  let peak = 0;
  const grid = sampleOnGrid<number, Arrival>({
    clock,
    periodMs: 200,
    heartbeat,
    freeze: (value, timeUs) => ({ value, timeUs }),
  });
  const subscription = source.pipe(grid).subscribe((sample) => {
    expect(clock.nowUs()).toBe(sample.timeUs);
    out.push(sample);
  });
  for (const { timeUs, value } of arrivals) {
    clock.advanceTo(timeUs);
    source.next(value);
    peak = Math.max(peak, clock.pending);
  }
  clock.advanceTo(endUs);
  subscription.unsubscribe();
  expect(clock.pending).toBe(0);
  return { out, peak };
}

/** The definition, computed the slow way: the last arrival strictly before each grid instant. */
function expected(arrivals: readonly Arrival[], heartbeat: boolean, endUs: number): Arrival[] {
  const out: Arrival[] = [];
  for (let sampleUs = PERIOD_US; sampleUs <= endUs; sampleUs += PERIOD_US) {
    const last = arrivals.filter(({ timeUs }) => timeUs < sampleUs).at(-1);
    if (last === undefined) continue;
    if (heartbeat || last.timeUs >= sampleUs - PERIOD_US) out.push({ value: last.value, timeUs: sampleUs });
  }
  return out;
}

const arrivals = fc
  .array(
    fc.record({
      // A third of all arrivals lie exactly on the grid: ties are the case that matters.
      timeUs: fc.oneof(
        fc.integer({ min: 0, max: 4_000_000 }),
        fc.integer({ min: 0, max: 4_000_000 }),
        fc.integer({ min: 0, max: 20 }).map((n) => n * PERIOD_US),
      ),
      value: fc.integer(),
    }),
    { maxLength: 60 },
  )
  .map((list) => list.sort((a, b) => a.timeUs - b.timeUs));

describe('sampleOnGrid', () => {
  it('equals its definition for any arrivals, and holds at most one timer', () => {
    fc.assert(
      fc.property(arrivals, fc.boolean(), (list, heartbeat) => {
        const { out, peak } = sampled(list, heartbeat, 5_000_000);
        expect(out).toEqual(expected(list, heartbeat, 5_000_000));
        expect(peak).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('aligns to the epoch, wherever it was subscribed', () => {
    const clock = new HeapClock(1_700_000_000_123_456);
    const source = new Subject<string>();
    const times: number[] = [];
    source.pipe(sampleOnGrid({ clock, periodMs: 200, heartbeat: true })).subscribe(() => times.push(clock.nowUs()));
    source.next('a');
    clock.advanceTo(1_700_000_000_700_000);
    expect(times).toEqual([1_700_000_000_200_000, 1_700_000_000_400_000, 1_700_000_000_600_000]);
  });

  it('keeps no timer while silent without heartbeat', () => {
    const clock = new HeapClock(0);
    const source = new Subject<number>();
    source.pipe(sampleOnGrid({ clock, periodMs: 200, heartbeat: false })).subscribe();
    expect(clock.pending).toBe(0);
    source.next(1);
    expect(clock.pending).toBe(1);
    clock.advanceTo(200_000);
    expect(clock.pending).toBe(0);
  });

  it('goes on while what it emits comes back as an input', () => {
    const clock = new HeapClock(0);
    const source = new Subject<number>();
    const out: number[] = [];
    source.pipe(sampleOnGrid({ clock, periodMs: 200, heartbeat: false })).subscribe((value) => {
      out.push(value);
      if (value < 3) source.next(value + 1);
    });
    source.next(1);
    clock.advanceTo(2_000_000);
    expect(out).toEqual([1, 2, 3]);
  });

  it('passes an error on at once and clears its timer', () => {
    const clock = new HeapClock(0);
    const source = new Subject<number>();
    const errors: unknown[] = [];
    source
      .pipe(sampleOnGrid({ clock, periodMs: 200, heartbeat: true }))
      .subscribe({ error: (error) => errors.push(error) });
    source.next(1);
    source.error('cut');
    expect(errors).toEqual(['cut']);
    expect(clock.pending).toBe(0);
  });

  it('turns what freeze throws into its error', () => {
    const clock = new HeapClock(0);
    const errors: unknown[] = [];
    const freeze = (): never => {
      throw new Error('crossed book');
    };
    const source = new Subject<number>();
    source
      .pipe(sampleOnGrid({ clock, periodMs: 200, heartbeat: true, freeze }))
      .subscribe({ error: (error: unknown) => errors.push(error) });
    source.next(1);
    clock.advanceTo(400_000);
    expect(errors).toEqual([new Error('crossed book')]);
    expect(clock.pending).toBe(0);
    expect(source.observed).toBe(false);
  });

  it('leaves no timer behind a source that completes or fails while it is subscribed', () => {
    const clock = new HeapClock(0);
    const options = { clock, periodMs: 200, heartbeat: true };
    let completed = false;
    from([1, 2])
      .pipe(sampleOnGrid(options))
      .subscribe({ complete: () => (completed = true) });
    throwError(() => 'cut')
      .pipe(sampleOnGrid(options))
      .subscribe({ error: () => {} });
    NEVER.pipe(sampleOnGrid(options)).subscribe().unsubscribe();
    expect(completed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it.each([0, -200, 0.0005, Number.NaN, Number.POSITIVE_INFINITY])('refuses the period %s ms', (periodMs) => {
    expect(() => sampleOnGrid({ clock: new HeapClock(0), periodMs, heartbeat: false })).toThrow(/periodMs/);
  });
});
