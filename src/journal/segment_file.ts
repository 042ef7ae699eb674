import { closeSync, fdatasync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import type { FsyncPolicy } from './writer.ts';

/** Bytes gathered before they are written: one system call for some hundred inputs. */
const BUFFER_BYTES = 256 * 1024;

/** How often `interval` forces written bytes to disk. */
const SYNC_EVERY_US = 1_000_000;

/**
 * One segment being written. Writes go to the system's cache, at most {@link BUFFER_BYTES} at a time and without waiting for
 * a disk; forcing them to disk happens in the background, except under `always`.
 */
export class SegmentFile {
  readonly path: string;
  /** Bytes written or gathered. */
  bytes = 0;
  readonly #fd: number;
  readonly #fsync: FsyncPolicy;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #gathered = 0;
  #syncedUs = 0;
  #syncing = false;
  #closing = false;
  #failure: Error | undefined;

  /** @throws Error when the file exists already or cannot be made */
  constructor(path: string, fsync: FsyncPolicy) {
    this.path = path;
    this.#fsync = fsync;
    this.#fd = openSync(path, 'wx', 0o600);
  }

  /** @throws Error when the disk refuses, or refused earlier in the background */
  write(bytes: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.bytes += bytes.length;
    if (this.#gathered + bytes.length > BUFFER_BYTES) this.flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#writeAll(bytes);
      return;
    }
    bytes.copy(this.#buffer, this.#gathered);
    this.#gathered += bytes.length;
  }

  /** Hands what was gathered to the system. */
  flush(): void {
    this.#writeAll(this.#buffer.subarray(0, this.#gathered));
    this.#gathered = 0;
    if (this.#fsync === 'always') fdatasyncSync(this.#fd);
  }

  /** Forces what was written to disk now and then, as the policy says, without waiting. @param nowUs session time */
  syncIfDue(nowUs: number): void {
    if (this.#fsync !== 'interval' || this.#syncing || nowUs < this.#syncedUs + SYNC_EVERY_US) return;
    this.#syncedUs = nowUs;
    this.#sync();
  }

  /** Ends the segment: everything written, forced to disk unless the policy is `never`. */
  close(): void {
    this.flush();
    this.#closing = true;
    if (this.#syncing) return;
    if (this.#fsync !== 'interval') closeSync(this.#fd);
    else this.#sync();
  }

  #sync(): void {
    this.#syncing = true;
    fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      if (error) this.#failure = error;
      if (this.#closing) closeSync(this.#fd);
    });
  }

  #writeAll(bytes: Buffer): void {
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#fd, bytes, written);
  }
}
