import type { Equity, MarketProfit } from '../fills/types.ts';

const NOTHING: MarketProfit = { profitUsdc: 0, capturedUsdc: 0, inventoryUsdc: 0, feesUsdc: 0 };

/** Profit of an account over what a report covers, which may be less than a session, or several of them. USDC. */
export interface Profit {
  readonly pnlUsdc: number;
  readonly gasUsdc: number;
  readonly gasSei: number;
}

/** The equity events of sessions, one after another, as one account of profit. */
export class ProfitSums {
  #carried: Profit = { pnlUsdc: 0, gasUsdc: 0, gasSei: 0 };
  #base: Profit = this.#carried;
  #newest: Profit = this.#carried;
  readonly #markets = new Map<string, { carried: MarketProfit; base: MarketProfit; newest: MarketProfit }>();

  /** Takes in the figures of the moment. */
  add(equity: Equity): void {
    const { sessionPnlUsdc: pnlUsdc, sessionGasUsdc: gasUsdc, sessionGasUsei } = equity;
    this.#newest = { pnlUsdc, gasUsdc, gasSei: Number(sessionGasUsei) / 1e6 };
    for (const [symbol, newest] of Object.entries(equity.markets)) {
      const market = this.#markets.get(symbol);
      if (market === undefined) this.#markets.set(symbol, { carried: NOTHING, base: NOTHING, newest });
      else market.newest = newest;
    }
  }

  /** Another session begins, which counts from zero. */
  nextSession(): void {
    this.#carried = this.account;
    this.#base = { pnlUsdc: 0, gasUsdc: 0, gasSei: 0 };
    this.#newest = this.#base;
    for (const [symbol, market] of this.#markets) {
      market.carried = this.market(symbol);
      market.base = NOTHING;
      market.newest = NOTHING;
    }
  }

  /** What was made until now is left out. */
  restart(): void {
    this.#carried = { pnlUsdc: 0, gasUsdc: 0, gasSei: 0 };
    this.#base = this.#newest;
    for (const market of this.#markets.values()) {
      market.carried = NOTHING;
      market.base = market.newest;
    }
  }

  get account(): Profit {
    return combine(this.#carried, this.#newest, this.#base);
  }

  market(symbol: string): MarketProfit {
    const market = this.#markets.get(symbol);
    return market === undefined ? NOTHING : combine(market.carried, market.newest, market.base);
  }
}

/** `carried + newest − base`, figure by figure. */
function combine<T extends object>(carried: T, newest: T, base: T): T {
  const of = (one: T, key: string): number => one[key as keyof T] as number;
  const keys = Object.keys(newest);
  return Object.fromEntries(keys.map((key) => [key, of(carried, key) + of(newest, key) - of(base, key)])) as T;
}
