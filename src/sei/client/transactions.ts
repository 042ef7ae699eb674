import { toBase64 } from '@cosmjs/encoding';
import { z } from 'zod';
import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { Inlet } from '../../venue/port.ts';
import type { Block, ChainReads, IncludedTx } from './reads.ts';
import { type FailoverRpc, RpcError } from './rpc.ts';
import { type SignedTx, type SigningContext, sign } from './signing.ts';

/**
 * A transaction that no block took after this many is void: its timeout height forbids it. Ten blocks are 4 s, longer
 * than a busy chain makes a fee-paying transaction wait, and short enough to trade on soon after one was lost.
 */
const TIMEOUT_BLOCKS = 10;

/** An accepted transaction that so many blocks did not bring is sent again: its node may have lost it. */
const SEND_AGAIN_AFTER_BLOCKS = 3;

/** A wrong sequence is repaired and signed again so often; after that somebody else is using the account. */
const SEQUENCE_REPAIRS_MOST = 3;

/** Batches that wait behind the one under way. The order stage has one under way at most, so these are {@link SeiVenue.cancelAll}'s. */
const QUEUE_MOST = 8;

/** Looks into a node's index of transactions, a block apart, when blocks are missing that could have told; indexing may lag. */
const INDEX_LOOKS_MOST = 3;

/** The chain's codes for a wrong account sequence, and for a transaction that waits in the mempool already. */
const WRONG_SEQUENCE = 32;
const IN_MEMPOOL = 19;

const broadcastSchema = z.object({ code: z.int(), codespace: z.string().nullish(), log: z.string().nullish() });

interface Pending {
  readonly batch: OrderBatch;
  readonly tx: SignedTx & { readonly feeUsei: number };
  readonly base64: string;
  /** Height when it was signed. */
  readonly signedHeight: number;
  readonly repairs: number;
  /** A node has answered for it. */
  accepted: boolean;
  /** A copy may be under way though nobody answered for it: a refusal of another copy then means nothing. */
  doubtful: boolean;
  sending: boolean;
  /** A block is missing that could have had it. */
  blocksMissing: boolean;
  indexLooks: number;
}

/** What a block says of the transaction under way. */
export interface Found {
  readonly pending: object;
  readonly result: IncludedTx;
}

/**
 * The one transaction that the account has under way, from signature to certain fate.
 *
 * Every block up to its timeout height is searched for its bytes. In a block, it has its result; in none of them, it is void
 * for ever. No answer to a broadcast, then, says nothing: the same bytes are sent again, which cannot double an order
 * because all copies carry one sequence.
 */
export class Transactions {
  readonly #rpc: Pick<FailoverRpc, 'once'>;
  readonly #reads: Pick<ChainReads, 'account' | 'resultInBlock' | 'resultByHash'>;
  readonly #context: SigningContext;
  readonly #inlet: () => Inlet | undefined;
  readonly #queue: OrderBatch[] = [];
  #pending: Pending | undefined;
  /** Undefined when it has to be asked for. */
  #sequence: bigint | undefined;
  /** The account's sequence is certainly not below this: a node that says so is behind. */
  #leastSequence: bigint;
  #height: number;
  #starting = false;
  /** Share of a full block that waits, 0 to 1: raises the gas price. */
  congestion = 0;

  constructor(
    rpc: Pick<FailoverRpc, 'once'>,
    reads: Pick<ChainReads, 'account' | 'resultInBlock' | 'resultByHash'>,
    context: SigningContext,
    start: { readonly sequence: bigint; readonly height: number },
    inlet: () => Inlet | undefined,
  ) {
    this.#rpc = rpc;
    this.#reads = reads;
    this.#context = context;
    this.#inlet = inlet;
    this.#sequence = start.sequence;
    this.#leastSequence = start.sequence;
    this.#height = start.height;
  }

  /** Whether nothing is under way or waits. */
  get idle(): boolean {
    return this.#pending === undefined && this.#queue.length === 0 && !this.#starting;
  }

