import type { Reducer, Turn } from '../actor/reducer.ts';
import { MICROS_PER_SECOND } from '../clock/clock.ts';
import type { BookQuality, Sample } from '../market/sample.ts';
import type { Levels, Side } from '../market/types.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';

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
  /** Smoothed order-flow imbalance over the depth at the touch, within [-1, 1]. */
  readonly flow: number;
  /** Standard deviation of the microprice's return, basis points per square root of a second. */
  readonly sigmaBps: number;
}

/** Parameters of the fair value. */
export interface FairValueParameters {
  /** Share of half the spread by which a one-sided flow moves the fair value, 0 to 1. */
  readonly flowWeight: number;
  readonly flowHalfLifeMs: number;
  readonly sigmaHalfLifeMs: number;
  /** Volatility assumed at the start and never gone below, basis points per square root of a second. */
  readonly sigmaFloorBps: number;
}

interface FairValueState {
  own: readonly { side: Side; tick: number; lots: number }[];
  ownSeq: number;
  lastUs: number;
  lastMicroprice: number;
  lastOfi: number;
  flow: number;
  varianceBps2: number;
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
    }),
    step: (state, event, turn) => {
      if (event.kind === 'working') {
        state.own = event.orders.filter((order) => order.resting);
        state.ownSeq = event.seq;
      } else if (event.kind === 'sample') {
        turn.emit(value(market, parameters, state, event, turn));
      }
    },
    encode: (state) => ({ ...state }),
    decode: (plain) => ({ ...(plain as FairValueState) }),
  };
}

function value(
  market: string,
  parameters: FairValueParameters,
  state: FairValueState,
  sample: Sample,
  turn: Turn<FairValue>,
): FairValue {
  const [bidTick, bidLots] = touch(sample.bids, state.own, 'buy');
  const [askTick, askLots] = touch(sample.asks, state.own, 'sell');
  const quality = sample.quality === 'live' && (bidLots === 0 || askLots === 0) ? 'empty' : sample.quality;
  const micropriceTick =
    quality === 'live' ? (bidTick * askLots + askTick * bidLots) / (bidLots + askLots) : state.lastMicroprice;
  if (quality === 'live') update(parameters, state, sample, micropriceTick, (bidLots + askLots) / 2);
  const halfSpread = (askTick - bidTick) / 2;
  return {
    kind: 'fairValue',
    seq: turn.nextSeq(),
    timeUs: sample.timeUs,
    causes: state.ownSeq === 0 ? [sample.seq] : [sample.seq, state.ownSeq],
    market,
    quality,
    fairTick: quality === 'live' ? micropriceTick + parameters.flowWeight * state.flow * halfSpread : micropriceTick,
    micropriceTick,
    bidTick,
    bidLots,
    askTick,
    askLots,
    flow: state.flow,
    sigmaBps: Math.sqrt(Math.max(state.varianceBps2, parameters.sigmaFloorBps ** 2)),
  };
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
  if (state.lastMicroprice > 0 && elapsedUs > 0 && elapsedUs <= 5 * MICROS_PER_SECOND) {
    const elapsedMs = elapsedUs / 1_000;
    const imbalance = Math.max(-1, Math.min(1, (sample.ofiLots - state.lastOfi) / depthLots));
    state.flow += (imbalance - state.flow) * (1 - 0.5 ** (elapsedMs / parameters.flowHalfLifeMs));
    const returnBps = (micropriceTick / state.lastMicroprice - 1) * 10_000;
    const rate = returnBps ** 2 / (elapsedUs / MICROS_PER_SECOND);
    state.varianceBps2 += (rate - state.varianceBps2) * (1 - 0.5 ** (elapsedMs / parameters.sigmaHalfLifeMs));
  }
  state.lastUs = sample.timeUs;
  state.lastMicroprice = micropriceTick;
  state.lastOfi = sample.ofiLots;
}

/** The best level of a side once our own orders are taken out: `[tick, lots]`, or `[0, 0]` when nothing is left. */
function touch(levels: Levels, own: FairValueState['own'], side: Side): readonly [number, number] {
  for (let i = 0; i < levels.length; i += 2) {
    const tick = levels[i]!;
    let lots = levels[i + 1]!;
    for (const order of own) if (order.side === side && order.tick === tick) lots -= order.lots;
    if (lots > 0) return [tick, lots];
  }
  return [0, 0];
}
