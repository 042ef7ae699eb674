import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Market } from '../../streams/market/types.ts';
import type { RetrainRequest } from '../../streams/predictions/predictions.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { AccountInUseError } from '../account/lock.ts';
import { type OpenAccount, openAccount } from '../account/open.ts';
import { AccountJournalError } from '../account/read.ts';
import { RecordingError } from '../binance/recording.ts';
import { accountSettings } from '../config/account.ts';
import { type Config, LIVE_CONFIRMATION } from '../config/schema.ts';
import { tradingMode } from '../config/trading_mode.ts';
import { DEVNET_MNEMONIC, type DevnetHandle } from '../devnet/devnet.ts';
import { startPopulatedDevnet } from '../devnet/populated.ts';
import { CommandError } from '../exit/command_error.ts';
import { type InferencePlan, type OpenInference, openInference, planInference } from '../inference/open_inference.ts';
import { withModels } from '../inference/with_models.ts';
import { SessionInsight } from '../insight/session_insight.ts';
import { leaveRequest } from '../retrain/requests.ts';
import type { Notify } from '../runtime/notices.ts';
import { seededRandom } from '../runtime/random.ts';
import { Session } from '../runtime/session.ts';
import { systemTimers } from '../runtime/timers.ts';
import { rpcNetwork } from '../sei/rpc/network.ts';
import type { GasPolicy } from '../sei/rpc/signing.ts';
import { walletOf } from '../sei/rpc/wallet.ts';
import { SeiVenue, type SeiVenueOptions } from '../sei/venue.ts';
import { LiveStatus } from './live_status.ts';

/** Journals of this many sessions are kept; the oldest is deleted when a new one begins. */
const SESSIONS_KEPT = 20;

const MEGABYTE = 1_048_576;

/** A session that is under way, with all that belongs to it. */
export interface Launched {
  readonly session: Session;
  readonly venue: SeiVenue;
  readonly status: LiveStatus;
  readonly devnet: DevnetHandle | undefined;
  /** Folder of the input journal, or undefined without one. */
  readonly journal: string | undefined;
  /** Asks beside the session; to be stopped before it. */
  readonly insight: SessionInsight;
  /** The models that predict, or undefined where none does. */
  readonly inference: OpenInference | undefined;
  /** The account, held until it is released: after the session has stopped. */
  readonly account: OpenAccount;
}

/** What a launch needs besides the configuration. */
export interface LaunchOptions {
  readonly config: Config;
  readonly version: string;
  readonly notify: Notify;
  /** Who asked for an emergency stop that no session was there to take: trading is halted before the venue is open. */
  readonly haltedBy?: string | undefined;
  readonly onFatal: (error: unknown) => void;
}

/**
 * Puts a session together: the chain (in this process, unless configured otherwise), the venue, the journal and the pipeline.
 *
 * @throws CommandError that says what is wrong and what to do
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { config, version } = options;
  const mode = tradingMode(config);
  const markets = marketsOf(config);
  const devnet = mode === 'paper' ? await openDevnet(config, markets) : undefined;
  let account: OpenAccount | undefined;
  let inference: OpenInference | undefined;
  try {
    const plan = planInference(config, markets);
    account = await accountOf(config, markets, devnet, options);
    const { keeper } = account;
    const venue = new SeiVenue({
      ...venueOptions(config, markets, devnet),
      onSigned: (batchId, signed) => keeper.signed(batchId, signed),
      ...keeper.former,
    });
    const settings: AccountSettings = withModels(accountSettings(config, markets), config, plan);
    const chainId = devnet?.chainId ?? config.sei.chain_id;
    const insight = await insightOf(markets, options);
    const facts = { version, mode, chainId, network: config.sei.network } as const;
    const status = new LiveStatus(facts, settings, insight, options.notify);
    // To the millisecond: a session that was killed may be followed by another within its second.
    const name = new Date().toISOString().replace(/[-:.]/g, '');
    const journal = config.journal.enabled ? journalFolder(config, name) : undefined;
    const session = new Session({
      settings,
      venue,
      account: keeper,
      seed: config.devnet.seed,
      notify: options.notify,
      onInput: (input) => {
        status.input(input);
        insight.input(input);
      },
      onFatal: (error) => {
        status.fatal(error instanceof Error ? error.message : String(error));
        options.onFatal(error);
      },
      ...(journal === undefined ? {} : { journal: journalOptions(config, journal, name, version) }),
    });
    status.watch(session, venue);
    if (options.haltedBy !== undefined) {
      session.edge.accept({ kind: 'command', seq: 0, timeUs: 0, command: 'halt', by: options.haltedBy });
    }
    inference = await predicting(plan, session, status, options);
    await session.start();
    insight.start(session.decisions$, (opinion) => session.edge.accept(opinion));
    return { session, venue, status, devnet, journal, insight, inference, account };
  } catch (error) {
    await inference?.close();
    account?.release();
    await devnet?.close();
    if (error instanceof CommandError) throw error;
    if (error instanceof AccountJournalError)
      throw new CommandError('refused', error.message, 'docs/recovery.md says what each case means.');
    if (error instanceof AccountInUseError)
      throw new CommandError('refused', error.message, 'Stop that process first, or trade with another account.');
    throw new CommandError('environment', (error as Error).message, "Run 'flashmm doctor' to see what is missing.");
  }
}

/** What is bid for gas. */
export function gasOf({ sei }: Config): GasPolicy {
  return { basePriceUsei: Number(sei.gas_price_usei), urgency: sei.gas_urgency };
}

