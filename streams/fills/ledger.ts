import { denomsOf, GAS_DENOM, priceE18Of, quoteUnitsOf, unitsOfLot } from '../market/denoms.ts';
import type { Market, Side } from '../market/types.ts';

/** Where money comes from and goes to, besides the account's own balance. */
export const SOURCES = ['opening', 'trades', 'fees', 'gas', 'transfers', 'adjustments'] as const;
/** One of {@link SOURCES}. */
export type Source = (typeof SOURCES)[number];

/** One denom of the account, in smallest units: its balance, and what each source has given (negative: taken). */
export interface DenomBook {
  balance: bigint;
  readonly from: Record<Source, bigint>;
}

/** An entry of a block that may be newer than the balances it is compared with. */
export interface Entry {
  readonly height: number;
  readonly denom: string;
  readonly amount: bigint;
}

/** Money of one account by denom. */
export interface Ledger {
  /** Whether the first balances were taken for the opening ones. */
  opened: boolean;
  readonly books: Record<string, DenomBook>;
  /** Entries of the newest blocks, in order of booking. */
  recent: Entry[];
  /** Entries up to this height may be missing from `recent`. */
  recentFrom: number;
  /** Entries booked since it was made: who has seen it balance needs not look again while this stands still. */
  entries: number;
}

/** An execution as the chain's bank settles it. */
export interface SettledExecution {
  readonly side: Side;
  readonly lots: number;
  readonly microTicks: number;
  readonly priceE18?: string | undefined;
  readonly height: number;
}

/** Blocks whose entries are kept apart: balances are of the newest block, or of one shortly before. */
const RECENT_BLOCKS = 64;
const RECENT_MOST = 4_096;

/**
 * A ledger in which nothing is booked, of the denoms of some markets and of gas. Markets of venues without a bank have none.
 *
 * @throws RangeError when a market's lot is no whole number of units
 */
export function emptyLedger(markets: readonly Market[]): Ledger {
  const denoms = markets.filter(banked).flatMap((market) => {
    unitsOfLot(market);
    return Object.values(denomsOf(market));
  });
  const all = denoms.length === 0 ? [] : [...new Set([...denoms, GAS_DENOM])].sort();
  return {
    opened: false,
    books: Object.fromEntries(all.map((denom) => [denom, freshBook()])),
    recent: [],
    recentFrom: 0,
    entries: 0,
  };
}

/** Whether a market's executions move money at a chain's bank. */
export function banked({ venue, contract }: Market): boolean {
  return venue === 'sei' && contract === 'linear';
}

/** A denom with nothing booked. */
export function freshBook(): DenomBook {
  return { balance: 0n, from: { opening: 0n, trades: 0n, fees: 0n, gas: 0n, transfers: 0n, adjustments: 0n } };
}

/**
 * Books an amount: into the balance, and against its source. Every entry so has two sides that come to nothing together.
 *
 * @param amount what the balance gains; negative when it loses
 */
export function post(ledger: Ledger, source: Source, denom: string, amount: bigint, height: number): void {
  const book = ledger.books[denom];
  if (book === undefined || amount === 0n) return;
  book.balance += amount;
  book.from[source] += amount;
  ledger.entries += 1;
  ledger.recent.push({ height, denom, amount });
  if (ledger.recent.length <= RECENT_MOST) return;
  ledger.recentFrom = Math.max(ledger.recentFrom, ledger.recent.shift()!.height);
}

/**
 * Books an execution as the clearing contract settles it: lots of the base asset against its price in quote, a buyer's rounded up
 * to the unit and a seller's down, and a fee where the venue takes one.
 *
 * @param feeUnits of the quote asset; negative for a rebate
 */
export function postExecution(ledger: Ledger, market: Market, execution: SettledExecution, feeUnits: bigint): void {
  if (!banked(market)) return;
  const { side, lots, microTicks, priceE18, height } = execution;
  const price = priceE18 === undefined ? priceE18Of(market, microTicks) : BigInt(priceE18);
  const { base, quote } = denomsOf(market);
  const sign = side === 'buy' ? 1n : -1n;
  post(ledger, 'trades', base, sign * BigInt(lots) * unitsOfLot(market), height);
  post(ledger, 'trades', quote, -sign * quoteUnitsOf(market, lots, price, side === 'buy' ? 'up' : 'down'), height);
  post(ledger, 'fees', quote, -feeUnits, height);
}

/** Forgets which block an entry was of, once no balances of before it can come. */
export function settleBlocks(ledger: Ledger, height: number): void {
  const until = height - RECENT_BLOCKS;
  if (ledger.recent.length === 0 || ledger.recent[0]!.height > until) return;
  ledger.recent = ledger.recent.filter((entry) => entry.height > until);
  ledger.recentFrom = Math.max(ledger.recentFrom, until);
}

/** What the chain's bank must have had of a denom after a block, or undefined when that is too long ago. */
export function balanceAt(ledger: Ledger, denom: string, height: number): bigint | undefined {
  const book = ledger.books[denom];
  if (book === undefined || height < ledger.recentFrom) return undefined;
  let balance = book.balance;
  for (const entry of ledger.recent) if (entry.denom === denom && entry.height > height) balance -= entry.amount;
  return balance;
}

/**
 * The balance equation: opening + trades + fees + gas + transfers + adjustments = balance, for each denom.
 *
 * @throws Error when it does not hold, which is a defect of this program
 */
export function assertBalanced({ books }: Ledger): void {
  for (const denom in books) {
    const { balance, from } = books[denom]!;
    let sum = 0n;
    for (const source of SOURCES) sum += from[source];
    if (sum !== balance) throw new Error(`ledger: ${denom} has a balance of ${balance}, its sources come to ${sum}`);
  }
}
