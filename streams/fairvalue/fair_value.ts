import type { Reducer, Turn } from '../actor/reducer.ts';
import { MICROS_PER_SECOND } from '../clock/clock.ts';
import type { BookQuality, Sample } from '../market/sample.ts';
import type { Levels, Side } from '../market/types.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';
import {
  type ArrivalCounts,
  type ArrivalParameters,
  type Arrivals,
  arrivalsOf,
  countArrivals,
  freshArrivals,
} from './arrivals.ts';

/** What the mid is worth a moment from now, and how sure that is. Prices in ticks, not rounded. */
export interface FairValue extends Caused {
  readonly kind: 'fairValue';
  readonly market: string;
  readonly quality: BookQuality;
  readonly fairTick: number;
  readonly micropriceTick: number;
  /** The touch without our own orders; 0 lots where a side is empty. */
  readonly bidTick: number;
  readonly bidLots: number;
  readonly askTick: number;
  readonly askLots: number;
  /** Price of the newest trade, and when it came; -1 before the first. */
  readonly lastTradeTick: number;
  readonly lastTradeUs: number;
  /** The whole sampled book without our own orders, best first, flat pairs of tick and lots. */
  readonly bids: Levels;
  readonly asks: Levels;
  /** Smoothed order-flow imbalance over the depth at the touch, within [-1, 1]. */
  readonly flow: number;
  /** Standard deviation of the microprice's return, basis points per square root of a second. */
  readonly sigmaBps: number;
  /** The same over a much longer time: what is usual. */
  readonly usualSigmaBps: number;
  /** How one-sided takers are: |bought − sold| over what they traded, both smoothed; 0 to 1. */
  readonly toxicity: number;
  readonly arrivals: Arrivals;
}

/** Parameters of the fair value. */
export interface FairValueParameters extends ArrivalParameters {
  /** Share of half the spread by which a one-sided flow moves the fair value, 0 to 1. */
  readonly flowWeight: number;
  readonly flowHalfLifeMs: number;
  readonly sigmaHalfLifeMs: number;
  /** Volatility assumed at the start and never gone below, basis points per square root of a second. */
  readonly sigmaFloorBps: number;
  /** Volatility never goes above this, whatever one return says. */
  readonly sigmaCeilingBps: number;
}

/** What is usual is smoothed this many times longer than what is. */
const USUAL_HALF_LIVES = 20;

/** Half-life of the takers' one-sidedness: some trades long, some quotes short. */
const TOXICITY_HALF_LIFE_MS = 10_000;

/** After a silence of this long the last values say nothing about now. */
const BREAK_US = 5 * MICROS_PER_SECOND;

interface FairValueState {
  own: readonly { side: Side; tick: number; lots: number }[];
  ownSeq: number;
  lastUs: number;
  lastMicroprice: number;
  lastOfi: number;
  flow: number;
  varianceBps2: number;
  usualVarianceBps2: number;
  watchedMs: number;
  lastFair: number;
  /** The touch of the last sample, our own orders included. */
  lastTouch: readonly [bidTick: number, askTick: number];
  lastTaken: readonly [boughtLots: number, soldLots: number];
  takenNetLots: number;
  takenLots: number;
  arrivals: ArrivalCounts;
}

/**
 * Fair value from the microprice and order-flow imbalance, until models come.
 *
 * The microprice weighs each touch price with the size of the other side (Stoikov 2018, section 1, its first
 * approximation). The order-flow imbalance of Cont, Kukanov and Stoikov (2014) moves it further, by at most `flowWeight` of
 * half the spread, because price change is close to linear in it over short intervals (their eq. 1). Our own resting
 * orders are taken out first: a price made by ourselves says nothing.
 */
export function fairValue(
  market: string,
  parameters: FairValueParameters,
): Reducer<FairValueState, Sample | Own, FairValue> {
  return {
    initial: () => ({
      own: [],
      ownSeq: 0,
      lastUs: 0,
      lastMicroprice: 0,
      lastOfi: 0,
      flow: 0,
      varianceBps2: parameters.sigmaFloorBps ** 2,
      usualVarianceBps2: parameters.sigmaFloorBps ** 2,
      watchedMs: 0,
      lastFair: 0,
      lastTouch: [0, 0],
      lastTaken: [0, 0],
      takenNetLots: 0,
      takenLots: 0,
      arrivals: freshArrivals(),
    }),
    step: (state, event, turn) => {
      if (event.kind === 'working') {
        state.own = event.orders.filter((order) => order.resting);
        state.ownSeq = event.seq;
      } else if (event.kind === 'sample') {
        turn.emit(value(market, parameters, state, event, turn));
      }
    },
    encode: (state) => structuredClone(state),
    decode: (plain) => structuredClone(plain as FairValueState),
  };
}

