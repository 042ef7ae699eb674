import { encodeFrame, FRAME, preamble } from '../journal/frame.ts';
import { readAccount } from './read.ts';
import { ACCOUNT_MAGIC, ACCOUNT_VERSION, type AccountRecord, type AccountState, type Checkpoint } from './records.ts';
import { applyRecord, emptyAccount } from './state.ts';
import type { AccountStore } from './store.ts';

/** A segment of this size is ended: a restart reads some thousand turns in well under a tenth of a second. */
const SEGMENT_BYTES = 1024 * 1024;

/** Segments kept besides the one being written. Only the newest is ever needed; the others are for people. */
const SEGMENTS_KEPT = 3;

/** What an account journal is opened with. */
export interface AccountJournalOptions {
  readonly store: AccountStore;
  readonly chainId: string;
  /** The account's address. */
  readonly account: string;
  /** Version of this program. */
  readonly flashmm: string;
  /** Wall clock, integer microseconds since the epoch; for people who read the journal. */
  readonly nowUs: () => number;
  /** The chain is a new one of the same name (a devnet): only the trading state and the numbers given out are taken over. */
  readonly newChain?: boolean;
  readonly segmentBytes?: number;
}

/**
 * The write-ahead journal of one account on one chain: what was intended, signed, decided and booked, so that the next process
 * knows what this one did, whenever and however it ends.
 *
 * A segment is a checkpoint (all that is known) followed by turns (the facts of one turn of the session, together or not at
 * all), each a frame with checksums. The newest segment alone is needed. What a crash cut short at its end is cut off; damage
 * before sound frames is refused. After a failed write a new segment is begun, from the state in memory: nothing depends on
 * what the disk made of the failed one.
 */
export class AccountJournal {
  /** What was noticed when it was read, one sentence each, for the log. */
  readonly findings: readonly string[];
  readonly state: AccountState;
  readonly #options: AccountJournalOptions;
  #segment: number;
  #bytes: number;
  /** Why the segment under way can't be relied on; undefined while it can. */
  #broken: Error | undefined;

  /**
   * Reads what there is, repairs its end, and goes on in a new segment.
   *
   * @throws AccountJournalError when it is damaged or another account's; Error when the disk refuses
   */
  constructor(options: AccountJournalOptions) {
    this.#options = options;
    const { state, findings, segment } = readAccount(options);
    const { trading, batches } = state;
    this.state = options.newChain === true ? { ...emptyAccount(), trading, batches } : state;
    this.findings = findings;
    this.#segment = segment;
    this.#bytes = 0;
    this.#begin();
  }

  /** Whether the last write succeeded. */
  get healthy(): boolean {
    return this.#broken === undefined;
  }

  /**
   * Adds the facts of a turn. Never throws: when the disk refuses they are kept in memory, and {@link durable} says so and tries
   * again.
   */
  record(records: readonly AccountRecord[]): void {
    if (records.length === 0) return;
    for (const one of records) applyRecord(this.state, one);
    if (this.#broken !== undefined) return;
    try {
      const frame = encodeFrame(FRAME.account, records);
      this.#options.store.append(frame);
      this.#bytes += frame.length;
      if (this.#bytes >= (this.#options.segmentBytes ?? SEGMENT_BYTES)) this.#begin();
    } catch (error) {
      this.#broken = error as Error;
    }
  }

  /** Resolves once all that was recorded is on disk. @throws Error when the disk refuses; the next call tries anew */
  async durable(): Promise<void> {
    if (this.#broken !== undefined) {
      this.#begin();
      return;
    }
    const segment = this.#segment;
    try {
      await this.#options.store.sync();
    } catch (error) {
      // After a failed sync nobody knows what is on disk. A segment begun meanwhile holds all of it.
      if (segment === this.#segment) this.#broken ??= error as Error;
      throw error;
    }
  }

  /** Ends the use. */
  close(): void {
    this.#options.store.close();
  }

  /** Begins a segment with all that is known, and lets the oldest go. @throws Error when the disk refuses */
  #begin(): void {
    const { store, chainId, account, flashmm, nowUs } = this.#options;
    const checkpoint: Checkpoint = {
      kind: 'checkpoint',
      version: ACCOUNT_VERSION,
      chainId,
      account,
      flashmm,
      timeUs: nowUs(),
      state: this.state,
    };
    const bytes = Buffer.concat([preamble(ACCOUNT_MAGIC, ACCOUNT_VERSION), encodeFrame(FRAME.account, checkpoint)]);
    // A segment that was not finished is overwritten: its number is not taken until it is.
    store.create(this.#segment + 1, bytes);
    this.#segment += 1;
    this.#bytes = bytes.length;
    this.#broken = undefined;
    for (const old of store.segments()) if (old < this.#segment - SEGMENTS_KEPT) store.remove(old);
  }
}
