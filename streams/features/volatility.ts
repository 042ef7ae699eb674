import type { FeatureSpec } from './types.ts';
import { LONG, LONGS_IN_SECOND, ratio, SHORT, type Windows } from './windows.ts';

const SIXTY_S = 60 * LONGS_IN_SECOND;

/** Short slots in a step of the volatility (200 ms) and in a second. */
const SHORTS_IN_STEP = 4;
const SHORTS_IN_SECOND = 20;

/** What one step weighs in an average with the stated half-life. */
const NEWS_1S = 1 - 0.5 ** (1 / LONGS_IN_SECOND);
const NEWS_10S = 1 - 0.5 ** (1 / (10 * LONGS_IN_SECOND));

/** α and β of the GARCH(1,1): usual values, not fitted; ω follows from the variance of the lookback (variance targeting). */
const GARCH_ALPHA = 0.1;
const GARCH_BETA = 0.8;

/** E|z|² of a standard normal, which the bipower variation is scaled by. */
const BIPOWER_SCALE = Math.PI / 2;

/** How much the mid moves. Returns are of the mid, in basis points; r₁ is that of the last second, seen every 200 ms. */
export const VOLATILITY_FEATURES: readonly FeatureSpec[] = [
  ...[1, 10].map(
    (s): FeatureSpec => ({
      name: `volatility_decayed_${s}s`,
      formula: `√(5·v), v ← v + (1 − 2^(−0.2/${s}))·(r² − v) with the return r of each 200 ms`,
      unit: 'bps/√s',
      mirror: 'even',
      window: `half-life ${s} s`,
      warmUpMs: 60_000,
      source: 'exponentially weighted variance: RiskMetrics (1996)',
    }),
  ),
  {
    name: 'volatility_garch',
    formula: '√g, each second g ← 0.1·V + 0.1·r₁² + 0.8·g with V the mean of r₁² over 60 s',
    unit: 'bps/√s',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'GARCH(1,1): Bollerslev (1986), eq. 5; variance targeting: Engle and Mezrich (1996)',
  },
  {
    name: 'realised_volatility_60s',
    formula: '√(mean of r₁²)',
    unit: 'bps/√s',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'realised variance on overlapping grids: Zhang, Mykland and Aït-Sahalia (2005)',
  },
  {
    name: 'jump_share_60s',
    formula: 'max(0, 1 − ½π·Σ |r₁|·|r₁ a second before| / Σ r₁²)',
    unit: 'ratio',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'bipower variation: Barndorff-Nielsen and Shephard (2004), eq. 5',
  },
  {
    name: 'semivariance_60s',
    formula: '(Σ r₁² of rises − Σ r₁² of falls) / Σ r₁²',
    unit: 'ratio',
    mirror: 'odd',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'realised semivariance: Barndorff-Nielsen, Kinnebrock and Shephard (2010)',
  },
];

/** The variances that are carried from step to step. */
export class Volatility {
  #fast = 0;
  #slow = 0;
  #garch = 0;

  /** Takes in the end of a step of 200 ms. */
  step(windows: Windows): void {
    const { short, long } = windows;
    const moved = short.gained(SHORT.mid, SHORTS_IN_STEP) ** 2;
    this.#fast += NEWS_1S * (moved - this.#fast);
    this.#slow += NEWS_10S * (moved - this.#slow);
    const last = short.gained(SHORT.mid, SHORTS_IN_SECOND);
    const before = short.at(SHORT.mid, SHORTS_IN_SECOND) - short.at(SHORT.mid, 2 * SHORTS_IN_SECOND);
    const { now } = long;
    now[LONG.variance]! += last * last;
    now[LONG.bipower]! += Math.abs(last * before);
    if (last !== 0) now[LONG.moving]! += 1;
    if (last > 0) now[LONG.upVariance]! += last * last;
    if (short.slot % SHORTS_IN_SECOND !== 0) return;
    // The slot that ends is still under way in the long ring: it and the 299 before it are the last 60 s.
    const usual = long.gained(LONG.variance, SIXTY_S - 1) / SIXTY_S;
    this.#garch = (1 - GARCH_ALPHA - GARCH_BETA) * usual + GARCH_ALPHA * last * last + GARCH_BETA * this.#garch;
  }

  /** Writes {@link VOLATILITY_FEATURES}. */
  write(out: Float32Array, at: number, { long }: Windows): void {
    out[at] = Math.sqrt(LONGS_IN_SECOND * this.#fast);
    out[at + 1] = Math.sqrt(LONGS_IN_SECOND * this.#slow);
    out[at + 2] = Math.sqrt(this.#garch);
    // Where nothing moved, what rounding leaves of the sums is nothing.
    const moving = long.gained(LONG.moving, SIXTY_S) > 0;
    const variance = moving ? Math.max(0, long.gained(LONG.variance, SIXTY_S)) : 0;
    out[at + 3] = Math.sqrt(variance / SIXTY_S);
    const bipower = BIPOWER_SCALE * long.gained(LONG.bipower, SIXTY_S);
    out[at + 4] = variance > 0 ? Math.min(1, Math.max(0, 1 - bipower / variance)) : 0;
    const tilt = ratio(2 * long.gained(LONG.upVariance, SIXTY_S) - variance, variance);
    out[at + 5] = Math.min(1, Math.max(-1, tilt));
  }

  encode(): readonly number[] {
    return [this.#fast, this.#slow, this.#garch];
  }

  restore([fast, slow, garch]: readonly number[]): void {
    this.#fast = fast!;
    this.#slow = slow!;
    this.#garch = garch!;
  }
}
