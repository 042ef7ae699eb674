/** An amount of one denom in its smallest unit. */
export interface Amount {
  readonly denom: string;
  readonly amount: bigint;
}

/** Balances by account and denom in smallest units. None is ever negative, and only {@link mint} changes the total. */
export class Bank {
  readonly #balances = new Map<string, Map<string, bigint>>();

  /** What an account holds of one denom. */
  balance(account: string, denom: string): bigint {
    return this.#balances.get(account)?.get(denom) ?? 0n;
  }

  /** All that an account holds, by denom in alphabetical order, without zeros. */
  balances(account: string): Amount[] {
    return [...(this.#balances.get(account) ?? [])]
      .filter(([, amount]) => amount > 0n)
      .map(([denom, amount]) => ({ denom, amount }))
      .sort((a, b) => (a.denom < b.denom ? -1 : 1));
  }

  /** The sum over all accounts: what conservation is checked against. */
  supply(denom: string): bigint {
    let total = 0n;
    for (const balances of this.#balances.values()) total += balances.get(denom) ?? 0n;
    return total;
  }

  /** Creates money, at genesis and for faucets. */
  mint(account: string, denom: string, amount: bigint): void {
    if (amount < 0n) throw new RangeError(`mint ${amount}${denom}: expected zero or more`);
    this.#set(account, denom, this.balance(account, denom) + amount);
  }

  /** Moves money; false, and nothing moved, when the sender holds less. */
  send(from: string, to: string, denom: string, amount: bigint): boolean {
    if (amount < 0n) throw new RangeError(`send ${amount}${denom}: expected zero or more`);
    const held = this.balance(from, denom);
    if (held < amount) return false;
    this.#set(from, denom, held - amount);
    this.#set(to, denom, this.balance(to, denom) + amount);
    return true;
  }

  #set(account: string, denom: string, amount: bigint): void {
    let balances = this.#balances.get(account);
    if (balances === undefined) {
      balances = new Map();
      this.#balances.set(account, balances);
    }
    balances.set(denom, amount);
  }
}
