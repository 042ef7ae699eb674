import { MICROS_PER_SECOND } from '../../../streams/clock/clock.ts';
import type { Side } from '../../../streams/market/types.ts';
import type { Chain } from '../chain.ts';
import type { DevnetMarket } from '../market.ts';
import { type FundamentalPath, relativeAt } from './fundamental.ts';

/** How the crowd of one market behaves. Rates are per second, sizes in quote currency, distances in basis points. */
export interface CrowdParameters {
  /** Fundamental price at the start, quote units for one base unit. */
  readonly startPrice: number;
  /** Where in its path the market begins, as a share of the path's length. */
  readonly pathOffset: number;
  readonly makers: number;
  readonly makerHalfSpreadBps: number;
  readonly makerSizeUsdc: number;
  /** Mean number of blocks after which a maker looks at the price again: stale quotes are what arbitrage lives on. */
  readonly makerRefreshBlocks: number;
  readonly noisePerS: number;
  readonly noiseSizeUsdc: number;
  /** Mean of what a noise taker pays beyond the fundamental: fewer take from wider quotes, falling off exponentially. */
  readonly noiseToleranceBps: number;
  readonly informedPerS: number;
  readonly informedSizeUsdc: number;
  /** How far ahead the informed see, seconds. */
  readonly informedHorizonS: number;
  /** Least profit over the fundamental that the informed and the arbitrageurs act on. */
  readonly informedEdgeBps: number;
  readonly arbitrageEdgeBps: number;
  readonly arbitrageSizeUsdc: number;
}

/** Figures that make a market with a spread worth improving and takers worth fearing. */
export const DEFAULT_CROWD: Omit<CrowdParameters, 'startPrice' | 'pathOffset'> = {
  makers: 3,
  makerHalfSpreadBps: 12,
  makerSizeUsdc: 1_500,
  makerRefreshBlocks: 6,
  noisePerS: 1.2,
  noiseSizeUsdc: 150,
  noiseToleranceBps: 8,
  informedPerS: 0.15,
  informedSizeUsdc: 200,
  informedHorizonS: 2,
  informedEdgeBps: 2,
  arbitrageEdgeBps: 4,
  arbitrageSizeUsdc: 400,
};

interface Maker {
  readonly account: string;
  readonly halfSpreadBps: number;
  refreshIn: number;
  resting: { side: Side; tick: number; orderId: number }[];
}

/**
 * The other people of one devnet market, all driven by a fundamental price taken from a real recording:
 *
 * - makers quote wide around the price as it was when they last looked, a few blocks ago;
 * - noise takers buy or sell at random, for reasons of their own (Glosten and Milgrom 1985, the uninformed), and the fewer the
 *   more it costs: at a distance δ from the fundamental they come at a rate A·exp(−κδ) (Avellaneda and Stoikov 2008, eq. 2.11);
 * - informed takers know where the price will be in a moment, and trade when that is worth the spread: who quotes
 *   against them loses (the same paper's insiders; Kyle 1985);
 * - arbitrageurs know the price of now, take what lies beyond it, and so tie the book to it.
 *
 * Everything is drawn from one seeded generator in a fixed order: the same seed makes the same market.
 */
export class Crowd {
  readonly #chain: Chain;
  readonly #market: DevnetMarket;
  readonly #parameters: CrowdParameters;
  readonly #path: FundamentalPath;
  readonly #random: () => number;
  readonly #makers: Maker[];
  readonly #tickSize: number;
  readonly #lotSize: number;
  readonly #takers: Readonly<Record<'noise' | 'informed' | 'arbitrage', string>>;
  #startUs = -1;
  #lastUs = 0;
  #jumps = 1;

