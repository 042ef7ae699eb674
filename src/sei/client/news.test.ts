import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input } from '../../../streams/inputs.ts';
import { systemTimers } from '../../runtime/timers.ts';
import { NoAnswer, NodeError } from '../node.ts';
import { BlockNews } from './news.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A chain of empty blocks at `height`, of which those below `kept` are pruned. */
function chainOf(state: { height: number; kept: number; known: number; broken: Set<number> }) {
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
      book: async () => ({ bids: [], asks: [] }),
      orders: async () => [],
      balances: async () => ({ height: state.height, amounts: {} }),
    },
    transactions: { find: async () => [], tell: () => {}, blockMissing: () => missing.push('missing') },
    markets: [],
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
