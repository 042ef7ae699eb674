import type { Market } from '../../streams/market/types.ts';
import { formatDecimal, parseDecimal } from './codec/decimal.ts';
import type { RegisteredPair } from './node.ts';

/** Why a configured market is not one of the contract's pairs, or null when it is: not registered, or another step. */
export function pairProblem(market: Market, pairs: readonly RegisteredPair[]): string | null {
  const pair = pairs.find(({ priceDenom, assetDenom }) => priceDenom === market.quote && assetDenom === market.base);
  if (pair === undefined) {
    const registered = pairs.map(({ assetDenom, priceDenom }) => `${assetDenom}/${priceDenom}`).join(', ') || 'none';
    return `market ${market.symbol}: pair ${market.base}/${market.quote} is not registered with the contract; registered: ${registered}`;
  }
  const wrong = [
    ['tick_size', market.tickSize, pair.priceTicksize],
    ['lot_size', market.lotSize, pair.quantityTicksize],
  ] as const;
  for (const [key, configured, registered] of wrong) {
    if (parseDecimal(configured) === registered) continue;
    return `market ${market.symbol}: ${key} '${configured}', but the contract has registered ${formatDecimal(registered)}`;
  }
  return null;
}