function insightOf(markets: readonly Market[], { config, notify }: LaunchOptions): Promise<SessionInsight> {
  return SessionInsight.open({ config, symbols: markets.map(({ symbol }) => symbol), timers: systemTimers(), notify });
}

/** Opens the models, which hear the features that the session makes and answer as its inputs. */
async function predicting(
  plan: InferencePlan | undefined,
  session: Session,
  status: LiveStatus,
  { config, notify }: LaunchOptions,
): Promise<OpenInference | undefined> {
  if (plan === undefined) return undefined;
  const open = await openInference({
    ...{ plan, notify, timers: systemTimers() },
    accept: (input) => session.edge.accept(input),
  }).catch((error: unknown) => {
    session.edge.close();
    throw error;
  });
  session.decisions$.subscribe((decision) => {
    if (decision.kind === 'features') open.inference.hear(decision);
    else if (decision.kind === 'retrainRequest') requested(decision, config.runtime.state_dir, notify);
  });
  status.watchModels(open.status);
  return open;
}

/** Leaves the wish where `flashmm retrain` finds it. That it cannot be written stops nothing. */
function requested(request: RetrainRequest, stateDir: string, notify: Notify): void {
  try {
    leaveRequest(stateDir, request);
    notify('warn', `${request.model} should be trained anew: flashmm retrain`, { detail: request.detail });
  } catch (error) {
    notify(
      'error',
      `${request.model} should be trained anew, and the request cannot be left: ${(error as Error).message}`,
    );
  }
}

/** The markets that are to be traded. @throws CommandError when one is not configured */
export function marketsOf(config: Config): Market[] {
  const { symbols } = config.trading;
  const unknown = symbols.find((symbol) => !config.markets.some((market) => market.symbol === symbol));
  if (unknown !== undefined) {
    const known = config.markets.map(({ symbol }) => symbol).join(', ');
    throw new CommandError(
      'configuration',
      `trading.symbols: '${unknown}' is not one of ${known}`,
      'Add it to markets, or take it out.',
    );
  }
  return config.markets
    .filter(({ symbol }) => symbols.length === 0 || symbols.includes(symbol))
    .map(({ symbol, base, quote, base_denom, quote_denom, tick_size: tickSize, lot_size: lotSize }) => ({
      symbol,
      venue: 'sei',
      base,
      quote,
      ...(base_denom === '' ? {} : { baseDenom: base_denom }),
      ...(quote_denom === '' ? {} : { quoteDenom: quote_denom }),
      tickSize,
      lotSize,
      contract: 'linear',
      contractSize: '1',
    }));
}

