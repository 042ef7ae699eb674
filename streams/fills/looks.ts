import { denomsOf, GAS_DENOM } from '../market/denoms.ts';
import type { Market } from '../market/types.ts';
import { balanceAt, banked, type Ledger, post } from './ledger.ts';

/** Balances of the account as of a block. Plain data. */
export interface Look {
  readonly height: number;
  readonly amounts: Readonly<Record<string, string>>;
}

/** How ledger and chain compare. Differences by denom, what the chain has more than the ledger, decimal strings. */
export interface Comparison {
  /** Balances that wait until their block is known to the end. */
  look: Look | null;
  /** The newest block told. */
  height: number;
  /** Whether the block of the look is complete: a newer one was told, or the look came behind the block's own news. */
  complete: boolean;
  /** Settlements that are no fills yet, by id, with their heights: looks at or after these wait. */
  unbooked: Record<string, number>;
  /** The newest settlements that are, oldest first; encoded as a list. */
  readonly booked: Set<string>;
  /** Blocks up to this one may hold executions of ours that nobody told; 0 for none. */
  missedTo: number;
  /** Whether a transaction of ours came to an end since the last agreement: it may have cost gas. */
  spentGas: boolean;
  /** Blocks up to this one may have charged gas for cancels of ours that nothing tells of; 0: the next look says which, null for none. */
  lostGasTo: number | null;
  /** The differences of the last look, its height, and how many looks in a row differed. */
  doubts: Record<string, string>;
  doubtHeight: number;
  doubtful: number;
  /** Differences that nothing explains, until an operator does. */
  broken: Record<string, string>;
}

/** What a look came to. */
export interface Verdict {
  readonly look: Look;
  /** `opened` and `agrees`: all is well. `doubt`: one more look decides. `broken`: trading has to stop. */
  readonly status: 'opened' | 'agrees' | 'doubt' | 'broken';
  readonly differences: readonly { readonly denom: string; readonly expected: bigint; readonly found: bigint }[];
  /** How the differences were booked, if they were. */
  readonly booked: 'transfers' | 'adjustments' | 'gas' | null;
}

/** A look that differs is looked at once more; after so many that all differ otherwise something is wrong. */
const DOUBTS_MOST = 3;

/** Settlements remembered to tell those that are booked from those that wait. */
const BOOKED_MOST = 1_000;

/** The order stage takes a settlement for a fill after ten blocks at the latest: one that it refused is waited for no longer. */
const UNBOOKED_BLOCKS = 11;

/** Cancels of which nothing is recorded are in a block after so many at the latest, or never: ten, and the one under way. */
const LOST_BLOCKS = 11;

/** What a start books as lost gas at most, usei: a SEI, some twenty batches. More is a withdrawal, or something to look into. */
const LOST_GAS_MOST = 1_000_000n;

/** Nothing was compared yet. */
export function noComparison(): Comparison {
  return {
    look: null,
    height: 0,
    complete: false,
    unbooked: {},
    booked: new Set(),
    missedTo: 0,
    spentGas: false,
    lostGasTo: null,
    doubts: {},
    doubtHeight: 0,
    doubtful: 0,
    broken: {},
  };
}

/** A block was told: what came before it is complete. */
export function blockTold(state: Comparison, height: number): void {
  state.height = Math.max(state.height, height);
  if (state.look !== null && state.height > state.look.height) state.complete = true;
  for (const [id, of] of Object.entries(state.unbooked)) if (height - of > UNBOOKED_BLOCKS) delete state.unbooked[id];
}

/** Balances were told. At the start they may be of a block that is yet to be told. */
export function lookTaken(state: Comparison, look: Look): void {
  if (state.look !== null && state.look.height > look.height) return;
  state.look = look;
  state.complete = state.height >= look.height;
  if (state.lostGasTo === 0) state.lostGasTo = look.height + LOST_BLOCKS;
}

/** A process begins: cancels of the one before may have gone out without a record, and what they cost is told nowhere. */
export function gasLost(state: Comparison): void {
  state.lostGasTo = 0;
}

/** A settlement was told, which the order stage will make a fill, or has made one, or refuses. */
export function settlementTold(state: Comparison, settlementId: string, height: number): void {
  if (!state.booked.has(settlementId)) state.unbooked[settlementId] = height;
}

/** A fill is booked. */
export function fillBooked(state: Comparison, ...settlementIds: string[]): void {
  for (const id of settlementIds) {
    delete state.unbooked[id];
    state.booked.add(id);
    if (state.booked.size > BOOKED_MOST) state.booked.delete(state.booked.values().next().value!);
  }
}

