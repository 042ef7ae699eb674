import type { FeatureSpec } from './types.ts';
import { imbalance } from './windows.ts';

const BPS = 10_000;

/**
 * The best prices as they were last told, by the book or by the exchange's own best-price stream, whichever is newer: on
 * Binance spot the book comes ten times a second and best prices as they change. Their mid m is what every price is seen from.
 */
export const TOUCH_FEATURES: readonly FeatureSpec[] = [
  {
    name: 'newest_mid_bps',
    formula: '10⁴·ln(m / ½(a₁ + b₁))',
    unit: 'bps',
    mirror: 'odd',
    window: 'now',
    warmUpMs: 0,
    source: 'what the book has yet to show; 0 where it is as new as the best prices',
  },
  {
    name: 'newest_microprice_bps',
    formula: '10⁴·ln(((a·B + b·A) / (B + A)) / m)',
    unit: 'bps',
    mirror: 'odd',
    window: 'now',
    warmUpMs: 0,
    source: 'as microprice_bps, of the newest best prices',
  },
  {
    name: 'newest_imbalance',
    formula: '(B − A) / (B + A)',
    unit: 'ratio',
    mirror: 'odd',
    window: 'now',
    warmUpMs: 0,
    source: 'as imbalance_1, of the newest best prices',
  },
];

/** The newest best prices; 0 everywhere before the first. */
export class NewestTouch {
  bidTick = 0;
  bidLots = 0;
  askTick = 0;
  askLots = 0;
  #continued = false;

  /**
   * Takes in new best prices.
   *
   * @returns what came to the best bid and left the best ask, less the contrary, lots: e_n of Cont, Kukanov and Stoikov
   * (2014), eq. 4; 0 for the first
   */
  move(bidTick: number, bidLots: number, askTick: number, askLots: number): number {
    let flow = 0;
    if (this.#continued) {
      flow =
        sideFlow(this.bidTick - bidTick, this.bidLots, bidLots) -
        sideFlow(askTick - this.askTick, this.askLots, askLots);
    }
    this.bidTick = bidTick;
    this.bidLots = bidLots;
    this.askTick = askTick;
    this.askLots = askLots;
    this.#continued = true;
    return flow;
  }

  /** The next best prices continue nothing. */
  forget(): void {
    this.#continued = false;
  }

  get midTick(): number {
    return (this.bidTick + this.askTick) / 2;
  }

  /** Writes {@link TOUCH_FEATURES}. @param bookTick mid of the book */
  write(out: Float32Array, at: number, bookTick: number): void {
    const { bidTick, bidLots, askTick, askLots, midTick } = this;
    out[at] = BPS * Math.log(midTick / bookTick);
    out[at + 1] = BPS * Math.log((askTick * bidLots + bidTick * askLots) / (bidLots + askLots) / midTick);
    out[at + 2] = imbalance(bidLots, askLots);
  }

  encode(): readonly number[] {
    return [this.bidTick, this.bidLots, this.askTick, this.askLots, Number(this.#continued)];
  }

  restore([bidTick, bidLots, askTick, askLots, continued]: readonly number[]): void {
    this.bidTick = bidTick!;
    this.bidLots = bidLots!;
    this.askTick = askTick!;
    this.askLots = askLots!;
    this.#continued = continued === 1;
  }
}

/**
 * What one side of a rank of the book gained: all that is there where its price became better, what was there less where it
 * became worse, the difference where it stayed.
 *
 * @param worse by how many ticks its price is further from the other side than before
 */
export function sideFlow(worse: number, lotsBefore: number, lots: number): number {
  if (worse < 0) return lots;
  return worse > 0 ? -lotsBefore : lots - lotsBefore;
}
