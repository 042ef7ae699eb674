import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Levels } from '../market/types.ts';

/** Volatility at twice its usual value or more doubles the spread. */
const VOLATILITY_MOST = 2;

/** A book that is much thinner than usual widens by half, and no more: others' orders are not all of the liquidity. */
const DEPTH_MOST = 1.5;

/** Thin is less than this share of the usual depth. */
const THIN_SHARE = 0.5;

/** Levels of each side that count as near. */
const NEAR_LEVELS = 3;

/** What depth is usual is smoothed over this many samples: two minutes at 5 Hz. */
const USUAL_SAMPLES = 600;

/** Usual depth near the touch, lots; 0 before the first sample. Plain data. */
export interface UsualDepth {
  lots: number;
  samples: number;
}

/** Takes in the depth of a sample. @returns by how much a thin book widens, 1 to 1.5: the root of half the usual over present depth */
export function depthFactor(usual: UsualDepth, { bids, asks }: FairValue): number {
  const lots = near(bids) + near(asks);
  usual.samples = Math.min(USUAL_SAMPLES, usual.samples + 1);
  usual.lots += (lots - usual.lots) / usual.samples;
  return lots <= 0 ? DEPTH_MOST : Math.max(1, Math.min(DEPTH_MOST, Math.sqrt((THIN_SHARE * usual.lots) / lots)));
}

/** By how much volatility above its usual value widens: in proportion, 1 to 2. */
export function volatilityFactor({ sigmaBps, usualSigmaBps }: FairValue): number {
  return Math.max(1, Math.min(VOLATILITY_MOST, sigmaBps / usualSigmaBps));
}

function near(levels: Levels): number {
  let lots = 0;
  for (let i = 1; i < levels.length && i < 2 * NEAR_LEVELS; i += 2) lots += levels[i]!;
  return lots;
}
