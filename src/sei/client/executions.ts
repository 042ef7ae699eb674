import type { Trade } from '../../../streams/market/types.ts';
import type { Settlement } from '../../../streams/orders/types.ts';
import type { Match, MatchEntry } from '../node.ts';

/** A block has fewer executions than this: keeps the ids of trades apart. */
const TRADES_A_BLOCK = 100_000;

const MICRO = 1_000_000;

/** What a block's matching means to us. */
export interface Executions {
  /** Ours, in the chain's order. */
  readonly settlements: readonly Settlement[];
  /** Everybody's; their time is the block's. */
  readonly trades: readonly Omit<Trade, 'eventUs'>[];
  /** Orders of ours that the contract's hook refused after their transaction had passed: id and why. */
  readonly refused: ReadonlyMap<string, string>;
  /** What could not be told, as details of rejects. */
  readonly untold: readonly string[];
}

/** Reads what a block's matching did. @param account whose settlements they are */
export function executionsOf({ height, entries, refused }: Match, account: string): Executions {
  const settlements: Settlement[] = [];
  const untold: string[] = [];
  const byMarket = new Map<string, MatchEntry[]>();
  entries.forEach((entry, index) => {
    const ours = entry.account === account;
    if (entry.market === '') {
      if (ours) untold.push(`settlement of order ${entry.orderId} in ${entry.pair}, which is not configured`);
      return;
    }
    const others = byMarket.get(entry.market);
    if (others === undefined) byMarket.set(entry.market, [entry]);
    else others.push(entry);
    if (ours) settlements.push(settlementOf(entry, height, index));
  });
  const trades: Omit<Trade, 'eventUs'>[] = [];
  for (const [market, traded] of byMarket) {
    const { pairs, unpaired } = paired(traded);
    for (const pair of pairs) trades.push(tradeOf(pair, height * TRADES_A_BLOCK + trades.length));
    if (unpaired !== undefined)
      untold.push(`${market}: ${unpaired.lots} lots of order ${unpaired.orderId} have no other side`);
  }
  const refusedOurs = refused.filter((one) => one.account === account);
  return {
    settlements,
    trades,
    refused: new Map(refusedOurs.map(({ orderId, reason }) => [String(orderId), reason])),
    untold,
  };
}

function settlementOf(
  { market, side, isMarketOrder, orderId, microTicks, priceE18, lots }: MatchEntry,
  height: number,
  index: number,
): Settlement {
  return {
    kind: 'settlement',
    seq: 0,
    timeUs: 0,
    market,
    orderId: String(orderId),
    side,
    lots,
    microTicks,
    priceE18: String(priceE18),
    liquidity: isMarketOrder ? 'taker' : 'maker',
    height,
    // An order may settle several times in a block, against several others: the index tells them apart.
    settlementId: `${height}/${index}/${orderId}`,
  };
}

interface Pair {
  readonly taker: MatchEntry;
  readonly maker: MatchEntry;
  readonly lots: number;
}

/**
 * Who traded with whom. The chain tells both sides of every execution, in the order in which it matched, but not which
 * belong together: so buys and sells are walked through side by side, each filling up the other.
 *
 * A market order is the taker. Of two crossing limits it is the one with the greater id, which came later; both may have
 * come in the same block, and then this is only the order of their transactions.
 */
function paired(entries: readonly MatchEntry[]): { pairs: readonly Pair[]; unpaired: MatchEntry | undefined } {
  const buys = entries.filter(({ side }) => side === 'buy');
  const sells = entries.filter(({ side }) => side === 'sell');
  const pairs: Pair[] = [];
  let b = 0;
  let s = 0;
  // Of the two under way, what is left.
  let bought = buys[0]?.lots ?? 0;
  let sold = sells[0]?.lots ?? 0;
  while (b < buys.length && s < sells.length) {
    const buy = buys[b]!;
    const sell = sells[s]!;
    const lots = Math.min(bought, sold);
    const buyTakes = buy.isMarketOrder || (!sell.isMarketOrder && buy.orderId > sell.orderId);
    pairs.push(buyTakes ? { taker: buy, maker: sell, lots } : { taker: sell, maker: buy, lots });
    bought -= lots;
    sold -= lots;
    if (bought === 0) {
      b += 1;
      bought = buys[b]?.lots ?? 0;
    }
    if (sold === 0) {
      s += 1;
      sold = sells[s]?.lots ?? 0;
    }
  }
  const unpaired = buys[b] ?? sells[s];
  return { pairs, unpaired: unpaired && { ...unpaired, lots: b < buys.length ? bought : sold } };
}

/** At the maker's price: a market order settles at the average of all that it took. */
function tradeOf({ taker, maker, lots }: Pair, tradeId: number): Omit<Trade, 'eventUs'> {
  const tick = Math.round(maker.microTicks / MICRO);
  return { kind: 'trade', seq: 0, timeUs: 0, market: taker.market, tradeId, side: taker.side, tick, lots };
}
