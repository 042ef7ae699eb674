import { describe, expect, it } from 'vitest';
import type { Input } from '../../../streams/inputs.ts';
import { type CheckedTx, type IncludedTx, NoAnswer, type NodePort, type SignedTx } from '../node.ts';
import { Transactions, type TransactionsStart } from './transactions.ts';

type Answer = { code: number; codespace?: string; log?: string } | NoAnswer;

const included: IncludedTx = { height: 105, code: 0, codespace: '', log: '', orderIds: [] };
const wrongSequence = (expected: number): Answer => ({
  code: 32,
  codespace: 'sdk',
  log: `account sequence mismatch, expected ${expected}, got 7: incorrect account sequence`,
});

/** Transactions of an account at sequence 7 and height 100, with the answers to its broadcasts by hand. */
async function sending(
  indexed: IncludedTx | undefined = undefined,
  start: Partial<TransactionsStart> = {},
  nodeCount = 1,
) {
  const inputs: Input[] = [];
  const sent: string[] = [];
  const waiting: ((answer: Answer) => void)[] = [];
  const broadcast = ({ hash }: SignedTx): Promise<CheckedTx> =>
    new Promise((resolve, reject) => {
      sent.push(hash);
      waiting.push((answer) =>
        answer instanceof NoAnswer ? reject(answer) : resolve({ codespace: '', log: '', ...answer }),
      );
    });
  // Only `broadcast` is asked for.
  const nodes = Array.from({ length: nodeCount }, (_, i) => ({ name: `node-${i}`, broadcast }) as unknown as NodePort);
  let signatures = 0;
  /** What the chain itself has of the account. */
  const chain = { sequence: 7n, height: 100 };
  const transactions = new Transactions(
    {
      once: (_what, ask, besides) => ask(nodes.find((node) => besides?.has(node) !== true) ?? nodes[0]!),
    },
    {
      account: async () => ({ accountNumber: 1n, ...chain }),
      resultInBlock: async () => included,
      resultByHash: async () => indexed,
    },
    {
      address: 'sei1me',
      sign: ({ batch, sequence, timeoutHeight }) => {
        if (batch.places.length > 0) throw new RangeError("market 'DOGE' is not traded by this account");
        signatures += 1;
        return { hash: `HASH${signatures}`, sequence, timeoutHeight, feeUsei: 1, payload: null };
      },
    },
    { chainId: 'test-1', accountNumber: 1n, sequence: 7n, height: 100, ...start },
    () => ({ accept: (input) => inputs.push(input) }),
  );
  const submit = (batchId: number): void =>
    transactions.submit({ kind: 'orderBatch', seq: 0, timeUs: 0, causes: [], batchId, cancels: [], places: [] });
  const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
  const answer = async (given: Answer): Promise<void> => {
    waiting.shift()!(given);
    await settled();
  };
  const block = async (height: number, txs: readonly string[]): Promise<void> => {
    transactions.tell(height, await transactions.find({ height, timeUs: 0, txHashes: txs }), new Map());
    await settled();
  };
  return { transactions, inputs, sent, chain, submit, answer, block, kinds: () => inputs.map(({ kind }) => kind) };
}