/**
 * Compares the ledger with the balances that wait, once everything up to their block is booked.
 *
 * The first balances are the opening ones. Later, a difference
 * - after blocks that nobody could read is booked as an adjustment: the chain knows what was executed in them;
 * - of gas alone, which two looks in a row show soon after the start, up to a SEI, is booked as gas: a disk that failed did not record the cancels;
 * - that two looks in a row show, in a denom alone, is somebody's deposit or withdrawal, and booked as a transfer;
 * - in the shape of an execution (base and quote of a market, against each other), or of gas that nobody told (less usei, when
 *   transactions were under way), or another one at each look, breaks the ledger: only an operator can explain it.
 *
 * @returns undefined when there is nothing to compare yet
 */
export function compare(state: Comparison, ledger: Ledger, markets: readonly Market[]): Verdict | undefined {
  const { look } = state;
  if (look === null || !state.complete) return undefined;
  if (Object.values(state.unbooked).some((height) => height <= look.height)) return undefined;
  state.look = null;
  if (!ledger.opened) return open(ledger, look);
  // The same block looked at twice is one look.
  if (state.doubtful > 0 && look.height <= state.doubtHeight) return undefined;
  const differences: { denom: string; expected: bigint; found: bigint }[] = [];
  for (const denom of Object.keys(ledger.books)) {
    const expected = balanceAt(ledger, denom, look.height);
    const found = BigInt(look.amounts[denom] ?? '0');
    if (expected === undefined) return undefined;
    if (expected !== found) differences.push({ denom, expected, found });
  }
  const was = state.doubts;
  state.doubts = Object.fromEntries(differences.map(({ denom, expected, found }) => [denom, String(found - expected)]));
  if (differences.length === 0) {
    agree(state, look.height);
    return { look, status: 'agrees', differences, booked: null };
  }
  if (state.missedTo > 0 && look.height >= state.missedTo)
    return settle(state, ledger, look, differences, 'adjustments');
  state.doubtful += 1;
  state.doubtHeight = look.height;
  const same = sameAmounts(was, state.doubts);
  const lost =
    state.lostGasTo !== null &&
    differences.every(
      ({ denom, expected, found }) => denom === GAS_DENOM && found < expected && expected - found <= LOST_GAS_MOST,
    );
  if (same && lost) {
    state.lostGasTo = null;
    return settle(state, ledger, look, differences, 'gas');
  }
  const explained = same && !inShapeOfOurs(state, markets);
  if (explained && Object.keys(state.broken).length === 0) return settle(state, ledger, look, differences, 'transfers');
  if (!same && state.doubtful < DOUBTS_MOST && Object.keys(state.broken).length === 0)
    return { look, status: 'doubt', differences, booked: null };
  state.broken = state.doubts;
  return { look, status: 'broken', differences, booked: null };
}

/** An operator says that the differences are transfers of his. @returns whether there were any */
export function explain(state: Comparison, ledger: Ledger): boolean {
  const broken = Object.entries(state.broken);
  for (const [denom, difference] of broken) post(ledger, 'transfers', denom, BigInt(difference), state.height);
  state.broken = {};
  state.doubts = {};
  state.doubtful = 0;
  return broken.length > 0;
}

function open(ledger: Ledger, look: Look): Verdict {
  for (const denom of Object.keys(ledger.books)) {
    const booked = balanceAt(ledger, denom, look.height) ?? 0n;
    post(ledger, 'opening', denom, BigInt(look.amounts[denom] ?? '0') - booked, look.height);
  }
  ledger.opened = true;
  return { look, status: 'opened', differences: [], booked: null };
}

function settle(
  state: Comparison,
  ledger: Ledger,
  look: Look,
  differences: Verdict['differences'],
  booked: 'transfers' | 'adjustments' | 'gas',
): Verdict {
  for (const { denom, expected, found } of differences) post(ledger, booked, denom, found - expected, look.height);
  agree(state, look.height);
  return { look, status: 'agrees', differences, booked };
}

function agree(state: Comparison, height: number): void {
  state.doubts = {};
  state.doubtful = 0;
  state.broken = {};
  state.spentGas = false;
  if (height >= state.missedTo) state.missedTo = 0;
  if (state.lostGasTo !== null && height >= state.lostGasTo) state.lostGasTo = null;
}

function inShapeOfOurs({ doubts, spentGas }: Comparison, markets: readonly Market[]): boolean {
  const sign = (denom: string): bigint => {
    const difference = BigInt(doubts[denom] ?? '0');
    return difference === 0n ? 0n : difference > 0n ? 1n : -1n;
  };
  if (spentGas && sign(GAS_DENOM) < 0n) return true;
  return markets.filter(banked).some((market) => {
    const { base, quote } = denomsOf(market);
    return sign(base) * sign(quote) < 0n;
  });
}

function sameAmounts(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const denoms = Object.keys(one);
  return denoms.length === Object.keys(other).length && denoms.every((denom) => one[denom] === other[denom]);
}
