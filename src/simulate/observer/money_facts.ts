import type { LedgerCompared } from '../../../streams/fills/types.ts';
import type { Fill } from '../../../streams/orders/types.ts';
import { baseUnits } from '../../devnet/market.ts';
import type { CommittedBlock } from '../../devnet/producer.ts';
import { ByHeight } from './by_height.ts';
import type { ChainFacts } from './chain_facts.ts';
import type { Tally } from './invariant.ts';
import type { ProcessFacts } from './process_facts.ts';

/** Settlements that are remembered to hold fills against: as many blocks as a process may be behind. */
const HEIGHTS_KEPT = 3_000;

/** Prices are told in millionths of a tick. */
const MICRO = 1_000_000;

/** What the chain calls a gas coin is also spent on fees: its balance is no measure of a position. */
const GAS_DENOM = 'usei';

interface Settled {
  readonly orderId: string;
  readonly market: string;
  readonly side: string;
  readonly lots: number;
  readonly microTicks: number;
  /** The process that has booked it. */
  bookedBy: number;
}

/** From a fault at the disk to the second look at the balances of the process that follows: its start and two looks ten seconds apart. */
const RECORD_LOST_MS = 60_000;

/**
 * Invariant 3. Every fill is a settlement of the chain, to the lot and the millionth of a tick, and is booked once by a process. When
 * a block is told, all that the blocks before it settled is in the position. What the chain's bank holds of an asset is what was
 * bought less what was sold, to the smallest unit. The system finds no difference in its ledger: there is none to find.
 */
export class MoneyFacts {
  readonly #facts: ChainFacts;
  readonly #tally: Tally;
  readonly #settled = new ByHeight<readonly Settled[]>(HEIGHTS_KEPT);
  readonly #opening: ReadonlyMap<string, bigint>;
  /** What a ledger of these markets may speak of. */
  readonly #denoms: readonly string[];
  /** What the account has of each of them after each of the last blocks. */
  readonly #balances = new ByHeight<readonly bigint[]>(HEIGHTS_KEPT);

  constructor(facts: ChainFacts, tally: Tally) {
    this.#facts = facts;
    this.#tally = tally;
    const { bank, markets } = facts.world.chain;
    this.#denoms = [
      ...new Set([...markets.flatMap(({ baseDenom, quoteDenom }) => [baseDenom, quoteDenom]), GAS_DENOM]),
    ];
    this.#opening = new Map(markets.map(({ baseDenom }) => [baseDenom, bank.balance(facts.world.account, baseDenom)]));
  }

  block({ height }: CommittedBlock): void {
    const { chain, account } = this.#facts.world;
    this.#balances.set(
      height,
      this.#denoms.map((denom) => chain.bank.balance(account, denom)),
    );
    this.#settled.set(
      height,
      this.#facts.settlements.map(({ orderId, market, side, lots, numerator, denominator }) => ({
        orderId: String(orderId),
        market: chain.markets[market]!.symbol,
        side,
        lots,
        microTicks: (numerator * MICRO) / denominator,
        bookedBy: 0,
      })),
    );
    for (const { market, heldLots } of this.#facts.markets.values()) {
      const { baseDenom } = market;
      if (baseDenom === GAS_DENOM) continue;
      const gained = chain.bank.balance(account, baseDenom) - this.#opening.get(baseDenom)!;
      this.#tally.check(
        'ledger',
        gained === baseUnits(market, heldLots),
        () => `the account gained ${gained}${baseDenom}, settlements make it ${heldLots} lots`,
      );
    }
  }

  fill({ market, clientOrderId, side, lots, microTicks, height, settlementId }: Fill, process: ProcessFacts): void {
    const settled = this.#settled
      .get(height)
      ?.find(
        (one) =>
          one.bookedBy !== process.number &&
          one.market === market &&
          one.side === side &&
          one.lots === lots &&
          Math.abs(one.microTicks - microTicks) <= 1 &&
          settlementId.endsWith(one.orderId),
      );
    this.#tally.check(
      'ledger',
      settled !== undefined,
      () =>
        `fill ${settlementId} of ${clientOrderId} (${market} ${side} ${lots} lots) is none of block ${height}, or a repeat`,
    );
    if (settled !== undefined) settled.bookedBy = process.number;
  }

  /** A block is told to a process: all that was settled before it has been booked. */
  told(height: number, process: ProcessFacts): void {
    if (!process.reconciled) return;
    for (const [symbol, { heldAt }] of this.#facts.markets) {
      const held = heldAt.get(height - 1);
      const said = process.positions.get(symbol) ?? 0;
      if (held === undefined) continue;
      this.#tally.check(
        'ledger',
        said === held,
        () => `${symbol}: the position is said to be ${said} lots before block ${height}, the chain has ${held}`,
      );
    }
  }

  /** The system has compared its ledger with the chain's balances: what it calls equal is. */
  compared({ height, status, books }: LedgerCompared): void {
    const balances = this.#balances.get(height);
    if (balances === undefined || status === 'doubt' || status === 'broken') return;
    for (const [denom, { balance }] of Object.entries(books)) {
      const has = balances[this.#denoms.indexOf(denom)] ?? 0n;
      this.#tally.check(
        'ledger',
        BigInt(balance) === has,
        () => `the ledger has ${balance}${denom} at block ${height}, the chain ${has}`,
      );
    }
  }

  /** The system found a difference between ledger and chain. */
  broke(text: string): void {
    this.#tally.check('ledger', false, () => `the ledger is said to break: ${text}`);
  }

  /** Gas that nobody told was found at the balances: only a disk that failed shortly before may lose a record. */
  gasFound(text: string, sinceDiskFaultMs: number): void {
    this.#tally.check(
      'ledger',
      sinceDiskFaultMs < RECORD_LOST_MS,
      () => `gas went untold while the disk was well: ${text}`,
    );
  }
}