function value(
  market: string,
  parameters: FairValueParameters,
  state: FairValueState,
  sample: Sample,
  turn: Turn<FairValue>,
): FairValue {
  const bids = withoutOwn(sample.bids, state.own, 'buy');
  const asks = withoutOwn(sample.asks, state.own, 'sell');
  const [bidTick = 0, bidLots = 0] = bids;
  const [askTick = 0, askLots = 0] = asks;
  const quality = sample.quality === 'live' && (bidLots === 0 || askLots === 0) ? 'empty' : sample.quality;
  const live = quality === 'live';
  const micropriceTick = live ? (bidTick * askLots + askTick * bidLots) / (bidLots + askLots) : state.lastMicroprice;
  if (live) update(parameters, state, sample, micropriceTick, (bidLots + askLots) / 2);
  const halfSpread = (askTick - bidTick) / 2;
  const fairTick = live ? micropriceTick + parameters.flowWeight * state.flow * halfSpread : micropriceTick;
  if (live) {
    state.lastFair = fairTick;
    state.lastTouch = [sample.bids[0]!, sample.asks[0]!];
  }
  return {
    kind: 'fairValue',
    seq: turn.nextSeq(),
    timeUs: sample.timeUs,
    causes: state.ownSeq === 0 ? [sample.seq] : [sample.seq, state.ownSeq],
    market,
    quality,
    fairTick,
    micropriceTick,
    bidTick,
    bidLots,
    askTick,
    askLots,
    lastTradeTick: sample.lastTradeTick,
    lastTradeUs: sample.lastTradeUs,
    bids,
    asks,
    flow: state.flow,
    sigmaBps: sigmaOf(parameters, state.varianceBps2),
    usualSigmaBps: sigmaOf(parameters, state.usualVarianceBps2),
    toxicity: state.takenLots > 0 ? Math.min(1, Math.abs(state.takenNetLots) / state.takenLots) : 0,
    arrivals: arrivalsOf(state.arrivals, parameters),
  };
}

function sigmaOf({ sigmaFloorBps, sigmaCeilingBps }: FairValueParameters, varianceBps2: number): number {
  return Math.min(sigmaCeilingBps, Math.max(sigmaFloorBps, Math.sqrt(varianceBps2)));
}

function update(
  parameters: FairValueParameters,
  state: FairValueState,
  sample: Sample,
  micropriceTick: number,
  depthLots: number,
): void {
  const elapsedUs = sample.timeUs - state.lastUs;
  // After a break the last values say nothing about now: begin again from here.
  if (state.lastMicroprice > 0 && elapsedUs > 0 && elapsedUs <= BREAK_US) {
    const elapsedMs = elapsedUs / 1_000;
    const news = (halfLifeMs: number): number => 1 - 0.5 ** (elapsedMs / halfLifeMs);
    const imbalance = Math.max(-1, Math.min(1, (sample.ofiLots - state.lastOfi) / depthLots));
    state.flow += (imbalance - state.flow) * news(parameters.flowHalfLifeMs);
    const returnBps = (micropriceTick / state.lastMicroprice - 1) * 10_000;
    const rate = returnBps ** 2 / (elapsedUs / MICROS_PER_SECOND);
    state.varianceBps2 += (rate - state.varianceBps2) * news(parameters.sigmaHalfLifeMs);
    state.watchedMs = Math.min(state.watchedMs + elapsedMs, USUAL_HALF_LIVES * parameters.sigmaHalfLifeMs);
    // What has been seen so far is what is usual, until enough has been seen.
    const usualHalfLifeMs = Math.max(state.watchedMs, parameters.sigmaHalfLifeMs);
    state.usualVarianceBps2 += (rate - state.usualVarianceBps2) * news(usualHalfLifeMs);
    takers(state, sample, news(TOXICITY_HALF_LIFE_MS));
    countArrivals(state.arrivals, elapsedUs / MICROS_PER_SECOND, reached(state, sample), parameters);
  }
  state.lastUs = sample.timeUs;
  state.lastMicroprice = micropriceTick;
  state.lastOfi = sample.ofiLots;
  state.lastTaken = [sample.takerBuyLots, sample.takerSellLots];
}

function takers(state: FairValueState, { takerBuyLots, takerSellLots }: Sample, news: number): void {
  const bought = Math.max(0, takerBuyLots - state.lastTaken[0]);
  const sold = Math.max(0, takerSellLots - state.lastTaken[1]);
  state.takenNetLots += (bought - sold - state.takenNetLots) * news;
  state.takenLots += (bought + sold - state.takenLots) * news;
}

/** How far from the last fair value each side was traded since, seen from the touch that takers saw. */
function reached(state: FairValueState, { tradeHighTick, tradeLowTick }: Sample) {
  const bps = (tick: number): number => (tick / state.lastFair - 1) * 10_000;
  const [bidTick, askTick] = state.lastTouch;
  return [
    { touchBps: bps(askTick), furthestBps: tradeHighTick < 0 ? Number.NaN : bps(tradeHighTick) },
    { touchBps: -bps(bidTick), furthestBps: tradeLowTick < 0 ? Number.NaN : -bps(tradeLowTick) },
  ];
}

/** A side's levels once our own orders are taken out, best first. */
function withoutOwn(levels: Levels, own: FairValueState['own'], side: Side): Levels {
  const theirs: number[] = [];
  for (let i = 0; i < levels.length; i += 2) {
    const tick = levels[i]!;
    let lots = levels[i + 1]!;
    for (const order of own) if (order.side === side && order.tick === tick) lots -= order.lots;
    if (lots > 0) theirs.push(tick, lots);
  }
  return theirs;
}
