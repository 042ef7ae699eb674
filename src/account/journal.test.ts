import { describe, expect, it } from 'vitest';
import { AccountJournal, type AccountJournalOptions } from './journal.ts';
import { MemoryAccountStore } from './memory_store.ts';
import { AccountJournalError } from './read.ts';
import type { AccountRecord } from './records.ts';
import { emptyAccount, recoveredOf } from './state.ts';

function open(store: MemoryAccountStore, change: Partial<AccountJournalOptions> = {}): AccountJournal {
  return new AccountJournal({ store, chainId: 'chain-1', account: 'sei1me', flashmm: '0', nowUs: () => 5, ...change });
}

const order = (n: number) =>
  ({
    clientOrderId: `flashmm_A_${n}`,
    orderId: String(n),
    market: 'A',
    side: 'buy',
    tick: 100,
    lots: 10,
    remainingLots: 4,
    status: 'resting',
  }) as const;

const signed = {
  batchId: 7,
  txHash: 'AB',
  sequence: '12',
  timeoutHeight: 30,
  signedHeight: 20,
} as const;

const halted = {
  holds: [{ code: 'drawdown', text: '-5 %', by: 'equity', sinceUs: 1 }],
  baseline: { day: 3, dailyPnlUsdc: 0, peakUsdc: 5, excusedPeakUsdc: null },
} as const;

const story: readonly AccountRecord[] = [
  { kind: 'order', order: order(1) },
  { kind: 'intent', batchId: 7, places: ['flashmm_A_1'], cancels: [] },
  { kind: 'signed', ...signed },
  { kind: 'fill', settlementId: '21/0/1', clientOrderId: 'flashmm_A_1', height: 21 },
  { kind: 'height', height: 21 },
  { kind: 'money', record: { lots: 6 } },
  { kind: 'trading', trading: halted, by: 'risk' },
];

describe('an account journal', () => {
  it('begins empty, and tells the next process all that was recorded', () => {
    const store = new MemoryAccountStore();
    const first = open(store);
    expect(first.state).toEqual(emptyAccount());
    expect(first.findings).toEqual([]);
    for (const one of story) first.record([one]);
    const next = open(store.kill());
    expect(next.state).toEqual(first.state);
    expect(next.findings).toEqual([]);
    expect(recoveredOf(next.state)).toMatchObject({
      kind: 'recovered',
      height: 21,
      batches: 7,
      orders: [order(1)],
      inFlight: { batchId: 7 },
      settled: ['21/0/1'],
      money: { lots: 6 },
      trading: halted,
    });
    next.record([
      { kind: 'outcome', batchId: 7, committed: true, txHash: 'AB', reason: '' },
      { kind: 'orderEnded', clientOrderId: 'flashmm_A_1', status: 'filled' },
    ]);
    expect(open(store.kill()).state).toMatchObject({ inFlight: { batchId: 7 } });
    expect(next.state).toMatchObject({ inFlight: null, signed: [], orders: {} });
  });

  it('loses at a crash what was not durable, and nothing else, wherever the last write was torn', async () => {
    const store = new MemoryAccountStore();
    const journal = open(store);
    journal.record(story.slice(0, 3));
    await journal.durable();
    const durable = structuredClone(journal.state);
    journal.record(story.slice(3));
    const all = structuredClone(journal.state);
    const lost = store.kill().read(1).length - store.crash().read(1).length;
    expect(lost).toBeGreaterThan(50);
    for (let kept = 0; kept <= lost; kept += 1) {
      const next = open(store.crash(kept));
      expect(next.state).toEqual(kept === lost ? all : durable);
      expect(next.findings.length).toBe(kept > 0 && kept < lost ? 1 : 0);
    }
  });

  it('refuses damage before sound frames, saying where', () => {
    const store = new MemoryAccountStore();
    const journal = open(store);
    for (const one of story) journal.record([one]);
    const bytes = store.read(1);
    const intact = structuredClone(journal.state);
    let refused = 0;
    for (let at = 8; at < bytes.length; at += 3) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x40;
      const found = new MemoryAccountStore();
      found.create(1, damaged);
      try {
        // Damage in the very last frame can't be told from a write that a crash cut short.
        expect(open(found).state).toEqual({ ...intact, trading: null });
      } catch (error) {
        expect(error).toBeInstanceOf(AccountJournalError);
        expect((error as Error).message).toMatch(/segment 1 at byte \d+: .*sound frames follow.*nothing is traded/);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(150);
  });

  it('refuses the journal of another account, another chain or another version', () => {
    const store = new MemoryAccountStore();
    open(store).record(story);
    expect(() => open(store.kill(), { account: 'sei1you' })).toThrow(/of account sei1me .* not of sei1you/);
    expect(() => open(store.kill(), { chainId: 'chain-2' })).toThrow(/chain 'chain-1'/);
    const bytes = store.read(1);
    bytes.writeUInt32LE(9, 4);
    const newer = new MemoryAccountStore();
    newer.create(1, bytes);
    expect(() => open(newer)).toThrow(/format version 9: this program reads 1/);
  });

  it('rotates, keeps a few segments, and the newest alone says everything', () => {
    const store = new MemoryAccountStore();
    const journal = open(store, { segmentBytes: 4_000 });
    for (let n = 1; n <= 300; n += 1) {
      journal.record([
        { kind: 'order', order: order(n) },
        { kind: 'height', height: n },
        { kind: 'fill', settlementId: `${n}/0/${n}`, clientOrderId: `flashmm_A_${n}`, height: n },
      ]);
      if (n > 5) journal.record([{ kind: 'orderEnded', clientOrderId: `flashmm_A_${n - 5}`, status: 'filled' }]);
    }
    expect(store.segments().length).toBe(4);
    expect(journal.state.settled.length).toBeLessThan(30);
    const newest = new MemoryAccountStore();
    newest.create(1, store.read(store.segments().at(-1)!));
    expect(open(newest).state).toEqual(journal.state);
  });

  it('goes on in a new segment after a failed write, with nothing lost', async () => {
    const store = new MemoryAccountStore();
    const journal = open(store);
    store.fail('append', 1);
    journal.record(story.slice(0, 3));
    expect(journal.healthy).toBe(false);
    journal.record(story.slice(3));
    store.fail('create', 2);
    await expect(journal.durable()).rejects.toThrow(/no space/);
    await expect(journal.durable()).rejects.toThrow(/no space/);
    expect(open(store.crash()).state).toEqual(emptyAccount());
    await journal.durable();
    expect(journal.healthy).toBe(true);
    expect(open(store.crash()).state).toEqual(journal.state);
    store.fail('sync', 1);
    journal.record([{ kind: 'height', height: 99 }]);
    await expect(journal.durable()).rejects.toThrow(/disk failed/);
    await journal.durable();
    expect(open(store.crash()).state.height).toBe(99);
  });

  it('falls back on the segment before one that was never finished', () => {
    const store = new MemoryAccountStore();
    const journal = open(store);
    journal.record(story);
    store.fail('create', 1);
    expect(() => open(store)).toThrow(/no space/);
    const next = open(store.kill());
    expect(next.state).toEqual(journal.state);
    expect(next.findings).toEqual([expect.stringMatching(/segment 2 was never finished/)]);
    const half = new MemoryAccountStore();
    half.create(1, store.read(1));
    half.create(2, store.read(1).subarray(0, 30));
    const again = open(half);
    expect(again.state).toEqual(journal.state);
    expect(again.findings).toEqual([expect.stringMatching(/segment 2 was never finished/)]);
  });
});
