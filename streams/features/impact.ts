import type { FeatureSpec } from './types.ts';
import { LONG, LONGS_IN_SECOND, ratio, SHORT, type Windows } from './windows.ts';

const SIXTY_S = 60 * LONGS_IN_SECOND;
const SHORTS_IN_SECOND = 20;

/** Buckets of equal volume that the VPIN looks back on; as many make up the volume of the lookback. */
const BUCKETS = 20;

/** What trades and flow do to the price, and how one-sided they are. Sums run over the seconds seen every 200 ms. */
export const IMPACT_FEATURES: readonly FeatureSpec[] = [
  {
    name: 'kyle_lambda_60s',
    formula: 'cov(r₁, w₁) / √var(w₁), w₁ = V⁺ − V⁻ of the same second',
    unit: 'bps',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'λ of Kyle (1985) as the slope of r₁ on w₁, times the standard deviation of w₁; 0 while w₁ does not vary',
  },
  {
    name: 'flow_impact_60s',
    formula: 'cov(r₁, f₁) / √var(f₁), f₁ = Σ eₙ of the same second',
    unit: 'bps',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source:
      'the price-impact coefficient β of Cont, Kukanov and Stoikov (2014), eq. 7, times the standard deviation of f₁',
  },
  {
    name: 'amihud_60s',
    formula: 'ln(1 + D·Σ |r₁| / Σ v₁), v₁ = V⁺ + V⁻ of the same second',
    unit: 'log',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'illiquidity of Amihud (2002), eq. 1, as a ratio of sums, bps a usual touch; 0 without trades',
  },
  {
    name: 'vpin',
    formula:
      'Σ |V⁺ − V⁻| / Σ v over the last 20 buckets of equal volume, each a 20th of the volume of the 60 s before it',
    unit: 'ratio',
    mirror: 'even',
    window: '20 volume buckets',
    warmUpMs: 60_000,
    source:
      'VPIN: Easley, López de Prado and O’Hara (2012), eq. 7, with takers’ sides as told; 0 before the first bucket is full',
  },
];

/** Takes in the end of a step of 200 ms: the second that ends with it. */
export function stepImpact({ short, long }: Windows): void {
  const moved = short.gained(SHORT.mid, SHORTS_IN_SECOND);
  const bought = short.gained(SHORT.bought, SHORTS_IN_SECOND);
  const sold = short.gained(SHORT.sold, SHORTS_IN_SECOND);
  const signed = bought - sold;
  const flow = short.gained(SHORT.touchFlow, SHORTS_IN_SECOND);
  const { now } = long;
  now[LONG.absolute]! += Math.abs(moved);
  now[LONG.moved]! += moved;
  now[LONG.volume]! += bought + sold;
  now[LONG.signed]! += signed;
  now[LONG.signed2]! += signed * signed;
  now[LONG.movedSigned]! += moved * signed;
  now[LONG.flow]! += flow;
  now[LONG.flow2]! += flow * flow;
  now[LONG.movedFlow]! += moved * flow;
}

/** The buckets of equal volume: one under way and the last {@link BUCKETS}. Nothing before the lookback is full. */
export class VolumeBuckets {
  readonly #imbalance = new Float64Array(BUCKETS);
  readonly #volume = new Float64Array(BUCKETS);
  #full = 0;
  // The bucket under way: its size, 0 before the first, and what is in it.
  #size = 0;
  #bought = 0;
  #sold = 0;

  /** Takes in what takers bought and sold, after it was counted in `windows`. @param open whether the lookback is full */
  trade(bought: number, sold: number, { long }: Windows, open: boolean): void {
    if (!open) return;
    if (this.#size === 0) this.#begin(long);
    let left = bought + sold;
    const share = bought / left;
    // A trade larger than all buckets together leaves nothing but itself in them.
    for (let filled = 0; left > 0 && filled <= BUCKETS; filled += 1) {
      const room = this.#size - this.#bought - this.#sold;
      const taken = Math.min(room, left);
      this.#bought += taken * share;
      this.#sold += taken * (1 - share);
      left -= taken;
      if (taken === room) this.#close(long);
    }
  }

  /** Σ |V⁺ − V⁻| / Σ v. */
  get vpin(): number {
    let [imbalance, volume] = [0, 0];
    for (let i = 0; i < Math.min(this.#full, BUCKETS); i += 1) {
      imbalance += this.#imbalance[i]!;
      volume += this.#volume[i]!;
    }
    return ratio(imbalance, volume);
  }

  #close(long: Windows['long']): void {
    const at = this.#full % BUCKETS;
    this.#imbalance[at] = Math.abs(this.#bought - this.#sold);
    this.#volume[at] = this.#size;
    this.#full += 1;
    this.#begin(long);
  }

  #begin(long: Windows['long']): void {
    const volume = long.gained(LONG.bought, SIXTY_S) + long.gained(LONG.sold, SIXTY_S);
    this.#size = Math.max(1, volume / BUCKETS);
    this.#bought = 0;
    this.#sold = 0;
  }

  encode(): readonly number[] {
    return [this.#full, this.#size, this.#bought, this.#sold, ...this.#imbalance, ...this.#volume];
  }

  restore([full, size, bought, sold, ...buckets]: readonly number[]): void {
    this.#full = full!;
    this.#size = size!;
    this.#bought = bought!;
    this.#sold = sold!;
    this.#imbalance.set(buckets.slice(0, BUCKETS));
    this.#volume.set(buckets.slice(BUCKETS));
  }
}

/** Writes {@link IMPACT_FEATURES}. @param touch what usually stands at a best price, lots */
export function writeImpact(
  out: Float32Array,
  at: number,
  { long }: Windows,
  buckets: VolumeBuckets,
  touch: number,
): void {
  const gained = (channel: number): number => long.gained(channel, SIXTY_S);
  const moved = gained(LONG.moved);
  out[at] = impact(moved, gained(LONG.signed), gained(LONG.signed2), gained(LONG.movedSigned));
  out[at + 1] = impact(moved, gained(LONG.flow), gained(LONG.flow2), gained(LONG.movedFlow));
  out[at + 2] = Math.log1p(ratio(touch * Math.max(0, gained(LONG.absolute)), gained(LONG.volume)));
  out[at + 3] = buckets.vpin;
}

/** Slope of y on x times the standard deviation of x, of {@link SIXTY_S} pairs. */
function impact(sumY: number, sumX: number, sumX2: number, sumXY: number): number {
  const variance = sumX2 - (sumX * sumX) / SIXTY_S;
  // What rounding leaves of no variance is none.
  if (variance <= 1e-9 * sumX2) return 0;
  return (sumXY - (sumX * sumY) / SIXTY_S) / Math.sqrt(variance * SIXTY_S);
}
