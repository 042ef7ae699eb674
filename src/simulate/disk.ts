import type { MemoryAccountStore } from '../account/memory_store.ts';
import type { AccountStore } from '../account/store.ts';
import type { ProcessTimers } from './virtual_time.ts';

/** The machine's disk as faults have it, for whatever process is on the machine. */
export interface DiskState {
  /** Milliseconds that forcing bytes to disk takes. */
  syncMs: number;
}

/** A healthy disk with its own battery: about what an NVMe drive takes. */
export const SYNC_MS = 1;

/** Where a process may be stopped in its dealings with the disk. */
export type DiskStep = 'syncing' | 'synced';

/**
 * One process's view of the machine's disk: forcing bytes there takes virtual time, and a process that is dead changes nothing
 * any more.
 */
export class ProcessDisk implements AccountStore {
  readonly #bytes: MemoryAccountStore;
  readonly #timers: ProcessTimers;
  readonly #disk: Readonly<DiskState>;
  readonly #at: (step: DiskStep) => void;

  constructor(
    bytes: MemoryAccountStore,
    timers: ProcessTimers,
    disk: Readonly<DiskState>,
    at: (step: DiskStep) => void,
  ) {
    this.#bytes = bytes;
    this.#timers = timers;
    this.#disk = disk;
    this.#at = at;
  }

  segments(): readonly number[] {
    return this.#bytes.segments();
  }

  read(segment: number): Buffer {
    return this.#bytes.read(segment);
  }

  create(segment: number, bytes: Buffer): void {
    if (this.#timers.alive) this.#bytes.create(segment, bytes);
  }

  append(bytes: Buffer): void {
    if (this.#timers.alive) this.#bytes.append(bytes);
  }

  sync(): Promise<void> {
    this.#at('syncing');
    return new Promise((resolve, reject) => {
      // What was appended before the call is what gets there: the disk is not asked again later.
      if (!this.#timers.alive) return;
      const synced = this.#bytes.sync();
      this.#timers.after(this.#disk.syncMs, () => {
        synced.then(() => {
          this.#at('synced');
          if (this.#timers.alive) resolve();
        }, reject);
      });
      // A failure is told with the delay, too; nobody else looks at it until then.
      synced.catch(() => {});
    });
  }

  remove(segment: number): void {
    if (this.#timers.alive) this.#bytes.remove(segment);
  }

  close(): void {
    if (this.#timers.alive) this.#bytes.close();
  }
}
