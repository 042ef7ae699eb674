import type { Market } from '../streams/market/types.ts';

/** Bitcoin on the devnet: a tick of 0.1 USDC, a lot of 0.0001 BTC. */
export const BTCUSDC: Market = {
  symbol: 'BTCUSDC',
  venue: 'sei',
  base: 'BTC',
  quote: 'USDC',
  tickSize: '0.1',
  lotSize: '0.0001',
  contract: 'linear',
  contractSize: '1',
};

/** A cheap coin: a tick of 0.0001 USDC, a lot of one. */
export const SEIUSDC: Market = { ...BTCUSDC, symbol: 'SEIUSDC', base: 'SEI', tickSize: '0.0001', lotSize: '1' };

/** A contract of 100 USD, paid in bitcoin. */
export const BTCUSD_PERP: Market = {
  ...BTCUSDC,
  ...{ symbol: 'BTCUSD_PERP', venue: 'binance-coinm', quote: 'USD', lotSize: '1' },
  ...{ contract: 'inverse', contractSize: '100' },
};
