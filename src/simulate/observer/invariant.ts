/** What may never be otherwise, by number as in the list of the documentation. */
export const INVARIANTS = {
  position: 'worst-case position (held, working and in flight) never beyond the limit',
  orders: 'no order on the chain that the system does not know, or will not know within n blocks',
  ledger: 'positions, fills and ledger equal the chain’s own',
  stopped: 'paused or halted: no new order, and all cancelled within m blocks',
  data: 'no quote from stale, gapped or crossed data; no self-trade; no order outside the collar; rates kept',
  endings: 'every illegal state is unreachable; every intent reaches an end; the system comes back',
} as const;

/** The name of an invariant. */
export type InvariantName = keyof typeof INVARIANTS;

/** The names of all invariants, in order. */
export const INVARIANT_NAMES = Object.keys(INVARIANTS) as readonly InvariantName[];

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: InvariantName;
  /** Milliseconds since the beginning of the run, and the chain's height. */
  readonly atMs: number;
  readonly height: number;
  readonly detail: string;
}

/**
 * Blocks within which what the chain did has to be known to the system (n), and within which everything has to be cancelled (m), and
 * within which a batch has to reach its end. Only blocks count in which nothing hindered and of which the system heard in time: see
 * {@link QuietBlocks}.
 *
 * Where the number comes from: a transaction that nobody answered for is void after 10 blocks; what follows from it goes into one
 * that may meet the same fate, another 10; the account is looked at every 25 blocks, and an order has to be missed twice before
 * it counts as gone, 50; and some for the messages' way.
 */
export const BLOCKS_MOST = { known: 80, cancelled: 45, ended: 25 } as const;

/** Counts checks, and keeps what did not hold. */
export class Tally {
  readonly checks: Record<InvariantName, number> = {
    ...{ position: 0, orders: 0, ledger: 0, stopped: 0, data: 0, endings: 0 },
  };
  readonly violations: Violation[] = [];
  readonly #now: () => { readonly atMs: number; readonly height: number };

  constructor(now: () => { readonly atMs: number; readonly height: number }) {
    this.#now = now;
  }

  /** @param detail what is wrong when it does not hold */
  check(invariant: InvariantName, holds: boolean, detail: () => string): void {
    this.checks[invariant] += 1;
    if (!holds) this.violations.push({ invariant, ...this.#now(), detail: detail() });
  }
}

/** A block counts as heard in time when the system was told of it within this: some round trips to a node nearby. */
export const HEARD_WITHIN_MS = 2_000;

/** Counts blocks during which nothing hindered the system: what it is given time for, it has to do in these. */
export class QuietBlocks {
  #since = 0;
  #height = 0;

  /** @param quiet whether nothing hindered until this block */
  block(height: number, quiet: boolean): void {
    this.#height = height;
    if (!quiet) this.#since = height;
  }

  /** How many quiet blocks in a row there have been since a height. */
  since(height: number): number {
    return this.#height - Math.max(height, this.#since);
  }
}
