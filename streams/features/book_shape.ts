import { DEPTH, type SideLevels } from './levels.ts';
import type { FeatureSpec } from './types.ts';
import { imbalance, ratio, type Windows } from './windows.ts';

const BPS = 10_000;
const TEN_S = 50;
const SIXTY_S = 300;

/** What the book looks like now, and whether that is usual for it. */
export const BOOK_FEATURES: readonly FeatureSpec[] = [
  {
    name: 'spread_bps',
    formula: '10⁴·ln(a₁/b₁)',
    unit: 'bps',
    mirror: 'even',
    window: 'now',
    warmUpMs: 0,
    source: 'quoted spread',
  },
  {
    name: 'spread_ratio_60s',
    formula: 'ln(spread_bps / mean over time of spread_bps)',
    unit: 'log',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'whether the spread is wide for this market, now',
  },
  ...[1, 3, 5, 10].map(
    (k): FeatureSpec => ({
      name: `imbalance_${k}`,
      formula: `(B₍${k}₎ − A₍${k}₎) / (B₍${k}₎ + A₍${k}₎)`,
      unit: 'ratio',
      mirror: 'odd',
      window: 'now',
      warmUpMs: 0,
      source:
        'queue imbalance: Gould and Bonart (2016), eq. 2; over several levels: Cartea, Donnelly and Jaimungal (2018)',
    }),
  ),
  {
    name: 'microprice_bps',
    formula: '10⁴·ln(((a₁·B₍1₎ + b₁·A₍1₎) / (B₍1₎ + A₍1₎)) / ½(a₁ + b₁))',
    unit: 'bps',
    mirror: 'odd',
    window: 'now',
    warmUpMs: 0,
    source: 'the weighted mid that Stoikov (2018) begins his micro-price with',
  },
  {
    name: 'deep_microprice_bps',
    formula: '10⁴·ln(((ā₍5₎·B₍5₎ + b̄₍5₎·A₍5₎) / (B₍5₎ + A₍5₎)) / ½(a₁ + b₁))',
    unit: 'bps',
    mirror: 'odd',
    window: 'now',
    warmUpMs: 0,
    source: 'the same over five levels, each side at its size-weighted price',
  },
  ...(['bid', 'ask'] as const).map(
    (side): FeatureSpec => ({
      name: `depth_slope_${side}`,
      formula: `ln(Q₍10₎/Q₍1₎) / ln(1 + |p₁₀ − p₁|/(a₁ − b₁)), Q and p of the ${side}s`,
      unit: 'log',
      mirror: side === 'bid' ? 'depth_slope_ask' : 'depth_slope_bid',
      window: 'now',
      warmUpMs: 0,
      source: 'slope of the order book: Næs and Skjeltorp (2006), as an elasticity, so that markets compare',
    }),
  ),
  {
    name: 'touch_share',
    formula: '(B₍1₎ + A₍1₎) / (B₍10₎ + A₍10₎)',
    unit: 'ratio',
    mirror: 'even',
    window: 'now',
    warmUpMs: 0,
    source: 'how much of what is shown stands at the touch',
  },
  {
    name: 'depth_ratio_60s',
    formula: 'ln(½(B₍1₎ + A₍1₎) / mean over time of ½(B₍1₎ + A₍1₎))',
    unit: 'log',
    mirror: 'even',
    window: '60 s',
    warmUpMs: 60_000,
    source: 'whether the touch is thick for this market, now',
  },
  {
    name: 'gap_imbalance',
    formula: '((b₁ − b₂) − (a₂ − a₁)) / ((b₁ − b₂) + (a₂ − a₁))',
    unit: 'ratio',
    mirror: 'odd',
    window: 'now',
    warmUpMs: 0,
    source: 'the side with the larger gap behind its touch moves more easily: Farmer et al. (2004)',
  },
];

/** Writes {@link BOOK_FEATURES}. Both sides hold at least one level. */
export function writeBook(
  out: Float32Array,
  at: number,
  bids: SideLevels,
  asks: SideLevels,
  windows: Windows,
  nowUs: number,
): void {
  const [bid, ask] = [bids.ticks[0]!, asks.ticks[0]!];
  const spreadBps = BPS * Math.log(ask / bid);
  const mid = (bid + ask) / 2;
  const touch = (bids.lots[0]! + asks.lots[0]!) / 2;
  out[at] = spreadBps;
  out[at + 1] = Math.log(ratio(spreadBps, windows.mean('spread', SIXTY_S, nowUs), 1));
  out[at + 2] = imbalance(bids.lots[0]!, asks.lots[0]!);
  out[at + 3] = imbalance(bids.depth(3), asks.depth(3));
  out[at + 4] = imbalance(bids.depth(5), asks.depth(5));
  out[at + 5] = imbalance(bids.depth(DEPTH), asks.depth(DEPTH));
  out[at + 6] = BPS * Math.log(weighted(bid, bids.lots[0]!, ask, asks.lots[0]!) / mid);
  const deep = weighted(meanTick(bids, 5), bids.depth(5), meanTick(asks, 5), asks.depth(5));
  out[at + 7] = BPS * Math.log(deep / mid);
  out[at + 8] = slope(bids, ask - bid);
  out[at + 9] = slope(asks, ask - bid);
  out[at + 10] = ratio(2 * touch, bids.depth(DEPTH) + asks.depth(DEPTH));
  out[at + 11] = Math.log(ratio(touch, windows.mean('touch', SIXTY_S, nowUs), 1));
  const gaps = bids.count > 1 && asks.count > 1;
  out[at + 12] = gaps ? imbalance(bid - bids.ticks[1]!, asks.ticks[1]! - ask) : 0;
}

/** The usual size at a best price, and of a level behind it, lots: what flows are measured by. */
export function usualTouch(windows: Windows, nowUs: number): number {
  return windows.mean('touch', TEN_S, nowUs);
}

/** @see usualTouch */
export function usualLevel(windows: Windows, nowUs: number): number {
  return windows.mean('level', TEN_S, nowUs);
}

/** The price between two that is nearer to the one with less behind it. */
function weighted(bid: number, bidLots: number, ask: number, askLots: number): number {
  return (ask * bidLots + bid * askLots) / (bidLots + askLots);
}

function meanTick({ ticks, lots, count }: SideLevels, most: number): number {
  let [sum, weight] = [0, 0];
  for (let i = 0; i < count && i < most; i += 1) {
    sum += ticks[i]! * lots[i]!;
    weight += lots[i]!;
  }
  return sum / weight;
}

function slope(side: SideLevels, spread: number): number {
  const last = side.count - 1;
  if (last < 1) return 0;
  const distance = Math.abs(side.ticks[last]! - side.ticks[0]!) / spread;
  return Math.log(side.depth(DEPTH) / side.lots[0]!) / Math.log1p(distance);
}
