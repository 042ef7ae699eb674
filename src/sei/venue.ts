import type { Market, Reject } from '../../streams/market/types.ts';
import type { CancelRequest, OrderBatch, RestingOrder } from '../../streams/orders/types.ts';
import { type Timers, waited } from '../runtime/timers.ts';
import type { CancelReport, Inlet, Venue } from '../venue/port.ts';
import { BlockWatch } from './client/blocks.ts';
import { type EndpointHealth, FailoverNodes } from './client/failover.ts';
import { BlockNews } from './client/news.ts';
import { ChainReads } from './client/reads.ts';
import type { FormerTx, OnSigned } from './client/signed_record.ts';
import { Transactions } from './client/transactions.ts';
import { type Network, NodeError } from './node.ts';
import { pairProblem } from './pairs.ts';

/** What a Sei venue needs. */
export interface SeiVenueOptions {
  readonly network: Network;
  /** What every node must report; the empty string accepts what the first reports. */
  readonly chainId: string;
  readonly markets: readonly Market[];
  readonly reconcileEveryMs: number;
  /** Numbers in [0, 1), to spread reconnections. */
  readonly random: () => number;
  readonly timers: Timers;
  /**
   * Told of every transaction before its bytes leave, so that a process that comes after can find out about it. The bytes wait
   * for a promise; when it fails, or this throws, they stay here and the batch is refused.
   */
  readonly onSigned?: OnSigned;
  /** A former process's transactions, whose fate is told like any other's before a new one is signed. */
  readonly resume?: FormerTx | readonly FormerTx[] | undefined;
  /**
   * The account's news up to this block are known from before: those of later blocks are told, and only then what the account
   * has. Blocks that nodes no longer keep are named by a reject `history-pruned`. With {@link resume}, blocks are read from where
   * the first was signed; settlements told twice are known by their ids.
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

/**
 * Batches that the venue makes itself, to cancel everything, are numbered from here: above any of the order stage's. The height is part
 * of the number, so that none is given again after a restart.
 */
const OWN_BATCHES_FROM = 2 ** 40;
const OWN_BATCHES_A_BLOCK = 1_024;

/** What exists from {@link SeiVenue.open} on. */
interface Opened {
  readonly address: string;
  readonly reads: ChainReads;
  readonly transactions: Transactions;
  readonly news: BlockNews;
  readonly watch: BlockWatch;
}

/** What the block monitor sees besides blocks. */
export interface ChainMonitor {
  /** Blocks that the nodes have and that were not told yet. */
  readonly lagBlocks: number;
  /** Transactions of anybody that wait for a block. */
  readonly waitingTxs: number;
  /** Share of a full block that waits, 0 to 1: raises the gas price. */
  readonly congestion: number;
}

/** Sei's on-chain order book as a venue: book, trades and fills of every block, orders as signed transactions. */
export class SeiVenue implements Venue {
  readonly name = 'sei';
  readonly markets: readonly Market[];
  readonly #options: SeiVenueOptions;
  readonly #nodes: FailoverNodes;
  readonly #complaints = new Map<string, string>();
  #inlet: Inlet | undefined;
  #opened: Opened | undefined;
  #ends: (() => void)[] = [];
  #ownBatches = 0;
  #blockUs = 0;
  #newest = 0;
  #waiting = 0;
  #down = true;

