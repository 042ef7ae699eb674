import {
  encodeFrame,
  FRAME,
  HEAD_BYTES,
  PREAMBLE_BYTES,
  payloadFault,
  payloadLength,
  preamble,
} from '../journal/frame.ts';
import {
  ACCOUNT_VERSION,
  type AccountRecord,
  type AccountState,
  type Checkpoint,
  checkpointSchema,
  turnSchema,
} from './records.ts';
import { applyRecord, emptyAccount } from './state.ts';
import type { AccountStore } from './store.ts';

/** The first four bytes of a segment. */
const MAGIC = 'FMMA';

/** A segment of this size is ended: a restart reads one in a fraction of a second. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/** Segments kept besides the one being written. Only the newest is ever needed; the others are for people. */
const SEGMENTS_KEPT = 3;

/** A journal that is not what was written, or is not of this account: trading on would be guessing. */
export class AccountJournalError extends Error {
  override readonly name = 'AccountJournalError';
}

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
    const { state, findings, segment } = readNewest(options);
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
    const bytes = Buffer.concat([preamble(MAGIC, ACCOUNT_VERSION), encodeFrame(FRAME.account, checkpoint)]);
    // A segment that was not finished is overwritten: its number is not taken until it is.
    store.create(this.#segment + 1, bytes);
    this.#segment += 1;
    this.#bytes = bytes.length;
    this.#broken = undefined;
    for (const old of store.segments()) if (old < this.#segment - SEGMENTS_KEPT) store.remove(old);
  }
}

interface Read {
  readonly state: AccountState;
  readonly findings: readonly string[];
  /** The segment that it was read from; 0 when there was none. */
  readonly segment: number;
}

/** Reads the newest segment that was finished. */
function readNewest(options: AccountJournalOptions): Read {
  const { store } = options;
  const segments = store.segments();
  const findings: string[] = [];
  for (const segment of segments.toReversed()) {
    const read = readSegment(options, segment, findings);
    if (read !== undefined) return { state: read, findings, segment };
    findings.push(`segment ${segment} was never finished: the one before it holds all that is known`);
  }
  return { state: emptyAccount(), findings, segment: 0 };
}

/** @returns undefined when the segment breaks off before its checkpoint is whole */
function readSegment(options: AccountJournalOptions, segment: number, findings: string[]): AccountState | undefined {
  const bytes = options.store.read(segment);
  const refuse = (offset: number, reason: string): AccountJournalError =>
    new AccountJournalError(
      `segment ${segment} at byte ${offset}: ${reason}. It says which orders and transactions may be on the chain, so nothing ` +
        `is traded: restore the folder from a backup, or cancel everything ('flashmm cancel-all'), move the folder away and start afresh`,
    );
  if (bytes.length < PREAMBLE_BYTES) return undefined;
  const expected = preamble(MAGIC, ACCOUNT_VERSION);
  if (!bytes.subarray(0, 4).equals(expected.subarray(0, 4))) {
    if (soundFrameAfter(bytes, PREAMBLE_BYTES) === undefined) return undefined;
    throw refuse(0, 'not an account journal of FlashMM');
  }
  const version = bytes.readUInt32LE(4);
  if (version !== ACCOUNT_VERSION) throw refuse(4, `format version ${version}: this program reads ${ACCOUNT_VERSION}`);
  let state: AccountState | undefined;
  let offset = PREAMBLE_BYTES;
  while (offset < bytes.length) {
    const frame = frameAt(bytes, offset);
    if (typeof frame === 'string') {
      const sound = soundFrameAfter(bytes, offset + 1);
      if (sound !== undefined) throw refuse(offset, `${frame}, and sound frames follow at byte ${sound}`);
      if (state !== undefined)
        findings.push(`segment ${segment} was cut short at byte ${offset}: ${bytes.length - offset} bytes are dropped`);
      return state;
    }
    try {
      const value: unknown = JSON.parse(frame.toString('utf8', 1));
      if (state === undefined) state = begin(options, checkpointSchema.parse(value));
      else for (const record of turnSchema.parse(value)) applyRecord(state, record);
    } catch (error) {
      if (error instanceof AccountJournalError) throw error;
      throw refuse(offset, `a record that this program does not know: ${(error as Error).message}`);
    }
    offset += HEAD_BYTES + frame.length;
  }
  return state;
}

function begin({ chainId, account }: AccountJournalOptions, checkpoint: Checkpoint): AccountState {
  if (checkpoint.chainId === chainId && checkpoint.account === account) return structuredClone(checkpoint.state);
  throw new AccountJournalError(
    `the journal is of account ${checkpoint.account} on chain '${checkpoint.chainId}', not of ${account} on '${chainId}'`,
  );
}

/** The payload of the frame at an offset, or what is wrong with it. */
function frameAt(bytes: Buffer, offset: number): Buffer | string {
  if (offset + HEAD_BYTES > bytes.length) return 'a frame that breaks off';
  const head = bytes.subarray(offset, offset + HEAD_BYTES);
  const length = payloadLength(head);
  if (typeof length === 'string') return length;
  const end = offset + HEAD_BYTES + length;
  if (end > bytes.length) return 'a frame that breaks off';
  const payload = bytes.subarray(offset + HEAD_BYTES, end);
  return payloadFault(head, payload) ?? payload;
}

/** Where the next sound frame begins at or after an offset: damage before it is not what a crash leaves. */
function soundFrameAfter(bytes: Buffer, offset: number): number | undefined {
  for (let at = offset; at + HEAD_BYTES < bytes.length; at += 1) {
    if (typeof frameAt(bytes, at) !== 'string') return at;
  }
  return undefined;
}
