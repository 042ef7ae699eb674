import type { Reducer, Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS, MICROS_PER_SECOND } from '../clock/clock.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import { type InventoryParameters, inventoryLimitUsdc } from '../guard/inventory_limit.ts';
import type { AccountInput } from '../inputs.ts';
import { UNITS_PER_ASSET } from '../market/denoms.ts';
import { inQuote, lotValueQuote } from '../market/money.ts';
import type { Levels, Side } from '../market/types.ts';
import type { Balances, Caused, LiveOrder } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';
import type { AccountSettings, MarketSettings } from '../settings.ts';
import type { TradingState } from '../trading/causes.ts';
import { coveredLots, type Look, type MarketCover } from './cover.ts';
import { checkSide, type OrderLimits, outsideCollar, type SideResult } from './limits.ts';
import { added, worstCaseLots } from './worst_case.ts';

/** A quote that passed the pre-trade limits, made smaller or one-sided where they say so. */
export interface Approved extends Caused {
  readonly kind: 'approved';
  readonly market: string;
  readonly fairTick: number;
  /** When the quote was made: what is approved again is no younger for it. */
  readonly quotedUs: number;
  /** Wished levels, best first, flat pairs of tick and lots. */
  readonly bids: Levels;
  readonly asks: Levels;
  /** What was reduced or refused and why, such as `buy:position`; empty when all passed. */
  readonly limits: readonly string[];
}

/** What the pre-trade check takes in. */
export type RiskInput = Quote | FairValue | Own | AccountInput;

/** Pre-trade limits of one market. */
export interface RiskParameters extends InventoryParameters, OrderLimits {}

/** Pre-trade limits of the account, over all markets. */
export interface ExposureParameters {
  /** Most that all positions together may be worth, long and short added up, with every live order filled, USDC. */
  readonly maxGrossUsdc: number;
  /** Most that all positions together may be worth, long less short, likewise, as a share of the account's equity, percent. */
  readonly maxNetInventoryPct: number;
  /** Equity is counted as no more than this, USDC: what the operator has given to this strategy. */
  readonly capitalUsdc: number;
  /** Most orders that may rest or be on their way. */
  readonly maxOpenOrders: number;
}

/** What the check knows of one market. */
interface Exposure {
  positionLots: number;
  /** Received less paid, in the quote's smallest units. */
  cashUnits: number;
  positionSeq: number;
  live: readonly LiveOrder[];
  liveSeq: number;
  /** The middle of the market, and when it was so; 0 before the first live book. */
  midTick: number;
  midUs: number;
  /** Price of the last trade, and when it was; -1 before the first. */
  tradeTick: number;
  tradeUs: number;
  /** The newest quote and what passed of it. */
  quote: Quote | null;
  bids: Levels;
  asks: Levels;
  /** What this market takes of the account's limits: worst cases at the mid, and orders. */
  reserved: Reserved;
}

/** What some markets take of the account's limits. */
interface Reserved {
  /** Of the larger side, USDC. */
  readonly grossUsdc: number;
  /** Of each side; below zero where the contrary is held and stays so, USDC. */
  readonly buyUsdc: number;
  readonly sellUsdc: number;
  readonly orders: number;
}

const NOTHING: Reserved = { grossUsdc: 0, buyUsdc: 0, sellUsdc: 0, orders: 0 };

interface RiskState {
  trading: TradingState;
  equityUsdc: number | null;
  /** The account's balances, or null before the first look at them. */
  look: Look | null;
  markets: Record<string, Exposure>;
}

/** A quote is held against the middle of the market unless that is older by this: its own instant's comes before the wire. */
const MID_EXPIRES_US = 1 * MICROS_PER_SECOND;

/** An approval as the risk stage alone makes it: with a private mark that no copy and no literal has. */
class Approval implements Approved {
  readonly kind = 'approved';
  readonly seq: number;
  readonly timeUs: number;
  readonly causes: readonly number[];
  readonly market: string;
  readonly fairTick: number;
  readonly quotedUs: number;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly limits: readonly string[];
  readonly #passed = true;

