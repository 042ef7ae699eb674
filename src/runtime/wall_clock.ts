/** The wall clock is followed when it is ahead of the monotonic one by this much: it was set forward, or the machine slept. */
const FOLLOW_AFTER_US = 20_000;

/** Reads the time in integer microseconds since the epoch. */
export type WallClock = () => number;

/**
 * Wall time with the resolution and the steadiness of the monotonic clock.
 *
 * `Date` counts whole milliseconds; the monotonic clock stands still while a machine sleeps. So the monotonic clock is read
 * from the wall clock's start, and follows it forward when they part. It does not follow it back: a session whose time
 * stood still for an hour would leave its orders alone for an hour.
 */
export function systemWallClock(
  dateUs: () => number = () => Date.now() * 1_000,
  monotonicUs: () => number = () => performance.now() * 1_000,
): WallClock {
  let offsetUs = dateUs() - monotonicUs();
  return () => {
    const aheadUs = dateUs() - (monotonicUs() + offsetUs);
    if (aheadUs > FOLLOW_AFTER_US) offsetUs += aheadUs;
    return Math.round(monotonicUs() + offsetUs);
  };
}
