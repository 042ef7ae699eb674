import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equityOf, positionOf } from '../../test/money_events.ts';
import { accountOf } from '../../test/pipeline_world.ts';
import { ReducerBench } from '../../test/reducer_bench.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Equity } from '../fills/types.ts';
import type { Levels } from '../market/types.ts';
import { diffSide } from '../orders/diff.ts';
import type { LiveOrder } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';
import type { AccountSettings } from '../settings.ts';
import { type Approved, isApproved, type RiskInput, risk } from './risk.ts';
import { worstCaseLots } from './worst_case.ts';

const MARKETS = ['AAA', 'BBB', 'CCC'] as const;

/** One lot is one coin of 100 USDC: ±20 lots a market, 30 over all, ±25 net over all, 5 an order. */
const FAIR = 10_000;
const LIMIT_LOTS = 20;
const GROSS_LOTS = 30;
const NET_LOTS = 25;
const ORDER_LOTS = 5;
const OPEN_MOST = 12;

function account(over: Partial<AccountSettings['markets'][number]['risk']> = {}): AccountSettings {
  const plain = accountOf(...MARKETS);
  return {
    ...plain,
    markets: plain.markets.map((one) => ({ ...one, risk: { ...one.risk, ...over } })),
    exposure: {
      maxGrossUsdc: GROSS_LOTS * 100,
      maxNetInventoryPct: NET_LOTS / 10,
      capitalUsdc: 100_000,
      maxOpenOrders: OPEN_MOST,
    },
  };
}

const bench = (settings = account()) => new ReducerBench<unknown, RiskInput, Approved>(risk(settings));

function quote(bids: Levels, asks: Levels, market = 'AAA', timeUs = 0): Quote {
  return { kind: 'quote', seq: 1, timeUs, causes: [], market, fairTick: FAIR, bids, asks, reason: 'ok' };
}

function position(lots: number, market = 'AAA'): Own {
  return positionOf(market, lots, { seq: 2 });
}

function working(orders: readonly LiveOrder[], market = 'AAA'): Own {
  return { kind: 'working', seq: 3, timeUs: 0, causes: [], market, orders };
}

function tradingState(state: 'active' | 'reducing' | 'paused' | 'halted' | 'starting'): Own {
  const baseline = { day: 0, dailyPnlUsdc: 0, peakUsdc: null, excusedPeakUsdc: null };
  const change = { cause: 'operator', text: '', by: '', undo: '', holds: [], baseline } as const;
  return { kind: 'tradingState', seq: 4, timeUs: 0, causes: [], state, ...change };
}

function mid(
  tick: number,
  market = 'AAA',
  timeUs = 0,
  lastTrade: { tick: number; timeUs: number } | null = null,
): FairValue {
  const touch = { bidTick: tick - 1, bidLots: 9, askTick: tick + 1, askLots: 9, flow: 0, sigmaBps: 1 };
  const usual = {
    bids: [tick - 1, 9],
    asks: [tick + 1, 9],
    lastTradeTick: lastTrade?.tick ?? -1,
    lastTradeUs: lastTrade?.timeUs ?? -1,
    usualSigmaBps: 1,
    toxicity: 0,
    arrivals: { perS: 1, kappa: 0.1, known: false, tradesPerS: 0 },
  };
  const stamp = { kind: 'fairValue', seq: 5, timeUs, causes: [], market, quality: 'live' } as const;
  return { ...stamp, fairTick: tick, micropriceTick: tick, ...touch, ...usual };
}

const live = (side: 'buy' | 'sell', tick: number, lots: number, resting = true): LiveOrder => ({
  side,
  tick,
  lots,
  resting,
});