  constructor(passed: Omit<Approved, 'kind'>) {
    this.seq = passed.seq;
    this.timeUs = passed.timeUs;
    this.causes = passed.causes;
    this.market = passed.market;
    this.fairTick = passed.fairTick;
    this.quotedUs = passed.quotedUs;
    this.bids = passed.bids;
    this.asks = passed.asks;
    this.limits = passed.limits;
  }

  static made(quote: Approved): boolean {
    return #passed in quote;
  }
}

/** Whether the risk stage made this very object. The order stage asks, so that no other path leads to the wire. */
export function isApproved(quote: Approved): boolean {
  return Approval.made(quote);
}

/** An approval that comes back from a snapshot: it had passed the risk stage before it was stored. */
export function approvedBefore(stored: Approved): Approved {
  return new Approval(stored);
}

/**
 * The pre-trade check of the account, which the quotes of all markets pass through; the last word before the wire.
 *
 * The worst case of a side is what is held plus every live order of that side plus what the wished levels add (see
 * `worst_case.ts`). Each market reserves its worst case in the account's gross and net limits when its quote is approved, one
 * after the other, so that two markets in one instant cannot both take the last room.
 *
 * An approval does not outlive the facts it was made from: when a fill, an order or the trading state changes them, the
 * newest quote is checked again at once, and what passes then replaces what passed before.
 */
export function risk(account: AccountSettings): Reducer<RiskState, RiskInput, Approved> {
  const check = new PreTradeCheck(account);
  return {
    initial: () => ({
      trading: 'active',
      equityUsdc: null,
      look: null,
      markets: Object.fromEntries(account.markets.map(({ market }) => [market.symbol, nothing()])),
    }),
    step: (state, event, turn) => check.take(state, event, turn),
    encode: (state) => state,
    decode: (plain) => JSON.parse(JSON.stringify(plain)) as RiskState,
  };
}

function nothing(): Exposure {
  return {
    ...{ positionLots: 0, cashUnits: 0, positionSeq: 0, live: [], liveSeq: 0 },
    ...{ midTick: 0, midUs: 0, tradeTick: -1, tradeUs: -1 },
    ...{ quote: null, bids: [], asks: [], reserved: NOTHING },
  };
}

class PreTradeCheck {
  readonly #bySymbol: ReadonlyMap<string, MarketSettings>;
  readonly #limits: ExposureParameters;
  readonly #quoteExpiresUs: number;

  constructor({ markets, exposure, orders }: AccountSettings) {
    // As long as the order stage goes by a wish.
    this.#quoteExpiresUs = orders.wishExpiresMs * MICROS_PER_MS;
    this.#bySymbol = new Map(markets.map((one) => [one.market.symbol, one]));
    this.#limits = exposure;
  }

