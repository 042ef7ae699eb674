import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionOf } from '../../test/money_events.ts';
import type { Turn } from '../actor/reducer.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Position } from '../fills/positions.ts';
import type { Guarded } from '../guard/guard.ts';
import type { Levels, Market } from '../market/types.ts';
import { type Quote, type QuoteParameters, type QuotesInput, quotes } from './quotes.ts';

const market: Market = {
  symbol: 'X',
  venue: 'sei',
  base: 'X',
  quote: 'USDC',
  tickSize: '0.01',
  lotSize: '0.01',
  orderStepLots: 5,
  contract: 'linear',
  contractSize: '1',
};
const plain: QuoteParameters = {
  model: 'avellaneda-stoikov',
  spreadModel: 'aggressive',
  gamma: 0.02,
  horizonS: 5,
  sessionS: 0,
  inventoryMostClips: 10,
  naiveHalfSpreadBps: 7.5,
  minConfidence: 0.5,
  predictionWeight: 1,
  predictionReachMs: 500,
  orderSizeUsdc: 200,
  levels: 1,
  levelSpacingBps: 2,
  levelSizeFactor: 1,
  minEdgeBps: 1,
  makerFeeBps: 0.5,
  maxSkewBps: 8,
  hysteresisBps: 0,
  competition: 'ignore',
  postOnlyMarginTicks: 0,
};

/** A fair value in the middle of a book, unless told otherwise. */
function fairOf(change: Partial<FairValue> & { bidTick?: number; askTick?: number } = {}): FairValue {
  const { bidTick = 9_990, askTick = 10_010, bidLots = 50, askLots = 50 } = change;
  const stamp = { kind: 'fairValue', seq: 1, timeUs: 0, causes: [], market: 'X', quality: 'live', flow: 0 } as const;
  return {
    ...stamp,
    fairTick: 10_000,
    micropriceTick: 10_000,
    bidTick,
    bidLots,
    askTick,
    askLots,
    bids: [bidTick, bidLots],
    asks: [askTick, askLots],
    lastTradeTick: -1,
    lastTradeUs: -1,
    sigmaBps: 1,
    usualSigmaBps: 1,
    toxicity: 0,
    arrivals: { perS: 0.5, kappa: 0.2, known: true, tradesPerS: 1 },
    ...change,
  };
}

function guardedOf(fair: FairValue, change: Partial<Guarded> = {}): Guarded {
  const stamp = { kind: 'guarded', seq: 1, timeUs: fair.timeUs, causes: [], market: 'X' } as const;
  return { ...stamp, fair, stance: 'quote', widen: 1, prediction: true, reason: 'ok', breakers: [], ...change };
}

const held = (lots: number): Position => positionOf('X', lots, { seq: 2 });

/** Quotes in a row, from one state. */
function quoted(change: Partial<QuoteParameters>, ...events: QuotesInput[]): Quote[] {
  const reducer = quotes(market, { ...plain, ...change });
  const state = reducer.initial();
  const seen: Quote[] = [];
  const turn: Turn<Quote> = { emit: (one) => seen.push(one), nowUs: () => 0, nextSeq: () => 3 };
  for (const event of events) reducer.step(state, event, turn);
  return seen;
}

const one = (change: Partial<QuoteParameters>, ...events: QuotesInput[]): Quote => quoted(change, ...events).at(-1)!;

