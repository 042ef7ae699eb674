import { AvellanedaStoikovMaker } from '../../streams/baselines/avellaneda_stoikov.ts';
import { BuyAndHold } from '../../streams/baselines/buy_and_hold.ts';
import { Grid } from '../../streams/baselines/grid.ts';
import { NaiveMaker } from '../../streams/baselines/naive.ts';
import { lotValueQuote } from '../../streams/market/money.ts';
import type { Market } from '../../streams/market/types.ts';
import type { Strategy } from '../../streams/simulation/strategy.ts';
import type { Config } from '../config/schema.ts';

/** A strategy of the engine that is there by name, made out of the same keys as the live strategy. */
export interface BaselineStrategy {
  readonly summary: string;
  /**
   * @param markets by number
   * @param firstTicks a price of each, for sizes in units of the market
   */
  readonly make: (config: Config, markets: readonly Market[], firstTicks: readonly number[]) => Strategy;
}

/** The strategy that trades live, beside the baselines. */
export const LIVE = 'live';

const NANOS_PER_S = 1e9;

const intervalNs = ({ sampling }: Config): number => Math.round(NANOS_PER_S / sampling.quote_frequency_hz);

const sizeOf = ({ quotes, risk }: Config) => ({
  orderSizeUsdc: Number(quotes.order_size_usdc),
  maxPositionUsdc: Number(risk.max_position_usdc),
});

/** The baselines: what a strategy that calls itself one has to beat. */
export const BASELINES: Readonly<Record<string, BaselineStrategy>> = {
  naive: {
    summary: 'quotes.naive_half_spread_bps either side of the mid, whatever happens',
    make: (config, markets) =>
      new NaiveMaker(
        { intervalNs: intervalNs(config), ...sizeOf(config), halfSpreadBps: config.quotes.naive_half_spread_bps },
        markets,
      ),
  },
  'avellaneda-stoikov': {
    summary: 'Avellaneda and Stoikov 2008 around the mid: quotes.gamma, kappa, horizon_s, volatility_*',
    make: (config, markets) => {
      const { quotes } = config;
      return new AvellanedaStoikovMaker(
        {
          ...{ intervalNs: intervalNs(config), ...sizeOf(config) },
          ...{ gamma: quotes.gamma, kappa: quotes.kappa, horizonS: quotes.horizon_s },
          sigmaHalfLifeS: quotes.volatility_half_life_s,
          sigmaFloorBps: quotes.volatility_floor_bps,
          sigmaCeilingBps: quotes.volatility_ceiling_bps,
        },
        markets,
      );
    },
  },
  grid: {
    summary: 'the grid of the field’s benchmarks: quotes.levels a side, a tick apart, two ticks from the mid',
    make: (config, markets, firstTicks) => {
      const { orderSizeUsdc, maxPositionUsdc } = sizeOf(config);
      const [market, tick] = [markets[0]!, firstTicks[0]!];
      const unitUsdc = lotValueQuote(market, tick) / Number(market.lotSize);
      return new Grid({
        ...{ intervalNs: intervalNs(config), levels: config.quotes.levels, halfTicks: 2 },
        ...{ clip: orderSizeUsdc / unitUsdc, positionMax: maxPositionUsdc / unitUsdc },
      });
    },
  },
  'buy-and-hold': {
    summary: 'buys for risk.max_position_usdc at once, and holds',
    make: (config, markets) =>
      new BuyAndHold({ intervalNs: intervalNs(config), maxPositionUsdc: sizeOf(config).maxPositionUsdc }, markets),
  },
};

/** Every name of a strategy: the live one first. */
export const STRATEGIES: readonly string[] = [LIVE, ...Object.keys(BASELINES)];
