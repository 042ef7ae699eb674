import type { AccountsView } from './ante.ts';
import type { Bank } from './bank.ts';

/** An account's number, next sequence and key (empty until its first transaction). */
export interface Account {
  readonly number: number;
  sequence: number;
  publicKey: Uint8Array;
}

/** The account that fees go to. */
const FEE_COLLECTOR = 'fee_collector';

/** The chain's own accounts, which DeliverTx changes. */
export class DeliverView implements AccountsView {
  readonly #accounts: Map<string, Account>;
  readonly #bank: Bank;

  constructor(accounts: Map<string, Account>, bank: Bank) {
    this.#accounts = accounts;
    this.#bank = bank;
  }

  find(address: string): Account | undefined {
    return this.#accounts.get(address);
  }

  advance(address: string, publicKey: Uint8Array): void {
    const account = this.#accounts.get(address)!;
    account.sequence += 1;
    if (publicKey.length > 0) account.publicKey = publicKey;
  }

  balance(address: string, denom: string): bigint {
    return this.#bank.balance(address, denom);
  }

  payFee(address: string, denom: string, amount: bigint): void {
    this.#bank.send(address, FEE_COLLECTOR, denom, amount);
  }
}

/** The state CheckTx works on: the committed one, and what the mempool's transactions have done to it since. */
export class CheckView implements AccountsView {
  readonly #committed: ReadonlyMap<string, Account>;
  readonly #bank: Bank;
  readonly #accounts = new Map<string, Account>();
  readonly #spent = new Map<string, bigint>();

  constructor(committed: ReadonlyMap<string, Account>, bank: Bank) {
    this.#committed = committed;
    this.#bank = bank;
  }

  find(address: string): Account | undefined {
    return this.#accounts.get(address) ?? this.#committed.get(address);
  }

  advance(address: string, publicKey: Uint8Array): void {
    const account = this.find(address)!;
    const key = publicKey.length > 0 ? publicKey : account.publicKey;
    this.#accounts.set(address, { ...account, sequence: account.sequence + 1, publicKey: key });
  }

  balance(address: string, denom: string): bigint {
    return this.#bank.balance(address, denom) - (this.#spent.get(`${address}/${denom}`) ?? 0n);
  }

  payFee(address: string, denom: string, amount: bigint): void {
    const key = `${address}/${denom}`;
    this.#spent.set(key, (this.#spent.get(key) ?? 0n) + amount);
  }
}
