import type { Market } from '../../streams/market/types.ts';
import type { RestingOrder } from '../../streams/orders/types.ts';
import {
  type AccountAt,
  type Block,
  type BlockSource,
  type Book,
  type CheckedTx,
  type HeightNews,
  type IncludedTx,
  type Match,
  NoAnswer,
  NodeError,
  type NodePort,
  type NodeStatus,
  type RegisteredPair,
  type SignedTx,
} from '../sei/node.ts';
import type { Line, LineEvents } from '../venue/connection.ts';
import type { ProcessTimers, VirtualTimers } from './virtual_time.ts';
import { crossed, type NodeFaults, noNodeFaults } from './virtual_world_faults.ts';

/** What a node of a virtual world stands on. */
export interface VirtualNodeOptions {
  /** The node without faults and without latency. */
  readonly inner: NodePort;
  readonly timers: VirtualTimers;
  /** Seeded: latencies. */
  readonly random: () => number;
  readonly latencyMs: { readonly least: number; readonly most: number };
  readonly requestTimeoutMs: number;
  readonly holdTx: (hash: string, blocks: number) => void;
  readonly watch: BroadcastWatch;
  /** Code of what it refuses for no reason: nodes that are sick each are so in their own way. */
  readonly sickCode: number;
}

/** Sees what goes over the wire, so that a process can be killed right there. */
export interface BroadcastWatch {
  /** A process sends a transaction off. */
  onBroadcast?: ((tx: SignedTx, timers: ProcessTimers) => void) | undefined;
  /** It is about to learn what the node said of it. */
  onAnswer?: ((tx: SignedTx, timers: ProcessTimers) => void) | undefined;
}

/** How long after the first copy a doubled broadcast's second one comes: some come before the block, some after it. */
const DOUBLE_AFTER_MOST_MS = 1_000;

/** A node of a virtual world: {@link NodeFaults} to be set at any instant, and clients that come and go. */
export class VirtualNode {
  readonly faults: NodeFaults = noNodeFaults();
  readonly name: string;
  readonly #options: VirtualNodeOptions;
  readonly #lines = new Set<VirtualLine>();
  #height = 0;

  constructor(options: VirtualNodeOptions) {
    this.#options = options;
    this.name = options.inner.name;
  }

  /** The node as one process sees it: when that is killed, it hears no more, but what it has sent off arrives. */
  client(timers: ProcessTimers): NodePort & BlockSource {
    return new VirtualNodeClient(this, this.#options, timers);
  }

  /** The chain has made a block. */
  produced(height: number): void {
    this.#height = height;
    const { faults } = this;
    const told = Math.max(0, height - faults.behindBlocks) + faults.aheadBlocks;
    let copies = 1;
    if (faults.skipsNews > 0) {
      faults.skipsNews -= 1;
      copies = 0;
    } else if (faults.doublesNews > 0) {
      faults.doublesNews -= 1;
      copies = 2;
    }
    if (faults.stalls > 0 || told === 0) return;
    for (let copy = 0; copy < copies; copy += 1) for (const line of this.#lines) line.tell(told, this.latencyMs());
  }

  /** Cuts all lines; new ones are opened at once, unless they fail too. */
  cutLines(): void {
    for (const line of [...this.#lines]) line.cut('read ECONNRESET');
  }

  /** What the next message takes, milliseconds. */
  latencyMs(): number {
    const { random, latencyMs } = this.#options;
    const { slowMs, jitterMs } = this.faults;
    const jitter = jitterMs > 0 ? jitterMs * random() : 0;
    return latencyMs.least + (latencyMs.most - latencyMs.least) * random() + slowMs + jitter;
  }

  /** The newest block that this node has. */
  get height(): number {
    return this.#height - this.faults.behindBlocks;
  }

  /** Keeps a line until it is closed. */
  keep(line: VirtualLine): () => void {
    this.#lines.add(line);
    return () => this.#lines.delete(line);
  }
}

/** One subscription to a node's blocks. */
class VirtualLine implements Line {
  readonly #events: LineEvents<HeightNews>;
  readonly #timers: ProcessTimers;
  readonly #forget: () => void;
  #closed = false;

  constructor(node: VirtualNode, events: LineEvents<HeightNews>, timers: ProcessTimers, openMs: number) {
    this.#events = events;
    this.#timers = timers;
    this.#forget = node.keep(this);
    const stalled = node.faults.stalls > 0;
    this.#later(stalled ? openMs : node.latencyMs(), () => {
      if (stalled) this.cut('Opening handshake has timed out');
      else if (node.faults.cuts > 0) this.cut('connect ECONNREFUSED');
      else events.opened();
    });
  }

  tell(height: number, delayMs: number): void {
    this.#later(delayMs, () => this.#events.message(height));
  }

  cut(reason: string): void {
    if (this.#closed) return;
    this.close();
    // Nobody hears of it before they have heard of the line itself.
    this.#timers.after(0, () => this.#events.lost(reason));
  }

  send(): void {}

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  #later(delayMs: number, work: () => void): void {
    this.#timers.after(delayMs, () => {
      if (!this.#closed) work();
    });
  }
}

class VirtualNodeClient implements NodePort, BlockSource {
  readonly name: string;
  readonly #node: VirtualNode;
  readonly #options: VirtualNodeOptions;
  readonly #timers: ProcessTimers;