describe('the pre-trade check', () => {
  it('passes what is within all limits, as its own object', () => {
    const [approved] = bench().step(quote([9_990, 5, 9_980, 5], [10_010, 5]));
    expect(approved).toMatchObject({ bids: [9_990, 5, 9_980, 5], asks: [10_010, 5], limits: [] });
    expect(isApproved(approved!)).toBe(true);
    expect(isApproved({ ...approved! })).toBe(false);
  });

  it.each<[string, readonly (Own | FairValue)[], Quote, Partial<Approved>]>([
    ['order-size', [], quote([9_990, 7], []), { bids: [9_990, 5], limits: ['buy:order-size'] }],
    ['position', [position(18)], quote([9_990, 5], []), { bids: [9_990, 2], limits: ['buy:position'] }],
    [
      'position, with what rests',
      [position(10), working([live('buy', 9_970, 8)])],
      quote([9_990, 5], []),
      {
        bids: [9_990, 2],
        limits: ['buy:position'],
      },
    ],
    [
      'position, all levels together',
      [position(12)],
      quote([9_990, 5, 9_980, 5], []),
      {
        bids: [9_990, 5, 9_980, 3],
        limits: ['buy:position'],
      },
    ],
    ['position, short', [position(-19)], quote([], [10_010, 5]), { asks: [10_010, 1], limits: ['sell:position'] }],
    [
      'gross',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(-15, 'BBB'), position(-14, 'CCC')],
      quote([9_990, 5], []),
      {
        bids: [9_990, 1],
        limits: ['buy:gross'],
      },
    ],
    [
      'net, long',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(18, 'BBB'), working([live('buy', 9_990, 4)], 'CCC')],
      quote([9_990, 5], [10_010, 5]),
      { bids: [9_990, 3], asks: [10_010, 5], limits: ['buy:net'] },
    ],
    [
      'net, short',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(-18, 'BBB'), position(-4, 'CCC')],
      quote([9_990, 5], [10_010, 5]),
      { bids: [9_990, 5], asks: [10_010, 3], limits: ['sell:net'] },
    ],
    [
      'net, what is held the other way counts against it',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(15, 'BBB'), position(5, 'AAA'), position(-5, 'CCC')],
      quote([9_990, 5, 9_980, 5], []),
      { bids: [9_990, 5], limits: ['buy:gross'] },
    ],
    [
      'net, unless its price is not known',
      [mid(FAIR, 'BBB'), position(18, 'BBB'), position(5, 'AAA'), position(-5, 'CCC')],
      quote([9_990, 5], []),
      { bids: [], limits: ['buy:gross', 'buy:net'] },
    ],
    [
      'net, with a position at no known price',
      [position(1, 'BBB')],
      quote([9_990, 5, 9_980, 5], [10_010, 5]),
      { bids: [9_990, 5], asks: [10_010, 5], limits: ['buy:net'] },
    ],
    [
      'gross, with a position at no known price',
      [position(-1, 'BBB')],
      quote([9_990, 5, 9_980, 5, 9_970, 5], []),
      { bids: [9_990, 5, 9_980, 5], limits: ['buy:gross'] },
    ],
    [
      'collar of the fair value',
      [],
      quote([9_899, 5], [10_101, 5]),
      {
        bids: [],
        asks: [],
        limits: ['buy:collar', 'sell:collar'],
      },
    ],
    [
      'collar of the middle',
      [mid(10_080)],
      quote([9_970, 1, 9_985, 1], []),
      { bids: [9_985, 1], limits: ['buy:collar'] },
    ],
    [
      'collar of the last trade',
      [mid(FAIR, 'AAA', 0, { tick: 10_080, timeUs: -29_999_999 })],
      quote([9_970, 1, 9_985, 1], [10_010, 1]),
      { bids: [9_985, 1], asks: [10_010, 1], limits: ['buy:collar'] },
    ],
    [
      'collar, not of a last trade that is too old',
      [mid(FAIR, 'AAA', 0, { tick: 10_080, timeUs: -30_000_000 })],
      quote([9_970, 1], []),
      { bids: [9_970, 1], limits: [] },
    ],
    ['crossed', [], quote([10_000, 1], [10_000, 1]), { bids: [], asks: [], limits: ['both:crossed'] }],
    [
      'self-trade with what is on its way',
      [working([live('sell', 9_990, 1, false)])],
      quote([9_990, 1, 9_989, 1], []),
      {
        bids: [9_989, 1],
        limits: ['buy:self-trade'],
      },
    ],
    [
      'self-trade, not with what the same transaction cancels',
      [working([live('sell', 9_990, 1)])],
      quote([9_990, 1], []),
      {
        bids: [9_990, 1],
        limits: [],
      },
    ],
    ['price', [], quote([Number.NaN, 1, 9_990.5, 1, 9_990, 1], []), { bids: [9_990, 1], limits: ['buy:price'] }],
    [
      'open orders',
      [
        working(
          Array.from({ length: 10 }, (_, i) => live('sell', 10_020 + i, 1)),
          'BBB',
        ),
      ],
      quote([9_990, 1, 9_989, 1], [10_010, 1]),
      { bids: [9_990, 1, 9_989, 1], asks: [], limits: ['sell:open-orders'] },
    ],
    [
      'reducing, flat',
      [tradingState('reducing')],
      quote([9_990, 5], [10_010, 5]),
      {
        bids: [],
        asks: [],
        limits: ['buy:reducing', 'sell:reducing'],
      },
    ],
    [
      'reducing, long',
      [position(3), tradingState('reducing')],
      quote([9_990, 5], [10_010, 5]),
      {
        bids: [],
        asks: [10_010, 3],
        limits: ['buy:reducing', 'sell:reducing'],
      },
    ],
    ...(['paused', 'halted', 'starting'] as const).map((state): [string, readonly Own[], Quote, Partial<Approved>] => [
      state,
      [tradingState(state)],
      quote([9_990, 5], [10_010, 5]),
      { bids: [], asks: [], limits: [`both:${state}`] },
    ]),
  ])('reduces or refuses: %s', (_name, before, wished, expected) => {
    const one = bench();
    for (const event of before) one.step(event);
    expect(one.step(wished)[0]).toMatchObject(expected);
  });

  it('counts an order that stays once, and one that goes in addition', () => {
    const one = bench();
    one.step(position(15));
    one.step(working([live('buy', 9_990, 3)]));
    expect(one.step(quote([9_990, 5], []))[0]).toMatchObject({ bids: [9_990, 5], limits: [] });
    expect(one.step(quote([9_980, 5], []))[0]).toMatchObject({ bids: [9_980, 2], limits: ['buy:position'] });
  });

  it('goes by the share of equity where that is less, and by the capital where equity is more', () => {
    const one = bench(account({ maxInventoryPct: 1, capitalUsdc: 100_000 }));
    const equity = (equityUsdc: number | null): Equity => equityOf({ equityUsdc });
    const wish = quote([9_990, 5, 9_980, 5, 9_970, 5], []);
    expect(one.step(wish)[0]).toMatchObject({ bids: [9_990, 5, 9_980, 5], limits: ['buy:inventory'] });
    one.step(equity(60_000));
    expect(one.step(wish)[0]).toMatchObject({ bids: [9_990, 5, 9_980, 1] });
    one.step(equity(1e9));
    expect(one.step(wish)[0]).toMatchObject({ bids: [9_990, 5, 9_980, 5] });
  });

  it('lets an order below the smallest size pass only when it shrinks the position', () => {
    const one = bench(account({ minOrderUsdc: 300 }));
    expect(one.step(quote([9_990, 2], [10_010, 3]))[0]).toMatchObject({
      bids: [],
      asks: [10_010, 3],
      limits: ['buy:min-order'],
    });
    one.step(position(-2));
    expect(one.step(quote([9_990, 2], []))[0]).toMatchObject({ bids: [9_990, 2], limits: [] });
  });

  it('approves again when a fill, an order or the state of trading changes what it went by, and only then', () => {
    const one = bench();
    one.step(quote([9_990, 5], [10_010, 5]));
    expect(one.step(position(1))).toEqual([]);
    const [again] = one.step(position(17));
    expect(again).toMatchObject({ bids: [9_990, 3], asks: [10_010, 5], quotedUs: 0, limits: ['buy:position'] });
    expect(one.step(position(17))).toEqual([]);
    expect(one.step(tradingState('halted'))[0]).toMatchObject({ bids: [], asks: [] });
    one.nowUs = 1_000_001;
    expect(one.step(tradingState('active'))).toEqual([]);
  });

  it('looks again at a quote whose mark comes after it', () => {
    const one = bench();
    expect(one.step(quote([9_990, 1], []))).toHaveLength(1);
    expect(one.step(mid(10_200))[0]).toMatchObject({ bids: [], limits: ['buy:collar'] });
    expect(one.step(mid(10_000))[0]).toMatchObject({ bids: [9_990, 1] });
    expect(one.step(mid(10_000, 'AAA', 0, { tick: 9_800, timeUs: 0 }))[0]).toMatchObject({ bids: [] });
    expect(one.step(mid(10_000, 'AAA', 0, { tick: 9_950, timeUs: 0 }))[0]).toMatchObject({ bids: [9_990, 1] });
  });
});

