import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AccountStore } from './store.ts';

const SEGMENT = /^(\d{8})\.account$/;

/** A descriptor is closed only when no sync in the background uses it any more: its number could be another file's by then. */
interface OpenFile {
  readonly fd: number;
  syncs: number;
  released: boolean;
}

/** The account journal's bytes as files of one folder, which only this user can read. */
export class FileAccountStore implements AccountStore {
  readonly #folder: string;
  #file: OpenFile | undefined;

  /** @param folder of this account; made if missing. @throws Error when it can't be */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  segments(): readonly number[] {
    return readdirSync(this.#folder)
      .flatMap((name) => SEGMENT.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  read(segment: number): Buffer {
    return readFileSync(this.pathOf(segment));
  }

  create(segment: number, bytes: Buffer): void {
    this.close();
    const fd = openSync(this.pathOf(segment), 'w', 0o600);
    this.#file = { fd, syncs: 0, released: false };
    writeAll(fd, bytes);
    fdatasyncSync(fd);
    syncFolder(this.#folder);
  }

  append(bytes: Buffer): void {
    writeAll(this.#opened().fd, bytes);
  }

  async sync(): Promise<void> {
    const file = this.#opened();
    file.syncs += 1;
    await new Promise<void>((resolve, reject) => {
      fdatasync(file.fd, (error) => {
        file.syncs -= 1;
        if (file.released && file.syncs === 0) closeSync(file.fd);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  remove(segment: number): void {
    rmSync(this.pathOf(segment), { force: true });
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    file.released = true;
    if (file.syncs === 0) closeSync(file.fd);
  }

  /** The file of a segment. */
  pathOf(segment: number): string {
    return join(this.#folder, `${String(segment).padStart(8, '0')}.account`);
  }

  #opened(): OpenFile {
    if (this.#file === undefined) throw new Error('the account journal is not open for writing');
    return this.#file;
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

/** A new file's name is only on disk once its folder is. Not every system lets a folder be opened; then it sees to it itself. */
function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = openSync(folder, 'r');
  } catch (error) {
    if (['EISDIR', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
    throw error;
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
