import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AccountSettings } from '../../streams/settings.ts';
import { ChainMarket, type ChainMarketOptions } from '../compare/chain_market.ts';
import { readPath } from '../devnet/participants/crowds.ts';
import type { FundamentalPath } from '../devnet/participants/fundamental.ts';
import { type DatasetSink, type DatasetSource, SessionTap, sha256Of } from './source.ts';

/** Which simulated markets are made. */
export interface DevnetSourceOptions {
  /** The maker that trades in the market, of one market. */
  readonly maker: AccountSettings;
  /** What the maker is called in the datasets' origin. */
  readonly makerName: string;
  readonly firstSeed: number;
  readonly seeds: number;
  readonly hours: number;
  /** Recordings whose prices the fundamental price follows. */
  readonly tapes: readonly string[];
  readonly gas: ChainMarketOptions['gas'];
}

const SECONDS_AN_HOUR = 3_600;

/** Market seconds between two looks at the event loop, so that a signal is heard. */
const SECONDS_AT_ONCE = 30;

/**
 * The devnet's market as `flashmm compare` has it, one source for each seed: makers, noise, informed traders and arbitrageurs
 * around a recorded price, in virtual time. A maker of ours is in it, because its presence changes what the others do; its own
 * orders are no part of what the features and the labels see.
 *
 * @throws RecordingError where a tape cannot be read
 */
export async function devnetSources(options: DevnetSourceOptions): Promise<readonly DatasetSource[]> {
  const { firstSeed, seeds, tapes } = options;
  const paths = await Promise.all(tapes.map(readPath));
  const hashes = await Promise.all(tapes.map(sha256Of));
  return Array.from({ length: seeds }, (_, i) => sourceOf(firstSeed + i, options, paths, hashes));
}

function sourceOf(
  seed: number,
  { maker, makerName, hours, tapes, gas }: DevnetSourceOptions,
  paths: readonly FundamentalPath[],
  hashes: readonly string[],
): DatasetSource {
  const { market } = maker.markets[0]!;
  const names = tapes.map((tape) => basename(tape)).join(',');
  const origin = `devnet ${market.symbol}, seed ${seed}, ${hours} h, maker ${makerName}, prices of ${names}`;
  const madeFrom = JSON.stringify([origin, maker, hashes]);
  const progress = { done: 0, total: hours * SECONDS_AN_HOUR };
  const read = async (sink: DatasetSink): Promise<void> => {
    const chain = new ChainMarket({ makers: [maker], seed, paths, gas, watch: new SessionTap(sink) });
    while (progress.done < progress.total) {
      const seconds = Math.min(SECONDS_AT_ONCE, progress.total - progress.done);
      chain.run(seconds);
      progress.done += seconds;
      await setImmediate();
    }
  };
  const sha256 = createHash('sha256').update(madeFrom).digest('hex');
  return { name: `devnet_seed${seed}`, markets: [market], origin, sha256, progress, read };
}
