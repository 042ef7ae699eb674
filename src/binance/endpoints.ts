import type { VenueName } from '../../streams/market/types.ts';

/** The three Binance markets. */
export type BinanceVenue = Exclude<VenueName, 'sei'>;

/** Where a Binance market is reached, and what its streams are called. */
export interface BinanceEndpoints {
  /** Base of the combined streams, `wss://stream.binance.com:9443`. */
  readonly wsUrl: string;
  /** Base of the REST interface, `https://api.binance.com`. */
  readonly restUrl: string;
  readonly depthPath: string;
  /** Suffix of the depth stream that is fastest. */
  readonly depthStream: string;
}

/** Binance's public endpoints, from its API documentation of the three markets. */
export const BINANCE_ENDPOINTS: Readonly<Record<BinanceVenue, BinanceEndpoints>> = {
  'binance-spot': {
    wsUrl: 'wss://stream.binance.com:9443',
    restUrl: 'https://api.binance.com',
    depthPath: '/api/v3/depth',
    depthStream: 'depth@100ms',
  },
  'binance-usdm': {
    wsUrl: 'wss://fstream.binance.com',
    restUrl: 'https://fapi.binance.com',
    depthPath: '/fapi/v1/depth',
    depthStream: 'depth@0ms',
  },
  'binance-coinm': {
    wsUrl: 'wss://dstream.binance.com',
    restUrl: 'https://dapi.binance.com',
    depthPath: '/dapi/v1/depth',
    depthStream: 'depth@0ms',
  },
};

/** The combined-stream address for some symbols: depth, best prices, trades and one-minute candles of each. */
export function streamUrl(endpoints: BinanceEndpoints, symbols: readonly string[]): string {
  const streams = symbols.flatMap((symbol) => {
    const name = symbol.toLowerCase();
    return [endpoints.depthStream, 'bookTicker', 'trade', 'kline_1m'].map((kind) => `${name}@${kind}`);
  });
  return `${endpoints.wsUrl}/stream?streams=${streams.join('/')}`;
}

/** Levels asked for: the most that every market grants for a moderate request weight. */
const SNAPSHOT_LEVELS = 1_000;

/** The address of a depth snapshot. */
export function snapshotUrl(endpoints: BinanceEndpoints, symbol: string): string {
  return `${endpoints.restUrl}${endpoints.depthPath}?symbol=${symbol.toUpperCase()}&limit=${SNAPSHOT_LEVELS}`;
}
