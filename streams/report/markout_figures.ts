import { HORIZONS_MS, type Markout } from '../fills/markouts.ts';
import { inQuote } from '../market/money.ts';
import type { Market } from '../market/types.ts';

/** What fills were worth so long after they happened, weighted by size; basis points of the turnover. */
export interface MarkoutFigures {
  /** 0 is the fill itself: the spread captured. */
  readonly horizonMs: number;
  readonly fills: number;
  readonly turnoverUsdc: number;
  readonly profitUsdc: number;
  /** Mean over the fills, weighted by turnover, and its standard error; null where too few say anything. */
  readonly meanBps: number | null;
  readonly errorBps: number | null;
  /** What these fills have lost since they happened, adverse selection: spread captured less the mean. */
  readonly adverseBps: number | null;
  readonly adverseErrorBps: number | null;
}

interface Sums {
  fills: number;
  /** Turnover of the fills, and its squares, USDC. */
  weight: number;
  weightSquare: number;
  profit: Moments;
  loss: Moments;
}

/** Sums of an amount, of its squares, and of its products with the weight. */
interface Moments {
  sum: number;
  square: number;
  product: number;
}

/** Adds up markouts by horizon, of one market or of several. */
export class MarkoutSums {
  readonly #sums: readonly Sums[] = HORIZONS_MS.map(() => ({
    fills: 0,
    weight: 0,
    weightSquare: 0,
    profit: { sum: 0, square: 0, product: 0 },
    loss: { sum: 0, square: 0, product: 0 },
  }));

  add(market: Market, markout: Markout): void {
    const sums = this.#sums[HORIZONS_MS.indexOf(markout.horizonMs as 0)];
    if (sums === undefined) return;
    const markTick = markout.midMicroTicks / 1_000_000;
    const usdc = (quanta: string): number => inQuote(market, BigInt(quanta), markTick);
    const weight = usdc(markout.turnoverQuanta);
    const profit = usdc(markout.profitQuanta);
    sums.fills += 1;
    sums.weight += weight;
    sums.weightSquare += weight * weight;
    addTo(sums.profit, profit, weight);
    addTo(sums.loss, usdc(markout.edgeQuanta) - profit, weight);
  }

  figures(): MarkoutFigures[] {
    return this.#sums.map((sums, i) => ({
      horizonMs: HORIZONS_MS[i]!,
      fills: sums.fills,
      turnoverUsdc: sums.weight,
      profitUsdc: sums.profit.sum,
      meanBps: meanBps(sums.profit, sums),
      errorBps: errorBps(sums.profit, sums),
      adverseBps: meanBps(sums.loss, sums),
      adverseErrorBps: errorBps(sums.loss, sums),
    }));
  }
}

function addTo(moments: Moments, amount: number, weight: number): void {
  moments.sum += amount;
  moments.square += amount * amount;
  moments.product += amount * weight;
}

function meanBps({ sum }: Moments, { weight }: Sums): number | null {
  return weight === 0 ? null : (sum / weight) * 10_000;
}

/**
 * Standard error of a weighted mean, the ratio of two sums over independent fills: √(n / (n − 1) · Σ(wᵢxᵢ − x̄wᵢ)²) / Σwᵢ (Cochran
 * 1977, "Sampling Techniques", eq. 6.13 without the finite-population term).
 */
function errorBps({ sum, square, product }: Moments, { fills, weight, weightSquare }: Sums): number | null {
  if (fills < 2 || weight === 0) return null;
  const mean = sum / weight;
  const squares = Math.max(0, square - 2 * mean * product + mean * mean * weightSquare);
  return (Math.sqrt((fills / (fills - 1)) * squares) / weight) * 10_000;
}
