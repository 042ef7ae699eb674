import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../market/sample.ts';
import type { Working } from '../orders/types.ts';
import { type FairValue, fairValue } from './fair_value.ts';

const parameters = { flowWeight: 0.5, flowHalfLifeMs: 200, sigmaHalfLifeMs: 1_000, sigmaFloorBps: 0.1 };

function sampleOf(change: Partial<Sample> & { atMs?: number }): Sample {
  const { atMs = 200, ...rest } = change;
  const stamp = { kind: 'sample', seq: 1, timeUs: atMs * 1_000, causes: [], market: 'X' } as const;
  const flows = { ofiLots: 0, takerBuyLots: 0, takerSellLots: 0 };
  return {
    ...stamp,
    quality: 'live',
    ageUs: 0,
    bids: [9_990, 30, 9_980, 5],
    asks: [10_010, 10, 10_020, 5],
    ...flows,
    ...rest,
  };
}

function values(...events: (Sample | Working)[]): FairValue[] {
  const reducer = fairValue('X', parameters);
  const state = reducer.initial();
  const seen: FairValue[] = [];
  for (const event of events)
    reducer.step(state, event, { emit: (one) => seen.push(one), nowUs: () => 0, nextSeq: () => 9 });
  return seen;
}

const working = (orders: Working['orders']): Working => ({
  kind: 'working',
  seq: 5,
  timeUs: 0,
  causes: [],
  market: 'X',
  orders,
});

describe('the fair value', () => {
  it('leans to the side with less on it, as the microprice does', () => {
    const [value] = values(sampleOf({}));
    expect(value!.micropriceTick).toBe((9_990 * 10 + 10_010 * 30) / 40);
    expect(value!.fairTick).toBe(value!.micropriceTick);
  });

  it('does not count our own orders, nor a level that is ours alone', () => {
    const [, some, alone] = values(
      sampleOf({}),
      working([{ side: 'buy', tick: 9_990, lots: 20, resting: true }]),
      sampleOf({}),
      working([{ side: 'sell', tick: 10_010, lots: 10, resting: true }]),
      sampleOf({}),
    );
    expect([some!.bidTick, some!.bidLots, some!.causes]).toEqual([9_990, 10, [1, 5]]);
    expect([alone!.askTick, alone!.askLots]).toEqual([10_020, 5]);
    const [pending] = values(working([{ side: 'buy', tick: 9_990, lots: 20, resting: false }]), sampleOf({}));
    expect(pending!.bidLots).toBe(30);
  });

  it('is moved by one-sided flow, by at most the weight of half the spread', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 30 }), (flows) => {
        let ofiLots = 0;
        const samples = flows.map((flow, i) => {
          ofiLots += flow;
          return sampleOf({ atMs: 200 * (i + 1), ofiLots });
        });
        for (const { fairTick, micropriceTick, flow } of values(...samples)) {
          expect(Math.abs(flow)).toBeLessThanOrEqual(1);
          expect(Math.abs(fairTick - micropriceTick)).toBeLessThanOrEqual(parameters.flowWeight * 10 + 1e-9);
        }
      }),
    );
    const [, bought] = values(sampleOf({}), sampleOf({ atMs: 400, ofiLots: 1_000 }));
    // One half-life of full imbalance: half of the weight of half the spread.
    expect(bought!.fairTick - bought!.micropriceTick).toBeCloseTo(0.5 * 0.5 * 10, 9);
  });

  it('estimates volatility as an exponentially weighted mean of squared returns a second', () => {
    const mids = [10_000, 10_010, 10_005, 10_020];
    const samples = mids.map((mid, i) => sampleOf({ atMs: 200 * (i + 1), bids: [mid - 1, 1], asks: [mid + 1, 1] }));
    let variance = parameters.sigmaFloorBps ** 2;
    const keep = 0.5 ** (200 / parameters.sigmaHalfLifeMs);
    for (let i = 1; i < mids.length; i += 1) {
      const returnBps = (mids[i]! / mids[i - 1]! - 1) * 10_000;
      variance = keep * variance + (1 - keep) * (returnBps ** 2 / 0.2);
    }
    expect(values(...samples).at(-1)!.sigmaBps).toBeCloseTo(Math.sqrt(variance), 10);
  });

  it('begins anew after a break, and passes on why there is no value', () => {
    const jump = values(sampleOf({}), sampleOf({ atMs: 6_000, bids: [11_990, 30], asks: [12_010, 10] }));
    expect(jump[1]!.sigmaBps).toBe(parameters.sigmaFloorBps);
    const [stale, empty] = values(sampleOf({ quality: 'stale' }), sampleOf({ asks: [] }));
    expect([stale!.quality, empty!.quality]).toEqual(['stale', 'empty']);
  });
});