  constructor(options: SeiVenueOptions) {
    this.#options = options;
    this.markets = options.markets;
    this.#nodes = new FailoverNodes({
      nodes: options.network.nodes,
      chainId: options.chainId,
      nowUs: options.timers.stopwatchUs,
      onComplaint: (reason, detail, market) => {
        this.#complaints.set(detail.slice(0, detail.indexOf(': ')), detail);
        this.#reject('sei-rpc', reason, detail, market);
      },
    });
  }

  /** The nodes and how they do. */
  get endpoints(): readonly EndpointHealth[] {
    return this.#nodes.health;
  }

  /** How the chain does, as of the last look at its nodes. */
  get monitor(): ChainMonitor {
    const told = this.#opened?.news.height ?? 0;
    const lagBlocks = told === 0 ? 0 : Math.max(0, this.#newest - told);
    return { lagBlocks, waitingTxs: this.#waiting, congestion: this.#opened?.transactions.congestion ?? 0 };
  }

  /** The account's address, once open. */
  get address(): string {
    return this.#opened?.address ?? '';
  }

  async open(inlet: Inlet): Promise<void> {
    this.#inlet = inlet;
    const options = this.#options;
    const signer = await options.network.signer();
    const { address } = signer;
    await this.#demandChain();
    const reads = new ChainReads(this.#nodes);
    await this.#checkPairs(reads);
    const { accountNumber, sequence } = await this.#accountOf(reads, address);
    const { told, newest } = await this.#firstHeights(reads, address);
    const inletNow = () => this.#inlet;
    const { onSigned } = options;
    const former = this.#former;
    // A look while it was under way says little: another one follows at once.
    const onFormerTold = (): void => this.#opened?.news.wantAccount();
    const chainId = this.#nodes.chainId;
    const start = { chainId, accountNumber, sequence, height: newest, former, onSigned, onFormerTold };
    const transactions = new Transactions(this.#nodes, reads, signer, start, inletNow);
    const news = new BlockNews({
      nodes: this.#nodes,
      timers: options.timers,
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
    this.#blockUs = options.timers.stopwatchUs();
    watch.open();
    const { every } = options.timers;
    this.#ends = [
      every(options.reconcileEveryMs, () => news.wantAccount()),
      every(INSPECT_EVERY_MS, () => void this.#inspect()),
      every(WATCHDOG_EVERY_MS, () => this.#watchdog()),
    ];
  }

  submit(batch: OrderBatch): void {
    this.#opened?.transactions.submit(batch);
  }

  /**
   * Reads from the chain what rests of ours, at the height of the newest block told.
   *
   * @throws Error when no endpoint answers, or the venue is not open
   */
  async resting(): Promise<{ readonly height: number; readonly orders: readonly RestingOrder[] }> {
    if (this.#opened === undefined) throw new Error('the venue is not open');
    const { address, reads, news } = this.#opened;
    const { height } = news;
    return { height, orders: await reads.orders(address, height) };
  }

  async cancelAll(deadlineMs: number): Promise<CancelReport> {
    if (this.#opened === undefined) return { cancelled: 0, remaining: 0 };
    const { address, reads, transactions, news } = this.#opened;
    const { timers } = this.#options;
    const untilUs = timers.stopwatchUs() + deadlineMs * 1_000;
    const seen = new Set<string>();
    // Until a look succeeded, something may rest.
    let remaining = 1;
    while (timers.stopwatchUs() < untilUs) {
      if (transactions.idle) {
        // With nothing under way, what rests at the height of the last block told is what rests.
        const resting = await reads.orders(address, news.height).catch(() => undefined);
        if (resting !== undefined && transactions.idle) {
          remaining = resting.length;
          if (remaining === 0) break;
          for (const { orderId } of resting) seen.add(orderId);
          this.submit(this.#cancelBatch(resting.slice(0, CANCELS_A_TX).map((one) => ({ ...one, clientOrderId: '' }))));
        }
      }
      await waited(timers, CANCEL_POLL_MS);
    }
    return { cancelled: Math.max(0, seen.size - remaining), remaining };
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
    this.#opened?.watch.close();
    this.#opened?.news.close();
    this.#inlet = undefined;
    this.#nodes.close();
    this.#options.network.close();
  }

  async #demandChain(): Promise<void> {
    if ((await this.#nodes.inspect(0)) > 0) return;
    const { chainId, network } = this.#options;
    const why = [...this.#complaints.values()].join('; ') || `${network.nodes.length} asked`;
    throw new Error(`no endpoint answers as expected (${why}): check sei.rpc_urls and sei.chain_id '${chainId}'`);
  }

  #watch(news: BlockNews): BlockWatch {
    const { network, timers, random } = this.#options;
    return new BlockWatch({
      sources: network.sources,
      timers,
      random,
      pollAfterMs: POLL_AFTER_MS,
      pollHeight: () => this.#nodes.inspect(news.height),
      onHeight: (height) => news.reached(height),
      // Blocks are still read by asking: the feed is down only when that fails too.
      onLost: (reason) => this.#reject('sei-ws', 'disconnected', reason),
      onComplaint: (reason, detail) => this.#reject('sei-ws', reason, detail),
      onOutcome: (outcome, detail) =>
        this.#inlet?.accept({ kind: 'component', seq: 0, timeUs: 0, component: 'sei_websocket', outcome, detail }),
    });
  }

  async #checkPairs(reads: ChainReads): Promise<void> {
    const pairs = await reads.pairs().catch((error: unknown) => {
      if (!(error instanceof NodeError)) throw error;
      throw new Error(`sei.contract: the chain refuses to tell its pairs: ${error.message}`);
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
      if (!(error instanceof NodeError)) throw error;
      throw new Error(
        `account ${address} is not known to the chain: send it usei for fees first, or check sei.mnemonic`,
      );
    }
  }

  get #former(): readonly FormerTx[] {
    const { resume = [] } = this.#options;
    return 'batchId' in resume ? [resume] : resume;
  }

  get #recovers(): boolean {
    return this.#options.fromHeight !== undefined || this.#former.length > 0;
  }

  /** @returns the height after which blocks are told, and the newest that the chain is known to have */
  async #firstHeights(reads: ChainReads, address: string): Promise<{ told: number; newest: number }> {
    const { fromHeight, chainId } = this.#options;
    const signed = this.#former.map(({ signedHeight }) => signedHeight);
    if (!this.#recovers) {
      const told = await this.#tellAccount(reads, address);
      return { told, newest: told };
    }
    const known = fromHeight ?? Math.min(...signed);
    // Of an answer about the state, not a mere claim: transactions are signed for the blocks that follow it.
    const { height: newest } = await reads.balances(address, 0);
    if (known > newest + BEHIND_MOST_BLOCKS)
      throw new Error(
        `the account is known up to block ${known}, the chain is at ${newest}: this is not the chain '${chainId}' of before`,
      );
    return { told: Math.min(known, ...signed), newest };
  }

  /** Tells what the account has, before any block. @returns the height it is of */
  async #tellAccount(reads: ChainReads, address: string): Promise<number> {
    for (let look = 1; ; look += 1) {
      const { height, amounts } = await reads.balances(address, 0);
      try {
        const orders = await reads.orders(address, height);
        this.#inlet?.accept({ kind: 'openOrders', seq: 0, timeUs: 0, height, orders });
        this.#inlet?.accept({ kind: 'balances', seq: 0, timeUs: 0, height, amounts });
        return height;
      } catch (error) {
        if (!(error instanceof NodeError) || look >= FIRST_LOOKS_MOST) throw error;
      }
    }
  }

  async #inspect(): Promise<void> {
    const { news, reads, transactions, watch } = this.#opened!;
    const height = await this.#nodes.inspect(news.height);
    watch.compare(height);
    if (height > 0) news.reached(height);
    this.#newest = height;
    this.#waiting = await reads.waiting().catch(() => 0);
    transactions.congestion = Math.min(1, this.#waiting / CONGESTED_TXS);
  }

  #live(): void {
    this.#blockUs = this.#options.timers.stopwatchUs();
    if (!this.#down) return;
    this.#down = false;
    this.#tellFeed('up', 'blocks arrive');
  }

  #watchdog(): void {
    if (this.#down || this.#options.timers.stopwatchUs() - this.#blockUs < DOWN_AFTER_MS * 1_000) return;
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
    const height = this.#opened?.news.height ?? 0;
    const batchId = OWN_BATCHES_FROM + height * OWN_BATCHES_A_BLOCK + (this.#ownBatches % OWN_BATCHES_A_BLOCK);
    return { kind: 'orderBatch', ...stamp, batchId, cancels, places: [] };
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
