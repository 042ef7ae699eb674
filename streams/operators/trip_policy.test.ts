import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consecutiveFailures, failureRate } from './trip_policy.ts';

const ends = fc.array(
  fc.record({
    afterUs: fc.integer({ min: 0, max: 3_000_000 }),
    outcome: fc.constantFrom('success' as const, 'failure' as const),
  }),
  { maxLength: 80 },
);

describe('consecutiveFailures', () => {
  it('trips at the n-th failure in a row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), ends, (n, list) => {
        const policy = consecutiveFailures(n);
        let tally = policy.initial;
        let inARow = 0;
        for (const { outcome } of list) {
          tally = policy.record(tally, outcome, 0);
          inARow = outcome === 'failure' ? inARow + 1 : 0;
          expect(policy.trips(tally)).toBe(inARow >= n);
        }
      }),
    );
  });

  it('refuses a count below one', () => {
    expect(() => consecutiveFailures(0)).toThrow(/failures 0/);
  });
});

describe('failureRate', () => {
  it('trips by the calls of the last ten tenths of the window, and remembers no more', () => {
    const policy = failureRate({ threshold: 0.5, windowMs: 10_000, minimumCalls: 4 });
    fc.assert(
      fc.property(ends, (list) => {
        let tally = policy.initial;
        let nowUs = 0;
        const seen: { bucket: number; outcome: string }[] = [];
        for (const { afterUs, outcome } of list) {
          nowUs += afterUs;
          const bucket = Math.floor(nowUs / 1_000_000);
          seen.push({ bucket, outcome });
          tally = policy.record(tally, outcome, nowUs);
          const inWindow = seen.filter((one) => one.bucket > bucket - 10);
          const failures = inWindow.filter((one) => one.outcome === 'failure').length;
          expect(policy.trips(tally)).toBe(inWindow.length >= 4 && failures / inWindow.length >= 0.5);
          expect(tally.length).toBeLessThanOrEqual(30);
        }
      }),
    );
  });

  it.each([
    [{ threshold: 0 }, /threshold/],
    [{ threshold: 1.1 }, /threshold/],
    [{ windowMs: 0 }, /windowMs/],
    [{ minimumCalls: 1.5 }, /minimumCalls/],
  ])('refuses %o', (wrong, message) => {
    expect(() => failureRate({ threshold: 0.5, windowMs: 1_000, minimumCalls: 1, ...wrong })).toThrow(message);
  });
});
