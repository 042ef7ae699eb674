import type { AccountSettings } from '../../streams/settings.ts';

/**
 * The same account with a naive symmetric maker in place of the strategy: a fixed distance from the mid on both sides,
 * whatever happens and whatever it holds. Sizes, limits and everything after the quote stay the same.
 *
 * @param halfSpreadBps distance from the mid, basis points
 */
export function naive(account: AccountSettings, halfSpreadBps: number): AccountSettings {
  return {
    ...account,
    markets: account.markets.map((market) => ({
      ...market,
      quotes: { ...market.quotes, model: 'naive', naiveHalfSpreadBps: halfSpreadBps },
    })),
  };
}
