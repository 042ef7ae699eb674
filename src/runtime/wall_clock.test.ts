import { expect, it } from 'vitest';
import { systemWallClock } from './wall_clock.ts';

it('runs on the monotonic clock, follows the wall clock forward and never back', () => {
  let dateUs = 1_000_000_000;
  let monotonicUs = 5;
  const clock = systemWallClock(
    () => dateUs,
    () => monotonicUs,
  );
  monotonicUs += 1_234;
  expect(clock()).toBe(1_000_001_234);
  dateUs -= 3_600_000_000;
  monotonicUs += 6;
  expect(clock()).toBe(1_000_001_240);
  dateUs = 2_000_000_000;
  expect(clock()).toBe(2_000_000_000);
  monotonicUs += 1;
  expect(clock()).toBe(2_000_000_001);
});

it('is the time of day', () => {
  expect(Math.abs(systemWallClock()() / 1_000 - Date.now())).toBeLessThan(50);
});