  take(state: RiskState, event: RiskInput, turn: Turn<Approved>): void {
    switch (event.kind) {
      case 'quote':
        this.#exposure(state, event.market).quote = event;
        turn.emit(this.#approve(state, event, this.#check(state, event), event.seq, turn));
        return;
      case 'fairValue':
        if (event.quality === 'live') this.#mark(state, event, turn);
        return;
      case 'position': {
        const exposure = this.#exposure(state, event.market);
        exposure.positionLots = event.lots;
        const { market } = this.#bySymbol.get(event.market)!;
        exposure.cashUnits = inQuote(market, BigInt(event.cashQuanta), exposure.midTick) * Number(UNITS_PER_ASSET);
        exposure.positionSeq = event.seq;
        this.#again(state, event.market, event.seq, turn);
        return;
      }
      case 'working': {
        const exposure = this.#exposure(state, event.market);
        exposure.live = event.orders;
        exposure.liveSeq = event.seq;
        this.#again(state, event.market, event.seq, turn);
        return;
      }
      case 'tradingState':
        state.trading = event.state;
        for (const market of this.#bySymbol.keys()) this.#again(state, market, event.seq, turn);
        return;
      case 'equity':
        state.equityUsdc = event.equityUsdc;
        return;
      case 'balances':
        state.look = lookOf(state, event);
        return;
    }
  }

  #mark(state: RiskState, { market, seq, timeUs, ...mark }: FairValue, turn: Turn<Approved>): void {
    const exposure = this.#exposure(state, market);
    const { midTick, tradeTick, quote } = exposure;
    exposure.midTick = (mark.bidTick + mark.askTick) / 2;
    exposure.midUs = timeUs;
    exposure.tradeTick = mark.lastTradeTick;
    exposure.tradeUs = mark.lastTradeUs;
    // The quote of this instant may have come before its mark, and have been held against an older one.
    if (quote?.timeUs !== timeUs) return;
    const { risk: limits } = this.#bySymbol.get(market)!;
    const marks = [midTick, tradeTick, exposure.midTick, exposure.tradeTick];
    const far = (tick: number, i: number): boolean =>
      i % 2 === 0 && marks.some((one) => one > 0 && outsideCollar(tick, one, limits));
    if (quote.bids.some(far) || quote.asks.some(far)) this.#again(state, market, seq, turn);
  }

  /** Checks the newest quote of a market again, and says so if something else passes now. */
  #again(state: RiskState, market: string, causeSeq: number, turn: Turn<Approved>): void {
    const exposure = this.#exposure(state, market);
    const { quote, bids, asks } = exposure;
    if (quote === null || turn.nowUs() - quote.timeUs > this.#quoteExpiresUs) {
      Object.assign(exposure, { quote: null, bids: [], asks: [] });
      this.#reserve(exposure, market);
      return;
    }
    const passed = this.#check(state, quote);
    if (same(passed.bids, bids) && same(passed.asks, asks)) {
      this.#reserve(exposure, market);
      return;
    }
    turn.emit(this.#approve(state, quote, passed, causeSeq, turn));
  }

  #approve(
    state: RiskState,
    quote: Quote,
    { bids, asks, limits }: Pick<Approved, 'bids' | 'asks' | 'limits'>,
    causeSeq: number,
    turn: Turn<Approved>,
  ): Approved {
    const exposure = this.#exposure(state, quote.market);
    const causes = quote.seq > 0 ? [quote.seq] : [];
    for (const seq of [causeSeq, exposure.positionSeq, exposure.liveSeq])
      if (seq > 0 && !causes.includes(seq)) causes.push(seq);
    const { timeUs: quotedUs, market, fairTick } = quote;
    const [seq, timeUs] = [turn.nextSeq(), turn.nowUs()];
    const approved = new Approval({ seq, timeUs, causes, market, fairTick, quotedUs, bids, asks, limits });
    exposure.bids = bids;
    exposure.asks = asks;
    this.#reserve(exposure, market);
    return approved;
  }

  #check(state: RiskState, quote: Quote): Pick<Approved, 'bids' | 'asks' | 'limits'> {
    const { trading } = state;
    const { market: symbol, fairTick } = quote;
    if (quote.bids.length + quote.asks.length === 0) return { bids: [], asks: [], limits: [] };
    if (trading !== 'active' && trading !== 'reducing') return refused(trading);
    const exposure = this.#exposure(state, symbol);
    const { positionLots, cashUnits, live } = exposure;
    if (quote.bids.length > 0 && quote.asks.length > 0 && !(quote.bids[0]! < quote.asks[0]!)) return refused('crossed');
    const { market, risk: limits } = this.#bySymbol.get(symbol)!;
    const references = referencesOf(exposure, quote, limits);
    const elsewhere = this.#others(state, symbol);
    const holdUsdc = [
      { name: 'position', usdc: limits.maxPositionUsdc },
      { name: 'inventory', usdc: inventoryLimitUsdc(limits, state.equityUsdc) },
      { name: 'gross', usdc: this.#limits.maxGrossUsdc - elsewhere.grossUsdc },
    ];
    const { capitalUsdc, maxNetInventoryPct: maxInventoryPct } = this.#limits;
    const netUsdc = inventoryLimitUsdc({ capitalUsdc, maxInventoryPct }, state.equityUsdc);
    if (trading === 'reducing') holdUsdc.push({ name: 'reducing', usdc: 0 });
    const others = state.look === null ? [] : this.#covers(state, symbol);
    const mine = { market, positionLots, cashUnits, live, bids: [], asks: [] };
    const pass = (side: Side, levels: Levels, openable: number): SideResult => {
      const covered = coveredLots(state.look, mine, side, levels, others);
      return checkSide({
        market,
        limits,
        side,
        levels,
        fairTick,
        references,
        positionLots,
        live,
        holdUsdc: [
          ...holdUsdc,
          { name: 'net', usdc: netUsdc - (side === 'buy' ? elsewhere.buyUsdc : elsewhere.sellUsdc) },
        ],
        coveredLots: covered,
        openable,
      });
    };
    const openable = this.#limits.maxOpenOrders - elsewhere.orders - live.length;
    const bids = pass('buy', quote.bids, openable);
    const asks = pass('sell', quote.asks, openable - added(live, 'buy', bids.levels).orders);
    return { bids: bids.levels, asks: asks.levels, limits: [...bids.limits, ...asks.limits] };
  }

