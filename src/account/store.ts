/**
 * Where the account journal keeps its bytes: numbered segments, of which the newest is written at its end. The port knows
 * nothing of what the bytes mean. Two implementations pass one conformance suite: files, and memory with the semantics of a
 * disk (what was not forced there is lost with the machine).
 *
 * Every method throws (or rejects) an `Error` when the disk refuses; what was appended is then in doubt, and the caller begins a
 * new segment that does not depend on it.
 */
export interface AccountStore {
  /** Numbers of the segments that exist, ascending. */
  segments(): readonly number[];
  /** All bytes of a segment. @throws Error when there is no such segment */
  read(segment: number): Buffer;
  /** Begins a segment with these bytes, replacing one of that number; forced to disk with its name. {@link append} goes there. */
  create(segment: number, bytes: Buffer): void;
  /** Adds bytes to the segment. They outlive this process at once, the machine only after {@link sync}. */
  append(bytes: Buffer): void;
  /** Forces everything to disk that was appended before the call. */
  sync(): Promise<void>;
  /** Deletes a segment. One that does not exist is no error. */
  remove(segment: number): void;
  /** Ends the use, and lets the next process have it. */
  close(): void;
}
