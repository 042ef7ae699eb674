import type { Reducer, Turn } from '../actor/reducer.ts';
import type { Guarded } from '../guard/guard.ts';
import { lotValueQuote } from '../market/money.ts';
import type { Levels, Market } from '../market/types.ts';
import type { Caused, LiveOrder } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Prediction } from '../predictions/types.ts';
import { naiveQuote } from './baselines.ts';
import { type Centre, centreOf } from './centre.ts';
import { compete } from './competition.ts';
import { type FillQuality, filled, freshFillQuality, judge } from './fill_quality.ts';
import { keepPlaces } from './hysteresis.ts';
import { ladder } from './ladder.ts';
import type { QuoteParameters } from './parameters.ts';
import { postOnlyTicks } from './post_only.ts';
import { followQueue, type QueuePlace } from './queue_place.ts';
import { reduceOrders } from './reduce.ts';
import { type QuotedSide, within } from './side.ts';
import { depthFactor, type UsualDepth } from './widening.ts';

export type { QuoteParameters } from './parameters.ts';

/** A wished quote: levels of each side, best first, flat pairs of tick and lots; an empty side is not wished. */
export interface Quote extends Caused {
  readonly kind: 'quote';
  readonly market: string;
  readonly fairTick: number;
  readonly bids: Levels;
  readonly asks: Levels;
  /** `ok`, or why nothing, or only one side, is quoted. */
  readonly reason: string;
  /** How the prices came about, for people; absent where nothing was priced. */
  readonly centre?: Centre;
}

/** Both sides' levels. */
interface Ladders {
  readonly bids: Levels;
  readonly asks: Levels;
}

interface QuotesState {
  positionLots: number;
  positionSeq: number;
  own: readonly LiveOrder[];
  places: readonly QueuePlace[];
  prediction: Prediction | null;
  fairTick: number;
  depth: UsualDepth;
  fills: FillQuality;
  last: Ladders | null;
  /** What the newest full quote went by, for the prediction of its instant that is still to come; null without one. */
  priced: { readonly guarded: Guarded; readonly thin: number } | null;
}

/** What a quote goes by, besides what the guard says. */
export type QuotesInput = Guarded | Own | Prediction;

/**
 * The quoting strategy of one market. From a fair value to a ladder on each side:
 *
 * 1. the model's reservation price and its half spread, made ours and widened (`centre.ts`); the side that a prediction threatens
 *    stands back by it, also when the prediction comes after the quote of its instant;
 * 2. the best price of each side in view of the others' (`competition.ts`), never beyond the least edge after fees nor near
 *    enough to the other side to cross (`post_only.ts`);
 * 3. further levels behind it (`ladder.ts`);
 * 4. unless what rests is as good where it is (`hysteresis.ts`).
 *
 * Under `reduce` there is one order, which shrinks the position; under `withdraw` there is none.
 */
export function quotes(market: Market, parameters: QuoteParameters): Reducer<QuotesState, QuotesInput, Quote> {
  return {
    initial: () => ({
      positionLots: 0,
      positionSeq: 0,
      own: [],
      places: [],
      prediction: null,
      fairTick: 0,
      depth: { lots: 0, samples: 0 },
      fills: freshFillQuality(),
      last: null,
      priced: null,
    }),
    step: (state, event, turn) => {
      if (event.kind === 'position') {
        const change = event.lots - state.positionLots;
        if (change !== 0) filled(state.fills, change > 0, state.fairTick, turn.nowUs());
        state.positionLots = event.lots;
        state.positionSeq = event.seq;
      } else if (event.kind === 'working') state.own = event.orders;
      else if (event.kind === 'prediction') {
        state.prediction = event;
        revise(market, parameters, state, turn);
      } else if (event.kind === 'guarded') turn.emit(quote(market, parameters, state, event, turn));
    },
    encode: (state) => structuredClone(state),
    decode: (plain) => structuredClone(plain as QuotesState),
  };
}

function quote(
  market: Market,
  parameters: QuoteParameters,
  state: QuotesState,
  guarded: Guarded,
  turn: Turn<Quote>,
): Quote {
  const { fair, stance, reason } = guarded;
  const { fairTick, timeUs } = fair;
  const event = stamped(market, state, guarded, turn);
  state.priced = null;
  if (fair.quality !== 'live' || stance === 'withdraw') {
    state.last = null;
    return { ...event, bids: [], asks: [], reason };
  }
  state.fairTick = fairTick;
  judge(state.fills, fairTick, timeUs);
  state.places = followQueue(state.places, state.own, fair.bids, fair.asks);
  const depth = depthFactor(state.depth, fair);
  const stepLots = market.orderStepLots ?? 1;
  if (stance === 'reduce') {
    state.last = null;
    return { ...event, ...reduceOrders(state.positionLots, stepLots, fair, postOnlyTicks(parameters, fair)), reason };
  }
  if (parameters.model === 'naive') {
    return { ...event, ...naiveQuote(parameters, fair, clipOf(market, parameters, fairTick)), reason };
  }
  state.priced = { guarded, thin: depth };
  const { ladders, centre } = priced(market, parameters, state, state.priced);
  state.last = ladders;
  const { bids, asks } = ladders;
  return { ...event, bids, asks, reason, centre };
}

