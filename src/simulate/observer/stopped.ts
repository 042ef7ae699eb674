import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { ChainFacts } from './chain_facts.ts';
import { BLOCKS_MOST, type QuietBlocks, type Tally } from './invariant.ts';
import type { ProcessFacts } from './process_facts.ts';

/** A halt is on disk this long after it was told, if the disk is well: then it outlives everything. */
const HALT_STORED_MS = 1_000;

/** A disk that failed is left alone for twenty seconds, and then tried. */
const DISK_WELL_AFTER_MS = 30_000;

/** States in which nothing is to be placed, and those in which everything has to be cancelled. */
const PLACES_NOTHING: ReadonlySet<string> = new Set(['starting', 'paused', 'halted']);
const CANCELS_ALL: ReadonlySet<string> = new Set(['paused', 'halted']);

/**
 * Invariant 4. While paused, halted or starting, no batch places anything. Paused or halted, nothing of the account rests after
 * {@link BLOCKS_MOST}`.cancelled` quiet blocks. A process that ends in good order and says that nothing remains leaves nothing, but for
 * what somebody else has placed less than {@link BLOCKS_MOST}`.known` quiet blocks before. An
 * operator's emergency stop outlives the process, once it has been told for a second.
 */
export class Stopped {
  readonly #facts: ChainFacts;
  readonly #tally: Tally;
  readonly #quiet: QuietBlocks;
  /** Since when the emergency stop has been told, or NaN. */
  #haltedMs = Number.NaN;

  constructor(facts: ChainFacts, tally: Tally, quiet: QuietBlocks) {
    this.#facts = facts;
    this.#tally = tally;
    this.#quiet = quiet;
  }

  decided(batch: OrderBatch, process: ProcessFacts): void {
    this.#tally.check(
      'stopped',
      batch.places.length === 0 || !PLACES_NOTHING.has(process.trading),
      () => `batch ${batch.batchId} places ${batch.places.length} orders while ${process.trading}`,
    );
  }

  /** @param nowMs milliseconds since the beginning */
  state(state: string, nowMs: number): void {
    if (state === 'halted') this.#haltedMs = Number.isNaN(this.#haltedMs) ? nowMs : this.#haltedMs;
    else this.#haltedMs = Number.NaN;
  }

  /** A new process says for the first time how it stands. @param diskFaultMs when a fault was at the disk last */
  restarted(state: string, nowMs: number, diskFaultMs: number): void {
    const stored = nowMs - this.#haltedMs > HALT_STORED_MS && diskFaultMs < this.#haltedMs - DISK_WELL_AFTER_MS;
    this.#tally.check('stopped', !stored || state === 'halted', () => `halted before the restart, ${state} after it`);
  }

  block(process: ProcessFacts | undefined): void {
    if (process === undefined || !CANCELS_ALL.has(process.trading)) return;
    for (const { orderId, placedHeight } of this.#facts.resting.values()) {
      const blocks = this.#quiet.since(Math.max(process.tradingSinceHeight, placedHeight));
      // One that somebody else has placed has to be found first.
      const most = BLOCKS_MOST.cancelled + (this.#facts.foreign.has(orderId) ? BLOCKS_MOST.known : 0);
      this.#tally.check(
        'stopped',
        blocks <= most,
        () => `${process.trading}, and order ${orderId} of block ${placedHeight} rests after ${blocks} quiet blocks`,
      );
    }
  }

  /** A process has ended in good order. */
  ended(remaining: number): void {
    // One that somebody else has placed a moment before is known to nobody yet: the next start finds it.
    const known = [...this.#facts.resting.values()].filter(
      ({ orderId, placedHeight }) =>
        !this.#facts.foreign.has(orderId) || this.#quiet.since(placedHeight) > BLOCKS_MOST.known,
    );
    this.#tally.check(
      'stopped',
      remaining > 0 || known.length === 0,
      () => `the process ended and said that nothing remains, and ${known.length} orders rest`,
    );
  }
}
