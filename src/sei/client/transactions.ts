import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { Inlet } from '../../venue/port.ts';
import {
  type AccountNumbers,
  type Block,
  type CheckedTx,
  type IncludedTx,
  NodeError,
  type NodePort,
  type Signer,
} from '../node.ts';
import type { FailoverNodes } from './failover.ts';
import { type Found, formerTx, type Pending, refusalsText, refusedBy, signedTx } from './pending_tx.ts';
import type { ChainReads } from './reads.ts';
import type { FormerTx, OnSigned } from './signed_record.ts';

/**
 * A transaction that no block took after this many is void: its timeout height forbids it. Ten blocks are 4 s, longer
 * than a busy chain makes a fee-paying transaction wait, and short enough to trade on soon after one was lost.
 */
export const TIMEOUT_BLOCKS = 10;

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

/** Where the account's transactions begin. */
export interface TransactionsStart extends AccountNumbers {
  readonly chainId: string;
  /** The last block known. */
  readonly height: number;
  readonly former?: readonly FormerTx[];
  /** What became of the former ones has been told. */
  readonly onFormerTold?: () => void;
  readonly onSigned?: OnSigned | undefined;
}

/**
 * The one transaction that the account has under way, from signature to certain fate.
 *
 * Every block up to its timeout height is searched for its hash. In a block, it has its result; in none of them, it is void
 * for ever. No answer to a broadcast, then, says nothing: the same bytes are sent again, which cannot double an order
 * because all copies carry one sequence.
 *
 * Nor does a refusal say much. A node may be sick, and refuse what another takes, or even what it has passed on itself: the next node
 * is asked at once, and only two that say the same are believed. Where there are no two, the timeout height decides.
 *
 * A refusal for its sequence says even less. A node goes by what waits in its mempool, such as a transaction of ours that will
 * expire there, and a copy that was delayed on its way may be taken where the one before it was refused. So the bytes are kept,
 * and sent again, until they are void: their timeout height has passed, or after a block that is known to the end the chain's own
 * sequence is beyond theirs. Only then is the batch signed anew. Anything earlier may place its orders twice.
 */
