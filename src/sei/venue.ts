import type { Market, Reject } from '../../streams/market/types.ts';
import type { CancelRequest, OrderBatch } from '../../streams/orders/types.ts';
import type { CancelReport, Inlet, Venue } from '../venue/port.ts';
import { BlockWatch } from './client/blocks.ts';
import { BlockNews } from './client/news.ts';
import { ChainReads } from './client/reads.ts';
import { type EndpointHealth, FailoverRpc, RpcError } from './client/rpc.ts';
import type { GasPolicy } from './client/signing.ts';
import { Transactions } from './client/transactions.ts';
import { type Wallet, walletOf } from './client/wallet.ts';
import { pairProblem } from './pairs.ts';

/** What a Sei venue needs. */
export interface SeiVenueOptions {
  /** The primary first, then up to two backups. */
  readonly rpcUrls: readonly string[];
  /** WebSocket addresses in the same order; empty derives them from the RPC addresses. */
  readonly wsUrls: readonly string[];
  /** What every node must report; the empty string accepts what the first reports. */
  readonly chainId: string;
  readonly contract: string;
  readonly markets: readonly Market[];
  /** Gives the mnemonic; called once. */
  readonly mnemonic: () => string;
  readonly gas: GasPolicy;
  /** `paper` refuses any endpoint that is not on this machine; `live` has passed the check for its two settings. */
  readonly trading: 'paper' | 'live';
  readonly requestTimeoutMs: number;
  readonly reconcileEveryMs: number;
  readonly random: () => number;
  readonly nowUs: () => number;
}

/** Endpoints are looked at this often: a round trip of each is cheap, and a lagging one is found within seconds. */
const INSPECT_EVERY_MS = 5_000;

/** A node this far behind the others is left: about two seconds of blocks. */
const LAG_MOST_BLOCKS = 5;

/** Blocks are up to 400 ms apart; three of them without news, and the height is asked for. */
const POLL_AFTER_MS = 1_200;

/** More waiting transactions than this count as full congestion: several blocks' worth. */
const CONGESTED_TXS = 500;

/** How often {@link SeiVenue.cancelAll} looks whether something is left. */
const CANCEL_POLL_MS = 50;

/** Batches that the venue makes itself, to cancel everything, are numbered from here: above any of the order stage's. */
const OWN_BATCHES_FROM = 2 ** 40;

const LOOPBACK = /^(?:https?|wss?):\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?(?:\/|$)/;

/** Sei's on-chain order book as a venue: book, trades and fills of every block, orders as signed transactions. */
export class SeiVenue implements Venue {
  readonly name = 'sei';
  readonly markets: readonly Market[];
  readonly #options: SeiVenueOptions;
  readonly #rpc: FailoverRpc;
  #inlet: Inlet | undefined;
  #wallet: Wallet | undefined;
  #reads: ChainReads | undefined;
  #news: BlockNews | undefined;
  #watch: BlockWatch | undefined;
  #transactions: Transactions | undefined;
  #timers: NodeJS.Timeout[] = [];
  #ownBatches = 0;

