import type { Market, Side } from '../../../streams/market/types.ts';
import { type MatchResult, OrderStatus, type SettlementEntry } from '../codec/dex.ts';
import { Implausible, type Match, type MatchEntry } from '../node.ts';
import { lotsOf, microTicksOf } from './steps.ts';

const SIDES: Readonly<Record<string, Side>> = { Long: 'buy', Short: 'sell' };

/**
 * A block's match result in ticks and lots.
 *
 * @throws Implausible when an entry cannot be true
 */
export function matchOf({ height, orders, settlements }: MatchResult, markets: readonly Market[]): Match {
  const refused = orders.filter(({ status }) => status === OrderStatus.FAILED_TO_PLACE);
  return {
    height: Number(height),
    entries: settlements.map((raw) => entryOf(raw, markets)),
    refused: refused.map(({ id, account, statusDescription }) => ({ orderId: id, account, reason: statusDescription })),
  };
}

function entryOf(raw: SettlementEntry, markets: readonly Market[]): MatchEntry {
  const { account, orderId, assetDenom, priceDenom } = raw;
  const market = markets.find(({ base, quote }) => base === assetDenom && quote === priceDenom);
  const side = SIDES[raw.positionDirection];
  if (side === undefined) {
    const detail = `direction '${raw.positionDirection}': expected Long or Short`;
    throw new Implausible(market?.symbol ?? '', 'malformed', detail);
  }
  return {
    account,
    market: market?.symbol ?? '',
    pair: `${assetDenom}/${priceDenom}`,
    side,
    isMarketOrder: raw.orderType !== 'Limit',
    orderId,
    microTicks: market === undefined ? 0 : microTicksOf(market, raw.executionCostOrProceed),
    priceE18: raw.executionCostOrProceed,
    lots: market === undefined ? 0 : lotsOf(market, raw.quantity),
  };
}
