import type { Market } from '../market/types.ts';
import { avellanedaStoikov } from '../quotes/avellaneda_stoikov.ts';
import type { Desk, Strategy } from '../simulation/strategy.ts';
import { type BaselineSize, isTwoSided, lotsWorth, quoteBothSides, quoteNothing } from './one_order_a_side.ts';

/** How the maker of the paper quotes; prices in basis points of the mid. */
export interface AvellanedaStoikovSettings extends BaselineSize {
  readonly intervalNs: number;
  /** Risk aversion γ and decay of arrivals κ, per basis point, and the time τ that inventory risk is counted over. */
  readonly gamma: number;
  readonly kappa: number;
  readonly horizonS: number;
  /** Over which squared returns of the mid are smoothed, and the bounds of σ, basis points per square root of a second. */
  readonly sigmaHalfLifeS: number;
  readonly sigmaFloorBps: number;
  readonly sigmaCeilingBps: number;
}

const NANOS_PER_S = 1e9;

/** Volatility of a mid from wake to wake. */
interface Volatility {
  mid: number;
  nowNs: number;
  varianceBps2: number;
}

/**
 * Avellaneda and Stoikov 2008 as it stands in the paper and nothing else: reservation price and spread around the mid, one order a
 * side. Volatility comes from the mid's own returns; no fair value, no order flow, no place in a queue is kept.
 */
export class AvellanedaStoikovMaker implements Strategy {
  readonly intervalNs: number;
  readonly book = 'touch';
  readonly #settings: AvellanedaStoikovSettings;
  readonly #markets: readonly Market[];
  readonly #volatilities: Volatility[] = [];

  /** @param markets by number, as the desks have them */
  constructor(settings: AvellanedaStoikovSettings, markets: readonly Market[]) {
    this.intervalNs = settings.intervalNs;
    this.#settings = settings;
    this.#markets = markets;
  }

  wake(nowNs: number, desks: readonly Desk[]): void {
    for (const desk of desks) {
      if (isTwoSided(desk)) this.#quote(desk, nowNs);
      else quoteNothing(desk);
    }
  }

  #quote(desk: Desk, nowNs: number): void {
    const market = this.#markets[desk.index]!;
    const mid = (desk.bidTick + desk.askTick) / 2;
    const sigmaBps = this.#sigmaBps(desk.index, mid, nowNs);
    const inventory = desk.positionLots / lotsWorth(market, this.#settings.orderSizeUsdc, mid);
    const { skewBps, halfSpreadBps } = avellanedaStoikov(inventory, sigmaBps, this.#settings);
    const at = (bps: number): number => mid * (1 + bps / 10_000);
    quoteBothSides(desk, market, this.#settings, at(skewBps - halfSpreadBps), at(skewBps + halfSpreadBps));
  }

  #sigmaBps(index: number, mid: number, nowNs: number): number {
    const { sigmaFloorBps, sigmaCeilingBps, sigmaHalfLifeS } = this.#settings;
    const known = this.#volatilities[index];
    if (known === undefined) {
      this.#volatilities[index] = { mid, nowNs, varianceBps2: sigmaFloorBps ** 2 };
      return sigmaFloorBps;
    }
    const seconds = (nowNs - known.nowNs) / NANOS_PER_S;
    const returnBps = (mid / known.mid - 1) * 10_000;
    const kept = 2 ** (-seconds / sigmaHalfLifeS);
    known.varianceBps2 = kept * known.varianceBps2 + (1 - kept) * (returnBps ** 2 / seconds);
    known.mid = mid;
    known.nowNs = nowNs;
    return Math.max(sigmaFloorBps, Math.min(sigmaCeilingBps, Math.sqrt(known.varianceBps2)));
  }
}
