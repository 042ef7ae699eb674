import type { ChainFacts } from './chain_facts.ts';
import { BLOCKS_MOST, type QuietBlocks, type Tally } from './invariant.ts';
import type { ProcessFacts } from './process_facts.ts';

/**
 * Invariant 2. Every order of the account in the chain's books is known to the process that trades, by the chain's id: it has said
 * so, or its own journal told it at the start, and it has not said since that the order is no more. A new order, a new process, and
 * what was said wrongly have {@link BLOCKS_MOST}`.known` quiet blocks.
 */
export class KnownOrders {
  readonly #facts: ChainFacts;
  readonly #tally: Tally;
  readonly #quiet: QuietBlocks;

  constructor(facts: ChainFacts, tally: Tally, quiet: QuietBlocks) {
    this.#facts = facts;
    this.#tally = tally;
    this.#quiet = quiet;
  }

  block(process: ProcessFacts | undefined): void {
    for (const { orderId, market, side, tick, lots, placedHeight } of this.#facts.resting.values()) {
      const known = process?.known.has(orderId) === true;
      const startHeight = process?.startHeight ?? this.#facts.height;
      const blocks = this.#quiet.since(Math.max(placedHeight, startHeight, process?.goneAt.get(orderId) ?? 0));
      this.#tally.check(
        'orders',
        known || blocks <= BLOCKS_MOST.known,
        () =>
          `order ${orderId} (${market} ${side} ${lots} lots at tick ${tick}) of block ${placedHeight} is not known after ${blocks} quiet blocks`,
      );
    }
  }
}
