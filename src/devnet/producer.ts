import { hash as hashOf } from 'node:crypto';
import type { BlockEnd, Chain } from './chain.ts';
import { type EventMap, eventMap } from './event_query.ts';
import { Mempool } from './mempool.ts';
import type { AbciEvent, Tx, TxResult } from './tx.ts';

/** A transaction in its block. */
export interface CommittedTx {
  /** SHA-256 of the bytes, upper-case hexadecimal. */
  readonly hash: string;
  readonly tx: Tx;
  readonly height: number;
  readonly index: number;
  readonly result: TxResult;
  readonly events: EventMap;
}

/** A committed block. Hashes are SHA-256 over the block's content, not Tendermint's Merkle roots. */
export interface CommittedBlock extends BlockEnd {
  /** What the contract's hooks told. */
  readonly events: readonly AbciEvent[];
  readonly txs: readonly CommittedTx[];
  readonly hash: string;
  readonly previousHash: string;
  /** State hash after the block before, as headers have it. */
  readonly appHash: string;
  readonly dataHash: string;
  readonly eventMap: EventMap;
}

/** What places orders in process at the start of every block (the seeded participants). */
export type BeginBlockHook = (chain: Chain, timeUs: number) => void;

/** Blocks and their transactions that stay available, the newest. */
const BLOCKS_MAX = 1_000;
/** Listeners at once: nodes, tests, and clients that wait in `broadcast_tx_commit`. */
const LISTENERS_MAX = 256;
const HELD_TXS_MAX = 10_000;
const EMPTY_HASH = digest([]);
const NO_HASHES = { hash: '', previousHash: '', appHash: '', dataHash: '' };

/** Its events are a map for a search or a subscription only: nobody else asks. */
class IncludedTx implements CommittedTx {
  readonly hash: string;
  readonly tx: Tx;
  readonly height: number;
  readonly index: number;
  readonly result: TxResult;

  constructor(hash: string, tx: Tx, height: number, index: number, result: TxResult) {
    this.hash = hash;
    this.tx = tx;
    this.height = height;
    this.index = index;
    this.result = result;
  }

  get events(): EventMap {
    const own = { 'tm.event': 'Tx', 'tx.hash': this.hash, 'tx.height': String(this.height) };
    return eventMap(this.result.events, own);
  }
}

/** What it tells is put into words for who asks: a simulation's nodes do not. */
class Block implements CommittedBlock {
  readonly height: number;
  readonly timeUs: number;
  readonly match: BlockEnd['match'];
  readonly txs: readonly CommittedTx[];
  readonly hash: string;
  readonly previousHash: string;
  readonly appHash: string;
  readonly dataHash: string;
  readonly #chain: Chain;

  constructor(
    chain: Chain,
    { height, timeUs, match }: BlockEnd,
    txs: readonly CommittedTx[],
    hashes: typeof NO_HASHES,
  ) {
    this.#chain = chain;
    this.height = height;
    this.timeUs = timeUs;
    this.match = match;
    this.txs = txs;
    this.hash = hashes.hash;
    this.previousHash = hashes.previousHash;
    this.appHash = hashes.appHash;
    this.dataHash = hashes.dataHash;
  }

  get events(): readonly AbciEvent[] {
    return this.match === null ? [] : this.#chain.hookEvents(this.match);
  }

  get eventMap(): EventMap {
    return eventMap(this.events, { 'tm.event': 'NewBlock', 'block.height': String(this.height) });
  }
}

/** Makes blocks out of the mempool on a chain, keeps the newest of them, and tells its listeners. Synchronous. */
export class Producer {
  readonly chain: Chain;
  readonly mempool: Mempool;
  readonly #blocks: CommittedBlock[] = [];
  readonly #txs = new Map<string, CommittedTx>();
  readonly #listeners = new Set<(block: CommittedBlock) => void>();
  readonly #onBeginBlock: BeginBlockHook;
  readonly #hashes: boolean;
  /** Until which height transactions are held back, by hash. */
  readonly #held = new Map<string, number>();

