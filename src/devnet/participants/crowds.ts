import { Recording } from '../../binance/recording.ts';
import type { Chain } from '../chain.ts';
import { type FundamentalPath, pathOf } from './fundamental.ts';
import { Crowd, type CrowdParameters, DEFAULT_CROWD } from './participants.ts';

/** The price each asset of the default markets starts at, quote units for one: those of the recordings' day. */
const START_PRICES: Readonly<Record<string, number>> = { BTC: 61_800, ETH: 2_680, SEI: 0.29, ATOM: 4.85 };

/** What a unit of an asset is worth at the start, quote units; 1 for assets not known here. */
export function startPriceOf(base: string): number {
  return START_PRICES[base] ?? 1;
}

/** What a participant holds of every asset, in smallest units: enough never to be what a market is short of. */
const PARTICIPANT_FUND = 10n ** 16n;

/** The other people of all markets of a devnet. */
export interface Crowds {
  /** Opens their accounts: the devnet's `onGenesis`. */
  readonly onGenesis: (chain: Chain) => void;
  /** Lets them place this block's orders: the devnet's `onBeginBlock`. */
  readonly onBeginBlock: (chain: Chain, timeUs: number) => void;
  /** By symbol, after the genesis. */
  readonly crowds: ReadonlyMap<string, Crowd>;
}

/**
 * Populates every market of a devnet. Bitcoin follows the first path, ether the last; further markets take the paths in
 * turn from another place in them, so that no two move alike.
 *
 * @param paths at least one
 * @param random seeded: the same seed and paths make the same markets
 */
export function populate(
  paths: readonly FundamentalPath[],
  random: () => number,
  change: Partial<Omit<CrowdParameters, 'startPrice'>> = {},
): Crowds {
  if (paths.length === 0) throw new RangeError('paths: expected at least one fundamental path');
  const crowds = new Map<string, Crowd>();
  const onGenesis = (chain: Chain): void => {
    for (const market of chain.markets) {
      const startPrice = startPriceOf(market.base);
      const pathOffset = market.index < paths.length ? 0 : (0.37 * market.index) % 1;
      const path = paths[market.index % paths.length]!;
      const accounts = (name: string): string => {
        const address = `sei1${name.toLowerCase()}`;
        const denoms = [market.baseDenom, market.quoteDenom];
        chain.fund(
          address,
          denoms.map((denom) => ({ denom, amount: PARTICIPANT_FUND })),
        );
        return address;
      };
      const parameters = { ...DEFAULT_CROWD, pathOffset, ...change, startPrice };
      crowds.set(market.symbol, new Crowd(chain, market, parameters, path, random, accounts));
    }
  };
  const onBeginBlock = (_chain: Chain, timeUs: number): void => {
    for (const crowd of crowds.values()) crowd.act(timeUs);
  };
  return { onGenesis, onBeginBlock, crowds };
}

/** The mid price path of a recording. @throws RecordingError when it can't be read; RangeError when it is too short */
export async function readPath(file: string): Promise<FundamentalPath> {
  const recording = await Recording.open([file]);
  const mids: { timeUs: number; mid: number }[] = [];
  for await (const { input } of recording.inputs()) {
    if (input.kind === 'bookTicker' && input.bidLots > 0 && input.askLots > 0) {
      mids.push({ timeUs: input.timeUs, mid: (input.bidTick + input.askTick) / 2 });
    }
  }
  return pathOf(mids);
}
