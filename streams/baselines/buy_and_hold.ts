import { lotValueQuote } from '../market/money.ts';
import type { Market } from '../market/types.ts';
import type { Answer, Desk, Strategy } from '../simulation/strategy.ts';
import { type BaselineSize, isTwoSided, lotsWorth } from './one_order_a_side.ts';

/** How much is bought. */
export interface BuyAndHoldSettings extends Pick<BaselineSize, 'maxPositionUsdc'> {
  readonly intervalNs: number;
}

/**
 * Buys once and holds to the end: what the market itself made, less what it cost to get in. It takes the best ask, wake by wake,
 * until it holds what it may.
 */
export class BuyAndHold implements Strategy {
  readonly intervalNs: number;
  readonly #settings: BuyAndHoldSettings;
  readonly #markets: readonly Market[];
  /** By market: lots that are wanted, from the first price on. */
  readonly #wantedLots: number[] = [];
  /** By market: lots that are on their way. */
  readonly #askedLots: number[] = [];

  /** @param markets by number, as the desks have them */
  constructor(settings: BuyAndHoldSettings, markets: readonly Market[]) {
    this.intervalNs = settings.intervalNs;
    this.#settings = settings;
    this.#markets = markets;
  }

  hear({ index }: Desk, { kind, order, lots }: Answer): void {
    const left = kind === 'filled' ? lots : kind === 'accepted' ? 0 : order.leftLots;
    this.#askedLots[index] = (this.#askedLots[index] ?? 0) - left;
  }

  wake(_nowNs: number, desks: readonly Desk[]): void {
    for (const desk of desks) {
      if (isTwoSided(desk)) this.#buy(desk);
    }
  }

  #buy(desk: Desk): void {
    const { index, askTick } = desk;
    const market = this.#markets[index]!;
    const asked = this.#askedLots[index] ?? 0;
    this.#wantedLots[index] ??= this.#affordable(market, askTick);
    const missing = this.#wantedLots[index]! - desk.positionLots - asked;
    // Of what there is at that price: the rest of the book is left to the next wake.
    const stepLots = market.orderStepLots ?? 1;
    const lots = Math.floor(Math.min(missing, desk.askLotsAt(askTick)) / stepLots) * stepLots;
    if (lots <= 0) return;
    this.#askedLots[index] = asked + lots;
    desk.place(1, askTick, lots, 'immediateOrCancel');
  }

  /** As many whole steps as the limit pays for. */
  #affordable(market: Market, tick: number): number {
    const { maxPositionUsdc } = this.#settings;
    const lots = lotsWorth(market, maxPositionUsdc, tick);
    const over = lots * lotValueQuote(market, tick) > maxPositionUsdc;
    return over ? lots - (market.orderStepLots ?? 1) : lots;
  }
}
