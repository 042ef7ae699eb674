import type { Side } from '../../streams/market/types.ts';
import type { Amount, Bank } from './bank.ts';
import { baseUnits, type DevnetMarket, quoteUnits } from './market.ts';
import type { Execution } from './matching.ts';

/** What resting and incoming orders of an account may still cost, a number for each market: exact integers. */
interface Reserved {
  readonly buyTickLots: number[];
  readonly sellLots: number[];
}

/** An execution with its price as the chain's decimal. */
interface Priced extends Execution {
  readonly priceScaled: bigint;
}

/**
 * The devnet's contract: what the chain calls before and after matching.
 *
 * The chain's module only matches; money is the contract's business. This one clears spot trades against the bank. An
 * order must be covered by what its account holds beyond its other orders' needs, or the place hook refuses it.
 * Deposits sent along with orders are returned at the end of the block. A buyer pays rounded up and a seller receives
 * rounded down, to the unit, so that dust stays with the contract. A market order without worst price can cost more
 * than anyone could foresee: what its account lacks, the contract's own fund pays, and {@link shortfalls} counts it.
 */
export class ClearingContract {
  readonly address: string;
  /** Times the fund had to pay for an account that fell short. */
  shortfalls = 0;
  /** Refuses an account's order for a reason of the contract's own; for faults. */
  refuse: (account: string) => string | null = () => null;
  readonly #bank: Bank;
  readonly #markets: readonly DevnetMarket[];
  readonly #reserved = new Map<string, Reserved>();
  #deposits: { account: string; amount: Amount }[] = [];

  constructor(address: string, bank: Bank, markets: readonly DevnetMarket[]) {
    this.address = address;
    this.#bank = bank;
    this.#markets = markets;
  }

  /** Takes the `funds` of a transaction; false when the account holds less. */
  deposit(account: string, amount: Amount): boolean {
    if (!this.#bank.send(account, this.address, amount.denom, amount.amount)) return false;
    this.#deposits.push({ account, amount });
    return true;
  }

  /** The deposit hook at the end of the block: every deposit goes back to where it came from. */
  returnDeposits(): number {
    const returned = this.#deposits.length;
    for (const { account, amount } of this.#deposits)
      this.#bank.send(this.address, account, amount.denom, amount.amount);
    this.#deposits = [];
    return returned;
  }

  /** The place hook for one order: reserves its cost, or says why the account doesn't cover it. */
  cover(account: string, market: DevnetMarket, side: Side, tick: number, lots: number): string | null {
    const refusal = this.refuse(account);
    if (refusal !== null) return refusal;
    const reserved = this.#of(account);
    const denom = side === 'buy' ? market.quoteDenom : market.baseDenom;
    this.#change(reserved, market.index, side, tick, lots);
    const needed =
      side === 'buy' ? this.#quoteNeeded(reserved, denom) : baseUnits(market, reserved.sellLots[market.index]!);
    const held = this.#bank.balance(account, denom);
    if (needed <= held) return null;
    this.#change(reserved, market.index, side, tick, -lots);
    return `insufficient cover: orders need ${needed}${denom}, the account holds ${held}${denom}`;
  }

  /** Frees what {@link cover} reserved, for an order or a part that was filled or cancelled. */
  release(account: string, market: DevnetMarket, side: Side, tick: number, lots: number): void {
    this.#change(this.#of(account), market.index, side, tick, -lots);
  }

  /** The settlement hook: all accounts pay first, then all are paid. */
  settle(market: DevnetMarket, executions: readonly Priced[]): void {
    for (const execution of executions) {
      if (execution.side === 'sell')
        this.#collect(execution.account, market.baseDenom, baseUnits(market, execution.lots));
      else this.#collect(execution.account, market.quoteDenom, worthOf(market, execution, 'up'));
    }
    for (const execution of executions) {
      if (execution.side === 'buy') this.#pay(execution.account, market.baseDenom, baseUnits(market, execution.lots));
      else this.#pay(execution.account, market.quoteDenom, worthOf(market, execution, 'down'));
    }
  }

  #collect(account: string, denom: string, amount: bigint): void {
    if (this.#bank.send(account, this.address, denom, amount)) return;
    this.shortfalls += 1;
    this.#bank.send(account, this.address, denom, this.#bank.balance(account, denom));
  }

  #pay(account: string, denom: string, amount: bigint): void {
    if (!this.#bank.send(this.address, account, denom, amount)) {
      throw new Error(`the contract cannot pay ${amount}${denom} to ${account}: its fund is exhausted`);
    }
  }

  #quoteNeeded(reserved: Reserved, denom: string): bigint {
    let needed = 0n;
    for (const market of this.#markets) {
      const tickLots = reserved.buyTickLots[market.index]!;
      if (market.quoteDenom === denom && tickLots > 0) {
        needed += quoteUnits(market, BigInt(tickLots) * market.tickScaled, 1, 'up');
      }
    }
    return needed;
  }

  #change(reserved: Reserved, index: number, side: Side, tick: number, lots: number): void {
    if (side === 'buy') reserved.buyTickLots[index]! += tick * lots;
    else reserved.sellLots[index]! += lots;
  }

  #of(account: string): Reserved {
    let reserved = this.#reserved.get(account);
    if (reserved === undefined) {
      reserved = { buyTickLots: this.#markets.map(() => 0), sellLots: this.#markets.map(() => 0) };
      this.#reserved.set(account, reserved);
    }
    return reserved;
  }
}

function worthOf(market: DevnetMarket, { priceScaled, lots }: Priced, round: 'up' | 'down'): bigint {
  return quoteUnits(market, priceScaled, lots, round);
}