/** The prediction of an instant comes after its quote: where it changes the prices, the quote is told anew. */
function revise(market: Market, parameters: QuoteParameters, state: QuotesState, turn: Turn<Quote>): void {
  const { priced: by, last } = state;
  if (by === null || last === null || !by.guarded.prediction) return;
  const { ladders, centre } = priced(market, parameters, state, by);
  if (same(ladders.bids, last.bids) && same(ladders.asks, last.asks)) return;
  state.last = ladders;
  const { bids, asks } = ladders;
  turn.emit({ ...stamped(market, state, by.guarded, turn), bids, asks, reason: by.guarded.reason, centre });
}

function stamped({ symbol }: Market, { positionSeq, prediction }: QuotesState, guarded: Guarded, turn: Turn<Quote>) {
  const causes = [guarded.seq, positionSeq, prediction?.seq ?? 0].filter((seq) => seq > 0);
  const { timeUs, fairTick } = guarded.fair;
  return { kind: 'quote', seq: turn.nextSeq(), timeUs, causes, market: symbol, fairTick } as const;
}

function priced(
  market: Market,
  parameters: QuoteParameters,
  state: QuotesState,
  { guarded, thin: depth }: NonNullable<QuotesState['priced']>,
): { readonly ladders: Ladders; readonly centre: Centre } {
  const clipLots = clipOf(market, parameters, guarded.fair.fairTick);
  const { positionLots, fills, prediction } = state;
  const centre = centreOf(parameters, guarded, { inventory: positionLots / clipLots, fills, prediction, depth });
  return { ladders: laddersOf(parameters, state, guarded, centre, clipLots, market.orderStepLots ?? 1), centre };
}

function clipOf(market: Market, { orderSizeUsdc }: QuoteParameters, fairTick: number): number {
  const stepLots = market.orderStepLots ?? 1;
  return stepLots * Math.max(1, Math.round(orderSizeUsdc / lotValueQuote(market, fairTick) / stepLots));
}

function same(one: Levels, other: Levels): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

/** Both sides, priced one after the other by the same rules; bids first, so that asks of a zero spread make room. */
function laddersOf(
  parameters: QuoteParameters,
  state: QuotesState,
  { fair }: Guarded,
  centre: Centre,
  clipLots: number,
  stepLots: number,
): Ladders {
  const { fairTick } = fair;
  const tickOf = (bps: number): number => fairTick * (1 + bps / 10_000);
  const edgeBps = parameters.minEdgeBps + parameters.makerFeeBps;
  const postOnly = postOnlyTicks(parameters, fair);
  const { skewBps, shiftBps, halfSpreadBps, kappa } = centre;
  // Only the side that the expected move would run over stands back: the other follows when the price does.
  const bidBps = skewBps + Math.min(shiftBps, 0);
  const askBps = skewBps + Math.max(shiftBps, 0);
  // Never cross, and never give a price without the edge: inventory moves both sides, the limits hold each apart.
  const bidLimit = Math.min(postOnly.bidTick, Math.floor(tickOf(Math.min(shiftBps, 0) - edgeBps)));
  const askLimit = Math.max(postOnly.askTick, Math.ceil(tickOf(Math.max(shiftBps, 0) + edgeBps)), bidLimit + 1);
  const terms = { fairTick, skewBps: skewBps + shiftBps, edgeBps, kappa, clipLots };
  const slackTicks = (fairTick * parameters.hysteresisBps) / 10_000;
  const levelsOf = (side: QuotedSide, wanted: number, last: Levels): Levels => {
    const bestTick = compete(parameters.competition, side, within(side, wanted), terms);
    const levels = ladder(parameters, side.sign, bestTick, clipLots, stepLots, fairTick);
    return keepPlaces(side, last, levels, slackTicks, state.places, terms);
  };
  const bidSide = { side: 'buy', sign: 1, theirs: fair.bids, limitTick: bidLimit } as const;
  const askSide = { side: 'sell', sign: -1, theirs: fair.asks, limitTick: askLimit } as const;
  return {
    bids: levelsOf(bidSide, Math.floor(tickOf(bidBps - halfSpreadBps)), state.last?.bids ?? []),
    asks: levelsOf(askSide, Math.ceil(tickOf(askBps + halfSpreadBps)), state.last?.asks ?? []),
  };
}
