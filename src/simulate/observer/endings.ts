import type { OrderBatch, OrderUpdate } from '../../../streams/orders/types.ts';
import type { ChainFacts } from './chain_facts.ts';
import { BLOCKS_MOST, type QuietBlocks, type Tally } from './invariant.ts';
import type { ProcessFacts } from './process_facts.ts';

type Status = OrderUpdate['status'];

/**
 * What may follow what in an order's life, written down a second time on purpose: the table in the code under test is not the one
 * that it is judged by.
 */
const MAY_FOLLOW: Readonly<Record<Status, readonly Status[]>> = {
  placing: ['placing', 'resting', 'filled', 'refused'],
  resting: ['resting', 'cancelling', 'filled', 'vanished'],
  adopted: ['resting', 'cancelling', 'filled', 'vanished'],
  cancelling: ['cancelling', 'resting', 'cancelled', 'filled', 'vanished'],
  ...{ filled: [], cancelled: [], refused: [], vanished: [] },
};

/**
 * Both quotes may be executed in one block. New ones are in the book again so soon: the block's news, a sample 0.2 s later at most, the
 * transaction's way into the next block, and once more the same for a block that had begun.
 */
const RESTS_AGAIN_BLOCKS = 5;

/** Reasons of rejects that tell of a state which nothing outside can bring about. */
const IMPOSSIBLE: ReadonlySet<string> = new Set(['illegal-transition', 'not-approved', 'overfilled']);

/**
 * Invariant 6. Orders go through their lives as the table says; no id is given out twice, by whatever process; no reject tells of an
 * impossible state; every batch has its outcome within {@link BLOCKS_MOST}`.ended` quiet blocks, and takes effect once at most; a
 * process never fails by itself. When all is calm in the end, the system trades again and nothing is under way for long.
 */
export class Endings {
  readonly #facts: ChainFacts;
  readonly #tally: Tally;
  readonly #quiet: QuietBlocks;
  readonly #ids = new Set<string>();
  readonly #lives = new Map<string, Status>();
  /** By hash, the batch whose transaction it is; and batches that took effect. */
  readonly #batchOf = new Map<string, string>();
  readonly #effective = new Map<string, string>();
  /** Orders said to rest that do not, by the block that showed it. */
  readonly #missingSince = new Map<string, number>();
  /** The newest block at whose end something rested. */
  #restedHeight = 0;

  constructor(facts: ChainFacts, tally: Tally, quiet: QuietBlocks) {
    this.#facts = facts;
    this.#tally = tally;
    this.#quiet = quiet;
  }

  order({ clientOrderId, status }: OrderUpdate): void {
    const before = this.#lives.get(clientOrderId);
    if (before !== undefined) {
      const legal = MAY_FOLLOW[before].includes(status);
      this.#tally.check('endings', legal, () => `order ${clientOrderId} goes from '${before}' to '${status}'`);
    }
    if (MAY_FOLLOW[status].length > 0) this.#lives.set(clientOrderId, status);
    else this.#lives.delete(clientOrderId);
  }

  decided({ places }: OrderBatch): void {
    for (const { clientOrderId } of places) {
      this.#tally.check(
        'endings',
        !this.#ids.has(clientOrderId),
        () => `client order id ${clientOrderId} is given out a second time`,
      );
      this.#ids.add(clientOrderId);
    }
  }

  /** A new process goes by what its journal says of orders, which may be older than what the dead one said. */
  started(): void {
    this.#lives.clear();
  }

  rejected(source: string, reason: string, detail: string): void {
    this.#tally.check('endings', !IMPOSSIBLE.has(reason), () => `${source}: ${reason}: ${detail}`);
  }

  signed(process: number, batchId: number, txHash: string): void {
    this.#batchOf.set(txHash, `${process}/${batchId}`);
  }

  /** A transaction of this hash took effect in a block. */
  included(txHash: string): void {
    const batch = this.#batchOf.get(txHash);
    if (batch === undefined) return;
    const first = this.#effective.get(batch);
    this.#tally.check('endings', first === undefined, () => `batch ${batch} took effect twice: ${first} and ${txHash}`);
    this.#effective.set(batch, txHash);
  }

  block(process: ProcessFacts | undefined): void {
    if (this.#facts.resting.size > 0) this.#restedHeight = this.#facts.height;
    if (process === undefined) return;
    this.#missing(process);
    for (const { batchId, height } of process.open.values()) {
      const blocks = this.#quiet.since(height);
      this.#tally.check(
        'endings',
        blocks <= BLOCKS_MOST.ended,
        () => `batch ${batchId} of block ${height} has no outcome after ${blocks} quiet blocks`,
      );
    }
  }

  /** What a process says rests, does; a fill or a cancel may not be told yet. */
  #missing({ live }: ProcessFacts): void {
    const { resting, height } = this.#facts;
    for (const { clientOrderId, orderId, status } of live.values()) {
      if (status !== 'resting' || resting.has(orderId)) {
        this.#missingSince.delete(clientOrderId);
        continue;
      }
      const since = this.#missingSince.get(clientOrderId) ?? height;
      this.#missingSince.set(clientOrderId, since);
      const blocks = this.#quiet.since(since);
      this.#tally.check(
        'endings',
        blocks <= BLOCKS_MOST.known,
        () => `order ${clientOrderId} is said to rest, and has not for ${blocks} quiet blocks`,
      );
    }
    if (this.#missingSince.size > live.size)
      for (const id of this.#missingSince.keys()) if (!live.has(id)) this.#missingSince.delete(id);
  }

  failed(what: string): void {
    this.#tally.check('endings', false, () => what);
  }

  /** The run is over, and its last part was calm. */
  end(process: ProcessFacts | undefined): void {
    const blocks = this.#facts.height - this.#restedHeight;
    const trades = process?.reconciled === true && process.trading === 'active';
    this.#tally.check(
      'endings',
      trades,
      () =>
        `after the calm the system does not trade: ${process === undefined ? 'no process' : `reconciled: ${process.reconciled}, ${process.trading}`}`,
    );
    this.#tally.check(
      'endings',
      !trades || blocks <= RESTS_AGAIN_BLOCKS,
      () => `after the calm nothing has rested on the chain for ${blocks} blocks`,
    );
  }
}
