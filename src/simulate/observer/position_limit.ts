import type { Side } from '../../../streams/market/types.ts';
import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { AccountSettings } from '../../../streams/settings.ts';
import type { ChainFacts } from './chain_facts.ts';
import type { Tally } from './invariant.ts';
import { marketsOf } from './process_facts.ts';

/** Sizes are whole lots, and a limit in money falls between two of them. */
const ROUNDING_LOTS = 1;

/** The price that the limit is held against may be off the middle of the book by this share: a microprice lies beside it. */
const PRICE_SHARE = 0.001;

const SIDES: readonly Side[] = ['buy', 'sell'];

/**
 * Invariant 1. Whenever orders are decided, what is held and everything that may still fill (in the books, on its way there, and
 * the new orders; what is being cancelled counts in full) is worth at most the limit, at the lowest middle of the last 20 s:
 * the price at which it was decided is one of these, for the fair value is made of the book without the account's own orders, or with
 * them while it does not know of them. From then on it can only become less, whatever fills: growth is an order that
 * nobody decided, or one that came twice.
 *
 * Over all markets, the worst case of one side, what is held the other way set against it, is worth at most the net limit then.
 */
export class PositionLimit {
  readonly #facts: ChainFacts;
  readonly #tally: Tally;
  readonly #limits: ReadonlyMap<string, number>;
  readonly #netLimit: number;
  /** The largest worst case allowed by market and side, lots. */
  readonly #allowed = new Map<string, number>();

  constructor(facts: ChainFacts, tally: Tally, { markets, exposure }: AccountSettings) {
    this.#facts = facts;
    this.#tally = tally;
    this.#limits = new Map(markets.map(({ market, risk }) => [market.symbol, risk.maxPositionUsdc]));
    // The equity may make it less, never more.
    this.#netLimit = (exposure.capitalUsdc * exposure.maxNetInventoryPct) / 100;
  }

  /** New orders were decided, and count as outstanding already. */
  decided(batch: OrderBatch): void {
    for (const market of marketsOf(batch)) {
      const facts = this.#facts.markets.get(market)!;
      const limit = this.#limits.get(market)!;
      for (const side of SIDES) {
        if (!batch.places.some((place) => place.market === market && place.side === side)) continue;
        const lots = this.#facts.worstLots(market, side);
        this.#allowed.set(`${market} ${side}`, lots);
        this.#tally.check(
          'position',
          facts.worth(lots - ROUNDING_LOTS) <= limit * (1 + PRICE_SHARE),
          () =>
            `batch ${batch.batchId}: ${market} ${side}: ${this.#sum(market, side)}, ${facts.worth(lots).toFixed(2)} at tick ${facts.lowestMid}, above ${limit}`,
        );
      }
    }
    for (const side of SIDES) if (batch.places.some((place) => place.side === side)) this.#net(batch, side);
  }

  /** New orders of a batch on one side: over all markets. */
  #net({ batchId, places }: OrderBatch, side: Side): void {
    let [usdc, grossUsdc] = [0, 0];
    for (const [market, facts] of this.#facts.markets) {
      const rounding = places.some((place) => place.market === market) ? ROUNDING_LOTS : 0;
      const worth = facts.worth(this.#facts.worstLots(market, side) - rounding);
      usdc += worth;
      grossUsdc += Math.abs(worth);
    }
    this.#tally.check(
      'position',
      usdc <= this.#netLimit + grossUsdc * PRICE_SHARE,
      () => `batch ${batchId}: all markets, ${side}: ${usdc.toFixed(2)} net, above ${this.#netLimit}`,
    );
  }

  /** A block has changed what is held and what rests: fills move lots from the one to the other, and cancels take them away. */
  block(): void {
    for (const market of this.#facts.markets.keys()) {
      for (const side of SIDES) {
        const key = `${market} ${side}`;
        const lots = this.#facts.worstLots(market, side);
        const allowed = this.#allowed.get(key) ?? 0;
        this.#tally.check(
          'position',
          lots <= allowed,
          () => `${market} ${side}: ${this.#sum(market, side)} = ${lots} lots, after at most ${allowed} were decided`,
        );
        this.#allowed.set(key, lots);
      }
    }
  }

  #sum(market: string, side: Side): string {
    const held = this.#facts.markets.get(market)!.heldLots;
    return `${held} lots held and ${this.#facts.atWork(market, side)} at work`;
  }
}
