import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileAccountStore } from '../../src/account/file_store.ts';
import { readAccount, segmentParts } from '../../src/account/read.ts';
import type { AccountState } from '../../src/account/records.ts';
import { DEFAULT_MARKETS } from '../../src/devnet/market.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { parseDecimal } from '../../src/sei/codec/decimal.ts';
import { walletOf } from '../../src/sei/rpc/wallet.ts';
import type { MoneyRecord } from '../../streams/fills/record.ts';
import { decimalOf, scalesOf } from '../../streams/market/units.ts';
import { type ChainExecution, type ChainOrder, ChainView } from './chain_view.ts';
import { devnetProcess, type Running, sessionProcess } from './process.ts';
import { newestSession, type SessionStory, storyOf } from './session_story.ts';

/** Blocks are as quick as Sei's quickest. */
const BLOCK_MS = 220;

/**
 * A session is killed at a random moment of these: of a quarter of them counted from the start of its process, of a quarter
 * within the half second in which it finds out what was, of the others while it trades. The latter two count from when it
 * begins to take in inputs, since a process may take seconds to come up on a machine with other work.
 */
const FROM_START_MS = { least: 100, most: 6_000 };
const RECONCILING_MS = 500;
const TRADING_MS = 6_000;

/** How long a session may take to take in inputs at all, and how often that is looked at. */
const UP_MS = 60_000;
const LOOK_MS = 5;

/** The last session trades for so long, then ends by SIGTERM, which may take ten seconds. */
const LAST_MS = 5_000;
const END_MS = 20_000;

/** How a kill test is run. */
export interface KillOptions {
  readonly times: number;
  readonly seed: number;
  /** An empty folder. */
  readonly folder: string;
  readonly onRound?: (round: KillRound) => void;
}

/** What a kill met. */
export type Phase = 'booting' | 'reconciling' | 'idle' | 'batch not signed' | 'batch signed';

/** One start and one kill. */
export interface KillRound {
  readonly round: number;
  readonly afterMs: number;
  readonly phase: Phase;
  readonly story: SessionStory | undefined;
  /** Orders on the chain after the kill, and how many of them the journal does not know. */
  readonly resting: number;
  readonly orphans: number;
  /** Blocks up to which the journal has everything booked, and executions booked so far. */
  readonly bookedHeight: number;
  readonly violations: readonly string[];
}

/** How it went. Good without violations. */
export interface KillOutcome {
  readonly times: number;
  readonly seed: number;
  readonly kills: Readonly<Record<Phase, number>>;
  readonly reconciled: number;
  readonly ordersLeftByKills: number;
  readonly orphans: number;
  readonly differences: number;
  readonly fills: { readonly onChain: number; readonly booked: number };
  /** How often the ledger that a process left was compared with the chain's bank, denom by denom, to the unit. */
  readonly ledgersCompared: number;
  readonly end: { readonly exitCode: number | null; readonly remaining: number };
  readonly violations: readonly string[];
  readonly seconds: number;
}

/** The account between two processes, and what must hold of it. */
class Witness {
  readonly view: ChainView;
  readonly #folder: string;
  readonly #owner: { readonly chainId: string; readonly account: string };
  readonly #booked = new Set<string>();
  readonly #onChain = new Map<string, ChainExecution>();
  readonly #read = new Set<number>();
  #seenHeight = 0;
  ledgersCompared = 0;

  constructor(view: ChainView, folder: string, chainId: string, account: string) {
    this.view = view;
    this.#folder = folder;
    this.#owner = { chainId, account };
    mkdirSync(folder, { recursive: true });
  }