async function openDevnet(config: Config, markets: readonly Market[]): Promise<DevnetHandle> {
  const { rpc_port, rest_port, block_ms, seed, tape, participants } = config.devnet;
  try {
    return await startPopulatedDevnet({
      rpcPort: rpc_port,
      restPort: rest_port,
      blockMs: block_ms,
      seed,
      tapes: tape === '' ? [] : [tape],
      participants,
      markets,
    });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof RecordingError)
      throw new CommandError(
        'environment',
        `devnet.tape: ${message}`,
        'Name a recording made by flashmm record, or leave it empty.',
      );
    throw new CommandError(
      'environment',
      `the devnet did not start: ${message}`,
      'Set devnet.rpc_port and devnet.rest_port to 0 for free ports.',
    );
  }
}

/** Takes the account for this process and reads what its journal knows. */
async function accountOf(
  config: Config,
  markets: readonly Market[],
  devnet: DevnetHandle | undefined,
  { version, notify }: LaunchOptions,
): Promise<OpenAccount> {
  const { address } = await walletOf(mnemonicOf(config, devnet));
  const account = openAccount({
    stateDir: config.runtime.state_dir,
    chainId: devnet?.chainId ?? config.sei.chain_id,
    account: address,
    flashmm: version,
    newChain: devnet !== undefined,
    timers: systemTimers(),
  });
  const strange = account.keeper.liveMarkets.find((symbol) => !markets.some((market) => market.symbol === symbol));
  if (strange !== undefined) {
    account.release();
    throw new CommandError(
      'refused',
      `orders of ${strange} may rest on the chain, and it is not among the markets to trade`,
      'Start once with it in trading.symbols, and stop: that cancels them. Then take it out.',
    );
  }
  for (const finding of account.findings) notify('warn', `account journal: ${finding}`, { folder: account.folder });
  return account;
}

function mnemonicOf({ sei }: Config, devnet: DevnetHandle | undefined): string {
  return devnet === undefined ? (sei.mnemonic?.reveal() ?? '') : DEVNET_MNEMONIC;
}

/**
 * The venue as configured: the devnet when one is given, else the chain at `sei.rpc_urls`.
 *
 * @param liveConsent what takes the place of the operator's two settings for transactions that leave this machine
 */
export function venueOptions(
  config: Config,
  markets: readonly Market[],
  devnet: DevnetHandle | undefined,
  liveConsent = { enabled: config.trading.enabled, confirmed: config.trading.confirm_live === LIVE_CONFIRMATION },
): SeiVenueOptions {
  const { sei } = config;
  return {
    network: rpcNetwork({
      rpcUrls: devnet === undefined ? sei.rpc_urls : devnet.nodes.map(({ rpcUrl }) => rpcUrl),
      wsUrls: devnet === undefined ? sei.ws_urls : [],
      contract: devnet?.contractAddress ?? sei.contract,
      markets,
      mnemonic: () => mnemonicOf(config, devnet),
      gas: gasOf(config),
      trading: devnet === undefined ? 'live' : 'paper',
      liveConsent,
      requestTimeoutMs: sei.request_timeout_ms,
    }),
    chainId: devnet?.chainId ?? sei.chain_id,
    markets,
    reconcileEveryMs: sei.reconcile_every_ms,
    random: seededRandom(process.pid),
    timers: systemTimers(),
  };
}

function journalFolder(config: Config, session: string): string {
  const all = join(config.runtime.state_dir, 'journal');
  try {
    mkdirSync(all, { recursive: true });
    const oldest = readdirSync(all)
      .sort()
      .slice(0, -(SESSIONS_KEPT - 1));
    for (const one of oldest) rmSync(join(all, one), { recursive: true });
  } catch (error) {
    throw new CommandError(
      'environment',
      `runtime.state_dir: ${(error as Error).message}`,
      'Name a folder that can be written to, or set journal.enabled = false.',
    );
  }
  return join(all, session);
}

function journalOptions(config: Config, directory: string, session: string, flashmm: string) {
  const { segment_max_mb, segments_max, fsync, snapshot_every_s } = config.journal;
  return {
    directory,
    session,
    flashmm,
    segmentMaxBytes: segment_max_mb * MEGABYTE,
    segmentsMost: Math.max(2, segments_max),
    fsync,
    snapshotEveryS: snapshot_every_s,
  };
}
