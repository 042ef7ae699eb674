import type { Levels, Side } from '../../../streams/market/types.ts';
import type { RestingOrder } from '../../../streams/orders/types.ts';
import type { Book } from '../node.ts';
import type { Executions } from './executions.ts';
import type { Found } from './pending_tx.ts';

/** An order that a block has placed for us, and that nothing told since has ended. */
interface OwnOrder {
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
  lots: number;
  /** Looks at the account in a row that did not find it. */
  missing: number;
}

/** One look may be of a node that is behind; an order that two in a row do not find is gone, as for the order stage. */
const LOOKS_MISSING = 2;

/**
 * Our own orders, as the blocks told so far leave them: what our transactions have placed and cancelled there, less what was
 * executed. A book of the same block has to hold them; one that does not is not of that block, however well it is formed.
 *
 * Only what is certain is in here: orders of a former process are not, and looks at the account, which a node may answer with
 * what was, take away and never add.
 */
export class OwnOrders {
  readonly #orders = new Map<string, OwnOrder>();

  /** Takes in a block that is about to be told. */
  take(found: readonly Found[], executions: Executions | undefined): void {
    for (const { pending, result } of found) {
      if (result.code !== 0 || pending.own === undefined) continue;
      const { places, cancels } = pending.own.batch;
      for (const { orderId } of cancels) this.#orders.delete(orderId);
      places.forEach(({ market, side, tick, lots }, i) => {
        const orderId = result.orderIds[i] ?? '';
        if (orderId !== '' && executions?.refused.has(orderId) !== true)
          this.#orders.set(orderId, { market, side, tick, lots, missing: 0 });
      });
    }
    for (const { orderId, lots } of executions?.settlements ?? []) {
      const order = this.#orders.get(orderId);
      if (order === undefined) continue;
      order.lots -= lots;
      if (order.lots <= 0) this.#orders.delete(orderId);
    }
  }

  /** Takes in what the account is said to have. */
  looked(resting: readonly RestingOrder[]): void {
    const there = new Set(resting.map(({ orderId }) => orderId));
    for (const [orderId, order] of this.#orders) {
      order.missing = there.has(orderId) ? 0 : order.missing + 1;
      if (order.missing >= LOOKS_MISSING) this.#orders.delete(orderId);
    }
  }

  /** Blocks are missing: what they did to the orders is not known. */
  forget(): void {
    this.#orders.clear();
  }

  /** What of our orders a book of the newest block taken in lacks, for people; or null. */
  lackedBy(market: string, { bids, asks }: Book): string | null {
    for (const one of this.#orders.values()) {
      if (one.market !== market) continue;
      let ours = 0;
      for (const other of this.#orders.values())
        if (other.market === market && other.side === one.side && other.tick === one.tick) ours += other.lots;
      const there = lotsAt(one.side === 'buy' ? bids : asks, one.tick);
      if (there < ours) return `${there} lots to ${one.side} at tick ${one.tick}, where ${ours} of our own rest`;
    }
    return null;
  }
}

function lotsAt(levels: Levels, tick: number): number {
  for (let i = 0; i < levels.length; i += 2) if (levels[i] === tick) return levels[i + 1]!;
  return 0;
}