const anyFair = fc
  .record({
    fairTick: fc.double({ min: 9_950, max: 10_050, noNaN: true }),
    bidTick: fc.integer({ min: 9_900, max: 9_999 }),
    askTick: fc.integer({ min: 10_000, max: 10_100 }),
    bidLots: fc.integer({ min: 1, max: 500 }),
    askLots: fc.integer({ min: 1, max: 500 }),
    sigmaBps: fc.double({ min: 0.1, max: 20, noNaN: true }),
    usualSigmaBps: fc.double({ min: 0.1, max: 20, noNaN: true }),
    toxicity: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(fairOf);

const anyParameters: fc.Arbitrary<Partial<QuoteParameters>> = fc.record({
  model: fc.constantFrom('avellaneda-stoikov', 'avellaneda-stoikov-infinite', 'glft', 'naive'),
  spreadModel: fc.constantFrom('aggressive', 'conservative', 'adaptive'),
  competition: fc.constantFrom('ignore', 'join', 'improve'),
  levels: fc.integer({ min: 1, max: 5 }),
  levelSizeFactor: fc.double({ min: 0.3, max: 3, noNaN: true }),
  levelSpacingBps: fc.double({ min: 0, max: 5, noNaN: true }),
  hysteresisBps: fc.double({ min: 0, max: 5, noNaN: true }),
  minEdgeBps: fc.double({ min: 0, max: 3, noNaN: true }),
  postOnlyMarginTicks: fc.integer({ min: 0, max: 5 }),
});

const ticksOf = (levels: Levels): number[] => levels.filter((_, i) => i % 2 === 0);
const lotsOf = (levels: Levels): number[] => levels.filter((_, i) => i % 2 === 1);

describe('quotes of every model', () => {
  it('never cross, keep margin and edge, are sorted, and whole in size, whatever was quoted before', () => {
    fc.assert(
      fc.property(
        anyParameters,
        fc.array(anyFair, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -3_000, max: 3_000 }),
        (change, fairs, lots) => {
          const told = quoted(change, held(lots), ...fairs.map((fair) => guardedOf(fair)));
          const { postOnlyMarginTicks: margin, minEdgeBps, model } = { ...plain, ...change };
          told.forEach(({ bids, asks }, i) => {
            const { bidTick, askTick, fairTick } = fairs[i]!;
            expect(bids[0]!).toBeLessThan(askTick - margin);
            expect(asks[0]!).toBeGreaterThan(bidTick + margin);
            expect(bids[0]!).toBeLessThan(asks[0]!);
            expect(ticksOf(bids)).toEqual([...new Set(ticksOf(bids))].sort((a, b) => b - a));
            expect(ticksOf(asks)).toEqual([...new Set(ticksOf(asks))].sort((a, b) => a - b));
            for (const size of [...lotsOf(bids), ...lotsOf(asks)]) expect(size > 0 && size % 5 === 0).toBe(true);
            if (model === 'naive') return;
            const edge = (fairTick * (minEdgeBps + plain.makerFeeBps)) / 10_000;
            expect(bids[0]!).toBeLessThanOrEqual(fairTick - edge + 1e-6);
            expect(asks[0]!).toBeGreaterThanOrEqual(fairTick + edge - 1e-6);
          });
        },
      ),
    );
  });

  it('are the mirror image in a mirrored market', () => {
    fc.assert(
      fc.property(anyParameters, anyFair, fc.integer({ min: -300, max: 300 }), (change, fair, lots) => {
        const mirror = (tick: number): number => 20_000 - tick;
        const mirrored = fairOf({
          ...fair,
          fairTick: mirror(fair.fairTick),
          bidTick: mirror(fair.askTick),
          bidLots: fair.askLots,
          askTick: mirror(fair.bidTick),
          askLots: fair.bidLots,
          bids: [mirror(fair.askTick), fair.askLots],
          asks: [mirror(fair.bidTick), fair.bidLots],
        });
        const [quote] = quoted(change, held(lots), guardedOf(fair));
        const [image] = quoted(change, held(-lots), guardedOf(mirrored));
        // Basis points are of the fair value, which the mirror moves by up to a hundredth.
        ticksOf(quote!.bids).forEach((tick, i) => {
          const distance = Math.abs(tick - fair.fairTick);
          expect(Math.abs(mirror(tick) - ticksOf(image!.asks)[i]!)).toBeLessThanOrEqual(2 + 0.02 * distance);
        });
      }),
    );
  });

  it('lean against inventory: never higher when more is held', () => {
    const models = fc.constantFrom('avellaneda-stoikov', 'avellaneda-stoikov-infinite', 'glft');
    fc.assert(
      fc.property(
        models,
        anyFair,
        fc.integer({ min: -300, max: 300 }),
        fc.nat({ max: 300 }),
        (model, fair, less, change) => {
          const [lean] = quoted({ model }, held(less), guardedOf(fair));
          const [leaner] = quoted({ model }, held(less + change), guardedOf(fair));
          const { skewBps } = leaner!.centre!;
          expect(skewBps).toBeLessThanOrEqual(lean!.centre!.skewBps + 1e-9);
          expect(Math.abs(skewBps)).toBeLessThanOrEqual(plain.maxSkewBps);
          const slack = model === 'avellaneda-stoikov-infinite' ? 1e9 : 0;
          expect(leaner!.bids[0]!).toBeLessThanOrEqual(lean!.bids[0]! + slack);
          expect(leaner!.asks[0]!).toBeLessThanOrEqual(lean!.asks[0]! + slack);
        },
      ),
    );
  });

  it('are never narrower when a breaker, volatility or a thin book widens them', () => {
    fc.assert(
      fc.property(anyFair, fc.double({ min: 1, max: 5, noNaN: true }), (fair, widen) => {
        const [quote] = quoted({}, guardedOf(fair));
        const [wider] = quoted({}, guardedOf(fair, { widen }));
        expect(wider!.bids[0]!).toBeLessThanOrEqual(quote!.bids[0]!);
        expect(wider!.asks[0]!).toBeGreaterThanOrEqual(quote!.asks[0]!);
      }),
    );
    const calm = one({}, guardedOf(fairOf()));
    expect(one({}, guardedOf(fairOf({ usualSigmaBps: 0.5 }))).bids[0]!).toBeLessThan(calm.bids[0]!);
    const full = Array.from({ length: 50 }, () => guardedOf(fairOf()));
    const thin = guardedOf(fairOf({ bidLots: 5, askLots: 5, bids: [9_990, 5], asks: [10_010, 5] }));
    expect(one({}, ...full, thin).asks[0]!).toBeGreaterThan(calm.asks[0]!);
  });
});

describe('quotes', () => {
  it('come from the estimated arrivals, less the share that others contest', () => {
    const half = (Math.log1p(0.02 / 0.2) / 0.02 + (0.02 * 5) / 2) / 2;
    const quote = one({}, guardedOf(fairOf()));
    expect(quote.centre!.halfSpreadBps).toBeCloseTo(half, 12);
    expect([quote.bids[0], quote.asks[0]]).toEqual([10_000 - Math.ceil(half), 10_000 + Math.ceil(half)]);
  });

  it('count the time to the end of a session', () => {
    const at = (timeS: number): number =>
      one({ sessionS: 100 }, guardedOf(fairOf({ timeUs: timeS * 1e6 }))).centre!.modelHalfSpreadBps;
    expect(at(0) - at(50)).toBeCloseTo((0.02 * 50) / 2, 9);
    expect(at(150)).toBeCloseTo(at(50), 9);
  });

  it('are shifted by a prediction, unless pricing falls back', () => {
    const horizon = { horizonMs: 500, bullish: 1, neutral: 0, bearish: 0, confidence: 1, uncertainty: 0 };
    const from = { market: 'X', model: 'x-linear/1', role: 'champion', featuresSeq: 1 } as const;
    const prediction = { kind: 'prediction', seq: 4, timeUs: 0, ...from, horizons: [horizon] } as const;
    const fair = fairOf({ sigmaBps: 4, usualSigmaBps: 4 });
    const calm = one({}, guardedOf(fair));
    const [up] = quoted({}, prediction, guardedOf(fair));
    expect(up!.centre!.shiftBps).toBeCloseTo(4 * Math.sqrt(0.5), 9);
    expect(up!.asks[0]! - calm.asks[0]!).toBe(3);
    // Only the side that the move would run over stands back.
    expect(up!.bids).toEqual(calm.bids);
    expect(one({}, prediction, guardedOf(fair, { prediction: false })).asks).toEqual(calm.asks);
  });

  it('are told anew when the prediction of their instant comes and changes them, and only then', () => {
    const of = (bullish: number, bearish: number) => {
      const horizon = {
        horizonMs: 500,
        bullish,
        neutral: 1 - bullish - bearish,
        bearish,
        confidence: 1,
        uncertainty: 0,
      };
      const from = { market: 'X', model: 'x-linear/1', role: 'champion', featuresSeq: 1 } as const;
      return { kind: 'prediction', seq: 4, timeUs: 0, ...from, horizons: [horizon] } as const;
    };
    const guarded = guardedOf(fairOf({ sigmaBps: 4, usualSigmaBps: 4 }));
    const told = quoted({}, of(0, 0), guarded, of(0, 0), of(1, 0), of(1, 0), of(0, 1));
    expect(told).toHaveLength(3);
    expect(told.map(({ timeUs }) => timeUs)).toEqual([0, 0, 0]);
    expect(told.map(({ bids, asks }) => [bids[0]! - told[0]!.bids[0]!, asks[0]! - told[0]!.asks[0]!])).toEqual([
      [0, 0],
      [0, 3],
      [-3, 0],
    ]);
    const withdrawn = quoted({}, guarded, guardedOf(guarded.fair, { stance: 'withdraw' }), of(1, 0));
    expect(withdrawn).toHaveLength(2);
    expect(quoted({}, guardedOf(guarded.fair, { prediction: false }), of(1, 0))).toHaveLength(1);
  });

  it('stay while they would hardly move, and follow together when they would', () => {
    const [first, kept, moved] = quoted(
      { hysteresisBps: 2 },
      guardedOf(fairOf()),
      guardedOf(fairOf({ fairTick: 10_001.4 })),
      guardedOf(fairOf({ fairTick: 10_003 })),
    );
    expect([kept!.bids, kept!.asks]).toEqual([first!.bids, first!.asks]);
    expect([moved!.bids[0]! - first!.bids[0]!, moved!.asks[0]! - first!.asks[0]!]).toEqual([3, 3]);
  });

  it('have several levels of growing size', () => {
    const quote = one({ levels: 3, levelSizeFactor: 2 }, guardedOf(fairOf()));
    const best = quote.bids[0]!;
    expect(quote.bids).toEqual([best, 200, best - 2, 400, best - 4, 800]);
  });

  it('improve others by a tick where the edge pays for it', () => {
    const respond = { competition: 'improve', spreadModel: 'conservative' } as const;
    const crowd = (tick: number): Guarded => guardedOf(fairOf({ bids: [tick, 400], bidTick: tick, bidLots: 400 }));
    expect(one({ ...respond, competition: 'ignore' }, crowd(9_995)).bids[0]).toBe(9_993);
    expect(one(respond, crowd(9_995)).bids[0]).toBe(9_996);
    // Before the touch at 9 998 there would be no edge left.
    expect(one(respond, crowd(9_998)).bids[0]).toBe(9_993);
  });

  it('widen, when adaptive, after fills that the price ran over', () => {
    const before = one({ spreadModel: 'adaptive' }, guardedOf(fairOf()));
    const bought = Array.from({ length: 20 }, (_, i) => held(200 * (i + 1)));
    const later = fairOf({ timeUs: 6_000_000, fairTick: 9_995 });
    const [, after] = quoted({ spreadModel: 'adaptive' }, guardedOf(fairOf()), ...bought, guardedOf(later));
    expect(after!.centre!.halfSpreadBps).toBeGreaterThan(before.centre!.halfSpreadBps + 1);
  });

  it('are nothing under withdraw, and one order that shrinks the position under reduce', () => {
    const withdrawn = one({}, guardedOf(fairOf(), { stance: 'withdraw', reason: 'extreme' }));
    expect([withdrawn.bids, withdrawn.asks, withdrawn.reason]).toEqual([[], [], 'extreme']);
    const reducing = guardedOf(fairOf(), { stance: 'reduce', reason: 'inventory' });
    expect(one({}, held(57), reducing)).toMatchObject({ bids: [], asks: [10_009, 55], reason: 'inventory' });
    expect(one({}, held(-57), reducing)).toMatchObject({ bids: [9_991, 55], asks: [] });
    expect(one({}, held(0), reducing)).toMatchObject({ bids: [], asks: [] });
    expect(one({}, guardedOf(fairOf({ quality: 'stale' }), { reason: 'stale' }))).toMatchObject({ bids: [], asks: [] });
  });

  it('of the naive baseline are symmetric around the mid, whatever is held', () => {
    const fair = fairOf({ fairTick: 10_004, bidTick: 9_980, askTick: 10_030 });
    for (const lots of [-1_000, 0, 1_000]) {
      const { bids, asks } = one({ model: 'naive', levels: 3 }, held(lots), guardedOf(fair));
      expect([bids, asks]).toEqual([
        [9_997, 200],
        [10_013, 200],
      ]);
    }
  });

  it('name the fair value and the position that they come from', () => {
    expect(one({}, held(5), guardedOf(fairOf())).causes).toEqual([1, 2]);
  });

  it('go on the same from an encoded state', () => {
    const events: QuotesInput[] = Array.from({ length: 30 }, (_, i) =>
      i % 5 === 4
        ? held(100 * Math.round(Math.sin(i) * 5))
        : guardedOf(fairOf({ timeUs: i * 1e6, fairTick: 10_000 + 3 * Math.sin(i), toxicity: 0.2 })),
    );
    const change = { spreadModel: 'adaptive', competition: 'improve', hysteresisBps: 1 } as const;
    const reducer = quotes(market, { ...plain, ...change });
    let state = reducer.initial();
    const seen: Quote[] = [];
    const turn: Turn<Quote> = { emit: (quote) => seen.push(quote), nowUs: () => 0, nextSeq: () => 3 };
    events.forEach((event, i) => {
      reducer.step(state, event, turn);
      if (i === 13) state = reducer.decode(JSON.parse(JSON.stringify(reducer.encode(state))));
    });
    expect(seen).toEqual(quoted(change, ...events));
  });
});
