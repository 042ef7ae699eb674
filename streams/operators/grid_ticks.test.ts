import { describe, expect, it } from 'vitest';
import { HeapClock } from '../clock/heap_clock.ts';
import { gridTicks } from './grid_ticks.ts';

describe('gridTicks', () => {
  it('ticks at each multiple of the period plus the offset, with one timer', () => {
    const clock = new HeapClock(150_000);
    const ticks: number[][] = [];
    const subscription = gridTicks({ clock, periodMs: 200, offsetUs: 1 }).subscribe((timeUs) => {
      ticks.push([timeUs, clock.nowUs()]);
      expect(clock.pending).toBe(1);
    });
    clock.advanceTo(600_000);
    subscription.unsubscribe();
    clock.advanceTo(2_000_000);
    expect(ticks).toEqual([
      [200_001, 200_001],
      [400_001, 400_001],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('does not tick at the instant of its subscription', () => {
    const clock = new HeapClock(200_000);
    const ticks: number[] = [];
    gridTicks({ clock, periodMs: 200, offsetUs: 0 }).subscribe((timeUs) => ticks.push(timeUs));
    clock.advanceTo(400_000);
    expect(ticks).toEqual([400_000]);
  });

  it.each([
    [0, 0],
    [0.0001, 0],
    [200, -1],
    [200, 200_000],
    [200, 0.5],
  ])('refuses a period of %s ms with an offset of %s µs', (periodMs, offsetUs) => {
    expect(() => gridTicks({ clock: new HeapClock(0), periodMs, offsetUs })).toThrow(RangeError);
  });
});
