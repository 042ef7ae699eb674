import { setTimeout as sleep } from 'node:timers/promises';
import { AccountInUseError, AccountLock } from '../account/lock.ts';
import { accountFolder } from '../account/open.ts';
import { CommandError } from '../cli/command.ts';
import type { Config } from '../config/schema.ts';
import { marketsOf, venueOptions } from '../live/launch.ts';
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
  let lock: AccountLock | undefined;
  try {
    lock = await lockOf(config);
    const venue = new SeiVenue(venueOptions(config, marketsOf(config), undefined, consent));
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
    lock?.release();
  }
}

/** Holds the account as a session would. Its folder is named by the chain: without `sei.chain_id` there is none to hold. */
async function lockOf({ sei, runtime }: Config): Promise<AccountLock | undefined> {
  if (sei.chain_id === '') return undefined;
  const { address } = await walletOf(sei.mnemonic!.reveal());
  return new AccountLock(accountFolder(runtime.state_dir, sei.chain_id, address));
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
