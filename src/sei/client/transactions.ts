import { toBase64 } from '@cosmjs/encoding';
import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { Inlet } from '../../venue/port.ts';
import type { ChainReads, IncludedTx } from './reads.ts';
import { type FailoverRpc, NoAnswer, RpcError } from './rpc.ts';
import { type SignedTx, type SigningContext, sign } from './signing.ts';

/**
 * A transaction that no block took after this many is void: its timeout height forbids it. Ten blocks are 4 s, longer
 * than a busy chain makes a fee-paying transaction wait, and short enough to trade on soon after one was lost.
 */
const TIMEOUT_BLOCKS = 10;

/** A node's index may lag: it has to be absent so often, in blocks past its timeout height, to be void. */
const ABSENT_TIMES = 3;

/** A wrong sequence is repaired and signed again so often; after that somebody else is using the account. */
const SEQUENCE_REPAIRS_MOST = 3;

/** The chain's code for a wrong account sequence. */
const WRONG_SEQUENCE = 32;

interface Pending {
  readonly batch: OrderBatch;
  tx: SignedTx & { readonly feeUsei: number };
  /** False while no node has answered for it. */
  accepted: boolean;
  /** True once an attempt got no answer: from then on a refusal may speak of a copy that is in a block already. */
  unanswered: boolean;
  /** How many blocks past its timeout height a node said that it knows nothing of it. */
  absentAfterTimeout: number;
}

/**
 * The one transaction that the account has under way, from signature to certain fate.
 *
 * A missing answer says nothing about a transaction: it is looked for by its hash in every block, and the same bytes are sent
 * again, which cannot double it because both carry one sequence. It is certainly void only when the chain refused it, or
 * when its timeout height has passed and no block has it.
 */
export class Transactions {
  readonly #rpc: FailoverRpc;
  readonly #reads: ChainReads;
  readonly #context: SigningContext;
  readonly #inlet: () => Inlet | undefined;
  readonly #queue: OrderBatch[] = [];
  #pending: Pending | undefined;
  #sequence: bigint | undefined;
  #height = 0;
  #working = false;
  /** Share of a full block that waits: raises the gas price. */
  congestion = 0;

  constructor(rpc: FailoverRpc, reads: ChainReads, context: SigningContext, inlet: () => Inlet | undefined) {
    this.#rpc = rpc;
    this.#reads = reads;
    this.#context = context;
    this.#inlet = inlet;
  }

  /** Whether nothing is under way or waits. */
  get idle(): boolean {
    return this.#pending === undefined && this.#queue.length === 0 && !this.#working;
  }

  /** Takes a batch. The order stage has one under way at most, so a second one waits its turn. */
  submit(batch: OrderBatch): void {
    this.#queue.push(batch);
    void this.#work(() => this.#sendNext());
  }

  /** A block came: looks for the transaction under way. Resolves when that is done, for the block's order of news. */
  async onBlock(height: number): Promise<void> {
    this.#height = Math.max(this.#height, height);
    await this.#work(() => this.#lookUp());
  }

