import type { FeatureSpec } from './types.ts';
import { LONG, LONGS_IN_SECOND, ratio, SHORT, type Windows } from './windows.ts';

const SECONDS = 60;
const SIXTY_S = SECONDS * LONGS_IN_SECOND;

/** At which prices the volume of the last minute was traded, seen from the mid. */
export const PROFILE_FEATURES: readonly FeatureSpec[] = [
  ...['5 s', '60 s'].map(
    (window): FeatureSpec => ({
      name: `vwap_${window.replace(' ', '')}_bps`,
      formula: 'Σ v·x / Σ v − x(m), x = 10⁴·ln p',
      unit: 'bps',
      mirror: 'odd',
      window,
      warmUpMs: Number.parseInt(window, 10) * 1_000,
      source: 'volume-weighted mean price against the mid; 0 without trades',
    }),
  ),
  {
    name: 'profile_width_bps',
    formula: '√(Σ v·x² / Σ v − (Σ v·x / Σ v)²)',
    unit: 'bps',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source:
      'width of the volume profile (Steidlmayer’s market profile): volume-weighted standard deviation of the price',
  },
  {
    name: 'profile_above_60s',
    formula: 'Σ over 60 seconds of sign(VWAP of the second − m) · v / Σ v',
    unit: 'ratio',
    mirror: 'odd',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'the share of the volume profile above the mid less that below it',
  },
];

/** Closer to the mid than this is at the mid, basis points: the smallest tick is a thousand times larger. */
const AT_MID_BPS = 1e-6;

/** Writes {@link PROFILE_FEATURES}. */
export function writeProfile(out: Float32Array, at: number, windows: Windows): void {
  const { short, long, midBps } = windows;
  const recent = short.gained(SHORT.bought, 100) + short.gained(SHORT.sold, 100);
  const volume = long.gained(LONG.bought, SIXTY_S) + long.gained(LONG.sold, SIXTY_S);
  const meanBps = ratio(long.gained(LONG.tradedAt, SIXTY_S), volume, midBps);
  out[at] = ratio(short.gained(SHORT.tradedAt, 100), recent, midBps) - midBps;
  out[at + 1] = meanBps - midBps;
  const squares = ratio(long.gained(LONG.tradedAt2, SIXTY_S), volume, meanBps * meanBps);
  out[at + 2] = Math.sqrt(Math.max(0, squares - meanBps * meanBps));
  out[at + 3] = ratio(above(windows), volume);
}

/** Volume of the seconds that traded above the mid, less that of those below it. */
function above({ long, midBps }: Windows): number {
  let sum = 0;
  let boughtAfter = long.now[LONG.bought]!;
  let soldAfter = long.now[LONG.sold]!;
  let tradedAtAfter = long.now[LONG.tradedAt]!;
  for (let second = 1; second <= SECONDS; second += 1) {
    const slots = second * LONGS_IN_SECOND;
    const bought = long.at(LONG.bought, slots);
    const sold = long.at(LONG.sold, slots);
    const tradedAt = long.at(LONG.tradedAt, slots);
    const volume = boughtAfter - bought + (soldAfter - sold);
    const awayBps = volume > 0 ? (tradedAtAfter - tradedAt) / volume - midBps : 0;
    if (Math.abs(awayBps) > AT_MID_BPS) sum += volume * Math.sign(awayBps);
    boughtAfter = bought;
    soldAfter = sold;
    tradedAtAfter = tradedAt;
  }
  return sum;
}
