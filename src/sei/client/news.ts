import type { Market, Reject } from '../../../streams/market/types.ts';
import type { RestingOrder } from '../../../streams/orders/types.ts';
import { type Timers, waited } from '../../runtime/timers.ts';
import type { Inlet } from '../../venue/port.ts';
import { type Block, type Book, Implausible, NodeError } from '../node.ts';
import { type Executions, executionsOf } from './executions.ts';
import type { FailoverNodes } from './failover.ts';
import { OwnOrders } from './own_orders.ts';
import type { Found } from './pending_tx.ts';
import type { ChainReads } from './reads.ts';
import type { Transactions } from './transactions.ts';

/** What news are made of. */
export interface NewsOptions {
  readonly nodes: Pick<FailoverNodes, 'height'>;
  readonly reads: Pick<ChainReads, 'block' | 'match' | 'book' | 'orders' | 'balances'>;
  readonly markets: readonly Market[];
  readonly account: string;
  readonly transactions: Pick<Transactions, 'find' | 'tell' | 'blockMissing'>;
  readonly inlet: () => Inlet | undefined;
  readonly timers: Pick<Timers, 'after'>;
  /** News begin with the block after this one. */
  readonly fromHeight: number;
  /** Whether the account's orders and balances are told with the first block whose state can be had. */
  readonly accountFirst: boolean;
  /** Called before each block is told. */
  readonly onBlock: () => void;
}

/** A block whose reading fails is read again after this: the node may need a moment, or another node is asked. */
const RETRY_MS = 200;

/** A block that nodes refuse so often, though the chain is beyond it, is no longer kept by any of them: a second. */
const REFUSALS_MOST = 5;

/** So many missed blocks are read at once: one after the other, a node whose answers take longer than a block is never caught up with. */
const READ_AHEAD_BLOCKS = 4;

/** So many blocks in a row without the account's state are told: one alone is a node that was quicker than we. */
const ACCOUNT_MISSES_TOLD = 5;

/** The chain counts as beyond a block when a node has claimed so many more: heights of several nodes differ a little. */
const BEYOND_BLOCKS = 10;

/** Of the block before nothing is known yet while books are read: they are looked at when it is told. */
const BELIEVED = (): null => null;

/** Everything that is told of one block, read and parsed. */
interface BlockNewsItem {
  readonly block: Block;
  readonly found: readonly Found[];
  readonly executions: Executions | undefined;
  /** By market; undefined for a book that makes no sense. Empty when a newer block's follow at once. */
  readonly books: readonly (Book | undefined)[];
  readonly account: AccountState | undefined;
}

interface AccountState {
  readonly orders: readonly RestingOrder[];
  readonly balances: { readonly height: number; readonly amounts: Readonly<Record<string, string>> };
}

/**
 * Every block's news, in height order, each block's complete and once: the block, the fate of our transaction, our
 * settlements, everybody's trades, each market's book, and from time to time what the account has.
 *
 * Blocks that were missed (a cut connection, a skipped event) are all read, so that no settlement is lost; the
 * books are read at the newest height only, since older ones are of no use. A height is only a reason to look: one that was
 * claimed and does not exist costs a refused question, and nothing else.
 */
