import { describe, expect, it } from 'vitest';
import { constantLatency, recordedLatency } from './order_latency.ts';

describe('latencies of orders', () => {
  it('are the same at all times where they are constant', () => {
    const { entryNs, responseNs } = constantLatency(3, 5);
    expect([entryNs(0), entryNs(1e18), responseNs(7)]).toEqual([3, 3, 5]);
  });

  it('lie on the line between two recorded round trips, and beyond the ends they are those of the ends', () => {
    const trips = {
      sentNs: [1_000, 2_000, 4_000],
      exchangeNs: [1_100, 2_300, 4_100],
      answeredNs: [1_150, 2_500, 4_150],
    };
    const entries = recordedLatency(trips);
    expect([0, 1_000, 1_500, 1_999, 2_000, 3_001, 9_000].map((now) => entries.entryNs(now))).toEqual([
      100, 100, 200, 299, 300, 200, 100,
    ]);
    const responses = recordedLatency(trips);
    // From 50 at 1,100 to 200 at 2,300: an eighth of a nanosecond each.
    expect([0, 1_100, 1_700, 2_300, 4_100, 9_000].map((now) => responses.responseNs(now))).toEqual([
      50, 50, 125, 200, 50, 50,
    ]);
  });

  it('are negative, and tell when we know, where one of the two never reached the exchange', () => {
    const { entryNs, responseNs } = recordedLatency({
      sentNs: [1_000, 2_000, 3_000, 4_000],
      exchangeNs: [1_100, 2_100, Number.NaN, 4_100],
      answeredNs: [1_200, 2_200, 3_600, 4_200],
    });
    expect([1_500, 2_500, 3_000, 3_500, 4_000].map(entryNs)).toEqual([100, -400, -600, -400, 100]);
    expect(responseNs(3_000)).toBe(100);
  });

  it('are refused where times go back or there is nothing', () => {
    expect(() => recordedLatency({ sentNs: [], exchangeNs: [], answeredNs: [] })).toThrow('at least one');
    expect(() => recordedLatency({ sentNs: [5], exchangeNs: [4], answeredNs: [6] })).toThrow('round trip 1');
    expect(() => recordedLatency({ sentNs: [5, 4], exchangeNs: [6, 6], answeredNs: [7, 7] })).toThrow('round trip 2');
  });
});