  /** Runs one piece of work at a time; what comes meanwhile is done by the next block or the next submission. */
  async #work(piece: () => Promise<void>): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      await piece();
    } finally {
      this.#working = false;
    }
    if (this.#pending === undefined && this.#queue.length > 0) void this.#work(() => this.#sendNext());
  }

  async #sendNext(): Promise<void> {
    while (this.#pending === undefined && this.#queue.length > 0) {
      const batch = this.#queue.shift()!;
      try {
        this.#sequence ??= (await this.#reads.account(this.#context.wallet.address)).sequence;
        this.#pending = { batch, tx: this.#sign(batch), accepted: false, unanswered: false, absentAfterTimeout: 0 };
      } catch (error) {
        // Nothing was signed or sent: this batch certainly has no effect.
        this.#refuse(batch, '', -1, 'flashmm', (error as Error).message);
        continue;
      }
      await this.#broadcast(SEQUENCE_REPAIRS_MOST);
    }
  }

  #sign(batch: OrderBatch): Pending['tx'] {
    return sign(this.#context, batch, this.#sequence!, this.#height + TIMEOUT_BLOCKS, this.congestion);
  }

  async #broadcast(repairsLeft: number): Promise<void> {
    const pending = this.#pending!;
    const { batch, tx } = pending;
    let answer: { code: number; codespace: string; log: string };
    try {
      answer = checkAnswer(await this.#rpc.once('broadcast_tx_sync', { tx: toBase64(tx.bytes) }));
    } catch (error) {
      if (error instanceof RpcError && /already exists/.test(error.message)) {
        this.#accept(pending);
        return;
      }
      if (!(error instanceof NoAnswer || error instanceof RpcError)) throw error;
      if (!pending.unanswered) this.#tellUnknown(batch, tx.hash, error.message);
      pending.unanswered = true;
      return;
    }
    if (answer.code === 0) {
      this.#accept(pending);
      return;
    }
    if (pending.unanswered) return;
    if (answer.code === WRONG_SEQUENCE && repairsLeft > 0) {
      this.#sequence = expectedSequence(answer.log) ?? (await this.#accountSequence()) ?? this.#sequence;
      if (this.#sequence !== tx.sequence) {
        pending.tx = this.#sign(batch);
        await this.#broadcast(repairsLeft - 1);
        return;
      }
    }
    this.#pending = undefined;
    this.#refuse(batch, tx.hash, answer.code, answer.codespace, answer.log);
  }

  #accept(pending: Pending): void {
    if (pending.accepted) return;
    pending.accepted = true;
    const { batch, tx } = pending;
    this.#sequence = tx.sequence + 1n;
    this.#inlet()?.accept({ kind: 'batchAccepted', seq: 0, timeUs: 0, batchId: batch.batchId, txHash: tx.hash });
  }

  async #lookUp(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    const fate = await this.#fate();
    if (fate === 'included') return;
    const { batch, tx, accepted } = pending;
    if (fate === 'absent' && this.#height > tx.timeoutHeight) pending.absentAfterTimeout += 1;
    if (pending.absentAfterTimeout >= ABSENT_TIMES) {
      this.#pending = undefined;
      this.#sequence = await this.#accountSequence();
      this.#refuse(batch, tx.hash, -1, 'flashmm', `no block up to its timeout height ${tx.timeoutHeight} has it`);
    } else if (!accepted && this.#height <= tx.timeoutHeight) {
      await this.#broadcast(0);
    }
  }

  /** Looks for the transaction under way in the chain's blocks, and tells of it if it is there. */
  async #fate(): Promise<'included' | 'absent' | 'unknown'> {
    const { batch, tx } = this.#pending!;
    let found: IncludedTx | undefined;
    try {
      found = await this.#reads.tx(tx.hash);
    } catch {
      // Complained of by the endpoints; the next block looks again.
      return 'unknown';
    }
    if (found === undefined) return 'absent';
    this.#pending = undefined;
    this.#sequence = tx.sequence + 1n;
    const { height, code, codespace, log, orderIds } = found;
    if (code !== 0) this.#refuse(batch, tx.hash, code, codespace, log);
    else {
      const stamp = { seq: 0, timeUs: 0, batchId: batch.batchId, txHash: tx.hash };
      this.#inlet()?.accept({ kind: 'batchCommitted', ...stamp, height, orderIds, feeUsei: String(tx.feeUsei) });
    }
    return 'included';
  }

  async #accountSequence(): Promise<bigint | undefined> {
    try {
      return (await this.#reads.account(this.#context.wallet.address)).sequence;
    } catch {
      return undefined;
    }
  }

  #tellUnknown({ batchId }: OrderBatch, txHash: string, reason: string): void {
    this.#inlet()?.accept({ kind: 'batchUnknown', seq: 0, timeUs: 0, batchId, txHash, reason: reason.slice(0, 300) });
  }

  #refuse({ batchId }: OrderBatch, txHash: string, code: number, codespace: string, reason: string): void {
    this.#inlet()?.accept({
      kind: 'batchRefused',
      seq: 0,
      timeUs: 0,
      batchId,
      txHash,
      code,
      codespace,
      reason: reason.slice(0, 300),
    });
  }
}

/** `account sequence mismatch, expected 7, got 5` */
function expectedSequence(log: string): bigint | undefined {
  const match = /expected (\d{1,20}), got/.exec(log);
  return match === null ? undefined : BigInt(match[1]!);
}

/** @throws NoAnswer when a broadcast's answer has no code: then nothing is known */
function checkAnswer(result: unknown): { code: number; codespace: string; log: string } {
  const { code, codespace, log } = (typeof result === 'object' && result !== null ? result : {}) as Record<
    string,
    unknown
  >;
  if (!Number.isInteger(code))
    throw new NoAnswer('nonsense', `broadcast_tx_sync: code '${String(code)}', expected a number`);
  return { code: code as number, codespace: String(codespace ?? ''), log: String(log ?? '') };
}
