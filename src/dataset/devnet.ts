import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';
import { ChainMarket, type ChainMarketOptions } from '../compare/chain_market.ts';
import { readPath } from '../devnet/participants/crowds.ts';
import { type DatasetSource, sha256Of } from './source.ts';

/** Which simulated markets are made. */
export interface DevnetSourceOptions {
  readonly market: Market;
  readonly firstSeed: number;
  readonly seeds: number;
  readonly hours: number;
  /** Recordings whose prices the fundamental price follows. */
  readonly tapes: readonly string[];
  /** Of the simulated chain. */
  readonly gas: ChainMarketOptions['gas'];
}

const SECONDS_AN_HOUR = 3_600;

/** Market seconds between two looks at what was told: it bounds what is held. */
const SECONDS_AT_ONCE = 30;

/**
 * The devnet's market as `flashmm compare` has it, one source for each seed: makers, noise, informed traders and arbitrageurs
 * around a recorded price, in virtual time, and no maker of ours.
 *
 * @throws RecordingError where a tape cannot be read
 */
export async function devnetSources(options: DevnetSourceOptions): Promise<readonly DatasetSource[]> {
  const { market, firstSeed, seeds, hours, tapes, gas } = options;
  const paths = await Promise.all(tapes.map(readPath));
  const hashes = await Promise.all(tapes.map(sha256Of));
  return Array.from({ length: seeds }, (_, i) => {
    const seed = firstSeed + i;
    const origin = `devnet ${market.symbol}, seed ${seed}, ${hours} h, prices of ${tapes.map((tape) => basename(tape)).join(',')}`;
    const totalS = hours * SECONDS_AN_HOUR;
    let doneS = 0;
    const inputs = async function* (): AsyncGenerator<Input> {
      let told: Input[] = [];
      const onNews = (news: readonly Input[]): void => {
        told.push(...news);
      };
      const chain = new ChainMarket({ makers: [], markets: [market], seed, paths, gas, onNews });
      while (doneS < totalS) {
        const seconds = Math.min(SECONDS_AT_ONCE, totalS - doneS);
        chain.run(seconds);
        doneS += seconds;
        const news = told;
        told = [];
        yield* news;
        await setImmediate();
      }
    };
    return {
      name: `devnet_seed${seed}`,
      markets: [market],
      origin,
      sha256: createHash('sha256')
        .update(`${origin}\n${hashes.join('\n')}`)
        .digest('hex'),
      inputs,
      get progress() {
        return { done: doneS, total: totalS };
      },
    };
  });
}