  /** @param accounts gives a funded account address for a participant's name */
  constructor(
    chain: Chain,
    market: DevnetMarket,
    parameters: CrowdParameters,
    path: FundamentalPath,
    random: () => number,
    accounts: (name: string) => string,
  ) {
    this.#chain = chain;
    this.#market = market;
    this.#parameters = parameters;
    this.#path = path;
    this.#random = random;
    this.#tickSize = Number(market.tickSize);
    this.#lotSize = Number(market.lotSize);
    this.#makers = Array.from({ length: parameters.makers }, (_, i) => ({
      account: accounts(`${market.symbol}-maker-${i}`),
      halfSpreadBps: parameters.makerHalfSpreadBps * (1 + 0.25 * i),
      refreshIn: 0,
      resting: [],
    }));
    this.#takers = {
      noise: accounts(`${market.symbol}-noise`),
      informed: accounts(`${market.symbol}-informed`),
      arbitrage: accounts(`${market.symbol}-arbitrage`),
    };
  }

  /** The fundamental price at a block time, in ticks, not rounded. */
  fundamentalTick(timeUs: number): number {
    const elapsedUs = Math.max(0, timeUs - this.#startUs);
    const { startPrice, pathOffset } = this.#parameters;
    const start = relativeAt(this.#path, 0, pathOffset);
    const price = (this.#jumps * startPrice * relativeAt(this.#path, elapsedUs, pathOffset)) / start;
    return price / this.#tickSize;
  }

  /** Moves the fundamental price at once and for good. @param factor 1.01 is one percent up */
  jump(factor: number): void {
    if (!(factor > 0)) throw new RangeError(`factor ${factor}: expected a positive number`);
    this.#jumps *= factor;
  }

  /** Has somebody without an opinion take `lots` at once, at a price a percent worse than the fundamental at most. */
  takeNow(side: Side, lots: number): void {
    const fairTick = this.fundamentalTick(this.#lastUs);
    this.#take('noise', side, lots, fairTick * (side === 'buy' ? 1.01 : 0.99));
  }

  /** Places this block's orders. Call between the chain's beginBlock and endBlock. */
  act(timeUs: number): void {
    if (this.#startUs < 0) {
      this.#startUs = timeUs;
      this.#lastUs = timeUs;
    }
    const elapsedS = Math.min(5, (timeUs - this.#lastUs) / MICROS_PER_SECOND);
    this.#lastUs = timeUs;
    const fairTick = this.fundamentalTick(timeUs);
    for (const maker of this.#makers) this.#quote(maker, fairTick);
    this.#tradeNoise(elapsedS, fairTick);
    this.#tradeInformed(elapsedS, timeUs);
    this.#arbitrage(fairTick);
  }

  #quote(maker: Maker, fairTick: number): void {
    maker.refreshIn -= 1;
    if (maker.refreshIn > 0) return;
    const { makerRefreshBlocks, makerSizeUsdc } = this.#parameters;
    maker.refreshIn = 1 + Math.floor(this.#random() * 2 * makerRefreshBlocks);
    for (const { side, tick, orderId } of maker.resting) {
      this.#chain.cancel({ account: maker.account, market: this.#market.index, side, tick, orderId });
    }
    const half = (fairTick * maker.halfSpreadBps * (0.8 + 0.4 * this.#random())) / 10_000;
    const lots = this.#lots(makerSizeUsdc * (0.5 + this.#random()), fairTick);
    const quotes = [
      { side: 'buy', tick: Math.floor(fairTick - half) },
      { side: 'sell', tick: Math.ceil(fairTick + half) },
    ] as const;
    maker.resting = quotes.map(({ side, tick }) => ({
      side,
      tick,
      orderId: this.#place(maker.account, 'limit', side, tick, lots),
    }));
  }

  #tradeNoise(elapsedS: number, fairTick: number): void {
    const { noisePerS, noiseSizeUsdc, noiseToleranceBps } = this.#parameters;
    for (let n = this.#poisson(noisePerS * elapsedS); n > 0; n -= 1) {
      const side = this.#random() < 0.5 ? 'buy' : 'sell';
      const lots = this.#lots(noiseSizeUsdc * Math.exp(this.#gaussian() * 0.6), fairTick);
      const tolerance = (-Math.log(1 - this.#random()) * noiseToleranceBps) / 10_000;
      this.#take('noise', side, lots, fairTick * (side === 'buy' ? 1 + tolerance : 1 - tolerance));
    }
  }

  #tradeInformed(elapsedS: number, timeUs: number): void {
    const { informedPerS, informedSizeUsdc, informedHorizonS, informedEdgeBps } = this.#parameters;
    for (let n = this.#poisson(informedPerS * elapsedS); n > 0; n -= 1) {
      const futureTick = this.fundamentalTick(timeUs + informedHorizonS * MICROS_PER_SECOND);
      this.#takeBeyond('informed', futureTick, informedEdgeBps, informedSizeUsdc);
    }
  }

  #arbitrage(fairTick: number): void {
    const { arbitrageEdgeBps, arbitrageSizeUsdc } = this.#parameters;
    this.#takeBeyond('arbitrage', fairTick, arbitrageEdgeBps, arbitrageSizeUsdc);
  }

  /** Buys what is offered below a price, or sells what is bid above it, when the difference is worth it. */
  #takeBeyond(who: 'informed' | 'arbitrage', valueTick: number, edgeBps: number, sizeUsdc: number): void {
    const { dex } = this.#chain;
    const edge = (valueTick * edgeBps) / 10_000;
    const ask = dex.book(this.#market.index, 'sell').best();
    const bid = dex.book(this.#market.index, 'buy').best();
    const most = this.#lots(sizeUsdc, valueTick);
    if (ask !== undefined && ask.tick < valueTick - edge)
      this.#take(who, 'buy', Math.min(most, ask.lots), valueTick - edge);
    else if (bid !== undefined && bid.tick > valueTick + edge)
      this.#take(who, 'sell', Math.min(most, bid.lots), valueTick + edge);
  }

  #take(who: 'noise' | 'informed' | 'arbitrage', side: Side, lots: number, worstTick: number): void {
    this.#place(this.#takers[who], 'market', side, side === 'buy' ? Math.floor(worstTick) : Math.ceil(worstTick), lots);
  }

  #place(account: string, type: 'limit' | 'market', side: Side, tick: number, lots: number): number {
    return this.#chain.place({ account, market: this.#market.index, side, type, tick, lots });
  }

  #lots(usdc: number, tick: number): number {
    const lotValue = tick * this.#tickSize * this.#lotSize;
    return Math.max(1, Math.round(usdc / lotValue));
  }

  /** Knuth's multiplication method: means here are far below one. */
  #poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.#random(); product > limit; product *= this.#random()) count += 1;
    return count;
  }

  /** Box–Muller. */
  #gaussian(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    return radius * Math.cos(2 * Math.PI * this.#random());
  }
}
