import { LastEvent } from './momentum.ts';
import { DecayedSum } from './order_flow.ts';
import type { FeatureSpec } from './types.ts';
import { imbalance, LONG, LONGS_IN_SECOND, ratio, SHORT, type Windows } from './windows.ts';

const SIXTY_S = 60 * LONGS_IN_SECOND;

/** Who took, how much, how often. */
export const TRADE_FEATURES: readonly FeatureSpec[] = [
  ...[100, 500, 5_000, 30_000].map((ms): FeatureSpec => {
    const window = ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
    return {
      name: `trade_imbalance_${window.replace(' ', '')}`,
      formula: '(V⁺ − V⁻) / (V⁺ + V⁻)',
      unit: 'ratio',
      mirror: 'odd',
      window,
      warmUpMs: ms,
      source: 'trade-sign imbalance: signs of takers are long correlated, Lillo and Farmer (2004)',
    };
  }),
  {
    name: 'trade_flow_decayed_200ms',
    formula: 'Σ ±v · 2^(−age / 200 ms) / D',
    unit: 'touch',
    mirror: 'odd',
    window: 'half-life 200 ms',
    warmUpMs: 10_000,
    source: 'what takers just took, by what usually stands there: Hasbrouck (1991)',
  },
  {
    name: 'trade_intensity_1s',
    formula: 'ln((N₁ₛ + 1) / (N₆₀ₛ / 60 + 1))',
    unit: 'log',
    mirror: 'even',
    window: '1 s, 60 s',
    warmUpMs: 60_000,
    source: 'trades a second against the usual: Bowsher (2007), Hawkes',
  },
  {
    name: 'trade_size_5s',
    formula: 'ln((V₅ₛ / N₅ₛ) / (V₆₀ₛ / N₆₀ₛ))',
    unit: 'log',
    mirror: 'even',
    window: '5 s, 60 s',
    warmUpMs: 60_000,
    source: 'size of a trade against the usual: Easley and O’Hara (1987); 0 without trades',
  },
  {
    name: 'last_trade',
    formula: 'side of the last taker (±1) · 2^(−age / 500 ms)',
    unit: 'ratio',
    mirror: 'odd',
    window: 'half-life 500 ms',
    warmUpMs: 0,
    source: 'the last trade’s sign: Hasbrouck (1991)',
  },
  {
    name: 'trade_age',
    formula: 'ln(1 + age of the last trade / 100 ms), at most 60 s',
    unit: 'log',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'time between trades: Engle and Russell (1998); Easley and O’Hara (1992)',
  },
];

/** The last trade, and takers' decayed flow. */
export class Takers {
  readonly #last = new LastEvent();
  readonly #flow = new DecayedSum(200);

  /**
   * Takes in what takers bought and sold, lots.
   *
   * @param bps the price, basis points from where the market began
   */
  trade(bought: number, sold: number, bps: number, windows: Windows, timeUs: number): void {
    const volume = bought + sold;
    this.#last.sign = bought >= sold ? 1 : -1;
    this.#last.timeUs = timeUs;
    this.#flow.add(bought - sold, timeUs);
    const short = windows.short.now;
    short[SHORT.bought]! += bought;
    short[SHORT.sold]! += sold;
    short[SHORT.trades]! += 1;
    short[SHORT.tradedAt]! += volume * bps;
    const long = windows.long.now;
    long[LONG.bought]! += bought;
    long[LONG.sold]! += sold;
    long[LONG.trades]! += 1;
    long[LONG.tradedAt]! += volume * bps;
    long[LONG.tradedAt2]! += volume * bps * bps;
  }

  /** Writes {@link TRADE_FEATURES}. @param touch what usually stands at a best price, lots */
  write(out: Float32Array, at: number, windows: Windows, touch: number, nowUs: number): void {
    const { short, long } = windows;
    out[at] = imbalance(short.gained(SHORT.bought, 2), short.gained(SHORT.sold, 2));
    out[at + 1] = imbalance(short.gained(SHORT.bought, 10), short.gained(SHORT.sold, 10));
    const [bought, sold] = [short.gained(SHORT.bought, 100), short.gained(SHORT.sold, 100)];
    out[at + 2] = imbalance(bought, sold);
    const thirtyS = 30 * LONGS_IN_SECOND;
    out[at + 3] = imbalance(long.gained(LONG.bought, thirtyS), long.gained(LONG.sold, thirtyS));
    out[at + 4] = ratio(this.#flow.at(nowUs), touch);
    const usual = long.gained(LONG.trades, SIXTY_S);
    out[at + 5] = Math.log((short.gained(SHORT.trades, 20) + 1) / (usual / 60 + 1));
    const size = ratio(bought + sold, short.gained(SHORT.trades, 100));
    const usualSize = ratio(long.gained(LONG.bought, SIXTY_S) + long.gained(LONG.sold, SIXTY_S), usual);
    out[at + 6] = size > 0 && usualSize > 0 ? Math.log(size / usualSize) : 0;
    out[at + 7] = this.#last.faded(nowUs);
    out[at + 8] = this.#last.age(nowUs);
  }

  encode(): readonly (readonly number[])[] {
    return [this.#last.encode(), this.#flow.encode()];
  }

  restore([last, flow]: readonly (readonly number[])[]): void {
    this.#last.restore(last!);
    this.#flow.restore(flow!);
  }
}