export class Transactions {
  readonly #nodes: Pick<FailoverNodes, 'once'>;
  readonly #reads: Pick<ChainReads, 'account' | 'resultInBlock' | 'resultByHash'>;
  readonly #signer: Signer;
  readonly #chainId: string;
  readonly #accountNumber: bigint;
  readonly #inlet: () => Inlet | undefined;
  readonly #onSigned: OnSigned | undefined;
  readonly #onFormerTold: (() => void) | undefined;
  readonly #queue: OrderBatch[] = [];
  /** Of a former process, their fate unknown: nothing new is signed before that is told. */
  #former: readonly Pending[];
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
    nodes: Pick<FailoverNodes, 'once'>,
    reads: Pick<ChainReads, 'account' | 'resultInBlock' | 'resultByHash'>,
    signer: Signer,
    start: TransactionsStart,
    inlet: () => Inlet | undefined,
  ) {
    const { chainId, accountNumber, sequence, height, former = [], onSigned, onFormerTold } = start;
    this.#nodes = nodes;
    this.#reads = reads;
    this.#signer = signer;
    this.#chainId = chainId;
    this.#accountNumber = accountNumber;
    this.#inlet = inlet;
    this.#onSigned = onSigned;
    this.#onFormerTold = onFormerTold;
    this.#sequence = sequence;
    this.#leastSequence = sequence;
    this.#height = height;
    this.#former = former.map(formerTx);
    // What they did to the sequence shows when their fate is known.
    if (former.length > 0) this.#sequence = undefined;
  }

  /** Whether nothing is under way or waits. */
  get idle(): boolean {
    return this.#underWay.length === 0 && this.#queue.length === 0 && !this.#starting;
  }

  /** Sends a batch, or has it wait for the one under way. */
  submit(batch: OrderBatch): void {
    if (this.#queue.length >= QUEUE_MOST) {
      this.#refuse(batch.batchId, '', -1, 'flashmm', `${QUEUE_MOST} batches wait already`);
      return;
    }
    this.#queue.push(batch);
    void this.#start();
  }

  /** Looks for the transactions under way in a block. Changes nothing. */
  async find({ height, txHashes }: Block): Promise<readonly Found[]> {
    const found: Promise<Found>[] = [];
    for (const pending of this.#underWay) {
      const index = txHashes.indexOf(pending.txHash);
      if (index < 0) continue;
      const places = pending.own?.batch.places.length;
      found.push(this.#reads.resultInBlock(height, index, places).then((result) => ({ pending, result })));
    }
    return await Promise.all(found);
  }

  /**
   * A block is told: says what became of the transactions, if that is now certain.
   *
   * @param refused ids of orders that the contract refused in this block
   */
  tell(height: number, found: readonly Found[], refused: ReadonlyMap<string, string>): void {
    this.#height = Math.max(this.#height, height);
    for (const pending of this.#underWay) {
      const inBlock = found.find((one) => one.pending === pending);
      if (inBlock !== undefined) this.#conclude(pending, inBlock.result, refused);
      else if (height >= pending.timeoutHeight) this.#expire(pending);
      else if (pending.overtaken !== undefined) this.#signAnew(pending, pending.overtaken);
      else if (!pending.accepted || height >= pending.signedHeight + SEND_AGAIN_AFTER_BLOCKS) void this.#send(pending);
    }
  }

  /** A block can't be had any more: a transaction under way may have been in it. */
  blockMissing(): void {
    for (const pending of this.#underWay) pending.blocksMissing = true;
  }

  get #underWay(): readonly Pending[] {
    return this.#pending === undefined ? this.#former : [...this.#former, this.#pending];
  }

  /** What became of it is certain. */
  #forget(pending: Pending): void {
    if (this.#pending === pending) this.#pending = undefined;
    else this.#former = this.#former.filter((one) => one !== pending);
  }

  /** Goes on after a fate was told. */
  #next({ own }: Pending): void {
    if (own === undefined && this.#former.length === 0) this.#onFormerTold?.();
    void this.#start();
  }

  async #start(): Promise<void> {
    while (this.#underWay.length === 0 && !this.#starting) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      try {
        if (this.#sequence === undefined) {
          this.#starting = true;
          this.#sequence = atLeast(this.#leastSequence, (await this.#reads.account(this.#signer.address)).sequence);
        }
        this.#pending = this.#signed(batch, this.#sequence, 0);
      } catch (error) {
        // Nothing was signed or sent: this batch certainly has no effect.
        this.#refuse(batch.batchId, '', -1, 'flashmm', (error as Error).message);
        continue;
      } finally {
        this.#starting = false;
      }
      void this.#depart(this.#pending);
    }
  }

  #signed(batch: OrderBatch, sequence: bigint, repairs: number): Pending {
    const signedHeight = this.#height;
    const timeoutHeight = signedHeight + TIMEOUT_BLOCKS;
    const tx = this.#signer.sign({
      batch,
      chainId: this.#chainId,
      accountNumber: this.#accountNumber,
      sequence,
      timeoutHeight,
      congestion: this.congestion,
    });
    return signedTx(batch, tx, signedHeight, repairs);
  }

  /** Has it written down that the transaction exists, then sends it. Never throws. */
  async #depart(pending: Pending): Promise<void> {
    const { batchId, txHash, sequence, timeoutHeight, signedHeight } = pending;
    pending.sending = true;
    try {
      const written = this.#onSigned?.(batchId, { txHash, sequence: String(sequence), timeoutHeight, signedHeight });
      // Without a promise the bytes are on the wire before submit returns.
      if (written !== undefined) await written;
    } catch (error) {
      if (this.#pending !== pending) return;
      // Its bytes never left.
      this.#pending = undefined;
      this.#sequence = sequence;
      this.#refuse(
        batchId,
        txHash,
        -1,
        'flashmm',
        `not sent, since it was not written down: ${(error as Error).message}`,
      );
      void this.#start();
      return;
    }
    pending.sending = false;
    if (this.#pending === pending) await this.#send(pending);
  }

  /** Sends it once. Never throws. */
  async #send(pending: Pending): Promise<void> {
    const { own } = pending;
    if (pending.sending || own === undefined) return;
    pending.sending = true;
    let elsewhere = false;
    try {
      const broadcast = async (node: NodePort) => ({ node, checked: await node.broadcast(own.tx) });
      const { node, checked } = await this.#nodes.once('broadcast', broadcast, pending.refusals);
      if (this.#pending === pending) elsewhere = this.#answered(pending, node, checked);
    } catch (error) {
      // A block may have brought it meanwhile.
      if (this.#pending !== pending) return;
      if (error instanceof NodeError && /already exists/.test(error.message)) this.#accept(pending);
      else this.#doubt(pending, (error as Error).message);
    } finally {
      pending.sending = false;
    }
    if (elsewhere) await this.#send(pending);
  }

  /** @returns whether another node is to be asked at once */
  #answered(pending: Pending, node: NodePort, checked: CheckedTx): boolean {
    const { code, codespace, log } = checked;
    if (code === 0 || (codespace === 'sdk' && code === IN_MEMPOOL)) {
      this.#accept(pending);
      return false;
    }
    if (pending.accepted) return false;
    if (code === WRONG_SEQUENCE && codespace === 'sdk') {
      this.#doubt(pending, log);
      void this.#askSequence(pending);
      return false;
    }
    const meaning = refusedBy(pending, node, checked);
    if (meaning === 'certain') this.#drop(pending, checked);
    // From now on it is sent once a block, until a node takes it or it is void.
    else if (meaning === 'unsure') this.#doubt(pending, refusalsText(pending));
    return meaning === 'ask-another';
  }

  /** Whether the chain itself, and not a node's mempool alone, is beyond its sequence. Never throws. */
  async #askSequence(pending: Pending): Promise<void> {
    try {
      const { sequence, height } = await this.#reads.account(this.#signer.address);
      // One below it is of a node that is behind, or told of a gap: the same bytes may yet be taken.
      if (sequence > pending.sequence && height > 0) pending.overtaken ??= { sequence, height };
    } catch {
      // Complained of where it was noticed; the next refusal asks again.
    }
    if (this.#pending === pending && pending.overtaken !== undefined) this.#signAnew(pending, pending.overtaken);
  }

  /** Signs its batch again, once it is certain that no block has it, nor ever will. */
  #signAnew(pending: Pending, { sequence, height }: NonNullable<Pending['overtaken']>): void {
    const { own, repairs, blocksMissing } = pending;
    // A block that can't be searched may have it: its timeout height and the index decide.
    if (own === undefined || blocksMissing || this.#height < height) return;
    if (repairs >= SEQUENCE_REPAIRS_MOST) {
      this.#void(pending, `somebody else uses the account: its sequence was taken ${repairs + 1} times`);
      return;
    }
    this.#sequence = sequence;
    this.#pending = this.#signed(own.batch, sequence, repairs + 1);
    void this.#depart(this.#pending);
  }

  #accept(pending: Pending): void {
    if (pending.accepted) return;
    pending.accepted = true;
    const { batchId, txHash } = pending;
    this.#inlet()?.accept({ kind: 'batchAccepted', seq: 0, timeUs: 0, batchId, txHash });
  }

  #doubt(pending: Pending, why: string): void {
    if (pending.doubtful || pending.accepted) return;
    pending.doubtful = true;
    const { batchId, txHash } = pending;
    this.#inlet()?.accept({ kind: 'batchUnknown', seq: 0, timeUs: 0, batchId, txHash, reason: why.slice(0, 300) });
  }

  /** Two nodes refused it for one reason, and none was left in doubt: no node has it. */
  #drop({ batchId, txHash, sequence }: Pending, { code, codespace, log }: CheckedTx): void {
    this.#pending = undefined;
    this.#sequence = sequence;
    this.#refuse(batchId, txHash, code, codespace, log);
    void this.#start();
  }

  #conclude(pending: Pending, result: IncludedTx, refused: ReadonlyMap<string, string>): void {
    const { batchId, txHash, sequence, own } = pending;
    const { height, code, codespace, log } = result;
    const feeUsei = result.feeUsei ?? (code === 0 && own !== undefined ? String(own.tx.feeUsei) : undefined);
    const fee = feeUsei === undefined ? {} : { feeUsei };
    this.#forget(pending);
    if (code === 0) {
      this.#leastSequence = atLeast(this.#leastSequence, sequence + 1n);
      this.#sequence = own === undefined ? undefined : this.#leastSequence;
      const orderIds = result.orderIds.map((id) => (refused.has(id) ? '' : id));
      const stamp = { seq: 0, timeUs: 0, batchId, txHash };
      this.#inlet()?.accept({ kind: 'batchCommitted', ...stamp, height, orderIds, ...fee });
    } else {
      // Whether a failed transaction used up its sequence depends on where it failed.
      this.#sequence = undefined;
      this.#refuse(batchId, txHash, code, codespace, log, fee);
    }
    this.#next(pending);
  }

  #expire(pending: Pending): void {
    if (pending.blocksMissing) void this.#askIndex(pending);
    else this.#void(pending, `no block up to its timeout height ${pending.timeoutHeight} has it`);
  }

  #void(pending: Pending, reason: string): void {
    const { batchId, txHash, refusals } = pending;
    this.#forget(pending);
    this.#sequence = undefined;
    const why = refusals.size === 0 ? reason : `${reason}; ${refusalsText(pending)}`;
    this.#refuse(batchId, txHash, -1, 'flashmm', why);
    this.#next(pending);
  }

  /** Some blocks can't be searched: a node's index of transactions has to say. */
  async #askIndex(pending: Pending): Promise<void> {
    if (pending.sending) return;
    pending.sending = true;
    try {
      const result = await this.#reads.resultByHash(pending.txHash, pending.own?.batch.places.length);
      if (!this.#underWay.includes(pending)) return;
      pending.indexLooks += 1;
      if (result !== undefined) this.#conclude(pending, result, new Map());
      else if (pending.indexLooks >= INDEX_LOOKS_MOST)
        this.#void(pending, `its timeout height ${pending.timeoutHeight} has passed and no node knows of it`);
    } catch {
      // Complained of where it was noticed; the next block asks again.
    } finally {
      pending.sending = false;
    }
  }

  #refuse(
    batchId: number,
    txHash: string,
    code: number,
    codespace: string,
    why: string,
    fee: { readonly feeUsei?: string } = {},
  ): void {
    const reason = why.slice(0, 300);
    const stamp = { seq: 0, timeUs: 0 };
    this.#inlet()?.accept({ kind: 'batchRefused', ...stamp, batchId, txHash, code, codespace, reason, ...fee });
  }
}

function atLeast(least: bigint, sequence: bigint): bigint {
  return sequence < least ? least : sequence;
}
