import type { Levels, Market, Side } from '../../streams/market/types.ts';
import type { OrderBatch, RestingOrder } from '../../streams/orders/types.ts';
import type { Line, LineEvents } from '../venue/connection.ts';

/**
 * What the client asks of one node, at the level where meaning begins: below it are bytes, above it ticks, lots and ids.
 *
 * Three kinds stand behind it: a real node over HTTP (`rpc/`), a node of the devnet called in process with the same bytes, and
 * a chain without any bytes (both in `src/simulate`). All pass one conformance suite, so what is above the port is the same
 * code for all.
 */

/** The account's next sequence and its number. */
export interface AccountNumbers {
  readonly accountNumber: bigint;
  readonly sequence: bigint;
}

/** The same as the chain has them after a block: what waits in a node's mempool does not count. */
export interface AccountAt extends AccountNumbers {
  /** The block; 0 when the node does not say. */
  readonly height: number;
}

/** What a node says of itself. */
export interface NodeStatus {
  readonly chainId: string;
  readonly height: number;
  /** How long the question took, once it went out. */
  readonly pingMs: number;
}

/** A market as the contract has registered it; steps × 10^18. */
export interface RegisteredPair {
  readonly priceDenom: string;
  readonly assetDenom: string;
  readonly priceTicksize: bigint;
  readonly quantityTicksize: bigint;
}

/** Both sides of a book, best first. */
export interface Book {
  readonly bids: Levels;
  readonly asks: Levels;
}

/** A block as far as the client needs it. */
export interface Block {
  readonly height: number;
  /** Header time, integer microseconds. */
  readonly timeUs: number;
  /** The transactions' hashes (SHA-256 of their bytes, upper-case hexadecimal), in order. */
  readonly txHashes: readonly string[];
}

/** One side of one execution. */
export interface MatchEntry {
  readonly account: string;
  /** Symbol; the empty string for a pair that is not configured, whose amounts mean nothing then. */
  readonly market: string;
  /** `BTC/USDC`, for people. */
  readonly pair: string;
  readonly side: Side;
  readonly isMarketOrder: boolean;
  readonly orderId: bigint;
  /** Price in millionths of a tick. */
  readonly microTicks: number;
  /** The same as the chain states it, × 10^18: a volume-weighted price has more digits than a millionth of a tick. */
  readonly priceE18: bigint;
  readonly lots: number;
}

/** What the matching of one block did. */
export interface Match {
  readonly height: number;
  /** In the chain's order. */
  readonly entries: readonly MatchEntry[];
  /** Orders that the contract's hook refused. */
  readonly refused: readonly { readonly orderId: bigint; readonly account: string; readonly reason: string }[];
}

/** What became of a transaction in a block. */
export interface IncludedTx {
  readonly height: number;
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  /** Ids of the orders placed, in the order of the messages. */
  readonly orderIds: readonly string[];
  /** The fee that it has paid, by its events; absent when it paid none, or these do not tell. */
  readonly feeUsei?: string;
}

/** A node's answer to a broadcast: what its CheckTx said. */
export interface CheckedTx {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

/** A transaction ready to be sent. What it consists of is between a signer and the nodes that take its work. */
export interface SignedTx {
  /** By which blocks name it. */
  readonly hash: string;
  readonly sequence: bigint;
  readonly timeoutHeight: number;
  readonly feeUsei: number;
  readonly payload: unknown;
}

/** What is signed. */
export interface SigningRequest extends AccountNumbers {
  readonly batch: Pick<OrderBatch, 'cancels' | 'places'>;
  readonly chainId: string;
  /** No later block takes it. */
  readonly timeoutHeight: number;
  /** Share of a full block that waits, 0 to 1: raises the gas price. */
  readonly congestion: number;
}

/** The key of one account. */
export interface Signer {
  readonly address: string;
  /** @throws RangeError when the batch can't be put into words, as for an unknown market */
  sign(request: SigningRequest): SignedTx;
}

/**
 * One node. Every question ends: with an answer, a {@link NodeError} when the node refuses, an {@link Implausible} when what it
 * says cannot be true, or a {@link NoAnswer}, at the latest when the request's time is up.
 */
export interface NodePort {
  /** Address without path and credentials, which may be secret. */
  readonly name: string;
  /** @param keep whether more will be asked of this node soon */
  status(keep: boolean): Promise<NodeStatus>;
  /** The markets that the contract has registered. */
  pairs(): Promise<readonly RegisteredPair[]>;
  /** NodeError when the chain does not know the account. */
  account(address: string): Promise<AccountAt>;
  /** All balances in smallest units, as decimal texts, at a height; 0 is the newest. */
  balances(address: string, height: number): Promise<{ height: number; amounts: Readonly<Record<string, string>> }>;
  /** The account's resting orders in the configured markets at a height; 0 is the newest. */
  orders(address: string, height: number): Promise<readonly RestingOrder[]>;
  /** A market's book at a height. */
  book(market: Market, height: number): Promise<Book>;
  block(height: number): Promise<Block>;
  /** What matching did in exactly this block; undefined when it did nothing. */
  match(height: number): Promise<Match | undefined>;
  /** The outcome of the transaction at a place in a block. */
  resultInBlock(height: number, index: number): Promise<IncludedTx>;
  /** A transaction by its hash, from the node's index; undefined when that does not know it (yet). */
  resultByHash(hash: string): Promise<IncludedTx | undefined>;
  /** How many transactions wait for a block. */
  waiting(): Promise<number>;
  /** Hands a transaction in. It is in nobody's hands yet when this fails, or in everybody's: that is not known. */
  broadcast(tx: SignedTx): Promise<CheckedTx>;
}

/** Tells the height of every new block, over one line that may be lost. */
export interface BlockSource {
  readonly name: string;
  /** Calls `events` only after it has returned. */
  watch(events: LineEvents<HeightNews>, openMs: number): Line;
}

/** A new block's height, or what was said instead of one. */
export type HeightNews = number | { readonly nonsense: string };

/** The nodes of a chain, and who signs for the account: all that differs between a real chain and a simulated one. */
export interface Network {
  /** The primary first, then up to two backups. */
  readonly nodes: readonly NodePort[];
  /** Tried in turn. */
  readonly sources: readonly BlockSource[];
  /** @throws Error when there can be none, saying what to do */
  signer(): Promise<Signer>;
  close(): void;
}

/** What is wrong with an answer, or with the lack of one. */
export type ComplaintReason = 'unreachable' | 'timeout' | 'nonsense' | 'oversized' | 'lagging' | 'wrong-chain' | 'busy';

/** Thrown when a node did not give a usable answer: nothing is known of what became of the request. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly reason: ComplaintReason;

  constructor(reason: ComplaintReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The node understood the request and answered with an error. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A node said of a market what cannot be true: which market (or the empty string), and a stable code for what. */
export class Implausible extends Error {
  override readonly name = 'Implausible';
  readonly market: string;
  readonly reason: string;

  constructor(market: string, reason: string, detail: string) {
    super(detail);
    this.market = market;
    this.reason = reason;
  }
}
