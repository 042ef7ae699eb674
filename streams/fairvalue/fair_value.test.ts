import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../market/sample.ts';
import type { Working } from '../orders/types.ts';
import { type FairValue, fairValue } from './fair_value.ts';

const parameters = {
  flowWeight: 0.5,
  flowHalfLifeMs: 200,
  sigmaHalfLifeMs: 1_000,
  sigmaFloorBps: 0.1,
  sigmaCeilingBps: 1e6,
  arrivalsEstimated: true,
  priorArrivalsPerS: 1,
  priorKappa: 1,
  arrivalHalfLifeMs: 60_000,
};

function sampleOf(change: Partial<Sample> & { atMs?: number }): Sample {
  const { atMs = 200, ...rest } = change;
  const stamp = { kind: 'sample', seq: 1, timeUs: atMs * 1_000, causes: [], market: 'X' } as const;
  const flows = { ofiLots: 0, takerBuyLots: 0, takerSellLots: 0, tradeHighTick: -1, tradeLowTick: -1 };
  const traded = { lastTradeTick: -1, lastTradeUs: -1 };
  return {
    ...stamp,
    quality: 'live',
    ageUs: 0,
    bids: [9_990, 30, 9_980, 5],
    asks: [10_010, 10, 10_020, 5],
    ...flows,
    ...traded,
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

  it('tells what volatility is usual, slower than what it is now, and keeps both within their bounds', () => {
    const mids = [...Array.from({ length: 60 }, (_, i) => 10_000 + (i % 2)), 10_200];
    const samples = mids.map((mid, i) => sampleOf({ atMs: 200 * (i + 1), bids: [mid - 1, 1], asks: [mid + 1, 1] }));
    const told = values(...samples);
    const [calm, jump] = [told.at(-2)!, told.at(-1)!];
    expect(calm.sigmaBps / calm.usualSigmaBps).toBeCloseTo(1, 0);
    expect(jump.sigmaBps / jump.usualSigmaBps).toBeGreaterThan(1.5);
    const bounded = fairValue('X', { ...parameters, sigmaCeilingBps: 3 });
    const state = bounded.initial();
    const seen: FairValue[] = [];
    for (const one of samples)
      bounded.step(state, one, { emit: (value) => seen.push(value), nowUs: () => 0, nextSeq: () => 1 });
    expect([seen[0]!.sigmaBps, seen.at(-1)!.sigmaBps]).toEqual([parameters.sigmaFloorBps, 3]);
  });

  it('knows takers who only buy from takers of both kinds', () => {
    const taken = (buys: number[], sells: number[]): number => {
      const samples = buys.map((takerBuyLots, i) =>
        sampleOf({ atMs: 200 * (i + 1), takerBuyLots, takerSellLots: sells[i]! }),
      );
      return values(...samples).at(-1)!.toxicity;
    };
    expect(taken([0, 5, 10, 15], [0, 0, 0, 0])).toBe(1);
    expect(taken([0, 5, 5, 10], [0, 0, 5, 5])).toBeLessThan(0.5);
    expect(taken([0, 0], [0, 0])).toBe(0);
  });

  it('counts how far trades reach from the fair value before them, and goes on the same from its encoded state', () => {
    const samples = Array.from({ length: 400 }, (_, i) => {
      const half = 4 + (i % 8);
      const traded = i % half === 0;
      return sampleOf({
        atMs: 200 * (i + 1),
        bids: [10_000 - half, 5],
        asks: [10_000 + half, 5],
        tradeHighTick: traded ? 10_000 + 4 + ((i - 1) % 8) : -1,
      });
    });
    const told = values(...samples);
    expect(told.at(-1)!.arrivals.known).toBe(true);
    expect(told.at(-1)!.arrivals.kappa).toBeGreaterThan(0);
    const reducer = fairValue('X', parameters);
    let state = reducer.initial();
    const seen: FairValue[] = [];
    samples.forEach((one, i) => {
      reducer.step(state, one, { emit: (value) => seen.push(value), nowUs: () => 0, nextSeq: () => 9 });
      if (i === 200) state = reducer.decode(JSON.parse(JSON.stringify(reducer.encode(state))));
    });
    expect(seen).toEqual(told);
  });
});
