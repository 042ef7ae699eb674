import { join } from 'node:path';
import { FileAccountStore } from './file_store.ts';
import { AccountJournal } from './journal.ts';
import { AccountKeeper, type KeeperOptions } from './keeper.ts';
import { AccountLock } from './lock.ts';

/** Which account is to be opened, and what the keeper needs. */
export interface OpenAccountOptions extends Omit<KeeperOptions, 'journal'> {
  /** The folder of everything that FlashMM keeps. */
  readonly stateDir: string;
  readonly chainId: string;
  /** The account's address. */
  readonly account: string;
  /** Version of this program. */
  readonly flashmm: string;
  /** The chain began with this process, whatever it is called: of what was before, only the trading state counts. */
  readonly newChain: boolean;
}

/** An account held by this process. */
export interface OpenAccount {
  readonly keeper: AccountKeeper;
  /** Folder of its journal. */
  readonly folder: string;
  /** What was noticed when the journal was read, for the log. */
  readonly findings: readonly string[];
  /** Lets the next process have it. The keeper is closed before. */
  release(): void;
}

/**
 * Takes an account for this process alone, and reads its journal.
 *
 * @throws AccountInUseError when another process has it
 * @throws AccountJournalError when the journal is damaged or another account's
 * @throws Error when the folder can't be written
 */
export function openAccount(options: OpenAccountOptions): OpenAccount {
  const { stateDir, chainId, account, flashmm, newChain, timers } = options;
  const folder = accountFolder(stateDir, chainId, account);
  const lock = new AccountLock(folder);
  try {
    const store = new FileAccountStore(folder);
    const journal = new AccountJournal({ store, chainId, account, flashmm, newChain, nowUs: timers.nowUs });
    const keeper = new AccountKeeper({ journal, timers });
    return { keeper, folder, findings: journal.findings, release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Where everything of an account on a chain is kept, its lock too. */
export function accountFolder(stateDir: string, chainId: string, account: string): string {
  return join(stateDir, 'accounts', chainId, account);
}
