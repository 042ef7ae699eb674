import type { Market, Reject } from '../../streams/market/types.ts';
import type { CancelRequest, OrderBatch } from '../../streams/orders/types.ts';
import type { CancelReport, Inlet, Venue } from '../venue/port.ts';
import { BlockWatch } from './client/blocks.ts';
import { BlockNews } from './client/news.ts';
import { ChainReads } from './client/reads.ts';
import { type EndpointHealth, FailoverRpc, RpcError } from './client/rpc.ts';
import type { GasPolicy } from './client/signing.ts';
import { type FormerTx, type OnSigned, Transactions } from './client/transactions.ts';
import { walletOf } from './client/wallet.ts';
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
  readonly reconcileEveryMs: number;
  /** Numbers in [0, 1), to spread reconnections. */
  readonly random: () => number;
  readonly nowUs: () => number;
  /**
   * Told of every transaction before its bytes leave, so that a process that comes after can find out about it. The bytes wait
   * for a promise; when it fails, or this throws, they stay here and the batch is refused.
   */
  readonly onSigned?: OnSigned;
  /** A former process's transaction, whose fate is told like any other's before a new one is signed. */
  readonly resume?: FormerTx | undefined;
  /**
   * The account's news up to this block are known from before: those of later blocks are told, and only then what the account
   * has. Blocks that nodes no longer keep are named by a reject `history-pruned`. With {@link resume}, blocks are read from where
   * that was signed; settlements told twice are known by their ids.
   */
  readonly fromHeight?: number | undefined;
}

/** Endpoints are looked at this often: a round trip of each is cheap, and a lagging one is found within seconds. */
const INSPECT_EVERY_MS = 5_000;

/** Blocks are up to 400 ms apart; three of them without news, and the height is asked for. */
const POLL_AFTER_MS = 1_200;

/** Without a block for so long the feed is down: asking has failed several times by then, too. */
const DOWN_AFTER_MS = 5_000;
const WATCHDOG_EVERY_MS = 500;

/** The first look needs a state at one height, and a node may be about to take the next block: then another. */
const FIRST_LOOKS_MOST = 5;

/** A chain that is further behind what is known of it is another one: nodes that start again are minutes behind at most. */
const BEHIND_MOST_BLOCKS = 1_000;

/** More waiting transactions than this count as full congestion: several blocks' worth. */
const CONGESTED_TXS = 500;

/** How often {@link SeiVenue.cancelAll} looks whether something is left. */
const CANCEL_POLL_MS = 50;

/** Cancels in one transaction: what is left goes into the next, so that no transaction outgrows a block's gas. */
const CANCELS_A_TX = 100;

/** Batches that the venue makes itself, to cancel everything, are numbered from here: above any of the order stage's. */
const OWN_BATCHES_FROM = 2 ** 40;

const LOOPBACK = /^(?:https?|wss?):\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?(?:\/|$)/;

/** What exists from {@link SeiVenue.open} on. */
interface Opened {
  readonly address: string;
  readonly reads: ChainReads;
  readonly transactions: Transactions;
  readonly news: BlockNews;
  readonly watch: BlockWatch;
}

/** Sei's on-chain order book as a venue: book, trades and fills of every block, orders as signed transactions. */
export class SeiVenue implements Venue {
  readonly name = 'sei';
  readonly markets: readonly Market[];
  readonly #options: SeiVenueOptions;
  readonly #rpc: FailoverRpc;
  readonly #complaints = new Map<string, string>();
  #inlet: Inlet | undefined;
  #opened: Opened | undefined;
  #timers: NodeJS.Timeout[] = [];
  #ownBatches = 0;
  #blockUs = 0;
  #down = true;