  /** @param hashes false leaves the blocks' hashes empty, for who never shows them */
  constructor(chain: Chain, onBeginBlock: BeginBlockHook = () => undefined, hashes = true) {
    this.#hashes = hashes;
    this.chain = chain;
    this.mempool = new Mempool(chain);
    this.#onBeginBlock = onBeginBlock;
  }

  /** The newest block. @throws Error before the first */
  get latest(): CommittedBlock {
    const block = this.#blocks.at(-1);
    if (block === undefined) throw new Error('no block yet');
    return block;
  }

  /** Height of the oldest block that is kept. */
  get earliestHeight(): number {
    return this.#blocks[0]?.height ?? 0;
  }

  /** A kept block by height. */
  block(height: number): CommittedBlock | undefined {
    return this.#blocks[height - this.earliestHeight];
  }

  /** A transaction of a kept block by its hash in upper-case hexadecimal. */
  tx(hash: string): CommittedTx | undefined {
    return this.#txs.get(hash);
  }

  /** All transactions of kept blocks, oldest first. */
  txs(): IterableIterator<CommittedTx> {
    return this.#txs.values();
  }

  /** Calls `listener` after each block, until the returned function is called. */
  onBlock(listener: (block: CommittedBlock) => void): () => void {
    if (this.#listeners.size >= LISTENERS_MAX) throw new RangeError(`more than ${LISTENERS_MAX} block listeners`);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes one block. @param timeUs its time, raised to just after the last block's if it is not later */
  produce(timeUs: number): CommittedBlock {
    const { chain } = this;
    const previous = this.#blocks.at(-1);
    const blockTimeUs = Math.max(timeUs, chain.timeUs + 1);
    chain.beginBlock(blockTimeUs);
    this.#onBeginBlock(chain, blockTimeUs);
    const txs = this.mempool
      .take((hash) => this.#holds(hash))
      .map(({ hash, tx }, index): CommittedTx => {
        const result = chain.deliverTx(tx);
        if (result.code !== 0) this.mempool.forget(hash);
        return new IncludedTx(hash, tx, chain.height, index, result);
      });
    const end = chain.endBlock();
    const block = new Block(chain, end, txs, this.#hashes ? this.#hashesOf(end, txs, previous) : NO_HASHES);
    this.#keep(block);
    this.mempool.recheck();
    for (const listener of this.#listeners) listener(block);
    return block;
  }

  /** Keeps a transaction out of the next blocks, for faults. */
  holdTx(hash: string, blocks: number): void {
    // One that is sent again is not held any longer for it.
    if (this.#held.has(hash)) return;
    if (this.#held.size >= HELD_TXS_MAX) this.#held.delete(this.#held.keys().next().value!);
    this.#held.set(hash, this.chain.height + blocks + 1);
  }

  #holds(hash: string): boolean {
    const height = this.#held.get(hash);
    if (height === undefined) return false;
    if (this.chain.height < height) return true;
    this.#held.delete(hash);
    return false;
  }

  #hashesOf(
    { height, timeUs }: BlockEnd,
    txs: readonly CommittedTx[],
    previous: CommittedBlock | undefined,
  ): typeof NO_HASHES {
    const dataHash = txs.length === 0 ? EMPTY_HASH : digest(txs.map(({ hash }) => hash));
    const previousHash = previous?.hash ?? '';
    const appHash = previous === undefined ? EMPTY_HASH : digest([previous.appHash, previous.hash]);
    const hash = digest([this.chain.chainId, height, timeUs, previousHash, appHash, dataHash]);
    return { hash, previousHash, appHash, dataHash };
  }

  #keep(block: CommittedBlock): void {
    this.#blocks.push(block);
    for (const tx of block.txs) this.#txs.set(tx.hash, tx);
    if (this.#blocks.length <= BLOCKS_MAX) return;
    for (const { hash, height } of this.#blocks.shift()!.txs) {
      if (this.#txs.get(hash)?.height === height) this.#txs.delete(hash);
    }
  }
}

function digest(parts: readonly (string | number)[]): string {
  return hashOf('sha256', parts.join('/'), 'hex').toUpperCase();
}
