import type { Chain } from './chain.ts';
import { TX_MAX_BYTES, type Tx, type TxResult, txHash, txLength } from './tx.ts';

/** Most waiting transactions, Tendermint's default. */
const TXS_MAX = 5_000;
/** Most bytes waiting; Tendermint allows 1 GiB, which no devnet should hold. */
const BYTES_MAX = 64 * 1024 * 1024;
/** Hashes remembered to refuse repeats, Tendermint's default. */
const CACHE_MAX = 10_000;
/**
 * Most transactions put into one block: a signature takes 2 ms to verify, and a block should stay well below its
 * interval.
 */
export const BLOCK_TXS_MAX = 100;

/** A transaction as it waits. */
export interface PooledTx {
  /** SHA-256 of the bytes, upper-case hexadecimal. */
  readonly hash: string;
  readonly tx: Tx;
}

/** Transactions that passed CheckTx and wait for a block, oldest first; bounded, repeats refused. */
export class Mempool {
  readonly #chain: Chain;
  readonly #waiting = new Map<string, Tx>();
  readonly #seen = new Set<string>();
  #bytes = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a transaction waits. */
  has(hash: string): boolean {
    return this.#waiting.has(hash);
  }

  /** The waiting transactions, oldest first. */
  list(limit: number): PooledTx[] {
    return [...this.#waiting].slice(0, limit).map(([hash, tx]) => ({ hash, tx }));
  }

  /**
   * Checks a transaction and lets it wait if it passes.
   *
   * @returns the result of CheckTx, or the node's own refusal as text: too large, seen before, or no room
   */
  add(tx: Tx): TxResult | string {
    const length = txLength(tx);
    if (length > TX_MAX_BYTES) return `tx too large: tx size is too big: ${length}, max: ${TX_MAX_BYTES}`;
    const hash = txHash(tx);
    if (this.#seen.has(hash)) return 'tx already exists in cache';
    if (this.#waiting.size >= TXS_MAX || this.#bytes + length > BYTES_MAX) {
      return `mempool is full: number of txs ${this.#waiting.size} (max: ${TXS_MAX}), total txs bytes ${this.#bytes} (max: ${BYTES_MAX})`;
    }
    const result = this.#chain.checkTx(tx);
    if (result.code !== 0) return result;
    this.#remember(hash);
    this.#waiting.set(hash, tx);
    this.#bytes += length;
    return result;
  }

  /** Takes the oldest transactions out for a block; `hold` keeps some back for a later one. */
  take(hold: (hash: string) => boolean = () => false): PooledTx[] {
    const taken: PooledTx[] = [];
    for (const [hash, tx] of this.#waiting) {
      if (taken.length >= BLOCK_TXS_MAX) break;
      if (hold(hash)) continue;
      this.#remove(hash);
      taken.push({ hash, tx });
    }
    return taken;
  }

  /** Checks what waits again, after a block; what no longer passes is dropped and may be sent anew. */
  recheck(): void {
    for (const [hash, tx] of this.#waiting) {
      if (this.#chain.checkTx(tx, 'recheck').code === 0) continue;
      this.#remove(hash);
      this.#seen.delete(hash);
    }
  }

  /** Forgets a transaction that failed in its block, so that the same bytes may be sent again. */
  forget(hash: string): void {
    this.#seen.delete(hash);
  }

  #remove(hash: string): void {
    const tx = this.#waiting.get(hash);
    if (tx === undefined) return;
    this.#bytes -= txLength(tx);
    this.#waiting.delete(hash);
  }

  #remember(hash: string): void {
    this.#seen.add(hash);
    if (this.#seen.size > CACHE_MAX) this.#seen.delete(this.#seen.values().next().value!);
  }
}
