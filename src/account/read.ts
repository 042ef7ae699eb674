import { FRAME, HEAD_BYTES, PREAMBLE_BYTES, payloadFault, payloadLength } from '../journal/frame.ts';
import {
  ACCOUNT_MAGIC,
  ACCOUNT_VERSION,
  type AccountRecord,
  type AccountState,
  type Checkpoint,
  checkpointSchema,
  turnSchema,
} from './records.ts';
import { applyRecord, emptyAccount } from './state.ts';
import type { AccountStore } from './store.ts';

/** A journal that is not what was written, or is not of this account: trading on would be guessing. */
export class AccountJournalError extends Error {
  override readonly name = 'AccountJournalError';
}

/** Whose journal is expected where. */
export interface AccountOwner {
  readonly store: AccountStore;
  readonly chainId: string;
  /** The account's address. */
  readonly account: string;
}

/** An account journal as it was found. */
export interface AccountFound {
  readonly state: AccountState;
  readonly findings: readonly string[];
  /** The segment that it was read from; 0 when there was none. */
  readonly segment: number;
}

/**
 * Reads what a journal knows, and changes nothing.
 *
 * @throws AccountJournalError when it is damaged or another account's
 */
export function readAccount(owner: AccountOwner): AccountFound {
  const { store } = owner;
  const segments = store.segments();
  const findings: string[] = [];
  for (const segment of segments.toReversed()) {
    const read = readSegment(owner, segment, findings);
    if (read !== undefined) return { state: read, findings, segment };
    findings.push(`segment ${segment} was never finished: the one before it holds all that is known`);
  }
  return { state: emptyAccount(), findings, segment: 0 };
}

/** @returns undefined when the segment breaks off before its checkpoint is whole */
function readSegment(owner: AccountOwner, segment: number, findings: string[]): AccountState | undefined {
  let state: AccountState | undefined;
  for (const part of segmentParts(owner.store, segment)) {
    if ('dropped' in part) {
      const { offset, dropped } = part;
      if (state !== undefined)
        findings.push(`segment ${segment} was cut short at byte ${offset}: ${dropped} bytes are dropped`);
    } else if ('checkpoint' in part) state = begin(owner, part.checkpoint);
    else for (const record of part.turn) applyRecord(state!, record);
  }
  return state;
}

/** What a segment is made of. */
export type SegmentPart =
  | { readonly checkpoint: Checkpoint }
  | { readonly turn: readonly AccountRecord[] }
  /** The end, where a write was cut short: it begins at this byte and is so long. */
  | { readonly offset: number; readonly dropped: number };

/**
 * Reads a segment from its beginning to where it ends or breaks off; nothing when that is before its checkpoint.
 *
 * @throws AccountJournalError when it is damaged before its end, or has what this program does not know
 */
export function* segmentParts(store: AccountStore, segment: number): Generator<SegmentPart, void, undefined> {
  const bytes = store.read(segment);
  const refuse = (offset: number, reason: string): AccountJournalError =>
    new AccountJournalError(
      `segment ${segment} at byte ${offset}: ${reason}. It says which orders and transactions may be on the chain, so nothing ` +
        `is traded: restore the folder from a backup, or cancel everything ('flashmm cancel-all'), move the folder away and start afresh`,
    );
  if (bytes.length < PREAMBLE_BYTES) return;
  if (bytes.toString('latin1', 0, ACCOUNT_MAGIC.length) !== ACCOUNT_MAGIC) {
    if (soundFrameAfter(bytes, PREAMBLE_BYTES) === undefined) return;
    throw refuse(0, 'not an account journal of FlashMM');
  }
  const version = bytes.readUInt32LE(ACCOUNT_MAGIC.length);
  if (version !== ACCOUNT_VERSION) throw refuse(4, `format version ${version}: this program reads ${ACCOUNT_VERSION}`);
  for (let offset = PREAMBLE_BYTES; offset < bytes.length; ) {
    const frame = frameAt(bytes, offset);
    if (typeof frame === 'string') {
      const sound = soundFrameAfter(bytes, offset + 1);
      if (sound !== undefined) throw refuse(offset, `${frame}, and sound frames follow at byte ${sound}`);
      yield { offset, dropped: bytes.length - offset };
      return;
    }
    let part: SegmentPart;
    try {
      const value: unknown = JSON.parse(frame.toString('utf8', 1));
      part =
        offset === PREAMBLE_BYTES ? { checkpoint: checkpointSchema.parse(value) } : { turn: turnSchema.parse(value) };
    } catch (error) {
      throw refuse(offset, `a record that this program does not know: ${(error as Error).message}`);
    }
    yield part;
    offset += HEAD_BYTES + frame.length;
  }
}

function begin({ chainId, account }: AccountOwner, checkpoint: Checkpoint): AccountState {
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
  if (payload[0] !== FRAME.account) return `frame type ${payload[0]}: expected ${FRAME.account}`;
  return payloadFault(head, payload) ?? payload;
}

/** Where the next sound frame begins at or after an offset: damage before it is not what a crash leaves. */
function soundFrameAfter(bytes: Buffer, offset: number): number | undefined {
  for (let at = offset; at + HEAD_BYTES < bytes.length; at += 1) {
    if (typeof frameAt(bytes, at) !== 'string') return at;
  }
  return undefined;
}