  constructor(node: VirtualNode, options: VirtualNodeOptions, timers: ProcessTimers) {
    this.name = node.name;
    this.#node = node;
    this.#options = options;
    this.#timers = timers;
  }

  watch(events: LineEvents<HeightNews>, openMs: number): Line {
    return new VirtualLine(this.#node, events, this.#timers, openMs);
  }

  async status(keep: boolean): Promise<NodeStatus> {
    const startUs = this.#timers.stopwatchUs();
    const { chainId } = await this.#ask((inner) => inner.status(keep));
    const { aheadBlocks, wrongChain } = this.#node.faults;
    const pingMs = (this.#timers.stopwatchUs() - startUs) / 1_000;
    return { chainId: wrongChain > 0 ? `${chainId}-fork` : chainId, height: this.#node.height + aheadBlocks, pingMs };
  }

  pairs(): Promise<readonly RegisteredPair[]> {
    return this.#ask((inner) => inner.pairs());
  }

  async account(address: string): Promise<AccountAt> {
    const { accountNumber, sequence, height } = await this.#ask((inner) => inner.account(address));
    const told = sequence - BigInt(this.#node.faults.staleSequence);
    return { accountNumber, sequence: told < 0n ? 0n : told, height };
  }

  balances(address: string, height: number): Promise<{ height: number; amounts: Readonly<Record<string, string>> }> {
    return this.#ask((inner) => inner.balances(address, this.#known(height)));
  }

  orders(address: string, height: number): Promise<readonly RestingOrder[]> {
    return this.#ask((inner) => {
      const known = this.#known(height);
      const { staleOrderBlocks } = this.#node.faults;
      return inner.orders(address, staleOrderBlocks > 0 ? (known || this.#node.height) - staleOrderBlocks : known);
    });
  }

  book(market: Market, height: number): Promise<Book> {
    return this.#ask(async (inner) => {
      const { staleBookBlocks, emptyBooks, crossedBooks } = this.#node.faults;
      const book = await inner.book(market, this.#known(height) - staleBookBlocks);
      if (emptyBooks > 0) return { bids: [], asks: [] };
      return crossedBooks > 0 ? crossed(book) : book;
    });
  }

  block(height: number): Promise<Block> {
    return this.#ask((inner) => inner.block(this.#known(height)));
  }

  match(height: number): Promise<Match | undefined> {
    return this.#ask((inner) => inner.match(this.#known(height)));
  }

  resultInBlock(height: number, index: number): Promise<IncludedTx> {
    return this.#ask((inner) => inner.resultInBlock(this.#known(height), index));
  }

  resultByHash(hash: string): Promise<IncludedTx | undefined> {
    return this.#ask(async (inner) => {
      const found = await inner.resultByHash(hash);
      const indexed = this.#node.height - this.#node.faults.indexLagBlocks;
      return found !== undefined && found.height <= indexed ? found : undefined;
    });
  }

  waiting(): Promise<number> {
    return this.#ask((inner) => inner.waiting());
  }

  broadcast(tx: SignedTx): Promise<CheckedTx> {
    const { timers, requestTimeoutMs, random, watch } = this.#options;
    const { faults } = this.#node;
    return this.#whileAlive((resolve, reject) => {
      watch.onBroadcast?.(tx, this.#timers);
      const delayMs = this.#node.latencyMs();
      const answered = this.#timers.after(requestTimeoutMs, () => reject(timedOut(requestTimeoutMs)));
      // It was sent off: it arrives though who sent it may be gone by then, or no longer wait.
      timers.after(delayMs, () => {
        if (faults.cuts > 0) {
          answered();
          reject(new NoAnswer('unreachable', 'socket hang up'));
          return;
        }
        const stalled = faults.stalls > 0;
        // Half of those that a stalled node does not answer it has taken.
        if (stalled && random() < 0.5) return;
        const answer = this.#taken(tx);
        if (stalled) answer.catch(() => {});
        else
          answer
            .finally(() => {
              answered();
              watch.onAnswer?.(tx, this.#timers);
            })
            .then(resolve, reject);
      });
    });
  }

  /** What the node does with a broadcast that has arrived. */
  async #taken(tx: SignedTx): Promise<CheckedTx> {
    const { inner, timers, random, holdTx } = this.#options;
    const { faults } = this.#node;
    if (faults.refusesSequence > 0) {
      faults.refusesSequence -= 1;
      const numbers = `account sequence mismatch, expected ${tx.sequence + 1n}, got ${tx.sequence}`;
      return { code: 32, codespace: 'sdk', log: `${numbers}: incorrect account sequence` };
    }
    if (faults.refusesFalsely > 0) {
      faults.refusesFalsely -= 1;
      if (random() < 0.5) await inner.broadcast(tx).catch(() => {});
      return { code: this.#options.sickCode, codespace: 'sdk', log: `${this.name} is not well` };
    }
    if (faults.losesBroadcasts > 0) {
      faults.losesBroadcasts -= 1;
      return { code: 0, codespace: '', log: '[]' };
    }
    if (faults.holdsBlocks > 0) holdTx(tx.hash, faults.holdsBlocks);
    const checked = await inner.broadcast(tx);
    if (faults.doublesBroadcasts > 0) {
      faults.doublesBroadcasts -= 1;
      timers.after(DOUBLE_AFTER_MOST_MS * random(), () => void inner.broadcast(tx).catch(() => {}));
    }
    if (faults.losesAnswers > 0) {
      faults.losesAnswers -= 1;
      throw new NoAnswer('unreachable', 'socket hang up');
    }
    return checked;
  }

  /** A promise that a killed process hears nothing of. */
  #whileAlive<T>(work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#timers.alive) return;
      work(
        (value) => {
          if (this.#timers.alive) resolve(value);
        },
        (error) => {
          if (this.#timers.alive) reject(error);
        },
      );
    });
  }

