import type { Levels, Market } from '../../../streams/market/types.ts';
import type { RestingOrder } from '../../../streams/orders/types.ts';
import {
  type AccountAt,
  type Block,
  type Book,
  Implausible,
  type IncludedTx,
  type Match,
  type RegisteredPair,
} from '../node.ts';
import type { FailoverNodes } from './failover.ts';

/**
 * What the client reads from the chain: asked of one node after the other until an answer makes sense.
 *
 * Everything throws NodeError when a node refuses, Implausible when what all nodes say cannot be true, NoAnswer when none answers.
 */
export class ChainReads {
  readonly #nodes: Pick<FailoverNodes, 'read'>;

  constructor(nodes: Pick<FailoverNodes, 'read'>) {
    this.#nodes = nodes;
  }

  /** The markets that the contract has registered. */
  pairs(): Promise<readonly RegisteredPair[]> {
    return this.#nodes.read('pairs', (node) => node.pairs());
  }

  /** A block's time and transactions. */
  block(height: number): Promise<Block> {
    return this.#nodes.read('block', async (node) => {
      const block = await node.block(height);
      if (block.height !== height) throw new Implausible('', 'nonsense', `block ${block.height}, asked for ${height}`);
      return block;
    });
  }

  /**
   * Both sides of a market's book at a height, best first.
   *
   * @param wrong says what is wrong with one, or null: that counts against the node
   */
  book(market: Market, height: number, wrong: (book: Book) => string | null): Promise<Book> {
    return this.#nodes.read('book', async (node) => {
      const book = await node.book(market, height);
      demandOrder(market, book.bids, true);
      demandOrder(market, book.asks, false);
      const [bid, ask] = [book.bids[0], book.asks[0]];
      if (bid !== undefined && ask !== undefined && bid >= ask)
        throw new Implausible(market.symbol, 'crossed', `book at ${height}: bid ${bid}, ask ${ask}`);
      const why = wrong(book);
      if (why !== null) throw new Implausible(market.symbol, 'false-book', `book at ${height}: ${why}`);
      return book;
    });
  }

  /**
   * What matching did in exactly this block, or undefined when it did nothing.
   *
   * @param make makes something of it; what it throws counts against the node
   */
  match<T>(height: number, make: (match: Match) => T): Promise<T | undefined> {
    return this.#nodes.read('match', async (node) => {
      const match = await node.match(height);
      if (match === undefined) return undefined;
      if (match.height !== height)
        throw new Implausible('', 'nonsense', `match result of ${match.height}, asked for ${height}`);
      return make(match);
    });
  }

  /** The account's resting orders in the configured markets at a height; 0 is the newest. */
  orders(account: string, height: number): Promise<readonly RestingOrder[]> {
    return this.#nodes.read('orders', (node) => node.orders(account, height));
  }

  /** Number and next sequence of an account. @throws NodeError when the chain does not know it */
  account(address: string): Promise<AccountAt> {
    return this.#nodes.read('account', (node) => node.account(address));
  }

  /** All balances of an account in smallest units, as decimal texts, and the height they are of; 0 asks for the newest. */
  balances(address: string, height: number): Promise<{ height: number; amounts: Readonly<Record<string, string>> }> {
    return this.#nodes.read('balances', (node) => node.balances(address, height));
  }

  /** The outcome of the transaction at a place in a block. @param places how many orders it placed, if that is known */
  resultInBlock(height: number, index: number, places: number | undefined): Promise<IncludedTx> {
    return this.#nodes.read('result', async (node) => {
      const result = demandPlaces(await node.resultInBlock(height, index), places);
      if (result.height !== height)
        throw new Implausible('', 'nonsense', `results of block ${result.height}, asked for ${height}`);
      return result;
    });
  }

  /** A transaction by its hash, from a node's index; undefined when that does not know it (yet). */
  resultByHash(hash: string, places: number | undefined): Promise<IncludedTx | undefined> {
    return this.#nodes.read('tx', async (node) => {
      const result = await node.resultByHash(hash);
      return result && demandPlaces(result, places);
    });
  }

  /** How many transactions wait for a block. */
  waiting(): Promise<number> {
    return this.#nodes.read('waiting', (node) => node.waiting());
  }
}

function demandPlaces(result: IncludedTx, places: number | undefined): IncludedTx {
  const { code, orderIds } = result;
  if (code === 0 && places !== undefined && orderIds.length !== places)
    throw new Implausible('', 'nonsense', `${orderIds.length} order ids for ${places} placed orders`);
  return result;
}

/** @throws Implausible when the levels are not in strict order of price */
function demandOrder({ symbol }: Market, levels: Levels, falling: boolean): void {
  for (let i = 2; i < levels.length; i += 2) {
    const [before, tick] = [levels[i - 2]!, levels[i]!];
    if (falling ? tick < before : tick > before) continue;
    throw new Implausible(symbol, 'malformed', `level at tick ${tick} follows ${before}: expected prices in order`);
  }
}
