import type { Side } from '../../streams/market/types.ts';
import type { BookSide } from './book.ts';

/** A market order of the block. `worstTick` 0 means any price; `lots` shrinks as it fills. */
export interface MarketOrder {
  readonly orderId: number;
  readonly account: string;
  readonly worstTick: number;
  lots: number;
}

/** One side of one execution. The price is `numerator / denominator` ticks, exact. */
export interface Execution {
  readonly orderId: number;
  readonly account: string;
  readonly side: Side;
  readonly lots: number;
  readonly numerator: number;
  readonly denominator: number;
  /** The resting order's limit, or the market order's worst price (0: none). */
  readonly expectedTick: number;
  readonly type: 'limit' | 'market';
}

/** What the matching of one pair did. Notional is in ticks × lots; crossed limits count twice, as the chain counts. */
export interface Outcome {
  readonly executions: Execution[];
  readonly notional: number;
  readonly lots: number;
}

/**
 * Matches a side's market orders against the resting side: those without a worst price first, then the most generous
 * one first, arrival breaking ties. Makers fill at their own price; all takers of the side fill at one volume-weighted
 * price, however little each of them caused it (sei-chain v3.7, `x/dex/exchange/market_order.go`).
 *
 * Sets `lots` of each order to what is left of it. Makers' executions come first, then the takers'.
 */
export function matchMarketOrders(orders: readonly MarketOrder[], resting: BookSide, side: Side): Outcome {
  const makers: Execution[] = [];
  const takers: { order: MarketOrder; lots: number }[] = [];
  let notional = 0;
  let lots = 0;
  for (const order of byWorstPrice(orders, side)) {
    for (let level = resting.best(); level !== undefined && order.lots > 0; level = resting.best()) {
      if (order.worstTick !== 0 && (side === 'buy' ? order.worstTick < level.tick : order.worstTick > level.tick))
        break;
      const executed = Math.min(order.lots, level.lots);
      const { tick } = level;
      for (const taken of resting.takeFromBest(executed)) {
        makers.push(makerExecution(taken, opposite(side), tick));
        takers.push({ order, lots: taken.lots });
      }
      order.lots -= executed;
      notional += tick * executed;
      lots += executed;
    }
  }
  const executions = makers;
  for (const taker of takers) {
    executions.push({
      orderId: taker.order.orderId,
      account: taker.order.account,
      side,
      lots: taker.lots,
      numerator: notional,
      denominator: lots,
      expectedTick: taker.order.worstTick,
      type: 'market',
    });
  }
  return { executions, notional, lots };
}

function makerExecution(
  taken: { orderId: number; account: string; lots: number },
  side: Side,
  tick: number,
): Execution {
  return { ...taken, side, numerator: tick, denominator: 1, expectedTick: tick, type: 'limit' };
}

/**
 * Matches crossed limits, best level against best level, each pair of levels at the middle of their two prices and
 * first in first out within a level, until the book is not crossed (sei-chain v3.7, `x/dex/exchange/limit_order.go`).
 */
export function matchLimitOrders(longs: BookSide, shorts: BookSide): Outcome {
  const executions: Execution[] = [];
  let notional = 0;
  let lots = 0;
  for (;;) {
    const long = longs.best();
    const short = shorts.best();
    if (long === undefined || short === undefined || long.tick < short.tick) break;
    const executed = Math.min(long.lots, short.lots);
    const price = { numerator: long.tick + short.tick, denominator: 2 };
    const buyers = longs.takeFromBest(executed);
    const sellers = shorts.takeFromBest(executed);
    notional += executed * (long.tick + short.tick);
    lots += 2 * executed;
    for (const [buyer, seller, part] of pairUp(buyers, sellers)) {
      executions.push(
        { ...buyer, lots: part, side: 'buy', ...price, expectedTick: long.tick, type: 'limit' },
        { ...seller, lots: part, side: 'sell', ...price, expectedTick: short.tick, type: 'limit' },
      );
    }
  }
  return { executions, notional, lots };
}

/** Pairs two lists of equal total into parts that each have one buyer and one seller. */
function* pairUp<T extends { readonly lots: number }>(buyers: T[], sellers: T[]): Generator<[T, T, number]> {
  let buyer = 0;
  let seller = 0;
  let bought = 0;
  let sold = 0;
  while (buyer < buyers.length && seller < sellers.length) {
    const part = Math.min(buyers[buyer]!.lots - bought, sellers[seller]!.lots - sold);
    yield [buyers[buyer]!, sellers[seller]!, part];
    bought += part;
    sold += part;
    if (bought === buyers[buyer]!.lots) {
      buyer += 1;
      bought = 0;
    }
    if (sold === sellers[seller]!.lots) {
      seller += 1;
      sold = 0;
    }
  }
}

function byWorstPrice(orders: readonly MarketOrder[], side: Side): MarketOrder[] {
  const rank = (order: MarketOrder): number => (side === 'buy' ? -order.worstTick : order.worstTick);
  return [...orders].sort((a, b) => {
    if (a.worstTick === 0 || b.worstTick === 0) return Number(a.worstTick !== 0) - Number(b.worstTick !== 0);
    return rank(a) - rank(b);
  });
}

/** The other side. */
export function opposite(side: Side): Side {
  return side === 'buy' ? 'sell' : 'buy';
}
