import type { Market, Trade } from '../../../streams/market/types.ts';
import type { Settlement } from '../../../streams/orders/types.ts';
import type { Inlet } from '../../venue/port.ts';
import type { MatchResult, SettlementEntry } from '../codec/dex.ts';
import { type ChainReads, Implausible, lotsOf, microTicksOf, SIDE_OF } from './reads.ts';
import type { Transactions } from './transactions.ts';

/** What news are made of. */
export interface NewsOptions {
  readonly reads: ChainReads;
  readonly markets: readonly Market[];
  readonly account: string;
  readonly transactions: Transactions;
  readonly inlet: () => Inlet | undefined;
  /** News begin with the block after this one. */
  readonly fromHeight: number;
  /** A node said what cannot be true. */
  readonly onImplausible: (detail: string) => void;
}

/** A block whose reading fails is read again after this: the node may need a moment, or another node is asked. */
const RETRY_MS = 200;

/** A height this far beyond the newest is not believed: an hour of blocks. */
const JUMP_MOST = 20_000;

const MICRO = 1_000_000;

/**
 * Every block's news, in height order, each block's complete and once: the block, the fate of our transaction, our
 * settlements, others' trades, and each market's book.
 *
 * Blocks that were missed (a cut connection, a skipped event) are caught up one by one, so that no settlement is lost; the
 * books are read at the newest height only, since older ones are of no use.
 */
export class BlockNews {
  readonly #options: NewsOptions;
  #height: number;
  #target: number;
  #running = false;
  #closed = false;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#height = options.fromHeight;
    this.#target = options.fromHeight;
  }

  /** The last block whose news were told. */
  get height(): number {
    return this.#height;
  }

  /** The chain has come to a height. Repeats and older ones change nothing. */
  reached(height: number): void {
    if (height > this.#height + JUMP_MOST && this.#height > 0) {
      this.#options.onImplausible(`height ${height} after ${this.#height}`);
      return;
    }
    this.#target = Math.max(this.#target, height);
    if (!this.#running) void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#height < this.#target && !this.#closed) {
      const height = this.#height + 1;
      try {
        await this.#tell(height, height === this.#target);
        this.#height = height;
      } catch (error) {
        this.#complain('sei-rpc', error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.#running = false;
  }

  async #tell(height: number, newest: boolean): Promise<void> {
    const { reads, markets, transactions, inlet } = this.#options;
    const [match, books] = await Promise.all([reads.match(height), newest ? this.#books(height) : []]);
    const settlements = match === undefined ? [] : this.#settlements(match);
    const trades = match === undefined ? [] : this.#trades(match);
    if (this.#closed) return;
    // Everything is decoded: from here on nothing fails, so a block is told whole or not at all.
    const to = inlet();
    to?.accept({ kind: 'block', seq: 0, timeUs: 0, height, chainTimeUs: 0 });
    await transactions.onBlock(height);
    for (const settlement of settlements) to?.accept(settlement);
    for (const trade of trades) to?.accept(trade);
    books.forEach((book, i) => {
      if (book === undefined) return;
      const stamp = { seq: 0, timeUs: 0, market: markets[i]!.symbol, lastId: height, eventUs: 0 };
      to?.accept({ kind: 'bookSnapshot', ...stamp, ...book });
    });
  }

  /** The books of all markets; undefined for one that makes no sense, which is complained of and so grows stale. */
  #books(height: number) {
    const { reads, markets } = this.#options;
    return Promise.all(
      markets.map((market) =>
        reads.book(market, height).catch((error: unknown) => {
          if (!(error instanceof Implausible)) throw error;
          this.#complain('sei-rpc', error);
          return undefined;
        }),
      ),
    );
  }

  #marketOf(entry: SettlementEntry): Market | undefined {
    return this.#options.markets.find(({ base, quote }) => base === entry.assetDenom && quote === entry.priceDenom);
  }

  #settlements(match: MatchResult): Settlement[] {
    const height = Number(match.height);
    return match.settlements.flatMap((entry, i) => {
      const market = this.#marketOf(entry);
      const side = SIDE_OF[entry.positionDirection];
      if (entry.account !== this.#options.account || market === undefined) return [];
      if (side === undefined)
        throw new Implausible(
          market.symbol,
          'malformed',
          `direction '${entry.positionDirection}': expected Long or Short`,
        );
      return [
        {
          kind: 'settlement',
          seq: 0,
          timeUs: 0,
          market: market.symbol,
          orderId: String(entry.orderId),
          side,
          lots: lotsOf(market, entry.quantity),
          microTicks: microTicksOf(market, entry.executionCostOrProceed),
          liquidity: entry.orderType === 'Limit' ? 'maker' : 'taker',
          height,
          settlementId: `${height}/${i}/${entry.orderId}`,
        } as const,
      ];
    });
  }

  /**
   * Executions as trades. Market orders are takers, so a trade is told for each; in a crossing of two limits the order
   * with the greater id came last and is taken for the aggressor.
   */
  #trades(match: MatchResult): Trade[] {
    const height = Number(match.height);
    const newestLimit = new Map<string, bigint>();
    const isTaker = (entry: SettlementEntry): boolean => {
      if (entry.orderType !== 'Limit') return true;
      const opposite = newestLimit.get(`${entry.assetDenom} ${entry.positionDirection === 'Long' ? 'Short' : 'Long'}`);
      return opposite !== undefined && entry.orderId > opposite;
    };
    for (const { assetDenom, positionDirection, orderId, orderType } of match.settlements) {
      const key = `${assetDenom} ${positionDirection}`;
      if (orderType === 'Limit' && orderId > (newestLimit.get(key) ?? -1n)) newestLimit.set(key, orderId);
    }
    return match.settlements.flatMap((entry, i) => {
      const market = this.#marketOf(entry);
      const side = SIDE_OF[entry.positionDirection];
      if (market === undefined || side === undefined || entry.account === this.#options.account || !isTaker(entry))
        return [];
      const tick = Math.round(microTicksOf(market, entry.executionCostOrProceed) / MICRO);
      const lots = lotsOf(market, entry.quantity);
      const stamp = { seq: 0, timeUs: 0, market: market.symbol, eventUs: 0 };
      return [{ kind: 'trade', ...stamp, tradeId: height * 1_000 + i, side, tick, lots } as const];
    });
  }

  #complain(source: string, error: unknown): void {
    const market = error instanceof Implausible ? error.market : '';
    const reason = error instanceof Implausible ? error.reason : 'read-failed';
    const detail = (error as Error).message.slice(0, 300);
    if (error instanceof Implausible) this.#options.onImplausible(detail);
    this.#options.inlet()?.accept({ kind: 'reject', seq: 0, timeUs: 0, market, source, reason, detail });
  }
}