const levels = (side: 1 | -1) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 })), { maxLength: 4 })
    .map((pairs) => new Map(pairs))
    .map((byDistance) => [...byDistance].sort(([a], [b]) => a - b))
    .map((sorted) => sorted.flatMap(([distance, lots]) => [FAIR + side * 4 * distance, lots]));
const market = fc.constantFrom(...MARKETS);
const order = fc
  .record({ buy: fc.boolean(), distance: fc.integer({ min: -5, max: 40 }), lots: fc.integer({ min: 1, max: 8 }) })
  .map(({ buy, distance, lots }) => live(buy ? 'buy' : 'sell', FAIR + (buy ? -4 : 4) * distance, lots));
const event: fc.Arbitrary<Quote | Own> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(levels(-1), levels(1), market).map(([bids, asks, name]) => quote(bids, asks, name)),
  },
  fc.tuple(fc.integer({ min: -25, max: 25 }), market).map(([lots, name]) => position(lots, name)),
  fc.tuple(fc.array(order, { maxLength: 5 }), market).map(([orders, name]) => working(orders, name)),
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('active', 'active', 'active', 'reducing', 'paused')
      .map((one) => tradingState(one as 'active')),
  },
);

/** What is true of the markets after some events, kept apart from the check. */
class Facts {
  readonly of = new Map<string, { lots: number; live: readonly LiveOrder[]; bids: Levels; asks: Levels }>(
    MARKETS.map((name) => [name, { lots: 0, live: [], bids: [], asks: [] }]),
  );

