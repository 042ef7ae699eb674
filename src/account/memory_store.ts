import type { AccountStore } from './store.ts';

/** What a {@link MemoryAccountStore} can be told to refuse. */
export type StoreOperation = 'append' | 'sync' | 'create';

/** Bytes that a new segment has room for; doubled whenever they are used up. */
const ROOM_BYTES = 64 * 1024;

class Segment {
  length = 0;
  /** How many bytes are on the imagined disk. */
  synced = 0;
  #room = Buffer.alloc(0);

  constructor(bytes: Buffer) {
    this.append(bytes);
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.length);
  }

  append(bytes: Buffer): void {
    const length = this.length + bytes.length;
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(ROOM_BYTES, 2 * length));
      this.bytes.copy(room);
      this.#room = room;
    }
    bytes.copy(this.#room, this.length);
    this.length = length;
  }
}

/**
 * The account journal's bytes in memory, with the semantics of a disk, for simulation and tests: {@link crash} is the death of
 * the machine, after which only what was forced to disk is left, and of the rest as many bytes as one likes (a torn write).
 *
 * @example
 *     store.fail('sync', 3);          // the next three calls of sync reject
 *     store.crash(5);                 // five bytes of what was not forced to disk got there all the same
 */
export class MemoryAccountStore implements AccountStore {
  readonly #segments = new Map<number, Segment>();
  readonly #failures: Record<StoreOperation, number> = { append: 0, sync: 0, create: 0 };
  #current: Segment | undefined;
  /** Counts of what was asked, for tests that look for a sync where one has to be. */
  readonly calls: Record<StoreOperation, number> = { append: 0, sync: 0, create: 0 };

  /** Has the next `times` calls of an operation fail. An `append` that fails has written half of its bytes. */
  fail(operation: StoreOperation, times: number): void {
    this.#failures[operation] = times;
  }

  /**
   * The machine dies: what was not forced to disk is lost, but for the first `kept` bytes of it.
   *
   * @returns the store as the next process finds it
   */
  crash(kept = 0): MemoryAccountStore {
    const next = new MemoryAccountStore();
    for (const [number, { bytes, synced }] of this.#segments) {
      const left = new Segment(bytes.subarray(0, synced + kept));
      left.synced = left.length;
      next.#segments.set(number, left);
    }
    return next;
  }

  /** The process alone dies: what was appended is there. */
  kill(): MemoryAccountStore {
    return this.crash(Number.MAX_SAFE_INTEGER);
  }

  segments(): readonly number[] {
    return [...this.#segments.keys()].sort((a, b) => a - b);
  }

  read(segment: number): Buffer {
    return Buffer.from(this.#find(segment).bytes);
  }

  create(segment: number, bytes: Buffer): void {
    this.#current = undefined;
    const refused = this.#refuses('create');
    const made = new Segment(refused ? bytes.subarray(0, bytes.length >> 1) : bytes);
    this.#segments.set(segment, made);
    if (refused) throw new Error('no space left on the imagined disk');
    made.synced = made.length;
    this.#current = made;
  }

  append(bytes: Buffer): void {
    const current = this.#opened();
    const refused = this.#refuses('append');
    current.append(refused ? bytes.subarray(0, bytes.length >> 1) : bytes);
    if (refused) throw new Error('no space left on the imagined disk');
  }

  async sync(): Promise<void> {
    const current = this.#opened();
    const upTo = current.length;
    if (this.#refuses('sync')) throw new Error('the imagined disk failed');
    current.synced = Math.max(current.synced, upTo);
  }

  remove(segment: number): void {
    this.#segments.delete(segment);
  }

  close(): void {
    this.#current = undefined;
  }

  #find(segment: number): Segment {
    const found = this.#segments.get(segment);
    if (found === undefined) throw new Error(`there is no segment ${segment}`);
    return found;
  }

  #opened(): Segment {
    if (this.#current === undefined) throw new Error('the account journal is not open for writing');
    return this.#current;
  }

  #refuses(operation: StoreOperation): boolean {
    this.calls[operation] += 1;
    if (this.#failures[operation] === 0) return false;
    this.#failures[operation] -= 1;
    return true;
  }
}