  /** @throws NodeError for a block that this node does not have */
  #known(height: number): number {
    const { height: newest } = this.#node;
    if (height > newest)
      throw new NodeError(-32_603, `height ${height} must be less than or equal to the current height ${newest}`);
    return height;
  }

  #ask<T>(ask: (inner: NodePort) => Promise<T>): Promise<T> {
    const { inner, requestTimeoutMs } = this.#options;
    const { faults } = this.#node;
    return new Promise((resolve, reject) => {
      if (!this.#timers.alive) return;
      const delayMs = this.#node.latencyMs();
      if (faults.stalls > 0 || delayMs >= requestTimeoutMs) {
        this.#timers.after(requestTimeoutMs, () => reject(timedOut(requestTimeoutMs)));
        return;
      }
      this.#timers.after(delayMs, () => {
        if (faults.cuts > 0) reject(new NoAnswer('unreachable', 'socket hang up'));
        else if (faults.stalls > 0)
          this.#timers.after(requestTimeoutMs - delayMs, () => reject(timedOut(requestTimeoutMs)));
        else answer(ask, inner, resolve, reject);
      });
    });
  }
}

/** Also what is refused before anything is asked is an answer. */
function answer<T>(
  ask: (inner: NodePort) => Promise<T>,
  inner: NodePort,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  try {
    ask(inner).then(resolve, reject);
  } catch (error) {
    reject(error);
  }
}

function timedOut(timeoutMs: number): NoAnswer {
  return new NoAnswer('timeout', `no answer within ${timeoutMs} ms`);
}
