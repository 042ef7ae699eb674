import type { Market } from '../../../streams/market/types.ts';
import type { Network } from '../node.ts';
import { RpcBlockSource } from './block_source.ts';
import { RpcNode } from './rpc_node.ts';
import { type GasPolicy, walletSigner } from './signing.ts';
import { Transport } from './transport.ts';
import { walletOf } from './wallet.ts';

/** How the nodes of a real chain are reached, and whose orders they are. */
export interface RpcNetworkOptions {
  /** The primary first, then up to two backups. */
  readonly rpcUrls: readonly string[];
  /** WebSocket addresses in the same order; empty derives them from the RPC addresses. */
  readonly wsUrls: readonly string[];
  readonly contract: string;
  readonly markets: readonly Market[];
  /** Gives the mnemonic; called once. */
  readonly mnemonic: () => string;
  readonly gas: GasPolicy;
  /** `paper` refuses any endpoint that is not on this machine. */
  readonly trading: 'paper' | 'live';
  /** What `live` needs besides, before an order may leave this machine: both of the operator's settings for it. */
  readonly liveConsent?: {
    /** `trading.enabled` */
    readonly enabled: boolean;
    /** `trading.confirm_live` says what it has to. */
    readonly confirmed: boolean;
  };
  readonly requestTimeoutMs: number;
}

const LOOPBACK = /^(?:https?|wss?):\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?(?:\/|$)/;

/**
 * The nodes of a chain over HTTP and WebSocket, with a wallet.
 *
 * @throws RangeError when endpoints are missing, too many, no addresses, or not on this machine without consent
 */
export function rpcNetwork(options: RpcNetworkOptions): Network {
  demandEndpoints(options);
  const { rpcUrls, wsUrls, contract, markets, mnemonic, gas, requestTimeoutMs } = options;
  const transport = new Transport(requestTimeoutMs);
  const stopwatchUs = (): number => performance.now() * 1_000;
  const derived = rpcUrls.map((url) => `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/websocket`);
  const context = { contract, markets: new Map(markets.map((market) => [market.symbol, market])), gas };
  return {
    nodes: rpcUrls.map((url) => new RpcNode({ url, exchange: transport, contract, markets, stopwatchUs })),
    sources: (wsUrls.length > 0 ? wsUrls : derived).map((url) => new RpcBlockSource(url)),
    signer: async () => walletSigner(await walletOf(mnemonic()), context),
    close: () => transport.close(),
  };
}

function demandEndpoints({ rpcUrls, wsUrls, trading, liveConsent }: RpcNetworkOptions): void {
  if (rpcUrls.length < 1 || rpcUrls.length > 3)
    throw new RangeError(`sei.rpc_urls: ${rpcUrls.length} given: expected one to three`);
  if (wsUrls.length > 3) throw new RangeError(`sei.ws_urls: ${wsUrls.length} given: expected three at most`);
  for (const [key, urls, scheme] of [
    ['sei.rpc_urls', rpcUrls, /^https?:/],
    ['sei.ws_urls', wsUrls, /^wss?:/],
  ] as const) {
    const wrong = urls.findIndex((url) => !URL.canParse(url) || !scheme.test(url));
    if (wrong >= 0) throw new RangeError(`${key}: entry ${wrong + 1} is no address that begins with ${scheme.source}`);
  }
  const remote = [...rpcUrls, ...wsUrls].find((url) => !LOOPBACK.test(url));
  if (remote === undefined) return;
  const where = `endpoint '${new URL(remote).host}' is not on this machine`;
  if (trading !== 'live') throw new RangeError(`${where}: paper trading stays here`);
  if (liveConsent?.enabled !== true || liveConsent.confirmed !== true)
    throw new RangeError(`${where}: live trading needs both trading.enabled and trading.confirm_live`);
}