export class BlockNews {
  readonly #options: NewsOptions;
  #height: number;
  #target: number;
  #running = false;
  #closed = false;
  #refusals = 0;
  /** Whether the last block told was told with its books. */
  #booksTold = true;
  #blockTimeUs = 0;
  readonly #own = new OwnOrders();
  /** Markets whose last book had something on a side. */
  readonly #filled = new Set<string>();
  #accountWanted: boolean;
  #accountMisses = 0;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#height = options.fromHeight;
    this.#target = options.fromHeight;
    this.#accountWanted = options.accountFirst;
  }

  /** The last block whose news were told. */
  get height(): number {
    return this.#height;
  }

  /** The chain is said to have come to a height. Repeats and older ones change nothing. */
  reached(height: number): void {
    this.#target = Math.max(this.#target, height);
    if (!this.#running) void this.#run();
  }

  /** Has the account's orders and balances told with the next block whose state can be had. */
  wantAccount(): void {
    this.#accountWanted = true;
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#height < this.#target && !this.#closed) {
      const first = this.#height + 1;
      const last = Math.min(this.#target, this.#height + READ_AHEAD_BLOCKS);
      const newest = this.#target;
      const reading: Promise<BlockNewsItem | Error>[] = [];
      for (let height = first; height <= last; height += 1)
        reading.push(this.#read(height, height === newest).catch((error: Error) => error));
      for (const read of reading) {
        const item = await read;
        if (this.#closed) break;
        if (item instanceof Error) {
          await this.#failed(this.#height + 1, item);
          break;
        }
        this.#own.take(item.found, item.executions);
        const books = await this.#believable(item);
        if (this.#closed) break;
        this.#height += 1;
        this.#refusals = 0;
        this.#booksTold = this.#height === newest;
        this.#tell({ ...item, books });
      }
    }
    this.#running = false;
  }

  async #read(height: number, newest: boolean): Promise<BlockNewsItem> {
    const { reads, markets, account, transactions } = this.#options;
    const withAccount = this.#accountWanted && newest;
    const block = reads.block(height);
    const [read, found, executions, books, state] = await Promise.all([
      block,
      block.then((it) => transactions.find(it)),
      reads.match(height, (match) => executionsOf(match, account)),
      newest ? Promise.all(markets.map((market) => this.#book(market, height, BELIEVED))) : [],
      // Once the block is known to exist: it may have been claimed only.
      withAccount ? block.then(() => this.#account(height)) : undefined,
    ]);
    return { block: read, found, executions, books, account: state };
  }

  /** A book that makes no sense on any node is complained of, and so grows stale; the rest of the block is told. */
  async #book(market: Market, height: number, wrong: (book: Book) => string | null): Promise<Book | undefined> {
    try {
      return await this.#options.reads.book(market, height, wrong);
    } catch (error) {
      if (!(error instanceof Implausible)) throw error;
      this.#reject(error.reason, error.message, error.market);
      return undefined;
    }
  }

  /**
   * A block's books, those that look false asked for anew: of any node that tells another. What all tell is believed, unless it lacks
   * our own orders: that book is complained of, and so grows stale. Never fails.
   */
  async #believable({ block: { height }, books }: BlockNewsItem): Promise<readonly (Book | undefined)[]> {
    const { markets } = this.#options;
    if (books.every((book, i) => book === undefined || this.#wrong(markets[i]!, book) === null)) return books;
    return await Promise.all(
      books.map(async (book, i) => {
        const market = markets[i]!;
        if (book === undefined || this.#wrong(market, book) === null) return book;
        const other = await this.#book(market, height, (one) => this.#wrong(market, one)).catch((error: Error) => {
          this.#reject('read-failed', error.message, market.symbol);
          return undefined;
        });
        return other ?? (this.#own.lackedBy(market.symbol, book) === null ? book : undefined);
      }),
    );
  }

  /** Why a book of the right form can hardly be that of the newest block: it lacks our own orders, or all of it is gone at once. */
  #wrong({ symbol }: Market, book: Book): string | null {
    const empty = book.bids.length + book.asks.length === 0;
    if (empty && this.#filled.has(symbol)) return 'empty on both sides from one block to the next';
    return this.#own.lackedBy(symbol, book);
  }

  /** At exactly this height, or not at all: the next block will do. */
  async #account(height: number): Promise<AccountState | undefined> {
    const { reads, account } = this.#options;
    try {
      const [orders, balances] = await Promise.all([reads.orders(account, height), reads.balances(account, height)]);
      this.#accountMisses = 0;
      return { orders, balances };
    } catch (error) {
      this.#accountMisses += 1;
      // A node that went on to the next block meanwhile may know the balances of that one only.
      if (!(error instanceof NodeError) || this.#accountMisses % ACCOUNT_MISSES_TOLD === 0)
        this.#reject('reconciliation-failed', (error as Error).message);
      return undefined;
    }
  }

  /** Everything was parsed: from here on nothing fails, so a block is told whole or not at all. */
  #tell({ block, found, executions, books, account }: BlockNewsItem): void {
    const { inlet, transactions, onBlock } = this.#options;
    const { height, timeUs: chainTimeUs } = block;
    const to = inlet();
    onBlock();
    to?.accept({ kind: 'block', seq: 0, timeUs: 0, height, chainTimeUs });
    for (const [id, why] of executions?.refused ?? []) this.#reject('order-refused', `order ${id}: ${why}`);
    transactions.tell(height, found, executions?.refused ?? new Map());
    for (const settlement of executions?.settlements ?? []) to?.accept(settlement);
    for (const trade of executions?.trades ?? []) to?.accept({ ...trade, eventUs: chainTimeUs });
    for (const detail of executions?.untold ?? []) this.#reject('settlement-not-told', `block ${height}: ${detail}`);
    this.#tellBooks(height, chainTimeUs, books);
    this.#tellAccount(height, account);
  }

  #tellAccount(height: number, account: AccountState | undefined): void {
    if (account === undefined) return;
    this.#accountWanted = false;
    this.#own.looked(account.orders);
    const [to, stamp] = [this.#options.inlet(), { seq: 0, timeUs: 0 }];
    to?.accept({ kind: 'openOrders', ...stamp, height, orders: account.orders });
    to?.accept({ kind: 'balances', ...stamp, ...account.balances });
  }

  #tellBooks(height: number, chainTimeUs: number, books: readonly (Book | undefined)[]): void {
    this.#blockTimeUs = chainTimeUs;
    books.forEach((book, i) => {
      const market = this.#options.markets[i]!.symbol;
      if (book === undefined) return;
      const { bids, asks } = book;
      if (bids.length + asks.length === 0) this.#filled.delete(market);
      else this.#filled.add(market);
      this.#options.inlet()?.accept({
        kind: 'bookSnapshot',
        seq: 0,
        timeUs: 0,
        lastId: height,
        eventUs: chainTimeUs,
        market,
        bids,
        asks,
      });
    });
  }

  /** A later block was claimed and does not exist: so the last one told is the newest, and its state is to be told. */
  async #tellMissedState(): Promise<void> {
    if (this.#booksTold) return;
    const height = this.#height;
    const [account, ...books] = await Promise.all([
      this.#accountWanted ? this.#account(height) : undefined,
      ...this.#options.markets.map((market) => this.#book(market, height, (book) => this.#wrong(market, book))),
    ]);
    if (this.#closed) return;
    this.#booksTold = true;
    this.#tellBooks(height, this.#blockTimeUs, books);
    this.#tellAccount(height, account);
  }

  async #failed(height: number, error: Error): Promise<void> {
    if (this.#closed) return;
    if (error instanceof NodeError) this.#refusals += 1;
    const beyond = this.#options.nodes.height >= height + BEYOND_BLOCKS;
    if (error instanceof NodeError && beyond && this.#refusals >= REFUSALS_MOST) {
      const skipped = await this.#skip(height, error).catch(() => false);
      if (skipped) return;
    }
    this.#reject('read-failed', `block ${height}: ${error.message}`);
    // Perhaps the chain is not there at all: the next claim of a height starts anew.
    if (error instanceof NodeError && !beyond) {
      this.#target = this.#height;
      await this.#tellMissedState().catch((cause: Error) => this.#reject('read-failed', cause.message));
    }
    await waited(this.#options.timers, RETRY_MS);
  }

  /**
   * No node has this block any more: goes on with the first that can be had. The account's state is wanted, since
   * settlements of the missing ones will not be told.
   */
  async #skip(height: number, error: Error): Promise<boolean> {
    const last = (await this.#firstKept(height, this.#options.nodes.height)) - 1;
    if (this.#closed) return true;
    this.#reject('history-pruned', `blocks ${height} to ${last} cannot be had any more: ${error.message}`);
    const missed = { kind: 'blocksMissed', seq: 0, timeUs: 0, fromHeight: height, toHeight: last } as const;
    this.#options.inlet()?.accept(missed);
    this.#own.forget();
    this.#height = last;
    this.#target = Math.max(this.#target, last);
    this.#refusals = 0;
    this.#options.transactions.blockMissing();
    this.#accountWanted = true;
    return true;
  }

  /** The first block that can be had, by halving: nodes drop the oldest first. @throws Error when not even the newest can */
  async #firstKept(refused: number, newest: number): Promise<number> {
    if (!(await this.#has(newest))) throw new Error(`block ${newest} was claimed and cannot be had`);
    let [below, kept] = [refused, newest];
    while (kept - below > 1 && !this.#closed) {
      const middle = Math.floor((below + kept) / 2);
      if (await this.#has(middle)) kept = middle;
      else below = middle;
    }
    return kept;
  }

  async #has(height: number): Promise<boolean> {
    try {
      await Promise.all([this.#options.reads.block(height), this.#options.reads.match(height, () => undefined)]);
      return true;
    } catch (error) {
      if (error instanceof NodeError) return false;
      throw error;
    }
  }

  #reject(reason: string, detail: string, market = ''): void {
    const source = 'sei-rpc';
    const reject: Reject = { kind: 'reject', seq: 0, timeUs: 0, market, source, reason, detail: detail.slice(0, 300) };
    this.#options.inlet()?.accept(reject);
  }
}
