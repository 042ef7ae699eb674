import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byShare,
  logShare,
  powerShare,
  powerShare2,
  powerShare3,
  type QueuePosition,
  reached,
  riskAverse,
  tradeThrough,
} from './queue_position.ts';

/** An order that joins at the end of a level. */
const joinQueue = (levelLots: number): QueuePosition => ({ ahead: levelLots, traded: 0 });

describe('a place in the queue', () => {
  it('is at the end of the level, and is reached when trades have eaten what was ahead and half a lot more', () => {
    const place = joinQueue(10);
    tradeThrough(place, 10);
    expect(reached(place)).toBe(false);
    tradeThrough(place, 1);
    expect(reached(place)).toBe(true);
  });

  it('moves up by trades alone where cancels are taken to come from behind, and as far as the level shrinks', () => {
    const place = joinQueue(10);
    riskAverse.resize(place, 10, 14);
    riskAverse.resize(place, 14, 12);
    expect(place.ahead).toBe(10);
    riskAverse.resize(place, 12, 4);
    expect(place.ahead).toBe(4);
  });

  it('shares a cancel by what is ahead and behind, and counts what traded only once', () => {
    // 10 ahead and 10 behind: of 4 that go, 2 come from ahead.
    const place = joinQueue(10);
    const model = byShare(powerShare(1));
    model.resize(place, 20, 16);
    expect(place.ahead).toBe(8);
    tradeThrough(place, 3);
    // The level tells of the three that traded: nothing was cancelled.
    model.resize(place, 16, 13);
    expect(place).toEqual({ ahead: 5, traded: 0 });
  });

  it('takes what cannot have come from behind from ahead', () => {
    const place = joinQueue(10);
    byShare(powerShare3(50)).resize(place, 11, 5);
    expect(place.ahead).toBeCloseTo(5, 9);
  });

  it('is nowhere in an empty level', () => {
    const place = joinQueue(0);
    byShare(powerShare2(2)).resize(place, 0, 0);
    expect(place.ahead).toBe(0);
  });

  it('never has more ahead than the level shows, in any model', () => {
    const lots = fc.integer({ min: 0, max: 1_000 });
    const models = [riskAverse, ...[powerShare(2), powerShare2(2), powerShare3(3), logShare(0.001)].map(byShare)];
    fc.assert(
      fc.property(lots, fc.array(lots, { maxLength: 20 }), fc.constantFrom(...models), (first, sizes, model) => {
        const place = joinQueue(first);
        let before = first;
        for (const now of sizes) {
          model.resize(place, before, now);
          expect(place.ahead).toBeLessThanOrEqual(now);
          before = now;
        }
      }),
    );
  });
});