  /** Sends a batch, or has it wait for the one under way. */
  submit(batch: OrderBatch): void {
    if (this.#queue.length >= QUEUE_MOST) {
      this.#refuse(batch, '', -1, 'flashmm', `${QUEUE_MOST} batches wait already`);
      return;
    }
    this.#queue.push(batch);
    void this.#start();
  }

  /** Looks for the transaction under way in a block. Changes nothing. */
  async find(block: Block): Promise<Found | undefined> {
    const pending = this.#pending;
    const index = pending === undefined ? -1 : block.txs.indexOf(pending.base64);
    if (pending === undefined || index < 0) return undefined;
    return { pending, result: await this.#reads.resultInBlock(block.height, index, pending.batch.places.length) };
  }

  /**
   * A block is told: says what became of the transaction, if that is now certain.
   *
   * @param refused ids of orders that the contract refused in this block
   */
  tell(height: number, found: Found | undefined, refused: ReadonlyMap<string, string>): void {
    this.#height = Math.max(this.#height, height);
    const pending = this.#pending;
    if (pending === undefined) return;
    if (found !== undefined && found.pending === pending) this.#conclude(pending, found.result, refused);
    else if (height >= pending.tx.timeoutHeight) this.#expire(pending);
    else if (!pending.accepted || height >= pending.signedHeight + SEND_AGAIN_AFTER_BLOCKS) void this.#send(pending);
  }

  /** A block can't be had any more: the transaction under way may have been in it. */
  blockMissing(): void {
    if (this.#pending !== undefined) this.#pending.blocksMissing = true;
  }

  async #start(): Promise<void> {
    while (this.#pending === undefined && !this.#starting) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      try {
        if (this.#sequence === undefined) {
          this.#starting = true;
          this.#sequence = atLeast(
            this.#leastSequence,
            (await this.#reads.account(this.#context.wallet.address)).sequence,
          );
        }
        this.#pending = this.#signed(batch, this.#sequence, 0);
      } catch (error) {
        // Nothing was signed or sent: this batch certainly has no effect.
        this.#refuse(batch, '', -1, 'flashmm', (error as Error).message);
        continue;
      } finally {
        this.#starting = false;
      }
      void this.#send(this.#pending);
    }
  }

  #signed(batch: OrderBatch, sequence: bigint, repairs: number): Pending {
    const tx = sign(this.#context, batch, sequence, this.#height + TIMEOUT_BLOCKS, this.congestion);
    return {
      batch,
      tx,
      base64: toBase64(tx.bytes),
      signedHeight: this.#height,
      repairs,
      accepted: false,
      doubtful: false,
      sending: false,
      blocksMissing: false,
      indexLooks: 0,
    };
  }

  /** Sends the bytes once. Never throws. */
  async #send(pending: Pending): Promise<void> {
    if (pending.sending) return;
    pending.sending = true;
    try {
      const answer = await this.#rpc.once('broadcast_tx_sync', { tx: pending.base64 }, (it) =>
        broadcastSchema.parse(it),
      );
      if (this.#pending === pending)
        await this.#answered(pending, answer.code, answer.codespace ?? '', answer.log ?? '');
    } catch (error) {
      // A block may have brought it meanwhile.
      if (this.#pending !== pending) return;
      if (error instanceof RpcError && /already exists/.test(error.message)) this.#accept(pending);
      else this.#doubt(pending, (error as Error).message);
    } finally {
      pending.sending = false;
    }
  }

