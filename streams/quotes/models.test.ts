import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avellanedaStoikov, avellanedaStoikovInfinite } from './avellaneda_stoikov.ts';
import { glft } from './glft.ts';
import type { ReservationQuote } from './reservation.ts';

const golden = JSON.parse(readFileSync(new URL('./golden/quote_models.json', import.meta.url), 'utf8'));

function expectEqual(quote: ReservationQuote, skewBps: number, halfSpreadBps: number, digits = 1e-12): void {
  expect(Math.abs(quote.skewBps - skewBps)).toBeLessThanOrEqual(digits * Math.max(1, Math.abs(skewBps)));
  expect(Math.abs(quote.halfSpreadBps - halfSpreadBps)).toBeLessThanOrEqual(digits * halfSpreadBps);
}

describe('Avellaneda–Stoikov', () => {
  it('equals the formulas calculated elsewhere', () => {
    expect(golden.avellanedaStoikov.rows.length).toBe(432);
    for (const [gamma, kappa, horizonS, sigmaBps, inventory, skewBps, halfSpreadBps] of golden.avellanedaStoikov.rows)
      expectEqual(avellanedaStoikov(inventory, sigmaBps, { gamma, kappa, horizonS }), skewBps, halfSpreadBps);
  });

  it('gives the mean spreads of the paper’s tables: σ 2, κ 1.5, a session of 1', () => {
    for (const [gamma, meanSpread] of golden.published.rows) {
      const at = (horizonS: number): number =>
        2 * avellanedaStoikov(0, 2, { gamma, kappa: 1.5, horizonS }).halfSpreadBps;
      // Linear in the time that is left, so the mean over the session is that of its ends.
      expect((at(1) + at(0)) / 2).toBeCloseTo(meanSpread, 2);
    }
  });

  it('without an end equals the prices at which a trade is neutral, found by bisection', () => {
    expect(golden.infinite.rows.length).toBe(72);
    for (const [gamma, kappa, most, inventory, skewBps, halfSpreadBps] of golden.infinite.rows)
      expectEqual(avellanedaStoikovInfinite(inventory, most, { gamma, kappa }), skewBps, halfSpreadBps, 1e-11);
  });

  it('without an end stays finite at and beyond the inventory limit', () => {
    for (const inventory of [9.5, 10, 11, 1_000]) {
      const quote = avellanedaStoikovInfinite(inventory, 10, { gamma: 0.02, kappa: 0.5 });
      expect(quote).toEqual(avellanedaStoikovInfinite(9.5, 10, { gamma: 0.02, kappa: 0.5 }));
      expect(Number.isFinite(quote.skewBps) && Number.isFinite(quote.halfSpreadBps)).toBe(true);
    }
  });
});

describe('Guéant–Lehalle–Fernandez-Tapia', () => {
  it('equals the closed form calculated elsewhere', () => {
    expect(golden.glft.rows.length).toBe(96);
    for (const [gamma, kappa, arrivalsPerS, sigmaBps, inventory, skewBps, halfSpreadBps] of golden.glft.rows)
      expectEqual(glft(inventory, sigmaBps, { gamma, arrivalsPerS, kappa }), skewBps, halfSpreadBps);
  });

  it('approximates the ground state that the paper derives it from, within a hundredth', () => {
    expect(golden.glft.exact.length).toBe(5);
    for (const [gamma, kappa, arrivalsPerS, sigmaBps, inventory, skewBps, halfSpreadBps] of golden.glft.exact) {
      const quote = glft(inventory, sigmaBps, { gamma, arrivalsPerS, kappa });
      expect(Math.abs(quote.skewBps - skewBps)).toBeLessThanOrEqual(0.01 * Math.abs(skewBps));
      expect(Math.abs(quote.halfSpreadBps / halfSpreadBps - 1)).toBeLessThan(0.01);
    }
  });
});

describe('every model', () => {
  const models: readonly (readonly [string, (inventory: number, sigmaBps: number) => ReservationQuote])[] = [
    ['finite', (q, sigma) => avellanedaStoikov(q, sigma, { gamma: 0.05, kappa: 0.3, horizonS: 20 })],
    ['infinite', (q) => avellanedaStoikovInfinite(q, 10, { gamma: 0.05, kappa: 0.3 })],
    ['glft', (q, sigma) => glft(q, sigma, { gamma: 0.05, kappa: 0.3, arrivalsPerS: 0.7 })],
  ];
  const inventories = fc.double({ min: -9, max: 9, noNaN: true });
  const sigmas = fc.double({ min: 0.1, max: 20, noNaN: true });

  it.each(models)(
    '%s leans further the more is held, alike in both directions, around a positive spread',
    (_, model) => {
      fc.assert(
        fc.property(inventories, inventories, sigmas, (one, other, sigma) => {
          const [less, more] = [Math.min(one, other), Math.max(one, other)];
          expect(model(more, sigma).skewBps).toBeLessThanOrEqual(model(less, sigma).skewBps + 1e-9);
          expect(model(-one, sigma).skewBps).toBeCloseTo(-model(one, sigma).skewBps, 8);
          expect(model(-one, sigma).halfSpreadBps).toBeCloseTo(model(one, sigma).halfSpreadBps, 8);
          expect(model(one, sigma).halfSpreadBps).toBeGreaterThan(0);
        }),
      );
    },
  );
});