  /** @throws RangeError when endpoints are missing, too many, no addresses, or not on this machine without consent */
  constructor(options: SeiVenueOptions) {
    demandEndpoints(options);
    this.#options = options;
    this.markets = options.markets;
    this.#rpc = new FailoverRpc({
      urls: options.rpcUrls,
      chainId: options.chainId,
      requestTimeoutMs: options.requestTimeoutMs,
      nowUs: options.nowUs,
      onComplaint: (reason, detail, market) => {
        this.#complaints.set(detail.slice(0, detail.indexOf(': ')), detail);
        this.#reject('sei-rpc', reason, detail, market);
      },
    });
  }

  /** The nodes and how they do. */
  get endpoints(): readonly EndpointHealth[] {
    return this.#rpc.health;
  }

  /** The account's address, once open. */
  get address(): string {
    return this.#opened?.address ?? '';
  }

  async open(inlet: Inlet): Promise<void> {
    this.#inlet = inlet;
    const options = this.#options;
    const wallet = await walletOf(options.mnemonic());
    const { address } = wallet;
    await this.#demandChain();
    const reads = new ChainReads(this.#rpc, options.contract);
    await this.#checkPairs(reads);
    const { accountNumber, sequence } = await this.#accountOf(reads, address);
    const { told, newest } = await this.#firstHeights(reads, address);
    const context = {
      wallet,
      chainId: this.#rpc.chainId,
      contract: options.contract,
      accountNumber,
      markets: new Map(this.markets.map((market) => [market.symbol, market])),
      gas: options.gas,
    };
    const inletNow = () => this.#inlet;
    const { resume: former, onSigned } = options;
    const start = { sequence, height: newest, former, onSigned };
    const transactions = new Transactions(this.#rpc, reads, context, start, inletNow);
    const news = new BlockNews({
      rpc: this.#rpc,
      reads,
      markets: this.markets,
      account: address,
      transactions,
      inlet: inletNow,
      fromHeight: told,
      accountFirst: this.#recovers,
      onBlock: () => this.#live(),
    });
    const watch = this.#watch(news);
    this.#opened = { address, reads, transactions, news, watch };
    this.#blockUs = options.nowUs();
    watch.open();
    this.#timers = [
      setInterval(() => news.wantAccount(), options.reconcileEveryMs),
      setInterval(() => void this.#inspect(), INSPECT_EVERY_MS),
      setInterval(() => this.#watchdog(), WATCHDOG_EVERY_MS),
    ];
  }

  submit(batch: OrderBatch): void {
    this.#opened?.transactions.submit(batch);
  }

  async cancelAll(deadlineMs: number): Promise<CancelReport> {
    if (this.#opened === undefined) return { cancelled: 0, remaining: 0 };
    const { address, reads, transactions, news } = this.#opened;
    const untilUs = this.#options.nowUs() + deadlineMs * 1_000;
    const seen = new Set<string>();
    // Until a look succeeded, something may rest.
    let remaining = 1;
    while (this.#options.nowUs() < untilUs) {
      if (transactions.idle) {
        // With nothing under way, what rests at the height of the last block told is what rests.
        const resting = await reads.orders(address, this.markets, news.height).catch(() => undefined);
        if (resting !== undefined && transactions.idle) {
          remaining = resting.length;
          if (remaining === 0) break;
          for (const { orderId } of resting) seen.add(orderId);
          this.submit(this.#cancelBatch(resting.slice(0, CANCELS_A_TX).map((one) => ({ ...one, clientOrderId: '' }))));
        }
      }
      await new Promise((resolve) => setTimeout(resolve, CANCEL_POLL_MS));
    }
    return { cancelled: Math.max(0, seen.size - remaining), remaining };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#opened?.watch.close();
    this.#opened?.news.close();
    this.#inlet = undefined;
    this.#rpc.disconnect();
  }

  async #demandChain(): Promise<void> {
    if ((await this.#rpc.inspect(0)) > 0) return;
    const { chainId, rpcUrls } = this.#options;
    const why = [...this.#complaints.values()].join('; ') || `${rpcUrls.length} asked`;
    throw new Error(`no endpoint answers as expected (${why}): check sei.rpc_urls and sei.chain_id '${chainId}'`);
  }

  #watch(news: BlockNews): BlockWatch {
    const { rpcUrls, wsUrls, random } = this.#options;
    const derived = rpcUrls.map((url) => `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/websocket`);
    return new BlockWatch({
      wsUrls: wsUrls.length > 0 ? wsUrls : derived,
      random,
      pollAfterMs: POLL_AFTER_MS,
      pollHeight: () => this.#rpc.inspect(news.height),
      onHeight: (height) => news.reached(height),
      // Blocks are still read by asking: the feed is down only when that fails too.
      onLost: (reason) => this.#reject('sei-ws', 'disconnected', reason),
      onComplaint: (reason, detail) => this.#reject('sei-ws', reason, detail),
    });
  }

  async #checkPairs(reads: ChainReads): Promise<void> {
    const pairs = await reads.pairs().catch((error: unknown) => {
      if (!(error instanceof RpcError)) throw error;
      throw new Error(
        `sei.contract '${this.#options.contract}': the chain refuses to tell its pairs: ${error.message}`,
      );
    });
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

  get #recovers(): boolean {
    return this.#options.fromHeight !== undefined || this.#options.resume !== undefined;
  }

  /** @returns the height after which blocks are told, and the newest that the chain is known to have */
  async #firstHeights(reads: ChainReads, address: string): Promise<{ told: number; newest: number }> {
    const { fromHeight, resume, chainId } = this.#options;
    if (!this.#recovers) {
      const told = await this.#tellAccount(reads, address);
      return { told, newest: told };
    }
    const known = fromHeight ?? resume!.signedHeight;
    // Of an answer about the state, not a mere claim: transactions are signed for the blocks that follow it.
    const { height: newest } = await reads.balances(address, 0);
    if (known > newest + BEHIND_MOST_BLOCKS)
      throw new Error(
        `the account is known up to block ${known}, the chain is at ${newest}: this is not the chain '${chainId}' of before`,
      );
    return { told: Math.min(known, resume?.signedHeight ?? known), newest };
  }

  /** Tells what the account has, before any block. @returns the height it is of */
  async #tellAccount(reads: ChainReads, address: string): Promise<number> {
    for (let look = 1; ; look += 1) {
      const { height, amounts } = await reads.balances(address, 0);
      try {
        const orders = await reads.orders(address, this.markets, height);
        this.#inlet?.accept({ kind: 'openOrders', seq: 0, timeUs: 0, height, orders });
        this.#inlet?.accept({ kind: 'balances', seq: 0, timeUs: 0, height, amounts });
        return height;
      } catch (error) {
        if (!(error instanceof RpcError) || look >= FIRST_LOOKS_MOST) throw error;
      }
    }
  }

  async #inspect(): Promise<void> {
    const { news, reads, transactions, watch } = this.#opened!;
    const height = await this.#rpc.inspect(news.height);
    watch.compare(height);
    if (height > 0) news.reached(height);
    const waiting = await reads.waiting().catch(() => 0);
    transactions.congestion = Math.min(1, waiting / CONGESTED_TXS);
  }

  #live(): void {
    this.#blockUs = this.#options.nowUs();
    if (!this.#down) return;
    this.#down = false;
    this.#tellFeed('up', 'blocks arrive');
  }

  #watchdog(): void {
    if (this.#down || this.#options.nowUs() - this.#blockUs < DOWN_AFTER_MS * 1_000) return;
    this.#down = true;
    this.#tellFeed('down', `no block for ${DOWN_AFTER_MS} ms`);
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

  #reject(source: string, reason: string, detail: string, market = ''): void {
    const reject: Reject = { kind: 'reject', seq: 0, timeUs: 0, market, source, reason, detail: detail.slice(0, 300) };
    this.#inlet?.accept(reject);
  }
}

function demandEndpoints({ rpcUrls, wsUrls, trading, liveConsent }: SeiVenueOptions): void {
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
