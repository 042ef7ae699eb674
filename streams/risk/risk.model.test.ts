import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bench,
  FAIR,
  GROSS_LOTS,
  LIMIT_LOTS,
  live,
  MARKETS,
  mid,
  NET_LOTS,
  ORDER_LOTS,
  position,
  quote,
  tradingState,
  working,
} from '../../test/risk_events.ts';
import type { Levels } from '../market/types.ts';
import { diffSide } from '../orders/diff.ts';
import type { LiveOrder } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';
import type { Approved } from './risk.ts';
import { worstCaseLots } from './worst_case.ts';

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