describe('the transaction under way', () => {
  it('is on the wire before submit returns', async () => {
    const { submit, sent } = await sending();
    submit(1);
    expect(sent.length).toBe(1);
  });

  it('is found in its block though its broadcast was never answered; a late answer changes nothing', async () => {
    const { transactions, submit, sent, answer, block, kinds } = await sending();
    submit(1);
    await block(101, ['other', sent[0]!]);
    expect(kinds()).toEqual(['batchCommitted']);
    await answer({ code: 0 });
    expect(kinds()).toEqual(['batchCommitted']);
    expect(transactions.idle).toBe(true);
  });

  it('sends the same bytes again after no answer, and believes no refusal of a copy', async () => {
    const { submit, sent, answer, block, kinds } = await sending();
    submit(1);
    await answer(new NoAnswer('timeout', 'no answer'));
    expect(kinds()).toEqual(['batchUnknown']);
    await block(101, []);
    await answer(wrongSequence(8));
    await block(102, []);
    expect(new Set(sent).size).toBe(1);
    expect(kinds()).toEqual(['batchUnknown']);
    await block(103, [sent[0]!]);
    expect(kinds()).toEqual(['batchUnknown', 'batchCommitted']);
  });

  it('is refused once two nodes say the same, and its sequence is used again', async () => {
    const { transactions, submit, sent, answer, inputs } = await sending(undefined, {}, 3);
    submit(1);
    await answer({ code: 13, codespace: 'sdk', log: 'insufficient fee' });
    expect([sent.length, inputs]).toEqual([2, []]);
    await answer({ code: 20, codespace: 'sdk', log: 'mempool is full' });
    expect([sent.length, inputs]).toEqual([3, []]);
    await answer({ code: 13, codespace: 'sdk', log: 'insufficient fee' });
    expect(inputs).toMatchObject([{ kind: 'batchRefused', code: 13, codespace: 'sdk', reason: 'insufficient fee' }]);
    expect([new Set(sent).size, transactions.idle]).toEqual([1, true]);
  });

  it('is taken by one node though another refuses it', async () => {
    const { submit, sent, answer, block, kinds } = await sending(undefined, {}, 2);
    submit(1);
    await answer({ code: 5, codespace: 'sdk', log: 'insufficient funds' });
    await answer({ code: 0 });
    await block(101, [sent[0]!]);
    expect([new Set(sent).size, kinds()]).toEqual([1, ['batchAccepted', 'batchCommitted']]);
  });

  it.each([1, 3])('that no two of %i nodes refuse for one reason is sent once a block until it is void', async (n) => {
    const { submit, sent, answer, block, inputs, kinds } = await sending(undefined, {}, n);
    submit(1);
    const codes = [5, 13, 20].slice(0, n);
    for (const code of codes) await answer({ code, codespace: 'sdk', log: `reason ${code}` });
    await answer({ code: 5, codespace: 'sdk', log: 'reason 5' });
    expect(kinds()).toEqual(['batchUnknown']);
    for (let height = 101; height < 110; height += 1) {
      await block(height, []);
      await answer({ code: 5, codespace: 'sdk', log: 'reason 5' });
    }
    expect([kinds(), sent.length]).toEqual([['batchUnknown'], n + 10]);
    await block(110, []);
    expect(inputs.at(-1)).toMatchObject({
      ...{ kind: 'batchRefused', code: -1, codespace: 'flashmm' },
      reason: expect.stringContaining('node-0 refused it with code 5: reason 5'),
    });
  });

  it('is signed anew for a sequence that the chain is ahead with, a few times at most', async () => {
    const { submit, sent, chain, answer, block, kinds } = await sending();
    submit(1);
    for (const expected of [8, 9, 10, 11]) {
      Object.assign(chain, { sequence: BigInt(expected), height: chain.height + 1 });
      await answer(wrongSequence(expected));
      await block(chain.height, []);
    }
    expect(sent).toEqual(['HASH1', 'HASH2', 'HASH3', 'HASH4']);
    expect(kinds().filter((kind) => kind !== 'batchUnknown')).toEqual(['batchRefused']);
  });

  it('is not signed anew when it was itself what used its sequence up', async () => {
    const { submit, sent, chain, answer, block, kinds } = await sending();
    submit(1);
    Object.assign(chain, { sequence: 8n, height: 102 });
    await answer(wrongSequence(8));
    await block(101, []);
    await block(102, [sent[0]!]);
    expect([sent.length, kinds()]).toEqual([1, ['batchUnknown', 'batchCommitted']]);
  });

  it('is not signed anew for a mempool that is ahead: what waits there may expire, and a late copy be taken', async () => {
    const { submit, sent, answer, block, kinds } = await sending();
    submit(1);
    await answer(wrongSequence(8));
    for (const height of [101, 102, 103]) {
      await block(height, []);
      await answer(wrongSequence(8));
    }
    await block(104, [sent[0]!]);
    expect(new Set(sent)).toEqual(new Set(['HASH1']));
    expect(kinds()).toEqual(['batchUnknown', 'batchCommitted']);
  });

  it('is not signed anew while a block is missing that may have it, nor when it is not said which block knows better', async () => {
    for (const missing of [true, false]) {
      const { transactions, submit, sent, chain, answer, block } = await sending();
      submit(1);
      Object.assign(chain, { sequence: 8n, height: missing ? 100 : 0 });
      if (missing) transactions.blockMissing();
      await answer(wrongSequence(8));
      await block(101, []);
      expect(new Set(sent)).toEqual(new Set(['HASH1']));
    }
  });

  it('is not signed for an older sequence: the node that says so is behind', async () => {
    const { submit, sent, answer, block, kinds } = await sending();
    submit(1);
    await answer(wrongSequence(6));
    await block(101, []);
    expect(new Set(sent).size).toBe(1);
    await answer({ code: 0 });
    await block(102, [sent[0]!]);
    expect(kinds()).toEqual(['batchUnknown', 'batchAccepted', 'batchCommitted']);
  });

  it('is void once its timeout height has passed without it, and not a block earlier', async () => {
    const { submit, sent, answer, block, inputs, kinds } = await sending();
    submit(1);
    await answer({ code: 0 });
    for (let height = 101; height < 110; height += 1) await block(height, []);
    expect(kinds()).toEqual(['batchAccepted']);
    await block(110, []);
    expect(inputs.at(-1)).toMatchObject({ kind: 'batchRefused', code: -1, codespace: 'flashmm' });
    expect(new Set(sent).size).toBe(1);
  });

  it('takes a transaction in its last block', async () => {
    const { submit, sent, answer, block, kinds } = await sending();
    submit(1);
    await answer({ code: 0 });
    await block(110, [sent[0]!]);
    expect(kinds()).toEqual(['batchAccepted', 'batchCommitted']);
  });

  it('asks a node’s index where a block is missing, and only gives up when that is silent several times', async () => {
    for (const indexed of [included, undefined]) {
      const { transactions, submit, answer, block, kinds } = await sending(indexed);
      submit(1);
      await answer({ code: 0 });
      transactions.blockMissing();
      await block(110, []);
      if (indexed === undefined) expect(kinds()).toEqual(['batchAccepted']);
      for (const height of [111, 112]) await block(height, []);
      expect(kinds()).toEqual(['batchAccepted', indexed === undefined ? 'batchRefused' : 'batchCommitted']);
    }
  });

  it('has batches wait for it in order, and refuses more than a few', async () => {
    const { submit, sent, answer, block, inputs, kinds } = await sending();
    for (let batchId = 1; batchId <= 10; batchId += 1) submit(batchId);
    expect(inputs).toMatchObject([{ kind: 'batchRefused', batchId: 10, reason: '8 batches wait already' }]);
    expect(sent.length).toBe(1);
    await answer({ code: 0 });
    await block(101, [sent[0]!]);
    expect(sent.length).toBe(2);
    expect(kinds()).toEqual(['batchRefused', 'batchAccepted', 'batchCommitted']);
  });

  it('refuses what it cannot sign, and goes on', async () => {
    const { transactions, submit, inputs, sent } = await sending();
    const place = { clientOrderId: 'x', market: 'DOGE', side: 'buy', tick: 1, lots: 1 } as const;
    transactions.submit({
      kind: 'orderBatch',
      seq: 0,
      timeUs: 0,
      causes: [],
      batchId: 1,
      cancels: [],
      places: [place],
    });
    expect(inputs).toMatchObject([{ kind: 'batchRefused', reason: expect.stringContaining("market 'DOGE'") }]);
    submit(2);
    expect(sent.length).toBe(1);
  });

  it('is told of before its bytes leave, again when it is signed anew, and stays here when that fails', async () => {
    const told: [number, number, string, number][] = [];
    const written: ((error?: Error) => void)[] = [];
    const { submit, sent, chain, answer, block, inputs } = await sending(undefined, {
      onSigned: (batchId, { sequence, timeoutHeight }) => {
        told.push([batchId, sent.length, sequence, timeoutHeight]);
        return new Promise((resolve, reject) => written.push((error) => (error ? reject(error) : resolve())));
      },
    });
    const write = async (error?: Error): Promise<void> => {
      written.shift()!(error);
      await new Promise((resolve) => setImmediate(resolve));
    };
    submit(1);
    await block(101, []);
    expect(sent.length).toBe(0);
    await write();
    Object.assign(chain, { sequence: 8n, height: 103 });
    await answer(wrongSequence(8));
    await block(102, []);
    await block(103, []);
    expect(sent.length).toBe(1);
    await write();
    await answer({ code: 0 });
    await block(104, [sent[1]!]);
    submit(2);
    await write(new Error('disk full'));
    expect(sent.length).toBe(2);
    expect(inputs.at(-1)).toMatchObject({
      kind: 'batchRefused',
      batchId: 2,
      reason: expect.stringContaining('disk full'),
    });
    submit(3);
    expect(told).toEqual([
      [1, 0, '7', 110],
      [1, 1, '8', 113],
      [2, 2, '9', 114],
      [3, 2, '9', 114],
    ]);
  });

  it('of a former process is looked for, never sent, and comes before any other', async () => {
    const txHash = 'FORMER';
    const former = { batchId: 41, txHash, sequence: '7', signedHeight: 95, timeoutHeight: 105 };
    let told = 0;
    const onFormerTold = (): void => {
      told += 1;
    };
    const { submit, sent, block, inputs, kinds } = await sending(undefined, { former: [former], onFormerTold });
    submit(42);
    for (let height = 96; height < 105; height += 1) await block(height, []);
    expect([sent, inputs, told]).toEqual([[], [], 0]);
    await block(105, [txHash]);
    expect(inputs).toMatchObject([{ kind: 'batchCommitted', batchId: 41, txHash, orderIds: [] }]);
    expect([sent.length, told]).toEqual([1, 1]);
    const lost = await sending(undefined, { former: [former] });
    await lost.block(105, []);
    expect(lost.inputs).toMatchObject([{ kind: 'batchRefused', batchId: 41, txHash }]);
    expect(kinds()).toEqual(['batchCommitted']);
  });

  it('of a former process may be several: each is told, and only then a new one is signed', async () => {
    const signed = { sequence: '7', signedHeight: 95 };
    const former = [
      { ...signed, batchId: 41, txHash: 'ONE', timeoutHeight: 105 },
      { ...signed, batchId: 42, txHash: 'TWO', timeoutHeight: 107, sequence: '8' },
      { ...signed, batchId: 43, txHash: 'THREE', timeoutHeight: 106 },
    ];
    const { submit, sent, block, inputs } = await sending(undefined, { former });
    submit(44);
    await block(104, ['TWO', 'ONE']);
    expect(inputs).toMatchObject([{ batchId: 41 }, { batchId: 42 }]);
    await block(105, []);
    expect(sent).toEqual([]);
    await block(106, []);
    expect(inputs.at(-1)).toMatchObject({ kind: 'batchRefused', batchId: 43 });
    expect(sent.length).toBe(1);
  });

  it('that failed in its block says what it has paid', async () => {
    const failed: IncludedTx = {
      height: 105,
      code: 11,
      codespace: 'sdk',
      log: 'out of gas',
      orderIds: [],
      feeUsei: '9',
    };
    const { transactions, submit, answer, block, inputs } = await sending(failed);
    submit(1);
    await answer({ code: 0 });
    transactions.blockMissing();
    await block(110, []);
    expect(inputs.at(-1)).toMatchObject({ kind: 'batchRefused', code: 11, feeUsei: '9' });
  });
});
