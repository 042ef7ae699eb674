import type { Reducer, Turn } from '../actor/reducer.ts';
import type { Guarded } from '../guard/guard.ts';
import { lotValueQuote } from '../market/money.ts';
import type { Levels, Market } from '../market/types.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';
import { type AvellanedaStoikovParameters, avellanedaStoikov } from './avellaneda_stoikov.ts';

/** A wished quote: levels of each side, best first, flat pairs of tick and lots; an empty side is not wished. */
export interface Quote extends Caused {
  readonly kind: 'quote';
  readonly market: string;
  readonly fairTick: number;
  readonly bids: Levels;
  readonly asks: Levels;
  /** `ok`, or why nothing is quoted. */
  readonly reason: string;
}

/** Parameters of the quoting strategy. */
export interface QuoteParameters extends AvellanedaStoikovParameters {
  /** Size of one order (a clip), in quote currency. */
  readonly orderSizeUsdc: number;
  /** Least distance of a quote from the fair value, after fees, basis points. */
  readonly minEdgeBps: number;
  /** What a maker pays, basis points; negative for a rebate. */
  readonly makerFeeBps: number;
  /** Most that inventory may move the reservation price, basis points. */
  readonly maxSkewBps: number;
  /** A wish that moves less than this stays as it was, so that small moves keep the place in the queue. */
  readonly hysteresisBps: number;
}

interface QuotesState {
  positionLots: number;
  positionSeq: number;
  last: { bidTick: number; askTick: number; lots: number } | null;
}

/**
 * Avellaneda–Stoikov quotes around the fair value: the reservation price leans against inventory, the half spread covers
 * at least the minimum edge and the fee, no quote crosses the touch, and a wish that hardly moved is left alone.
 */
export function quotes(market: Market, parameters: QuoteParameters): Reducer<QuotesState, Guarded | Own, Quote> {
  return {
    initial: () => ({ positionLots: 0, positionSeq: 0, last: null }),
    step: (state, event, turn) => {
      if (event.kind === 'position') {
        state.positionLots = event.lots;
        state.positionSeq = event.seq;
      } else if (event.kind === 'guarded') {
        turn.emit(quote(market, parameters, state, event, turn));
      }
    },
    encode: (state) => ({ ...state }),
    decode: (plain) => ({ ...(plain as QuotesState) }),
  };
}

function quote(
  market: Market,
  parameters: QuoteParameters,
  state: QuotesState,
  guarded: Guarded,
  turn: Turn<Quote>,
): Quote {
  const { fair, stance, widen } = guarded;
  const causes = state.positionSeq === 0 ? [guarded.seq] : [guarded.seq, state.positionSeq];
  const event = { kind: 'quote', seq: turn.nextSeq(), timeUs: fair.timeUs, causes, market: market.symbol } as const;
  const { fairTick } = fair;
  if (fair.quality !== 'live' || stance === 'withdraw') {
    state.last = null;
    return { ...event, fairTick, bids: [], asks: [], reason: guarded.reason };
  }
  const step = market.orderStepLots ?? 1;
  const lots = step * Math.max(1, Math.round(parameters.orderSizeUsdc / lotValueQuote(market, fairTick) / step));
  const { skewBps, halfSpreadBps } = avellanedaStoikov(state.positionLots / lots, fair.sigmaBps, parameters);
  const skew = Math.max(-parameters.maxSkewBps, Math.min(parameters.maxSkewBps, skewBps));
  const half = Math.max(halfSpreadBps, parameters.minEdgeBps + parameters.makerFeeBps) * widen;
  const tickOf = (bps: number): number => fairTick * (1 + bps / 10_000);
  // Never cross, and never give a price without the edge: the skew moves both sides, the floor holds each apart.
  const edge = parameters.minEdgeBps + parameters.makerFeeBps;
  const bidTick = Math.min(Math.floor(tickOf(Math.min(skew - half, -edge))), fair.askTick - 1);
  const askTick = Math.max(Math.ceil(tickOf(Math.max(skew + half, edge))), fair.bidTick + 1);
  const kept = keep(state.last, bidTick, askTick, (fairTick * parameters.hysteresisBps) / 10_000, fair);
  const chosen = kept ?? { bidTick, askTick, lots };
  state.last = chosen;
  const bids = stance === 'reduce' && state.positionLots >= 0 ? [] : [chosen.bidTick, chosen.lots];
  const asks = stance === 'reduce' && state.positionLots <= 0 ? [] : [chosen.askTick, chosen.lots];
  return { ...event, fairTick, bids, asks, reason: 'ok' };
}

function keep(
  last: QuotesState['last'],
  bidTick: number,
  askTick: number,
  slackTicks: number,
  fair: Guarded['fair'],
): QuotesState['last'] {
  if (last === null || last.bidTick >= fair.askTick || last.askTick <= fair.bidTick) return null;
  const moved = Math.max(Math.abs(last.bidTick - bidTick), Math.abs(last.askTick - askTick));
  return moved <= slackTicks ? last : null;
}
