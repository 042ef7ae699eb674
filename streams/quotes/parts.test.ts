import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { LiveOrder } from '../orders/types.ts';
import type { Prediction } from '../predictions/types.ts';
import { compete } from './competition.ts';
import { filled, freshFillQuality, judge } from './fill_quality.ts';
import { keepPlaces } from './hysteresis.ts';
import { ladder } from './ladder.ts';
import { orderValue } from './order_value.ts';
import { postOnlyTicks } from './post_only.ts';
import { predictionShift } from './prediction_shift.ts';
import { followQueue } from './queue_place.ts';
import { reduceOrders } from './reduce.ts';
import type { QuotedSide } from './side.ts';
import { adaptive, aggressive, conservative } from './spread_models.ts';
import { depthFactor, volatilityFactor } from './widening.ts';

const terms = { fairTick: 10_000, skewBps: 0, edgeBps: 1, kappa: 0.2, clipLots: 10 };
const bidSide: QuotedSide = { side: 'buy', sign: 1, theirs: [9_995, 10, 9_990, 30], limitTick: 9_998 };

describe('spread models', () => {
  const calm = { halfSpreadBps: 8, sigmaBps: 1, usualSigmaBps: 1, toxicity: 0, adverseBps: 0, share: 0.5 };

  it('are what their formulas say', () => {
    expect(aggressive(calm)).toBe(4);
    expect(conservative(calm)).toBeCloseTo(10 + Math.sqrt(0.6), 12);
    expect(adaptive(calm)).toBe(4);
    expect(adaptive({ ...calm, toxicity: 0.5, share: 1 })).toBeCloseTo(8 * 0.5 * 1.5 * 1.25, 12);
    expect(adaptive({ ...calm, sigmaBps: 0.1 })).toBeCloseTo(8 * 0.4, 12);
    expect(adaptive({ ...calm, adverseBps: 3 })).toBe(5.5);
  });

  it('adaptive stays within its bounds, and is never narrower with more adverse or one-sided flow', () => {
    const any = fc.record({
      halfSpreadBps: fc.double({ min: 0.01, max: 100, noNaN: true }),
      sigmaBps: fc.double({ min: 0.01, max: 50, noNaN: true }),
      usualSigmaBps: fc.double({ min: 0.01, max: 50, noNaN: true }),
      toxicity: fc.double({ min: 0, max: 1, noNaN: true }),
      adverseBps: fc.double({ min: -20, max: 20, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(any, (one) => {
        const half = adaptive(one);
        expect(half).toBeGreaterThanOrEqual(0.4 * one.halfSpreadBps - 1e-9);
        expect(half).toBeLessThanOrEqual(1.5 * one.halfSpreadBps + 5 + 1e-9);
        expect(adaptive({ ...one, toxicity: 1 })).toBeGreaterThanOrEqual(half - 1e-9);
        expect(adaptive({ ...one, adverseBps: one.adverseBps + 5 })).toBeGreaterThanOrEqual(half - 1e-9);
      }),
    );
  });
});

describe('widening', () => {
  const fairOf = (change: Partial<FairValue>): FairValue => ({ bids: [], asks: [], ...change }) as FairValue;

  it('is in proportion to volatility above its usual value, and at most double', () => {
    const at = (sigmaBps: number): number => volatilityFactor(fairOf({ sigmaBps, usualSigmaBps: 2 }));
    expect([1, 2, 3, 4, 40].map(at)).toEqual([1, 1, 1.5, 2, 2]);
  });

  it('by depth compares with what was usual, and never narrows', () => {
    const usual = { lots: 0, samples: 0 };
    const book = (lots: number): FairValue => fairOf({ bids: [99, lots], asks: [101, lots] });
    for (let i = 0; i < 100; i += 1) expect(depthFactor(usual, book(10))).toBe(1);
    expect(depthFactor(usual, book(100))).toBe(1);
    expect(depthFactor(usual, book(6))).toBe(1);
    expect(depthFactor(usual, book(3))).toBeGreaterThan(1.3);
    expect(depthFactor(usual, book(1))).toBe(1.5);
    expect(depthFactor(usual, fairOf({}))).toBe(1.5);
  });
});

describe('fill quality', () => {
  it('learns what the price does after our fills, seen from our side', () => {
    const quality = freshFillQuality();
    filled(quality, true, 10_000, 0);
    filled(quality, false, 10_000, 0);
    judge(quality, 9_990, 4_000_000);
    expect(quality.adverseBps).toBe(0);
    // Bought and sold before a fall of 10 bps: once against us, once for us, each with its share of news.
    judge(quality, 9_990, 5_000_000);
    expect(quality.adverseBps).toBeCloseTo(10 * 0.05 * 0.95 - 10 * 0.05, 9);
    expect(quality.waiting).toEqual([]);
  });

  it('tells the rate of fills, and forgets', () => {
    const quality = freshFillQuality();
    for (let s = 0; s < 1_200; s += 1) {
      filled(quality, true, 10_000, s * 1e6);
      judge(quality, 10_000, s * 1e6);
    }
    expect(quality.fillsPerS).toBeCloseTo(1, 1);
    judge(quality, 10_000, 1_800 * 1e6);
    expect(quality.fillsPerS).toBeLessThan(0.01);
    expect(quality.waiting.length).toBeLessThanOrEqual(64);
  });
});

describe('prediction shift', () => {
  const predictionOf = (confidence: number, bullish: number, bearish: number): Prediction => ({
    kind: 'prediction',
    model: 'x-linear/1',
    role: 'champion',
    featuresSeq: 1,
    seq: 1,
    timeUs: 0,
    market: 'X',
    horizons: [{ horizonMs: 250, bullish, bearish, neutral: 1 - bullish - bearish, confidence, uncertainty: 0 }],
  });
  const parameters = { minConfidence: 0.6, predictionWeight: 1, predictionReachMs: 250 };

  it('is the expected share of the typical move, as far as it is believed', () => {
    expect(predictionShift(predictionOf(0.8, 0.7, 0.1), 2, 0, parameters)).toBeCloseTo(0.8 * 0.6 * 2 * 0.5, 12);
    expect(predictionShift(predictionOf(0.8, 0.1, 0.7), 2, 0, parameters)).toBeCloseTo(-0.8 * 0.6 * 2 * 0.5, 12);
  });

  it('looks as far ahead as a quote stands, up to certainty', () => {
    const ahead = { ...parameters, predictionReachMs: 1_000 };
    expect(predictionShift(predictionOf(0.8, 0.3, 0.1), 2, 0, ahead)).toBeCloseTo(0.8 * 0.8 * 2, 12);
    expect(predictionShift(predictionOf(0.8, 0.1, 0.7), 2, 0, ahead)).toBeCloseTo(-0.8 * 2, 12);
  });

  it('is nothing below the confidence wanted, when old, neutral, or absent', () => {
    expect(predictionShift(predictionOf(0.59, 1, 0), 2, 0, parameters)).toBe(0);
    expect(predictionShift(predictionOf(0.9, 1, 0), 2, 501_000, parameters)).toBe(0);
    expect(predictionShift({ ...predictionOf(1, 1, 0), horizons: [] }, 2, 0, parameters)).toBe(0);
    expect(predictionShift(null, 2, 0, parameters)).toBe(0);
  });
});

describe('competition', () => {
  it('stays when nobody is better, and when it is to ignore others', () => {
    expect(compete('improve', bidSide, 9_996, terms)).toBe(9_996);
    expect(compete('ignore', bidSide, 9_990, terms)).toBe(9_990);
    expect(compete('improve', { ...bidSide, theirs: [] }, 9_990, terms)).toBe(9_990);
  });

  it('improves by a tick where that pays, joins where it may only join, and stays back where nothing is left to earn', () => {
    expect(compete('improve', bidSide, 9_990, terms)).toBe(9_996);
    // Behind 40 lots one is as good as behind 10, for 5 bps more; with a shorter queue at the touch it is not.
    expect(compete('join', bidSide, 9_990, terms)).toBe(9_995);
    const thin = { ...bidSide, theirs: [9_998, 1, 9_990, 1] };
    expect(compete('improve', { ...thin, limitTick: 9_999 }, 9_990, terms)).toBe(9_990);
    expect(compete('improve', { ...bidSide, limitTick: 9_994 }, 9_990, terms)).toBe(9_990);
  });

  it('treats both sides alike', () => {
    const mirrored: QuotedSide = { side: 'sell', sign: -1, theirs: [10_005, 10, 10_010, 30], limitTick: 10_002 };
    for (const wanted of [1, 4, 5, 8, 10, 20])
      expect(compete('improve', mirrored, 10_000 + wanted, terms) - 10_000).toBe(
        10_000 - compete('improve', bidSide, 10_000 - wanted, terms),
      );
  });

  it('an order’s value falls with the queue before it, and a loss is a loss', () => {
    expect(orderValue(terms, 1, 9_995, 0)).toBeCloseTo(4 * Math.exp(-1), 12);
    expect(orderValue(terms, 1, 9_995, 10)).toBeCloseTo(2 * Math.exp(-1), 12);
    expect(orderValue(terms, 1, 10_001, 0)).toBeLessThan(0);
  });
});

describe('the queue', () => {
  const own = (lots: number): LiveOrder[] => [{ side: 'buy', tick: 9_990, lots, resting: true }];

  it('begins with all who are there, only shrinks, and is over once we were filled in part', () => {
    let places = followQueue([], own(10), [9_990, 30], []);
    expect(places).toEqual([{ side: 'buy', tick: 9_990, ownLots: 10, aheadLots: 30 }]);
    places = followQueue(places, own(10), [9_990, 12], []);
    places = followQueue(places, own(10), [9_990, 50], []);
    expect(places[0]!.aheadLots).toBe(12);
    places = followQueue(places, own(7), [9_990, 50], []);
    expect(places[0]!.aheadLots).toBe(0);
    expect(followQueue(places, [], [9_990, 50], [])).toEqual([]);
  });

  it('does not count what is still on its way, and adds up orders at one price', () => {
    expect(followQueue([], [{ ...own(10)[0]!, resting: false }], [9_990, 30], [])).toEqual([]);
    const [place] = followQueue([], [...own(10), ...own(5)], [9_990, 30], []);
    expect(place).toEqual({ side: 'buy', tick: 9_990, ownLots: 15, aheadLots: 30 });
  });
});

describe('hysteresis', () => {
  const keep = (theirs: number[], lastTick: number, wantedTick: number, aheadLots?: number): number => {
    const places = aheadLots === undefined ? [] : [{ side: 'buy' as const, tick: lastTick, ownLots: 10, aheadLots }];
    return keepPlaces({ ...bidSide, theirs }, [lastTick, 10], [wantedTick, 10], 2, places, terms)[0]!;
  };

  it('keeps a level that would hardly move', () => {
    expect(keep([], 9_990, 9_992)).toBe(9_990);
    expect(keep([], 9_990, 9_993)).toBe(9_993);
  });

  it('keeps a place in the queue that is worth more than the end of another, but not from far away', () => {
    const crowded = [9_992, 100, 9_989, 50];
    expect(keep(crowded, 9_992, 9_989, 0)).toBe(9_992);
    expect(keep(crowded, 9_992, 9_989)).toBe(9_989);
    expect(keep(crowded, 9_992, 9_985, 0)).toBe(9_985);
    // In front of everybody there is nobody to wait for.
    expect(keep([9_989, 50], 9_989, 9_993, 0)).toBe(9_993);
  });

  it('never keeps what lies beyond the limit, or would stand in the wrong order', () => {
    expect(keep([], 9_999, 9_998)).toBe(9_998);
    const wanted = [9_994, 10, 9_992, 10];
    expect(keepPlaces(bidSide, [9_992, 10, 9_994, 10], wanted, 2, [], terms)).toEqual(wanted);
    expect(keepPlaces(bidSide, [9_994, 10], wanted, 2, [], terms)).toEqual(wanted);
  });
});

describe('ladders', () => {
  it('go outwards in whole ticks and whole steps', () => {
    const parameters = { levels: 3, levelSpacingBps: 2, levelSizeFactor: 1.5 };
    expect(ladder(parameters, 1, 9_990, 20, 10, 10_000)).toEqual([9_990, 20, 9_988, 30, 9_986, 50]);
    expect(ladder(parameters, -1, 9_990, 20, 10, 10_000)).toEqual([9_990, 20, 9_992, 30, 9_994, 50]);
    expect(ladder({ ...parameters, levelSpacingBps: 0, levelSizeFactor: 0.1 }, 1, 2, 20, 10, 3)).toEqual([
      2, 20, 1, 10,
    ]);
  });
});

describe('reducing', () => {
  const limits = postOnlyTicks({ postOnlyMarginTicks: 0 }, { bidTick: 9_990, askTick: 9_995 });

  it('is one order of the whole position, a tick inside the touch, never across it', () => {
    const touch = { bidTick: 9_990, askTick: 9_995 };
    expect(reduceOrders(57, 10, touch, limits)).toEqual({ bids: [], asks: [9_994, 50] });
    expect(reduceOrders(-57, 10, touch, limits)).toEqual({ bids: [9_991, 50], asks: [] });
    expect(reduceOrders(9, 10, touch, limits)).toEqual({ bids: [], asks: [] });
    const narrow = { bidTick: 9_990, askTick: 9_991 };
    const narrowLimits = postOnlyTicks({ postOnlyMarginTicks: 0 }, narrow);
    expect(reduceOrders(50, 10, narrow, narrowLimits).asks).toEqual([9_991, 50]);
    expect(reduceOrders(-50, 10, narrow, narrowLimits).bids).toEqual([9_990, 50]);
  });

  it('keeps the post-only margin', () => {
    expect(postOnlyTicks({ postOnlyMarginTicks: 3 }, { bidTick: 90, askTick: 100 })).toEqual({
      bidTick: 96,
      askTick: 94,
    });
  });
});