  async #answered(pending: Pending, code: number, codespace: string, log: string): Promise<void> {
    const { batch, tx, repairs } = pending;
    if (code === 0 || (codespace === 'sdk' && code === IN_MEMPOOL)) {
      this.#accept(pending);
      return;
    }
    if (pending.doubtful || pending.accepted) return;
    if (code !== WRONG_SEQUENCE || codespace !== 'sdk') {
      this.#drop(pending, code, codespace, log);
      return;
    }
    const expected = expectedSequence(log);
    if (expected !== undefined && expected < this.#leastSequence) {
      // The node is behind: it will take these very bytes once it has caught up, or another node will.
      this.#doubt(pending, log);
    } else if (expected === undefined || expected === tx.sequence || repairs >= SEQUENCE_REPAIRS_MOST) {
      this.#drop(pending, code, codespace, log);
    } else {
      this.#sequence = expected;
      this.#pending = this.#signed(batch, expected, repairs + 1);
      await this.#send(this.#pending);
    }
  }

  #accept(pending: Pending): void {
    if (pending.accepted) return;
    pending.accepted = true;
    const { batch, tx } = pending;
    this.#inlet()?.accept({ kind: 'batchAccepted', seq: 0, timeUs: 0, batchId: batch.batchId, txHash: tx.hash });
  }

  #doubt(pending: Pending, why: string): void {
    if (pending.doubtful || pending.accepted) return;
    pending.doubtful = true;
    const { batch, tx } = pending;
    const reason = why.slice(0, 300);
    this.#inlet()?.accept({
      kind: 'batchUnknown',
      seq: 0,
      timeUs: 0,
      batchId: batch.batchId,
      txHash: tx.hash,
      reason,
    });
  }

  /** The node that was asked first refused it: no node has it. */
  #drop({ batch, tx }: Pending, code: number, codespace: string, log: string): void {
    this.#pending = undefined;
    this.#sequence = code === WRONG_SEQUENCE ? undefined : tx.sequence;
    this.#refuse(batch, tx.hash, code, codespace, log);
    void this.#start();
  }

  #conclude({ batch, tx }: Pending, result: IncludedTx, refused: ReadonlyMap<string, string>): void {
    const { height, code, codespace, log } = result;
    this.#pending = undefined;
    if (code === 0) {
      this.#sequence = tx.sequence + 1n;
      this.#leastSequence = this.#sequence;
      const orderIds = result.orderIds.map((id) => (refused.has(id) ? '' : id));
      const stamp = { seq: 0, timeUs: 0, batchId: batch.batchId, txHash: tx.hash };
      this.#inlet()?.accept({ kind: 'batchCommitted', ...stamp, height, orderIds, feeUsei: String(tx.feeUsei) });
    } else {
      // Whether a failed transaction used up its sequence depends on where it failed.
      this.#sequence = undefined;
      this.#refuse(batch, tx.hash, code, codespace, log);
    }
    void this.#start();
  }

  #expire(pending: Pending): void {
    if (pending.blocksMissing) void this.#askIndex(pending);
    else this.#void(pending, `no block up to its timeout height ${pending.tx.timeoutHeight} has it`);
  }

  #void({ batch, tx }: Pending, reason: string): void {
    this.#pending = undefined;
    this.#sequence = undefined;
    this.#refuse(batch, tx.hash, -1, 'flashmm', reason);
    void this.#start();
  }

  /** Some blocks can't be searched: a node's index of transactions has to say. */
  async #askIndex(pending: Pending): Promise<void> {
    if (pending.sending) return;
    pending.sending = true;
    try {
      const result = await this.#reads.resultByHash(pending.tx.hash, pending.batch.places.length);
      if (this.#pending !== pending) return;
      pending.indexLooks += 1;
      if (result !== undefined) this.#conclude(pending, result, new Map());
      else if (pending.indexLooks >= INDEX_LOOKS_MOST)
        this.#void(pending, `its timeout height ${pending.tx.timeoutHeight} has passed and no node knows of it`);
    } catch {
      // Complained of where it was noticed; the next block asks again.
    } finally {
      pending.sending = false;
    }
  }

  #refuse({ batchId }: OrderBatch, txHash: string, code: number, codespace: string, why: string): void {
    const reason = why.slice(0, 300);
    this.#inlet()?.accept({ kind: 'batchRefused', seq: 0, timeUs: 0, batchId, txHash, code, codespace, reason });
  }
}

function atLeast(least: bigint, sequence: bigint): bigint {
  return sequence < least ? least : sequence;
}

/** `account sequence mismatch, expected 7, got 5` */
function expectedSequence(log: string): bigint | undefined {
  const match = /expected (\d{1,20}), got/.exec(log);
  return match === null ? undefined : BigInt(match[1]!);
}
