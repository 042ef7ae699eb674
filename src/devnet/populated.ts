import type { Market } from '../../streams/market/types.ts';
import { seededRandom } from '../runtime/random.ts';
import { type DevnetHandle, startDevnet } from './devnet.ts';
import { type Crowds, populate, readPath } from './participants/crowds.ts';

/** The recordings that ship with FlashMM: what the first markets' fundamental prices follow. */
export const SHIPPED_TAPES: readonly string[] = ['spot_btcusdt_20240808.gz', 'spot_ethusdt_20240808.gz'].map(
  (name) => new URL(`../../tapes/${name}`, import.meta.url).pathname,
);

/** A devnet with people in its markets. */
export interface PopulatedDevnetOptions {
  readonly rpcPort: number;
  readonly restPort: number;
  readonly blockMs: number;
  readonly seed: number;
  /** Recordings that fundamental prices are taken from; empty for the shipped ones. */
  readonly tapes: readonly string[];
  readonly participants: boolean;
  readonly markets?: readonly Market[];
  /** More accounts with money. */
  readonly mnemonics?: readonly string[];
}

/**
 * Starts a devnet whose markets have makers and takers around real prices.
 *
 * @throws RecordingError when a tape can't be read; Error when a port is taken
 */
export async function startPopulatedDevnet(
  options: PopulatedDevnetOptions,
): Promise<DevnetHandle & { crowds: Crowds['crowds'] }> {
  const { rpcPort, restPort, blockMs, seed, participants, markets, mnemonics } = options;
  const tapes = options.tapes.length > 0 ? options.tapes : SHIPPED_TAPES;
  const crowds = participants ? populate(await Promise.all(tapes.map(readPath)), seededRandom(seed)) : undefined;
  const devnet = await startDevnet({
    rpcPort,
    restPort,
    blockIntervalMs: blockMs,
    ...(markets === undefined ? {} : { markets }),
    ...(mnemonics === undefined ? {} : { mnemonics }),
    ...(crowds === undefined ? {} : { onGenesis: crowds.onGenesis, onBeginBlock: crowds.onBeginBlock }),
  });
  return Object.assign(devnet, { crowds: crowds?.crowds ?? new Map() });
}
