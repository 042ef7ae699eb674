import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueModel } from './queue.ts';

describe('the power model of the queue', () => {
  it.each([
    // exponent, ahead, level before, level now, traded, ahead then
    [1, 10, 40, 20, 0, 5], // 30 behind: three quarters of 20 come from there
    [2, 10, 40, 20, 0, 10 - 20 * 0.1], // 900 of 1,000
    [1, 10, 10, 6, 0, 6], // nobody behind
    [1, 0, 40, 20, 0, 0],
    [1, 10, 40, 50, 0, 10], // a growing level grows behind us
    [1, 10, 40, 30, 10, 10], // the trade says why it fell
    [3, 10, 40, 0, 0, 0],
  ])('exponent %d, %d ahead, level %d → %d with %d traded', (exponent, ahead, before, now, traded, then) => {
    const place = { ahead, traded };
    queueModel('power', exponent).resize(place, before, now);
    expect(place.ahead).toBeCloseTo(then, 12);
    expect(place.traded).toBe(0);
  });

  it('never moves us back, never beyond the front, and never leaves more ahead than the level shows', () => {
    const lots = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 10, noNaN: true }), lots, lots, lots, lots, (exponent, ...numbers) => {
        const [before, ahead, now, traded] = numbers as [number, number, number, number];
        const place = { ahead: Math.min(ahead, before), traded };
        const was = place.ahead;
        queueModel('power', exponent).resize(place, before, now);
        expect(place.ahead).toBeGreaterThanOrEqual(0);
        expect(place.ahead).toBeLessThanOrEqual(Math.min(was, now));
      }),
    );
  });

  it('is never more cautious than the one in which every cancel comes from behind', () => {
    const levels = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2 });
    fc.assert(
      fc.property(levels, fc.double({ min: 0.1, max: 10, noNaN: true }), (all, exponent) => {
        const [power, back] = [queueModel('power', exponent), queueModel('back', 1)];
        const [hopeful, cautious] = [power.join(all[0]!), back.join(all[0]!)];
        for (const [i, now] of all.entries()) {
          if (i === 0) continue;
          power.resize(hopeful, all[i - 1]!, now);
          back.resize(cautious, all[i - 1]!, now);
          // Shares of a level are real numbers: their rounding is no place in the queue.
          expect(hopeful.ahead).toBeLessThanOrEqual(cautious.ahead + 1e-9);
        }
      }),
    );
  });
});
