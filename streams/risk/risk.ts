import type { Reducer, Turn } from '../actor/reducer.ts';
import { lotValueQuote } from '../market/money.ts';
import type { Levels, Market, Side } from '../market/types.ts';
import type { Caused, LiveOrder } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';
import type { MarketSettings } from '../settings.ts';

/** A quote that passed the pre-trade limits, made smaller or one-sided where they say so. */
export interface Approved extends Caused {
  readonly kind: 'approved';
  readonly market: string;
  readonly fairTick: number;
  /** Wished levels, best first, flat pairs of tick and lots. */
  readonly bids: Levels;
  readonly asks: Levels;
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

/** What the check knows of one market. */
interface Exposure {
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
  const nothing = { fairTick: 0, bids: [], asks: [], limits: [why] };
  const approved: Approved = { kind: 'approved', market, seq, timeUs, causes, ...nothing };
  approvals.add(approved);
  return approved;
}

/**
 * The pre-trade check of the account, which the quotes of all markets pass through: position limit on the worst case, order
 * size, price collar, and sanity of the prices.
 *
 * The worst case of a side is what is held plus the wished levels plus every live order of that side at another price: such
 * an order is to be replaced, but may fill before its cancel takes effect.
 */
export function risk(markets: readonly MarketSettings[]): Reducer<Record<string, Exposure>, Quote | Own, Approved> {
  const bySymbol = new Map(markets.map((one) => [one.market.symbol, one]));
  return {
    initial: () => ({}),
    step: (state, event, turn) => {
      if (event.kind === 'tradingState' || event.kind === 'reconciled') return;
      const exposure = state[event.market] ?? { positionLots: 0, positionSeq: 0, live: [], liveSeq: 0 };
      state[event.market] = exposure;
      if (event.kind === 'position') {
        exposure.positionLots = event.lots;
        exposure.positionSeq = event.seq;
      } else if (event.kind === 'working') {
        exposure.live = event.orders;
        exposure.liveSeq = event.seq;
      } else {
        const settings = bySymbol.get(event.market);
        if (settings === undefined) throw new Error(`quote of unknown market '${event.market}'`);
        turn.emit(approve(settings, exposure, event, turn));
      }
    },
    encode: (state) => state,
    decode: (plain) => JSON.parse(JSON.stringify(plain)) as Record<string, Exposure>,
  };
}

function approve(settings: MarketSettings, exposure: Exposure, quote: Quote, turn: Turn<Approved>): Approved {
  const causes = [quote.seq, exposure.positionSeq, exposure.liveSeq].filter((seq) => seq > 0);
  const limits: string[] = [];
  const sane = quote.bids.length === 0 || quote.asks.length === 0 || quote.bids[0]! < quote.asks[0]!;
  if (!sane) limits.push('both:crossed');
  const allowed = (side: Side, levels: Levels): Levels =>
    sane ? allowedLevels(settings, exposure, quote.fairTick, side, levels, limits) : [];
  const approved: Approved = {
    kind: 'approved',
    seq: turn.nextSeq(),
    timeUs: quote.timeUs,
    causes,
    market: quote.market,
    fairTick: quote.fairTick,
    bids: allowed('buy', quote.bids),
    asks: allowed('sell', quote.asks),
    limits: [...new Set(limits)],
  };
  approvals.add(approved);
  return approved;
}

function allowedLevels(
  { market, risk: parameters }: MarketSettings,
  exposure: Exposure,
  fairTick: number,
  side: Side,
  levels: Levels,
  limits: string[],
): Levels {
  const lotValue = lotValueQuote(market, fairTick);
  const held = side === 'buy' ? exposure.positionLots : -exposure.positionLots;
  const isWished = (tick: number): boolean => levels.some((one, i) => i % 2 === 0 && one === tick);
  let live = 0;
  for (const order of exposure.live) if (order.side === side && !isWished(order.tick)) live += order.lots;
  let room = Math.floor(parameters.maxPositionUsdc / lotValue) - held - live;
  const mostLots = Math.floor(parameters.maxOrderUsdc / lotValue);
  const allowed: number[] = [];
  for (let i = 0; i < levels.length; i += 2) {
    const tick = levels[i]!;
    const wished = levels[i + 1]!;
    if (!insideCollar(parameters, fairTick, tick)) {
      limits.push(`${side}:collar`);
      continue;
    }
    if (wished > mostLots) limits.push(`${side}:order-size`);
    if (Math.min(wished, mostLots) > room) limits.push(`${side}:position`);
    const lots = wholeSteps(market, Math.min(wished, mostLots, room));
    if (lots === 0) continue;
    room -= lots;
    allowed.push(tick, lots);
  }
  return allowed;
}

function insideCollar({ priceCollarBps }: RiskParameters, fairTick: number, tick: number): boolean {
  return tick > 0 && Number.isSafeInteger(tick) && Math.abs(tick - fairTick) <= (fairTick * priceCollarBps) / 10_000;
}

function wholeSteps({ orderStepLots }: Market, lots: number): number {
  const step = orderStepLots ?? 1;
  return Math.max(0, Math.floor(lots / step) * step);
}
