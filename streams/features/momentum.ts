import type { FeatureSpec } from './types.ts';
import { LONG, LONGS_IN_SECOND, SHORT, type Windows } from './windows.ts';

const MICROS_PER_SECOND = 1_000_000;

/** Ages are counted in steps of this length and no further than the lookback. */
const AGE_STEP_US = 100_000;
const AGE_MOST_US = 60 * MICROS_PER_SECOND;

/** Half-life of what the last event says. */
const LAST_HALF_LIFE_US = 500_000;

const SECONDS = 60;

/** Where the mid came from: returns, its place in its range, its last move. */
export const MOMENTUM_FEATURES: readonly FeatureSpec[] = [
  ...[100, 200, 500].map((ms) =>
    returnOver(
      `return_${ms}ms`,
      `${ms} ms`,
      ms,
      'return of the mid at the scale of the horizons: the autocorrelation of its moves, Cont and de Larrard (2013)',
    ),
  ),
  returnOver('return_1s', '1 s', 1_000, 'return of the mid over the time of many updates, as above'),
  ...[5, 10, 30].map((s) =>
    returnOver(
      `momentum_${s}s`,
      `${s} s`,
      s * 1_000,
      'time-series momentum over 5, 10 and 30 seconds: Moskowitz, Ooi and Pedersen (2012)',
    ),
  ),
  {
    name: 'range_position_60s',
    formula: '2(x − min) / (max − min) − 1, of the mid x now and at the last 60 full seconds',
    unit: 'ratio',
    mirror: 'odd',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'stochastic oscillator (Lane): where the mid stands in its range; 0 while it has none',
  },
  {
    name: 'last_move',
    formula: 'sign of the last change of the mid · 2^(−age / 500 ms)',
    unit: 'ratio',
    mirror: 'odd',
    window: 'half-life 500 ms',
    warmUpMs: 0,
    source:
      'changes of the mid are followed by ones of the same sign or by reversals, by market: Cont and de Larrard (2013)',
  },
  {
    name: 'mid_age',
    formula: 'ln(1 + age of the last change of the mid / 100 ms), at most 60 s',
    unit: 'log',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'time between price changes: Engle and Russell (1998)',
  },
  {
    name: 'move_intensity_5s',
    formula: 'ln(1 + changes of the mid / 5)',
    unit: 'log',
    mirror: 'even',
    window: '5 s',
    warmUpMs: 5_000,
    source: 'changes of the mid a second',
  },
];

/** What the last event of a kind was and when: its sign fades, its age grows. */
export class LastEvent {
  sign = 0;
  timeUs = 0;

  /** The sign times what is left of it: −1 to 1. */
  faded(nowUs: number): number {
    return this.sign === 0 ? 0 : this.sign * 0.5 ** ((nowUs - this.timeUs) / LAST_HALF_LIFE_US);
  }

  /** Logarithm of its age; the most that is looked back on where there was none. */
  age(nowUs: number): number {
    const ageUs = this.sign === 0 ? AGE_MOST_US : Math.min(AGE_MOST_US, nowUs - this.timeUs);
    return Math.log1p(ageUs / AGE_STEP_US);
  }

  encode(): readonly number[] {
    return [this.sign, this.timeUs];
  }

  restore([sign, timeUs]: readonly number[]): void {
    this.sign = sign!;
    this.timeUs = timeUs!;
  }
}

/** Writes {@link MOMENTUM_FEATURES}. */
export function writeMomentum(
  out: Float32Array,
  at: number,
  windows: Windows,
  lastMove: LastEvent,
  nowUs: number,
): void {
  const { short, long } = windows;
  out[at] = windows.shortReturn(2);
  out[at + 1] = windows.shortReturn(4);
  out[at + 2] = windows.shortReturn(10);
  out[at + 3] = windows.shortReturn(20);
  out[at + 4] = windows.shortReturn(100);
  out[at + 5] = long.gained(LONG.mid, 10 * LONGS_IN_SECOND);
  out[at + 6] = long.gained(LONG.mid, 30 * LONGS_IN_SECOND);
  out[at + 7] = rangePosition(windows);
  out[at + 8] = lastMove.faded(nowUs);
  out[at + 9] = lastMove.age(nowUs);
  out[at + 10] = Math.log1p(short.gained(SHORT.moves, 100) / 5);
}

function rangePosition({ long, midBps }: Windows): number {
  let [least, most] = [midBps, midBps];
  for (let second = 0; second <= SECONDS; second += 1) {
    const bps = long.at(LONG.mid, second * LONGS_IN_SECOND);
    if (bps < least) least = bps;
    if (bps > most) most = bps;
  }
  return most > least ? (2 * (midBps - least)) / (most - least) - 1 : 0;
}

function returnOver(name: string, window: string, warmUpMs: number, source: string): FeatureSpec {
  return {
    name,
    formula: '10⁴·ln(m / m at the beginning of the window)',
    unit: 'bps',
    mirror: 'odd',
    window,
    warmUpMs,
    source,
  };
}
