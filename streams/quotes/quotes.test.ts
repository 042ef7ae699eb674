import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Turn } from '../actor/reducer.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Position } from '../fills/positions.ts';
import type { Guarded } from '../guard/guard.ts';
import type { Market } from '../market/types.ts';
import { avellanedaStoikov } from './avellaneda_stoikov.ts';
import { type Quote, type QuoteParameters, quotes } from './quotes.ts';

const golden = JSON.parse(readFileSync(new URL('./golden/avellaneda_stoikov.json', import.meta.url), 'utf8'));
const market: Market = {
  symbol: 'X',
  venue: 'sei',
  base: 'X',
  quote: 'USDC',
  tickSize: '0.01',
  lotSize: '0.01',
  contract: 'linear',
  contractSize: '1',
};
const parameters: QuoteParameters = {
  gamma: 0.02,
  kappa: 0.5,
  horizonS: 5,
  orderSizeUsdc: 200,
  minEdgeBps: 1,
  makerFeeBps: 0.5,
  maxSkewBps: 8,
  hysteresisBps: 2,
};

function fairOf(change: Partial<FairValue>): FairValue {
  const stamp = { kind: 'fairValue', seq: 1, timeUs: 0, causes: [], market: 'X', quality: 'live', flow: 0 } as const;
  return {
    ...stamp,
    fairTick: 10_000,
    micropriceTick: 10_000,
    bidTick: 9_990,
    bidLots: 1,
    askTick: 10_010,
    askLots: 1,
    sigmaBps: 1,
    ...change,
  };
}

function positionOf(lots: number): Position {
  return {
    kind: 'position',
    seq: 2,
    timeUs: 0,
    causes: [],
    market: 'X',
    lots,
    cashQuanta: '0',
    feesQuanta: '0',
    fills: 1,
  };
}

function guardedOf(fair: FairValue): Guarded {
  const stamp = { kind: 'guarded', seq: 1, timeUs: 0, causes: [], market: 'X' } as const;
  return { ...stamp, fair, stance: 'quote', widen: 1, prediction: true, reason: 'ok', breakers: [] };
}

/** Quotes in a row, from one state. */
function quoted(...events: (FairValue | Position)[]): Quote[] {
  const reducer = quotes(market, parameters);
  const state = reducer.initial();
  const seen: Quote[] = [];
  const turn: Turn<Quote> = { emit: (one) => seen.push(one), nowUs: () => 0, nextSeq: () => 3 };
  for (const event of events) reducer.step(state, event.kind === 'fairValue' ? guardedOf(event) : event, turn);
  return seen;
}

describe('Avellaneda–Stoikov', () => {
  it('equals the formulas calculated elsewhere', () => {
    expect(golden.rows.length).toBe(432);
    for (const [gamma, kappa, horizonS, sigmaBps, inventory, skewBps, halfSpreadBps] of golden.rows) {
      const quote = avellanedaStoikov(inventory, sigmaBps, { gamma, kappa, horizonS });
      expect(Math.abs(quote.skewBps - skewBps)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(skewBps)));
      expect(Math.abs(quote.halfSpreadBps - halfSpreadBps)).toBeLessThanOrEqual(1e-12 * halfSpreadBps);
    }
  });
});

describe('quotes', () => {
  const fair = fc.record({
    fairTick: fc.double({ min: 9_900, max: 10_100, noNaN: true }),
    bidTick: fc.integer({ min: 9_800, max: 9_999 }),
    askTick: fc.integer({ min: 10_000, max: 10_200 }),
    sigmaBps: fc.double({ min: 0.1, max: 50, noNaN: true }),
  });

  it('never cross the touch, never lie within the minimum edge and fee, and have two sides or none', () => {
    fc.assert(
      fc.property(
        fc.array(fair, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: -2_000, max: 2_000 }),
        (fairs, lots) => {
          const events = fairs.map(fairOf);
          quoted(positionOf(lots), ...events).forEach((quote, i) => {
            const event = events[i]!;
            expect(quote.bids[0]!).toBeLessThan(event.askTick);
            expect(quote.asks[0]!).toBeGreaterThan(event.bidTick);
            expect(quote.bids[0]!).toBeLessThan(quote.asks[0]!);
            expect(quote.bids[1]).toBe(quote.asks[1]);
            const edge = (event.fairTick * 1.5) / 10_000;
            // A quote that hysteresis keeps may be that much nearer.
            const slack = (event.fairTick * parameters.hysteresisBps) / 10_000;
            expect(quote.bids[0]!).toBeLessThanOrEqual(event.fairTick - edge + slack);
            expect(quote.asks[0]!).toBeGreaterThanOrEqual(event.fairTick + edge - slack);
          });
        },
      ),
    );
  });

  it('lean against inventory: lower when long, higher when short, and no further than allowed', () => {
    const [flat] = quoted(fairOf({ sigmaBps: 5 }));
    const [long] = quoted(positionOf(1_000), fairOf({ sigmaBps: 5 }));
    const [short] = quoted(positionOf(-1_000), fairOf({ sigmaBps: 5 }));
    expect(long!.bids[0]!).toBeLessThan(flat!.bids[0]!);
    expect(long!.asks[0]!).toBeLessThan(flat!.asks[0]!);
    expect(short!.asks[0]!).toBeGreaterThan(flat!.asks[0]!);
    expect(flat!.bids[0]! - long!.bids[0]!).toBeLessThanOrEqual(9);
  });

  it('stay where they are while they would hardly move, and move together', () => {
    const [first, kept, moved] = quoted(fairOf({}), fairOf({ fairTick: 10_000.4 }), fairOf({ fairTick: 10_003 }));
    expect([kept!.bids[0]!, kept!.asks[0]!]).toEqual([first!.bids[0]!, first!.asks[0]!]);
    expect([moved!.bids[0]! - first!.bids[0]!, moved!.asks[0]! - first!.asks[0]!]).toEqual([3, 3]);
  });

  it('name the fair value and the position that they come from, and the size in whole order steps', () => {
    const [quote] = quoted(positionOf(5), fairOf({}));
    expect(quote!.causes).toEqual([1, 2]);
    expect(quote!.bids[1]).toBe(200);
  });
});