  get fills(): { readonly onChain: number; readonly booked: number } {
    return { onChain: this.#onChain.size, booked: this.#booked.size };
  }

  journal(): AccountState {
    return readAccount({ store: new FileAccountStore(this.#folder), ...this.#owner }).state;
  }

  /** Every execution up to the booked height is booked, each once, and nothing that did not happen. */
  async books(bookedHeight: number): Promise<string[]> {
    const problems: string[] = [];
    const store = new FileAccountStore(this.#folder);
    for (const segment of store.segments()) {
      if (this.#read.has(segment)) continue;
      this.#read.add(segment);
      for (const part of segmentParts(store, segment)) {
        if (!('turn' in part)) continue;
        for (const record of part.turn) {
          if (record.kind !== 'fill') continue;
          if (this.#booked.has(record.settlementId)) problems.push(`execution ${record.settlementId} is booked twice`);
          this.#booked.add(record.settlementId);
        }
      }
    }
    const height = await this.view.height();
    for (let at = this.#seenHeight + 1; at <= height; at += 1) {
      for (const one of await this.view.settlements(at)) this.#onChain.set(one.id, one);
    }
    this.#seenHeight = height;
    for (const id of this.#booked) if (!this.#onChain.has(id)) problems.push(`execution ${id} is booked and never was`);
    for (const { id, height: of } of this.#onChain.values()) {
      if (of <= bookedHeight && !this.#booked.has(id))
        problems.push(`execution ${id} was before ${bookedHeight} and is not booked`);
    }
    return problems;
  }

  /**
   * The ledger that was left, and what certainly happened after it was written (executions not yet booked, the fees of
   * transactions under way), make the chain's own balances, to the unit.
   */
  async ledger({ money, signed }: AccountState): Promise<string[]> {
    const books = (money as Pick<MoneyRecord, 'books'> | null)?.books;
    if (books === undefined) return [];
    const { height, amounts } = await this.view.balances();
    const fees = await Promise.all(signed.map(({ txHash }) => this.view.fee(txHash)));
    const later = [...this.#onChain.values()].filter(({ id }) => !this.#booked.has(id));
    for (let at = this.#seenHeight + 1; at <= height; at += 1) later.push(...(await this.view.settlements(at)));
    const problems: string[] = [];
    for (const [denom, from] of Object.entries(books)) {
      let expected = Object.values(from).reduce((sum, amount) => sum + BigInt(amount), 0n);
      for (const { height: of, base, quote, baseUnits, quoteUnits } of later) {
        if (of > height) continue;
        if (base === denom) expected += baseUnits;
        if (quote === denom) expected += quoteUnits;
      }
      for (const fee of denom === 'usei' ? fees : [])
        if (fee !== undefined && fee.height <= height) expected -= fee.usei;
      const found = BigInt(amounts[denom] ?? '0');
      if (expected !== found)
        problems.push(`ledger of ${denom} at block ${height}: ${expected}, the chain has ${found}`);
    }
    this.ledgersCompared += 1;
    return problems;
  }

  /** Orders of the account that neither rest nor are on their way by the journal. */
  orphans(resting: readonly ChainOrder[], { orders }: AccountState): ChainOrder[] {
    const known = Object.values(orders);
    return resting.filter((order) => {
      if (known.some(({ orderId }) => orderId === order.orderId)) return false;
      return !known.some((one) => {
        const market = DEFAULT_MARKETS.find(({ symbol }) => symbol === one.market);
        if (market === undefined || one.orderId !== '' || one.side !== order.side) return false;
        return market.base === order.base && parseDecimal(decimalOf(one.tick, scalesOf(market).price)) === order.price;
      });
    });
  }
}

/**
 * Starts a devnet and, again and again, a session on it; kills the session at a random moment, and looks at the chain and at
 * what the session left behind. At last a session ends in order.
 */
export async function killRun(options: KillOptions): Promise<KillOutcome> {
  const { times, seed, folder, onRound } = options;
  const startedMs = performance.now();
  const random = seededRandom(seed);
  const devnet = await devnetProcess(folder, BLOCK_MS, seed);
  let session: Running | undefined;
  try {
    const { facts } = devnet;
    const { address } = await walletOf(facts.test_mnemonic);
    const view = new ChainView(facts.rpc_url, facts.contract, address);
    const state = join(folder, '.flashmm');
    const witness = new Witness(view, join(state, 'accounts', facts.chain_id, address), facts.chain_id, address);
    const rounds: KillRound[] = [];
    for (let round = 1; round <= times; round += 1) {
      const before = newestSession(state);
      const startMs = performance.now();
      session = sessionProcess(folder, facts);
      await Promise.race([moment(random, () => newestSession(state) !== before), session.ended]);
      const afterMs = Math.round(performance.now() - startMs);
      const endedByItself = session.child.exitCode;
      session.child.kill('SIGKILL');
      await session.ended;
      const after = newestSession(state);
      const done = await look(round, afterMs, witness, after === before ? undefined : storyOf(after));
      const violations =
        endedByItself === null
          ? done.violations
          : [...done.violations, `ended by itself, exit code ${endedByItself}: ${session.said().err.slice(-500)}`];
      rounds.push({ ...done, violations });
      onRound?.(rounds.at(-1)!);
    }
    const before = newestSession(state);
    session = sessionProcess(folder, facts);
    await until(() => newestSession(state) !== before);
    const end = await endInOrder(session, witness, state);
    return outcomeOf(options, rounds, witness, end, (performance.now() - startedMs) / 1_000);
  } finally {
    session?.child.kill('SIGKILL');
    devnet.child.kill('SIGKILL');
    await Promise.all([session?.ended, devnet.ended]);
  }
}

/** Waits for the moment of a kill. @param isUp whether the session takes in inputs */
async function moment(random: () => number, isUp: () => boolean): Promise<void> {
  const kind = random();
  const at = random();
  if (kind < 0.25) {
    await sleep(FROM_START_MS.least + at * (FROM_START_MS.most - FROM_START_MS.least));
    return;
  }
  await until(isUp);
  await sleep(at * (kind < 0.5 ? RECONCILING_MS : TRADING_MS));
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + UP_MS;
  while (!holds() && performance.now() < endMs) await sleep(LOOK_MS);
}

async function look(
  round: number,
  afterMs: number,
  witness: Witness,
  story: SessionStory | undefined,
): Promise<KillRound> {
  const violations: string[] = [];
  const journal = witness.journal();
  const resting = await witness.view.orders();
  const orphans = witness.orphans(resting, journal);
  for (const { orderId, side, base } of orphans)
    violations.push(`order ${orderId} (${side} ${base}) rests and the journal does not know it`);
  violations.push(...(await witness.books(journal.height)), ...(await witness.ledger(journal)));
  if (story !== undefined && story.early > 0) violations.push(`${story.early} orders placed before reconciliation`);
  if (story?.reconciled?.ok === false) violations.push(`not reconciled: ${story.reconciled.differences.join('; ')}`);
  for (const halt of story?.halts ?? []) violations.push(`halted: ${halt}`);
  return {
    round,
    afterMs,
    phase: phaseOf(story, journal),
    story,
    resting: resting.length,
    orphans: orphans.length,
    bookedHeight: journal.height,
    violations,
  };
}

function phaseOf(story: SessionStory | undefined, { inFlight, signed }: AccountState): Phase {
  if (story === undefined || story.inputs === 0) return 'booting';
  if (story.reconciled === undefined) return 'reconciling';
  if (inFlight === null) return 'idle';
  return signed.length === 0 ? 'batch not signed' : 'batch signed';
}

async function endInOrder(session: Running, witness: Witness, state: string) {
  await sleep(LAST_MS);
  session.child.kill('SIGTERM');
  const exitCode = await Promise.race([session.ended, sleep(END_MS, -1, { ref: false })]);
  const remaining = (await witness.view.orders()).length;
  const violations: string[] = [];
  const story = storyOf(newestSession(state));
  if (exitCode !== 0) violations.push(`SIGTERM: exit code ${exitCode}: ${session.said().err.slice(-500)}`);
  if (remaining > 0) violations.push(`SIGTERM: ${remaining} orders rest`);
  if (story.reconciled?.ok !== true) violations.push('the last session did not reconcile');
  if (witness.ledgersCompared === 0) violations.push('no ledger was ever compared');
  if (story.batches === 0) violations.push('the last session did not trade');
  const journal = witness.journal();
  violations.push(...(await witness.books(journal.height)), ...(await witness.ledger(journal)));
  return { exitCode, remaining, violations, story };
}

function outcomeOf(
  { times, seed }: KillOptions,
  rounds: readonly KillRound[],
  witness: Witness,
  end: Awaited<ReturnType<typeof endInOrder>>,
  seconds: number,
): KillOutcome {
  const kills: Record<Phase, number> = {
    booting: 0,
    reconciling: 0,
    idle: 0,
    'batch not signed': 0,
    'batch signed': 0,
  };
  for (const { phase } of rounds) kills[phase] += 1;
  const stories = [...rounds.map(({ story }) => story), end.story].filter((story) => story !== undefined);
  return {
    times,
    seed,
    kills,
    reconciled: stories.filter(({ reconciled }) => reconciled?.ok === true).length,
    ordersLeftByKills: rounds.reduce((sum, { resting }) => sum + resting, 0),
    orphans: rounds.reduce((sum, { orphans }) => sum + orphans, 0),
    differences: stories.reduce((sum, { reconciled }) => sum + (reconciled?.differences.length ?? 0), 0),
    fills: witness.fills,
    ledgersCompared: witness.ledgersCompared,
    end: { exitCode: end.exitCode, remaining: end.remaining },
    violations: [
      ...rounds.flatMap(({ round, violations }) => violations.map((text) => `round ${round}: ${text}`)),
      ...end.violations.map((text) => `end: ${text}`),
    ],
    seconds,
  };
}
