/** An amount of one denom in its smallest unit. */
export interface Amount {
  readonly denom: string;
  readonly amount: bigint;
}

/** What a balance was before a change, in the block that was under way. */
interface Change {
  readonly height: number;
  readonly account: string;
  readonly denom: string;
  readonly before: bigint;
}

/** Balances by account and denom in smallest units. None is ever negative, and only {@link mint} changes the total. */
export class Bank {
  readonly #balances = new Map<string, Map<string, bigint>>();
  /** Oldest first, of the last blocks only: what takes balances back to an earlier height. */
  #changes: Change[] = [];
  #height = 0;
  readonly #historyBlocks: number;

  /** @param historyBlocks after how many further blocks balances can still be told; 0 keeps nothing */
  constructor(historyBlocks = 0) {
    this.#historyBlocks = historyBlocks;
  }

  /** A new block begins. */
  beginBlock(height: number): void {
    this.#height = height;
    const oldest = height - this.#historyBlocks;
    let gone = 0;
    while (gone < this.#changes.length && this.#changes[gone]!.height <= oldest) gone += 1;
    // Moved now and then only, since moving all of them for every block costs more than keeping some.
    if (gone > 0 && gone * 2 > this.#changes.length) this.#changes = this.#changes.slice(gone);
  }

  /** What an account holds of one denom. */
  balance(account: string, denom: string): bigint {
    return this.#balances.get(account)?.get(denom) ?? 0n;
  }

  /** All that an account held after the block at `height`, by denom in alphabetical order, without zeros. */
  balances(account: string, height = this.#height): Amount[] {
    const held = new Map(this.#balances.get(account));
    for (let i = this.#changes.length - 1; i >= 0 && this.#changes[i]!.height > height; i -= 1) {
      const change = this.#changes[i]!;
      if (change.account === account) held.set(change.denom, change.before);
    }
    return [...held]
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
    if (this.#historyBlocks > 0)
      this.#changes.push({ height: this.#height, account, denom, before: balances.get(denom) ?? 0n });
    balances.set(denom, amount);
  }
}
