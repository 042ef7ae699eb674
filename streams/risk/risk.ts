import type { Reducer, Turn } from '../actor/reducer.ts';
import { lotValueQuote } from '../market/money.ts';
import type { Market, Side } from '../market/types.ts';
import type { Caused, LiveOrder } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';

/** A quote that passed the pre-trade limits, made smaller or one-sided where they say so. */
export interface Approved extends Caused {
  readonly kind: 'approved';
  readonly market: string;
  readonly fairTick: number;
  readonly bidTick: number;
  readonly bidLots: number;
  readonly askTick: number;
  readonly askLots: number;
  /** What was reduced or refused and why, such as `buy:position`; empty when all passed. */
  readonly limits: readonly string[];
}

/** Pre-trade limits of one market. */
export interface RiskParameters {
  /** Most that may be held, long or short, with every live order filled, in quote currency. */
  readonly maxPositionUsdc: number;
  /** Furthest a price may lie from the fair value, basis points. */
  readonly priceCollarBps: number;
  /** Largest single order, in quote currency. */
  readonly maxOrderUsdc: number;
}

interface RiskState {
  positionLots: number;
  positionSeq: number;
  live: readonly LiveOrder[];
  liveSeq: number;
}

const approvals = new WeakSet<Approved>();

/** Whether the risk stage made this very object. The order stage asks, so that no other path leads to the wire. */
export function isApproved(quote: Approved): boolean {
  return approvals.has(quote);
}

/** Knows again an approval that comes back from a snapshot: it had passed the risk stage before it was stored. */
export function approvedBefore(approved: Approved): void {
  approvals.add(approved);
}

/** An approval to have nothing resting: the safe thing, that needs no check. */
export function withdrawal(
  market: string,
  seq: number,
  timeUs: number,
  causes: readonly number[],
  why: string,
): Approved {
  const nothing = { fairTick: 0, bidTick: 0, bidLots: 0, askTick: 0, askLots: 0, limits: [why] };
  const approved: Approved = { kind: 'approved', market, seq, timeUs, causes, ...nothing };
  approvals.add(approved);
  return approved;
}

/**
 * The pre-trade check of one market: position limit on the worst case, order size, price collar, and sanity of the prices.
 *
 * The worst case of a side is what is held plus the new order plus every live order of that side at another price: such an
 * order is to be replaced, but may fill before its cancel takes effect.
 */
export function risk(market: Market, parameters: RiskParameters): Reducer<RiskState, Quote | Own, Approved> {
  return {
    initial: () => ({ positionLots: 0, positionSeq: 0, live: [], liveSeq: 0 }),
    step: (state, event, turn) => {
      if (event.kind === 'position') {
        state.positionLots = event.lots;
        state.positionSeq = event.seq;
      } else if (event.kind === 'working') {
        state.live = event.orders;
        state.liveSeq = event.seq;
      } else {
        turn.emit(approve(market, parameters, state, event, turn));
      }
    },
    encode: (state) => ({ ...state }),
    decode: (plain) => ({ ...(plain as RiskState) }),
  };
}

function approve(
  market: Market,
  parameters: RiskParameters,
  state: RiskState,
  quote: Quote,
  turn: Turn<Approved>,
): Approved {
  const causes = [quote.seq, state.positionSeq, state.liveSeq].filter((seq) => seq > 0);
  const limits: string[] = [];
  const sane = quote.bidLots === 0 || quote.askLots === 0 || quote.bidTick < quote.askTick;
  if (!sane) limits.push('both:crossed');
  const allowed = (side: Side, tick: number, lots: number): number =>
    sane ? allowedLots(market, parameters, state, quote.fairTick, side, tick, lots, limits) : 0;
  const bidLots = allowed('buy', quote.bidTick, quote.bidLots);
  const askLots = allowed('sell', quote.askTick, quote.askLots);
  const approved: Approved = {
    kind: 'approved',
    seq: turn.nextSeq(),
    timeUs: quote.timeUs,
    causes,
    market: market.symbol,
    fairTick: quote.fairTick,
    bidTick: quote.bidTick,
    bidLots,
    askTick: quote.askTick,
    askLots,
    limits,
  };
  approvals.add(approved);
  return approved;
}

function allowedLots(
  market: Market,
  parameters: RiskParameters,
  state: RiskState,
  fairTick: number,
  side: Side,
  tick: number,
  lots: number,
  limits: string[],
): number {
  if (lots === 0) return 0;
  const collarTicks = (fairTick * parameters.priceCollarBps) / 10_000;
  if (!(tick > 0) || !Number.isSafeInteger(tick) || !(Math.abs(tick - fairTick) <= collarTicks)) {
    limits.push(`${side}:collar`);
    return 0;
  }
  const lotValue = lotValueQuote(market, fairTick);
  const held = side === 'buy' ? state.positionLots : -state.positionLots;
  let live = 0;
  for (const order of state.live) if (order.side === side && order.tick !== tick) live += order.lots;
  const room = Math.floor(parameters.maxPositionUsdc / lotValue) - held - live;
  const mostLots = Math.floor(parameters.maxOrderUsdc / lotValue);
  if (lots > mostLots) limits.push(`${side}:order-size`);
  if (Math.min(lots, mostLots) > room) limits.push(`${side}:position`);
  const step = market.orderStepLots ?? 1;
  return Math.max(0, Math.floor(Math.min(lots, mostLots, room) / step) * step);
}
