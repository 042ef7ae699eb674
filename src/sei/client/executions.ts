import type { Market, Side, Trade } from '../../../streams/market/types.ts';
import type { Settlement } from '../../../streams/orders/types.ts';
import { type MatchResult, OrderStatus, type SettlementEntry } from '../codec/dex.ts';
import { Implausible } from './rpc.ts';
import { lotsOf, microTicksOf } from './steps.ts';

/** A block has fewer executions than this: keeps the ids of trades apart. */
const TRADES_A_BLOCK = 100_000;

const MICRO = 1_000_000;

const SIDES: Readonly<Record<string, Side>> = { Long: 'buy', Short: 'sell' };

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

interface Entry {
  readonly market: Market;
  readonly side: Side;
  readonly isMarketOrder: boolean;
  readonly orderId: bigint;
  readonly microTicks: number;
  lots: number;
}

/**
 * Reads a block's match result.
 *
 * @throws Implausible when an entry cannot be true
 */
export function executionsOf(match: MatchResult, markets: readonly Market[], account: string): Executions {
  const height = Number(match.height);
  const marketOf = ({ assetDenom, priceDenom }: SettlementEntry): Market | undefined =>
    markets.find(({ base, quote }) => base === assetDenom && quote === priceDenom);
  const settlements: Settlement[] = [];
  const untold: string[] = [];
  const entries: Entry[] = [];
  match.settlements.forEach((raw, index) => {
    const market = marketOf(raw);
    if (market === undefined) {
      if (raw.account === account)
        untold.push(
          `settlement of order ${raw.orderId} in ${raw.assetDenom}/${raw.priceDenom}, which is not configured`,
        );
      return;
    }
    const entry = entryOf(market, raw);
    entries.push(entry);
    if (raw.account === account) settlements.push(settlementOf(entry, height, index));
  });
  const traded = markets.map((market) => paired(entries.filter((entry) => entry.market === market)));
  const told = traded.flatMap(({ pairs }) => pairs);
  const trades = told.map((pair, i) => tradeOf(pair, height * TRADES_A_BLOCK + i));
  for (const { unpaired } of traded)
    if (unpaired !== undefined)
      untold.push(`${unpaired.market.symbol}: ${unpaired.lots} lots of order ${unpaired.orderId} have no other side`);
  return { settlements, trades, refused: refusedOf(match, account), untold };
}

function entryOf(market: Market, raw: SettlementEntry): Entry {
  const side = SIDES[raw.positionDirection];
  if (side === undefined)
    throw new Implausible(market.symbol, 'malformed', `direction '${raw.positionDirection}': expected Long or Short`);
  return {
    market,
    side,
    isMarketOrder: raw.orderType !== 'Limit',
    orderId: raw.orderId,
    microTicks: microTicksOf(market, raw.executionCostOrProceed),
    lots: lotsOf(market, raw.quantity),
  };
}

function settlementOf(
  { market, side, isMarketOrder, orderId, microTicks, lots }: Entry,
  height: number,
  index: number,
) {
  return {
    kind: 'settlement',
    seq: 0,
    timeUs: 0,
    market: market.symbol,
    orderId: String(orderId),
    side,
    lots,
    microTicks,
    liquidity: isMarketOrder ? 'taker' : 'maker',
    height,
    // An order may settle several times in a block, against several others: the index tells them apart.
    settlementId: `${height}/${index}/${orderId}`,
  } as const;
}

interface Pair {
  readonly taker: Entry;
  readonly maker: Entry;
  readonly lots: number;
}

/**
 * Who traded with whom. The chain tells both sides of every execution, in the order in which it matched, but not which
 * belong together: so buys and sells are walked through side by side, each filling up the other.
 *
 * A market order is the taker. Of two crossing limits it is the one with the greater id, which came later; both may have
 * come in the same block, and then this is only the order of their transactions.
 */
function paired(entries: readonly Entry[]): { readonly pairs: readonly Pair[]; readonly unpaired: Entry | undefined } {
  const buys = entries.filter(({ side }) => side === 'buy').map((entry) => ({ ...entry }));
  const sells = entries.filter(({ side }) => side === 'sell').map((entry) => ({ ...entry }));
  const pairs: Pair[] = [];
  let [b, s] = [0, 0];
  while (b < buys.length && s < sells.length) {
    const [buy, sell] = [buys[b]!, sells[s]!];
    const lots = Math.min(buy.lots, sell.lots);
    const buyTakes = buy.isMarketOrder || (!sell.isMarketOrder && buy.orderId > sell.orderId);
    pairs.push(buyTakes ? { taker: buy, maker: sell, lots } : { taker: sell, maker: buy, lots });
    buy.lots -= lots;
    sell.lots -= lots;
    if (buy.lots === 0) b += 1;
    if (sell.lots === 0) s += 1;
  }
  return { pairs, unpaired: buys[b] ?? sells[s] };
}

/** At the maker's price: a market order settles at the average of all that it took. */
function tradeOf({ taker, maker, lots }: Pair, tradeId: number): Omit<Trade, 'eventUs'> {
  const tick = Math.round(maker.microTicks / MICRO);
  const market = taker.market.symbol;
  return { kind: 'trade', seq: 0, timeUs: 0, market, tradeId, side: taker.side, tick, lots };
}

function refusedOf({ orders }: MatchResult, account: string): ReadonlyMap<string, string> {
  const refused = orders.filter((one) => one.account === account && one.status === OrderStatus.FAILED_TO_PLACE);
  return new Map(refused.map(({ id, statusDescription }) => [String(id), statusDescription]));
}
