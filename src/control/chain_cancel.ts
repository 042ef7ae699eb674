import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountKeeper } from '../account/keeper.ts';
import { AccountInUseError, AccountLock } from '../account/lock.ts';
import { accountFolder, openAccount } from '../account/open.ts';
import type { Config } from '../config/schema.ts';
import { CommandError } from '../exit/command_error.ts';
import { marketsOf, venueOptions } from '../live/launch.ts';
import { systemTimers } from '../runtime/timers.ts';
import { TIMEOUT_BLOCKS } from '../sei/client/transactions.ts';
import { walletOf } from '../sei/rpc/wallet.ts';
import { SeiVenue } from '../sei/venue.ts';
import type { Tell } from './cancellation.ts';

/** Some times a block. */
const LOOK_EVERY_MS = 200;

/** What was done straight on the chain. */
export interface ChainCancellation {
  readonly address: string;
  readonly cancelled: number;
  /** Orders that may still rest. */
  readonly remaining: number;
  /** Whether nothing rests, and nothing that an ended process had sent can come any more. */
  readonly confirmed: boolean;
  readonly seconds: number;
}

/** How long, and whom to tell. */
export interface ChainCancelOptions {
  /** Of this program, for the account's journal. */
  readonly version: string;
  readonly deadlineMs: number;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/**
 * Cancels every order of the configured account with no session in between. No session may run on the account meanwhile: two
 * writers collide in their sequence numbers.
 *
 * The consents to live trading are not asked for: they guard orders, and this takes orders away.
 *
 * @throws CommandError when the account or the chain is not configured or does not answer
 */
export async function cancelOnChain(config: Config, options: ChainCancelOptions): Promise<ChainCancellation> {
  const missing = [
    config.sei.mnemonic === null ? 'sei.mnemonic' : '',
    config.sei.contract === '' ? 'sei.contract' : '',
  ].filter((key) => key !== '');
  if (missing.length > 0) {
    throw new CommandError('configuration', `${missing.join(' and ')} not set`, 'Give the settings of the session.');
  }
  const startMs = performance.now();
  const consent = { enabled: true, confirmed: true };
  let account: HeldAccount | undefined;
  try {
    account = await held(config, options);
    const { keeper } = account;
    const venue = new SeiVenue({
      ...venueOptions(config, marketsOf(config), undefined, consent),
      ...(keeper === undefined ? {} : { onSigned: (batchId, signed) => keeper.signed(batchId, signed) }),
    });
    try {
      await venue.open({ accept: () => {} });
      const done = await cancelAll(venue, startMs + options.deadlineMs, options);
      return { address: venue.address, ...done, seconds: (performance.now() - startMs) / 1_000 };
    } finally {
      await venue.close();
    }
  } catch (error) {
    if (error instanceof CommandError || options.signal.aborted) throw error;
    if (error instanceof AccountInUseError) {
      throw new CommandError('refused', error.message, 'Two writers on one account collide: end that process first.');
    }
    throw new CommandError('environment', (error as Error).message, "Check the endpoints with 'flashmm doctor'.");
  } finally {
    const trouble = await account?.keeper?.close();
    if (trouble !== undefined) options.tell(`${trouble}: the next start may not know what the cancels cost`);
    account?.release();
  }
}

/** An account as a session would hold it; without a keeper where its journal can't be had. */
interface HeldAccount {
  readonly keeper: AccountKeeper | undefined;
  readonly release: () => void;
}

/**
 * Holds the account, with its journal, where the transactions that cancel are written down: the next start follows them as
 * any other's, and books what they cost. A journal that can't be had keeps nothing from being cancelled.
 *
 * The folder is named by the chain: without `sei.chain_id` there is none to hold.
 */
async function held({ sei, runtime }: Config, { version, tell }: ChainCancelOptions): Promise<HeldAccount> {
  if (sei.chain_id === '') return { keeper: undefined, release: () => {} };
  const { address: account } = await walletOf(sei.mnemonic!.reveal());
  const which = { stateDir: runtime.state_dir, chainId: sei.chain_id, account };
  try {
    return openAccount({ ...which, flashmm: version, newChain: false, timers: systemTimers() });
  } catch (error) {
    if (error instanceof AccountInUseError) throw error;
    tell(`cancelling without the account's journal: ${(error as Error).message}`);
    const lock = new AccountLock(accountFolder(runtime.state_dir, sei.chain_id, account));
    return { keeper: undefined, release: () => lock.release() };
  }
}

async function cancelAll(venue: SeiVenue, untilMs: number, { tell, signal }: ChainCancelOptions) {
  const from = (await venue.resting()).height;
  let cancelled = 0;
  let remaining = 1;
  let told = false;
  while (performance.now() < untilMs) {
    signal.throwIfAborted();
    const report = await venue.cancelAll(untilMs - performance.now());
    cancelled += report.cancelled;
    remaining = report.remaining;
    const height = remaining === 0 ? (await venue.resting()).height : from;
    // What the ended process sent last may be on its way until its timeout height.
    if (height > from + TIMEOUT_BLOCKS) return { cancelled, remaining, confirmed: true };
    if (remaining === 0 && !told) {
      tell(`height ${height}: nothing rests; watching until ${from + TIMEOUT_BLOCKS + 1} for what was sent before`);
      told = true;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return { cancelled, remaining, confirmed: false };
}