  /** @throws RangeError when endpoints are missing, too many, or not on this machine in paper mode */
  constructor(options: SeiVenueOptions) {
    const { rpcUrls, wsUrls, trading } = options;
    if (rpcUrls.length < 1 || rpcUrls.length > 3)
      throw new RangeError(`sei.rpc_urls: ${rpcUrls.length} given: expected one to three`);
    const remote = [...rpcUrls, ...wsUrls].find((url) => !LOOPBACK.test(url));
    if (trading !== 'live' && remote !== undefined) {
      throw new RangeError(
        `endpoint '${remote}' is not on this machine: paper trading stays here; live trading needs both of its settings`,
      );
    }
    this.#options = options;
    this.markets = options.markets;
    this.#rpc = new FailoverRpc({
      urls: rpcUrls,
      requestTimeoutMs: options.requestTimeoutMs,
      nowUs: options.nowUs,
      onComplaint: (reason, detail) => this.#reject('', 'sei-rpc', reason, detail),
    });
  }

  /** The nodes and how they do. */
  get endpoints(): readonly EndpointHealth[] {
    return this.#rpc.health;
  }

  /** The account's address, once open. */
  get address(): string {
    return this.#wallet?.address ?? '';
  }

  async open(inlet: Inlet): Promise<void> {
    this.#inlet = inlet;
    const { options } = { options: this.#options };
    this.#wallet = await walletOf(options.mnemonic());
    const { chainId, height } = await this.#rpc.inspect(options.chainId, LAG_MOST_BLOCKS);
    if (height === 0) {
      throw new Error(
        `no endpoint answers as expected: ${this.#rpc.health.map(({ url }) => url).join(', ')}; check sei.rpc_urls and sei.chain_id '${options.chainId}'`,
      );
    }
    const reads = await ChainReads.open(this.#rpc, options.contract);
    this.#reads = reads;
    await this.#checkPairs(reads);
    const { accountNumber } = await this.#accountOf(reads, this.#wallet.address);
    this.#transactions = new Transactions(
      this.#rpc,
      reads,
      {
        wallet: this.#wallet,
        chainId,
        contract: options.contract,
        accountNumber,
        markets: new Map(this.markets.map((market) => [market.symbol, market])),
        gas: options.gas,
      },
      () => this.#inlet,
    );
    this.#news = new BlockNews({
      reads,
      markets: this.markets,
      account: this.#wallet.address,
      transactions: this.#transactions,
      inlet: () => this.#inlet,
      fromHeight: height,
      onImplausible: (detail) => this.#rpc.distrust(detail),
    });
    this.#watch = this.#openWatch(chainId);
    await this.#reconcile();
    this.#timers = [
      setInterval(() => void this.#reconcile(), options.reconcileEveryMs),
      setInterval(() => void this.#inspect(chainId), INSPECT_EVERY_MS),
    ];
  }

  submit(batch: OrderBatch): void {
    this.#transactions?.submit(batch);
  }

  async cancelAll(deadlineMs: number): Promise<CancelReport> {
    const reads = this.#reads;
    const transactions = this.#transactions;
    if (reads === undefined || transactions === undefined || this.#wallet === undefined)
      return { cancelled: 0, remaining: 0 };
    const untilUs = this.#options.nowUs() + deadlineMs * 1_000;
    let most = 0;
    let remaining = -1;
    while (this.#options.nowUs() < untilUs) {
      if (transactions.idle) {
        const resting = await reads.orders(this.#wallet.address, this.markets).catch(() => undefined);
        // The answer may be older than a transaction that was under way when it was asked for.
        if (resting !== undefined && transactions.idle) {
          remaining = resting.length;
          most = Math.max(most, remaining);
          if (remaining === 0) break;
          this.submit(this.#cancelBatch(resting.map((order) => ({ ...order, clientOrderId: '' }))));
        }
      }
      await new Promise((resolve) => setTimeout(resolve, CANCEL_POLL_MS));
    }
    return { cancelled: Math.max(0, most - Math.max(0, remaining)), remaining: remaining < 0 ? 1 : remaining };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#watch?.close();
    this.#news?.close();
    this.#inlet = undefined;
    this.#rpc.disconnect();
  }

  #openWatch(chainId: string): BlockWatch {
    const { rpcUrls, wsUrls, random } = this.#options;
    const watch = new BlockWatch({
      wsUrls:
        wsUrls.length > 0 ? wsUrls : rpcUrls.map((url) => `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/websocket`),
      random,
      pollAfterMs: POLL_AFTER_MS,
      pollHeight: async () => (await this.#rpc.inspect(chainId, LAG_MOST_BLOCKS)).height,
      onHeight: (height) => this.#news?.reached(height),
      onOpened: () => this.#tellFeed('up', 'connected'),
      // Blocks are still read by asking: the feed is down only when that fails too, and then the books grow stale.
      onLost: (reason) => this.#reject('', 'sei-ws', 'disconnected', reason),
      onComplaint: (reason, detail) => this.#reject('', 'sei-ws', reason, detail),
    });
    watch.open();
    return watch;
  }

  async #checkPairs(reads: ChainReads): Promise<void> {
    const pairs = await reads.pairs();
    for (const market of this.markets) {
      const problem = pairProblem(market, pairs);
      if (problem !== null) throw new Error(problem);
    }
  }

  async #accountOf(reads: ChainReads, address: string) {
    try {
      return await reads.account(address);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      throw new Error(
        `account ${address} is not known to the chain: send it usei for fees first, or check sei.mnemonic`,
      );
    }
  }

  async #reconcile(): Promise<void> {
    const { address } = this;
    try {
      const height = this.#news?.height ?? 0;
      const [orders, amounts] = await Promise.all([
        this.#reads!.orders(address, this.markets),
        this.#reads!.balances(address),
      ]);
      const stamp = { seq: 0, timeUs: 0, height };
      this.#inlet?.accept({ kind: 'openOrders', ...stamp, orders });
      this.#inlet?.accept({ kind: 'balances', ...stamp, amounts });
    } catch (error) {
      this.#reject('', 'sei-rpc', 'reconciliation-failed', (error as Error).message);
    }
  }

  async #inspect(chainId: string): Promise<void> {
    await this.#rpc.inspect(chainId, LAG_MOST_BLOCKS);
    const waiting = await this.#reads!.waiting().catch(() => 0);
    this.#transactions!.congestion = Math.min(1, waiting / CONGESTED_TXS);
  }

  #cancelBatch(orders: readonly CancelRequest[]): OrderBatch {
    this.#ownBatches += 1;
    const cancels = orders.map(({ clientOrderId, orderId, market, side, tick }) => ({
      clientOrderId,
      orderId,
      market,
      side,
      tick,
    }));
    const stamp = { seq: 0, timeUs: 0, causes: [] };
    return { kind: 'orderBatch', ...stamp, batchId: OWN_BATCHES_FROM + this.#ownBatches, cancels, places: [] };
  }

  #tellFeed(status: 'up' | 'down', reason: string): void {
    for (const { symbol } of this.markets) {
      this.#inlet?.accept({ kind: 'feedStatus', seq: 0, timeUs: 0, market: symbol, status, reason });
    }
  }

  #reject(market: string, source: string, reason: string, detail: string): void {
    const reject: Reject = { kind: 'reject', seq: 0, timeUs: 0, market, source, reason, detail: detail.slice(0, 300) };
    this.#inlet?.accept(reject);
  }
}
