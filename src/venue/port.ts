import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';
import type { OrderBatch } from '../../streams/orders/types.ts';

/** Where a venue delivers what it learns. Stamps, journals and passes on; never throws; safe to call at any time. */
export interface Inlet {
  accept(input: Input): void;
}

/** Outcome of {@link Venue.cancelAll}: `remaining` above zero means orders may still rest. */
export interface CancelReport {
  readonly cancelled: number;
  readonly remaining: number;
}

/** A market-data source: Binance live, a recording, the data half of a Sei venue. */
export interface Feed {
  readonly name: string;
  readonly markets: readonly Market[];
  /**
   * Connects and delivers inputs until {@link close}. Resolves once it is under way; losing the connection later is
   * reported as `feedStatus` down, never thrown.
   *
   * @throws Error when it can never work as configured (a wrong mnemonic, an unknown market), saying what to do
   */
  open(inlet: Inlet): Promise<void>;
  /** The pipeline lacks this market's book: deliver a snapshot soon. Absent where every block brings one anyway. */
  resync?(market: string): void;
  close(): Promise<void>;
}

/** A feed that also takes orders. */
export interface Venue extends Feed {
  /** Sends a batch. Never throws: the outcome arrives as inputs (`batchAccepted`, `batchCommitted` …). */
  submit(batch: OrderBatch): void;
  /** Cancels every order of the account and waits until the venue confirms, at most `deadlineMs`. */
  cancelAll(deadlineMs: number): Promise<CancelReport>;
}
