import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input } from '../../../streams/inputs.ts';
import type { Market } from '../../../streams/market/types.ts';
import { systemTimers } from '../../runtime/timers.ts';
import { type Book, Implausible, NoAnswer, NodeError } from '../node.ts';
import { BlockNews } from './news.ts';
import { type Found, signedTx } from './pending_tx.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What happens on a chain of otherwise empty blocks: what each node tells of the book, and what a block has of ours. */
interface Told {
  readonly books?: (height: number) => readonly Book[];
  readonly found?: (height: number) => readonly Found[];
}

const MARKET = { symbol: 'XUSDC' } as Market;

/** A chain of empty blocks at `height`, of which those below `kept` are pruned. */
function chainOf(state: { height: number; kept: number; known: number; broken: Set<number> }, told: Told = {}) {
  const inputs: Input[] = [];
  const missing: string[] = [];
  const demand = (height: number): void => {
    if (state.broken.has(height)) throw new NoAnswer('timeout', 'no answer');
    if (height > state.height || height < state.kept) throw new NodeError(-32603, `height ${height} is not available`);
  };
  const news = new BlockNews({
    timers: systemTimers(),
    nodes: {
      get height() {
        return state.known;
      },
    },
    reads: {
      block: async (height) => {
        demand(height);
        return { height, timeUs: height * 1_000, txHashes: [] };
      },
      match: async () => undefined,
      // One node after the other, as the client asks them.
      book: async ({ symbol }, height, wrong) => {
        const books = told.books?.(height) ?? [];
        const book = books.find((one) => wrong(one) === null);
        if (book === undefined) throw new Implausible(symbol, 'false-book', wrong(books[0]!)!);
        return book;
      },
      orders: async () => [],
      balances: async () => ({ height: state.height, amounts: {} }),
    },
    transactions: {
      find: async ({ height }) => told.found?.(height) ?? [],
      tell: () => {},
      blockMissing: () => missing.push('missing'),
    },
    markets: told.books === undefined ? [] : [MARKET],
    account: 'sei1me',
    inlet: () => ({ accept: (input) => inputs.push(input) }),
    fromHeight: 100,
    accountFirst: false,
    onBlock: () => {},
  });
  const heights = (): number[] => inputs.flatMap((input) => (input.kind === 'block' ? [input.height] : []));
  const reasons = (): string[] => inputs.flatMap((input) => (input.kind === 'reject' ? [input.reason] : []));
  return { news, inputs, missing, heights, reasons };
}

describe('news of blocks', () => {
  it('reads every missed block, in order and once, though heights jump, repeat and fall back', async () => {
    const { news, heights } = chainOf({ height: 130, kept: 0, known: 130, broken: new Set() });
    for (const height of [103, 101, 110, 110, 109, 130, 120]) news.reached(height);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heights()).toEqual(Array.from({ length: 30 }, (_, i) => 101 + i));
  });

  it('waits for a block that no node answers for, however long, and skips nothing', async () => {
    const state = { height: 105, kept: 0, known: 200, broken: new Set([103]) };
    const { news, heights, missing } = chainOf(state);
    news.reached(105);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heights()).toEqual([101, 102]);
    state.broken.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heights()).toEqual([101, 102, 103, 104, 105]);
    expect(missing).toEqual([]);
  });

  it('goes on after blocks that no node keeps any more, says so once, and has the account told', async () => {
    const { news, inputs, heights, missing, reasons } = chainOf({
      height: 300,
      kept: 250,
      known: 300,
      broken: new Set(),
    });
    news.reached(300);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(heights()).toEqual(Array.from({ length: 51 }, (_, i) => 250 + i));
    expect(reasons().filter((reason) => reason === 'history-pruned').length).toBe(1);
    expect(missing.length).toBe(1);
    expect(inputs.find((input) => input.kind === 'reject' && input.reason === 'history-pruned')).toMatchObject({
      detail: expect.stringContaining('blocks 101 to 249 '),
    });
    expect(inputs).toContainEqual({ kind: 'blocksMissed', seq: 0, timeUs: 0, fromHeight: 101, toHeight: 249 });
    expect(inputs.filter(({ kind }) => kind === 'openOrders')).toMatchObject([{ height: 300 }]);
  });

  it('forgets a height that does not exist, and never takes it for pruned', async () => {
    const state = { height: 102, kept: 0, known: 102, broken: new Set<number>() };
    const { news, heights, missing, reasons } = chainOf(state);
    news.reached(1e15);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heights()).toEqual([101, 102]);
    expect(reasons()).toEqual(['read-failed']);
    state.height = 104;
    news.reached(104);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heights()).toEqual([101, 102, 103, 104]);
    expect(missing).toEqual([]);
  });
});

describe('books of the right form', () => {
  /** Four lots bid at 99 are ours from block 101 on. */
  const placed = (height: number): readonly Found[] => {
    if (height !== 101) return [];
    const places = [{ clientOrderId: 'mine', market: MARKET.symbol, side: 'buy', tick: 99, lots: 4 }] as const;
    const batch = { kind: 'orderBatch', seq: 0, timeUs: 0, causes: [], batchId: 1, cancels: [], places } as const;
    const pending = signedTx(batch, { hash: 'A', sequence: 1n, timeoutHeight: 110, feeUsei: 1, payload: null }, 100, 0);
    return [{ pending, result: { height, code: 0, codespace: '', log: '', orderIds: ['7'] } }];
  };
  const old: Book = { bids: [98, 1], asks: [101, 1] };
  const right: Book = { bids: [99, 4, 98, 1], asks: [101, 1] };
  const empty: Book = { bids: [], asks: [] };

  /** Heights and best bids of the books that are told, block by block. */
  async function toldOf(books: (height: number) => readonly Book[], found = placed) {
    const state = { height: 100, kept: 0, known: 110, broken: new Set<number>() };
    const { news, inputs, reasons } = chainOf(state, { books, found });
    while (state.height < 104) {
      state.height += 1;
      news.reached(state.height);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    const snapshots = inputs.filter((input) => input.kind === 'bookSnapshot');
    return { books: snapshots.map(({ lastId, bids }) => [lastId, bids[0]]), reasons: reasons() };
  }

  it('are asked for again when they lack our own orders, from the very block that places them', async () => {
    const { books, reasons } = await toldOf((height) => (height === 103 ? [right] : [old, right]));
    expect(books).toEqual([
      [101, 99],
      [102, 99],
      [103, 99],
      [104, 99],
    ]);
    expect(reasons).toEqual([]);
  });

  it('are not told when all lack them', async () => {
    const { books, reasons } = await toldOf((height) => (height === 102 || height === 103 ? [old, old] : [right]));
    expect(books.map(([height]) => height)).toEqual([101, 104]);
    expect(reasons).toEqual(['false-book', 'false-book']);
  });

  it('are believed to be empty all at once when every node says so, and asked for no more', async () => {
    const gone = (height: number): readonly Book[] => (height < 102 ? [old] : [empty, height === 102 ? old : empty]);
    const { books, reasons } = await toldOf(gone, () => []);
    expect(books).toEqual([
      [101, 98],
      [102, 98],
      [103, undefined],
      [104, undefined],
    ]);
    expect(reasons).toEqual(['false-book']);
  });
});
