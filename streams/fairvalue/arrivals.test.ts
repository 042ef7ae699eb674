import { describe, expect, it } from 'vitest';
import { type ArrivalCounts, arrivalsOf, countArrivals, freshArrivals } from './arrivals.ts';

const parameters = { arrivalsEstimated: true, priorArrivalsPerS: 1, priorKappa: 1, arrivalHalfLifeMs: 3_600_000 };
const STEP_S = 0.2;

/** A fixed sequence that looks random (Lehmer's, minimal standard). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/**
 * Takers on each side at a rate of A, each willing to go an exponentially distributed distance, so that those who reach δ come
 * at A·exp(−κδ). The touch moves about; what lies behind it has no size, so a taker goes as far as it is willing.
 */
function watched(
  perS: number,
  kappa: number,
  touches: (random: () => number) => number,
  steps = 60_000,
): ArrivalCounts {
  const random = generator(42);
  const counts = freshArrivals();
  for (let i = 0; i < steps; i += 1) {
    const sides = [0, 1].map(() => {
      const touchBps = touches(random);
      const willingBps = -Math.log(random()) / kappa;
      const came = random() < 1 - Math.exp(-perS * STEP_S);
      return { touchBps, furthestBps: came && willingBps >= touchBps ? willingBps : Number.NaN };
    });
    countArrivals(counts, STEP_S, sides, parameters);
  }
  return counts;
}

describe('the arrivals of orders', () => {
  it.each([
    [0.6, 0.125],
    [1, 0.5],
    [0.3, 2],
  ])('are found again: A %d, κ %d', (perS, kappa) => {
    const {
      perS: foundPerS,
      kappa: foundKappa,
      known,
    } = arrivalsOf(
      watched(perS, kappa, (random) => (0.2 + random()) / kappa),
      parameters,
    );
    expect(known).toBe(true);
    expect(Math.abs(foundKappa / kappa - 1)).toBeLessThan(0.15);
    expect(Math.abs(foundPerS / perS - 1)).toBeLessThan(0.25);
  });

  it('are not told from distances inside the touch: a wide book does not make the near look quiet', () => {
    const near = arrivalsOf(
      watched(0.6, 0.125, () => 1),
      parameters,
    );
    const far = arrivalsOf(
      watched(0.6, 0.125, () => 12),
      parameters,
    );
    expect(Math.abs(far.kappa / near.kappa - 1)).toBeLessThan(0.3);
  });

  it('are what was assumed until enough was seen, and when nothing is to be estimated', () => {
    const assumed = { perS: 1, kappa: 1, known: false };
    expect(arrivalsOf(freshArrivals(), parameters)).toEqual({ ...assumed, tradesPerS: 0 });
    expect(
      arrivalsOf(
        watched(0.6, 0.125, () => 1, 100),
        parameters,
      ),
    ).toMatchObject(assumed);
    expect(
      arrivalsOf(
        watched(0.6, 0.125, () => 1),
        { ...parameters, arrivalsEstimated: false },
      ),
    ).toMatchObject(assumed);
    // One distance only: no line goes through one point.
    const counts = freshArrivals();
    for (let i = 0; i < 1_000; i += 1) countArrivals(counts, STEP_S, [{ touchBps: 5, furthestBps: 5 }], parameters);
    expect(arrivalsOf(counts, parameters)).toMatchObject(assumed);
  });

  it('stay within a factor of ten of what was assumed', () => {
    const { kappa } = arrivalsOf(
      watched(0.6, 0.05, (random) => 30 * random()),
      { ...parameters, priorKappa: 10 },
    );
    expect(kappa).toBeGreaterThanOrEqual(1);
  });

  it('tell how often the market trades, and forget', () => {
    const counts = watched(0.6, 0.125, () => 0);
    expect(Math.abs(arrivalsOf(counts, parameters).tradesPerS / 1.13 - 1)).toBeLessThan(0.05);
    const idle = [{ touchBps: 1, furthestBps: Number.NaN }];
    for (let i = 0; i < 900; i += 1) countArrivals(counts, 1, idle, { ...parameters, arrivalHalfLifeMs: 30_000 });
    expect(arrivalsOf(counts, parameters).tradesPerS).toBeLessThan(0.01);
  });
});