  take(one: Quote | Own): void {
    const mine = 'market' in one ? this.of.get(one.market)! : undefined;
    if (one.kind === 'position') mine!.lots = one.lots;
    if (one.kind === 'working') mine!.live = one.orders;
  }

  /**
   * The worst cases over all fills when the order stage acts on what was approved, by its own diff; without a side that it places
   * nothing on.
   */
  worstSides(name: string): { readonly long?: number; readonly short?: number } {
    const { lots, live: resting, bids, asks } = this.of.get(name)!;
    const orders = resting.map((one, i) => ({
      ...one,
      ...{ clientOrderId: String(i), orderId: '', market: name, remainingLots: one.lots, status: 'resting' as const },
      ...{ causeSeq: 0, missing: 0, unwanted: false },
    }));
    let [long, short] = [lots, -lots];
    for (const one of resting) if (one.side === 'buy') long += one.lots;
    for (const one of resting) if (one.side === 'sell') short += one.lots;
    const sum = (placed: Levels): number => placed.reduce((total, value, i) => total + (i % 2 === 1 ? value : 0), 0);
    const bought = sum(diffSide(bids, 'buy', orders).places);
    const sold = sum(diffSide(asks, 'sell', orders).places);
    return { ...(bought > 0 ? { long: long + bought } : {}), ...(sold > 0 ? { short: short + sold } : {}) };
  }

  worst(name: string): number {
    const { long = 0, short = 0 } = this.worstSides(name);
    return Math.max(long, short, 0);
  }
}

describe('whatever is held, rests and is wished', () => {
  const check = (visit: (facts: Facts, approved: Approved, wished: Quote) => void): void => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (list) => {
        const [one, facts] = [bench(), new Facts()];
        for (const name of MARKETS) one.step(mid(FAIR, name));
        const wished = new Map<string, Quote>();
        for (const next of list) {
          facts.take(next);
          if (next.kind === 'quote') wished.set(next.market, next);
          for (const approved of one.step(next)) {
            Object.assign(facts.of.get(approved.market)!, { bids: approved.bids, asks: approved.asks });
            visit(facts, approved, wished.get(approved.market)!);
          }
        }
      }),
      { numRuns: 300 },
    );
  };

  it('nothing that is placed can take a position beyond its limit', () => {
    check((facts) => {
      for (const name of MARKETS) expect(facts.worst(name)).toBeLessThanOrEqual(LIMIT_LOTS);
    });
  });

  it('nothing that is placed can take all markets together beyond theirs', () => {
    check((facts, { market: name, bids, asks }) => {
      if (bids.length + asks.length === 0) return;
      const others = MARKETS.filter((other) => other !== name).map((other) => facts.of.get(other)!);
      const reserved = others.reduce((sum, one) => {
        const { long, short } = worstCaseLots(one.lots, one.live, one);
        return sum + Math.max(long, short);
      }, 0);
      if (facts.worst(name) > 0) expect(reserved + facts.worst(name)).toBeLessThanOrEqual(GROSS_LOTS);
    });
  });

  it('nothing that is placed can take the sum of all positions beyond its limit, on either side', () => {
    check((facts, { market: name, bids, asks }) => {
      if (bids.length + asks.length === 0) return;
      const others = MARKETS.filter((other) => other !== name).map((other) => facts.of.get(other)!);
      const reserved = others.map((one) => worstCaseLots(one.lots, one.live, one));
      for (const side of ['long', 'short'] as const) {
        const mine = facts.worstSides(name)[side];
        if (mine === undefined) continue;
        expect(reserved.reduce((sum, one) => sum + one[side], mine)).toBeLessThanOrEqual(NET_LOTS);
      }
    });
  });

  it('an approval is never more than the wish, and keeps its order', () => {
    check((_facts, approved, wished) => {
      for (const side of ['bids', 'asks'] as const) {
        const [less, more] = [approved[side], wished[side]];
        for (let i = 0; i < less.length; i += 2) {
          const at = more.findIndex((tick, k) => k % 2 === 0 && tick === less[i]);
          expect(at).toBeGreaterThanOrEqual(0);
          expect(less[i + 1]).toBeLessThanOrEqual(Math.min(more[at + 1]!, ORDER_LOTS));
          expect(less[i + 1]).toBeGreaterThan(0);
          if (i > 0) expect(side === 'bids' ? less[i - 2]! > less[i]! : less[i - 2]! < less[i]!).toBe(true);
        }
      }
    });
  });

  it('a snapshot changes nothing', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(30), (list, at) => {
        const [plain, restored] = [bench(), bench()];
        list.forEach((next, i) => {
          if (i === at) restored.restore();
          plain.step(next);
          restored.step(next);
        });
        expect(restored.all).toEqual(plain.all);
      }),
    );
  });
});
