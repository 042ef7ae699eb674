import type { SideLevels } from './levels.ts';
import { sideFlow } from './newest_touch.ts';
import type { FeatureSpec } from './types.ts';
import { LONG, LONGS_IN_SECOND, ratio, SHORT, type Windows } from './windows.ts';

const CONT = 'order-flow imbalance: Cont, Kukanov and Stoikov (2014), eq. 4–6, over the usual touch';
const MULTI =
  'multi-level order-flow imbalance: Xu, Gould and Howison (2019), eq. 5–7; Kolm, Turiel and Westray (2023)';

/** What came and went at the best prices and behind them, measured by what usually stands there. */
export const FLOW_FEATURES: readonly FeatureSpec[] = [
  ...['50 ms', '200 ms', '1 s'].map(
    (halfLife): FeatureSpec => ({
      name: `flow_decayed_${halfLife.replace(' ', '')}`,
      formula: `Σ eₙ · 2^(−age / ${halfLife}) / D`,
      unit: 'touch',
      mirror: 'odd',
      window: `half-life ${halfLife}`,
      warmUpMs: 10_000,
      source: `${CONT}; of the newest best prices`,
    }),
  ),
  ...['5 s', '30 s'].map(
    (window): FeatureSpec => ({
      name: `flow_${window.replace(' ', '')}`,
      formula: 'Σ eₙ / D',
      unit: 'touch',
      mirror: 'odd',
      window,
      warmUpMs: Math.max(10, Number.parseInt(window, 10)) * 1_000,
      source: `${CONT}; of the newest best prices`,
    }),
  ),
  ...(['near', 'far'] as const).flatMap((part) =>
    ['500 ms', '5 s'].map(
      (window): FeatureSpec => ({
        name: `flow_${part}_${window.replace(' ', '')}`,
        formula: `Σ over levels ${part === 'near' ? '2–5' : '6–10'} of e⁽ⁱ⁾ₙ / L`,
        unit: 'touch',
        mirror: 'odd',
        window,
        warmUpMs: 10_000,
        source: MULTI,
      }),
    ),
  ),
];

/** The last of the levels that count as near. */
const NEAR_LEVELS = 5;

/** A sum that forgets by halves: each addition counts 2^(−age / half-life). */
export class DecayedSum {
  readonly #halfLifeUs: number;
  #sum = 0;
  #timeUs = 0;

  constructor(halfLifeMs: number) {
    this.#halfLifeUs = halfLifeMs * 1_000;
  }

  add(amount: number, timeUs: number): void {
    this.#sum = this.at(timeUs) + amount;
    this.#timeUs = timeUs;
  }

  at(timeUs: number): number {
    return this.#sum === 0 ? 0 : this.#sum * 0.5 ** ((timeUs - this.#timeUs) / this.#halfLifeUs);
  }

  encode(): readonly number[] {
    return [this.#sum, this.#timeUs];
  }

  restore([sum, timeUs]: readonly number[]): void {
    this.#sum = sum!;
    this.#timeUs = timeUs!;
  }
}

/** Decayed flow at the newest best prices. */
export class OrderFlow {
  readonly #decayed = [new DecayedSum(50), new DecayedSum(200), new DecayedSum(1_000)];

  /** @param lots eₙ */
  touch(lots: number, windows: Windows, timeUs: number): void {
    if (lots === 0) return;
    for (let i = 0; i < this.#decayed.length; i += 1) this.#decayed[i]!.add(lots, timeUs);
    windows.short.now[SHORT.touchFlow]! += lots;
    windows.long.now[LONG.touchFlow]! += lots;
  }

  /** Writes {@link FLOW_FEATURES}. @param touch and `level`: what usually stands at a best price and at a level, lots */
  write(out: Float32Array, at: number, windows: Windows, touch: number, level: number, nowUs: number): void {
    const { short, long } = windows;
    for (let i = 0; i < this.#decayed.length; i += 1) out[at + i] = ratio(this.#decayed[i]!.at(nowUs), touch);
    out[at + 3] = ratio(short.gained(SHORT.touchFlow, 100), touch);
    out[at + 4] = ratio(long.gained(LONG.touchFlow, 30 * LONGS_IN_SECOND), touch);
    out[at + 5] = ratio(short.gained(SHORT.nearFlow, 10), level);
    out[at + 6] = ratio(short.gained(SHORT.nearFlow, 100), level);
    out[at + 7] = ratio(short.gained(SHORT.farFlow, 10), level);
    out[at + 8] = ratio(short.gained(SHORT.farFlow, 100), level);
  }

  encode(): readonly (readonly number[])[] {
    return this.#decayed.map((sum) => sum.encode());
  }

  restore(sums: readonly (readonly number[])[]): void {
    for (const [i, sum] of this.#decayed.entries()) sum.restore(sums[i]!);
  }
}

/** Adds the flow at the levels behind the touch, by rank; a level that either book lacks counts nothing. */
export function flowBehind(
  windows: Windows,
  bidsBefore: SideLevels,
  asksBefore: SideLevels,
  bids: SideLevels,
  asks: SideLevels,
): void {
  const { now } = windows.short;
  const both = Math.min(bidsBefore.count, bids.count);
  for (let i = 1; i < both; i += 1) {
    const worse = bidsBefore.ticks[i]! - bids.ticks[i]!;
    now[i < NEAR_LEVELS ? SHORT.nearFlow : SHORT.farFlow]! += sideFlow(worse, bidsBefore.lots[i]!, bids.lots[i]!);
  }
  const bothAsks = Math.min(asksBefore.count, asks.count);
  for (let i = 1; i < bothAsks; i += 1) {
    const worse = asks.ticks[i]! - asksBefore.ticks[i]!;
    now[i < NEAR_LEVELS ? SHORT.nearFlow : SHORT.farFlow]! -= sideFlow(worse, asksBefore.lots[i]!, asks.lots[i]!);
  }
}
