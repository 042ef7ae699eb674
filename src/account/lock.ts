import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Somebody else trades with this account. */
export class AccountInUseError extends Error {
  override readonly name = 'AccountInUseError';
}

/**
 * Holds an account for this process alone: two that trade with one account would take each other's sequence numbers, and each
 * other's orders for strangers'.
 *
 * The lock is one of the operating system's, on an SQLite file (which brings it to Node on every platform): it ends with the
 * process however that ends, so that there is never a stale one to clear away. The file beside it says who holds it, for people.
 */
export class AccountLock {
  readonly #database: DatabaseSync;

  /**
   * @param folder of the account; made if missing
   * @throws AccountInUseError when another process has it; Error when the folder can't be written
   */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const holder = join(folder, 'holder.json');
    // No time-out: whoever has it keeps it.
    const database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if (!/locked|busy/.test((error as Error).message)) throw error;
      throw new AccountInUseError(`the account is in use by ${holderOf(holder)}`);
    }
    this.#database = database;
    writeFileSync(holder, `${JSON.stringify({ pid: process.pid, started: new Date().toISOString() })}\n`, {
      mode: 0o600,
    });
  }

  /** Lets it go. */
  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function holderOf(path: string): string {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as { pid?: unknown; started?: unknown };
    return `process ${String(pid)}, since ${String(started)}`;
  } catch {
    return 'another process';
  }
}