  /** What the other markets have, have at work, and wish. */
  #covers({ markets }: RiskState, mine: string): MarketCover[] {
    const covers: MarketCover[] = [];
    for (const symbol in markets) {
      if (symbol === mine) continue;
      const { positionLots, cashUnits, live, bids, asks } = markets[symbol]!;
      covers.push({ market: this.#bySymbol.get(symbol)!.market, positionLots, cashUnits, live, bids, asks });
    }
    return covers;
  }

  /** What the other markets have reserved. */
  #others({ markets }: RiskState, symbol: string): Reserved {
    const sum = { ...NOTHING };
    for (const name in markets) {
      if (name === symbol) continue;
      const { grossUsdc, buyUsdc, sellUsdc, orders } = markets[name]!.reserved;
      sum.grossUsdc += grossUsdc;
      sum.buyUsdc += buyUsdc;
      sum.sellUsdc += sellUsdc;
      sum.orders += orders;
    }
    return sum;
  }

  /** Puts down what a market takes of the account's limits as it stands now. */
  #reserve(exposure: Exposure, symbol: string): void {
    const { positionLots, live, bids, asks, midTick, quote } = exposure;
    const { market, risk: limits } = this.#bySymbol.get(symbol)!;
    const tick = Math.max(midTick, quote?.fairTick ?? 0, live[0]?.tick ?? 0);
    const { long, short } = worstCaseLots(positionLots, live, { bids, asks });
    const worth = (lots: number): number => {
      // What offsets the others' positions is worth the middle of its market, and nothing before there is one.
      if (lots < 0) return lots * lotValueQuote(market, midTick);
      // What is held at a price that nobody knows yet counts as all that may be held.
      return lots > 0 && tick === 0 ? limits.maxPositionUsdc : lots * lotValueQuote(market, tick);
    };
    const of = (side: Side, levels: Levels): number => added(live, side, levels).orders;
    const orders = live.length + of('buy', bids) + of('sell', asks);
    const [buyUsdc, sellUsdc] = [worth(long), worth(short)];
    exposure.reserved = { grossUsdc: Math.max(buyUsdc, sellUsdc), buyUsdc, sellUsdc, orders };
  }

  #exposure({ markets }: RiskState, symbol: string): Exposure {
    const exposure = markets[symbol];
    if (exposure === undefined) throw new Error(`event of unknown market '${symbol}'`);
    return exposure;
  }
}

/** The prices that a quote's orders must not be far from, ticks: those that are known and no older than they may be. */
function referencesOf(
  { midTick, midUs, tradeTick, tradeUs }: Exposure,
  { timeUs, fairTick }: Quote,
  { lastTradeExpiresMs }: OrderLimits,
): number[] {
  const references = [fairTick];
  if (midTick > 0 && Math.abs(timeUs - midUs) <= MID_EXPIRES_US) references.push(midTick);
  if (tradeTick > 0 && Math.abs(timeUs - tradeUs) < lastTradeExpiresMs * MICROS_PER_MS) references.push(tradeTick);
  return references;
}

function lookOf({ markets }: RiskState, { amounts }: Balances): Look {
  return {
    units: Object.fromEntries(Object.entries(amounts).map(([denom, units]) => [denom, Number(units)])),
    held: Object.fromEntries(
      Object.entries(markets).map(([symbol, { positionLots: lots, cashUnits }]) => [symbol, { lots, cashUnits }]),
    ),
  };
}

function refused(why: string): Pick<Approved, 'bids' | 'asks' | 'limits'> {
  return { bids: [], asks: [], limits: [`both:${why}`] };
}

function same(a: Levels, b: Levels): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
