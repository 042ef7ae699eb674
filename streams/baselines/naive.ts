import type { Market } from '../market/types.ts';
import type { Desk, Strategy } from '../simulation/strategy.ts';
import { type BaselineSize, isTwoSided, quoteBothSides, quoteNothing } from './one_order_a_side.ts';

/** How the naive maker quotes. */
export interface NaiveSettings extends BaselineSize {
  readonly intervalNs: number;
  /** Distance of both quotes from the mid, basis points. */
  readonly halfSpreadBps: number;
}

/**
 * The naive symmetric maker: one order of fixed size on each side, a fixed distance from the mid, whatever happens and whatever it
 * holds, short of its limit. It follows every move of the mid.
 */
export class NaiveMaker implements Strategy {
  readonly intervalNs: number;
  readonly book = 'touch';
  readonly #settings: NaiveSettings;
  readonly #markets: readonly Market[];

  /** @param markets by number, as the desks have them */
  constructor(settings: NaiveSettings, markets: readonly Market[]) {
    this.intervalNs = settings.intervalNs;
    this.#settings = settings;
    this.#markets = markets;
  }

  wake(_nowNs: number, desks: readonly Desk[]): void {
    for (const desk of desks) {
      if (!isTwoSided(desk)) {
        quoteNothing(desk);
        continue;
      }
      const mid = (desk.bidTick + desk.askTick) / 2;
      const half = (mid * this.#settings.halfSpreadBps) / 10_000;
      quoteBothSides(desk, this.#markets[desk.index]!, this.#settings, mid - half, mid + half);
    }
  }
}
