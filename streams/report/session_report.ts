import { MICROS_PER_SECOND } from '../clock/clock.ts';
import type { Decision } from '../decisions.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Position } from '../fills/positions.ts';
import { equityInQuote, inQuote, lotValueQuote } from '../market/money.ts';
import type { Market, Side, Trade } from '../market/types.ts';
import type { LiveOrder, OrderUpdate } from '../orders/types.ts';

/** The figures of one market, or of all of them together. Money in quote currency, distances in basis points. */
export interface ReportFigures {
  readonly ordersPlaced: number;
  readonly ordersCancelled: number;
  /** Orders that the venue did not take: post-only ones that would have taken, most of all. */
  readonly ordersRefused: number;
  /** Orders that filled at least in part. */
  readonly ordersFilled: number;
  readonly fills: number;
  /** Of the orders whose price traded while they rested, the share that filled at least in part, %; null before the first. */
  readonly fillRatePercent: number | null;
  /** Profit marked at the microprice, fees taken off. */
  readonly pnlUsdc: number;
  readonly feesUsdc: number;
  /** Value of everything executed. */
  readonly turnoverUsdc: number;
  /** Largest value held in one market, long or short, at the price of the moment. */
  readonly maxPositionUsdc: number;
  /** Mean over samples of the spread at the touch, our own orders taken out. */
  readonly spreadBps: number | null;
  /** Mean over samples with a bid and an ask of ours resting. */
  readonly ourSpreadBps: number | null;
  /** Share of samples with both sides of ours resting, %. */
  readonly quotedPercent: number;
}

/** A session or a backtest in figures. */
export interface SessionFigures extends ReportFigures {
  readonly markets: Readonly<Record<string, ReportFigures>>;
  readonly spanSeconds: number;
  /** Greatest fall of the profit from its peak so far. */
  readonly maxDrawdownUsdc: number;
  /**
   * Mean over standard deviation of the profit's changes over 10 s, times the root of such spans in a year (Sharpe 1994, without a
   * riskless rate); null with fewer than 30 changes, or when nothing varied.
   */
  readonly sharpe: number | null;
  /**
   * Its standard error for independent changes, √((1 + s²/2) / n) with s the ratio of one span, annualised as it is (Lo 2002, "The
   * Statistics of Sharpe Ratios"); null with it.
   */
  readonly sharpeError: number | null;
  /** `[seconds since the start, profit]`, at most {@link CURVE_MOST} points. */
  readonly equityCurve: readonly (readonly [number, number])[];
}

const SHARPE_SPAN_US = 10 * MICROS_PER_SECOND;
const SHARPE_CHANGES_LEAST = 30;
const SECONDS_A_YEAR = 31_536_000;

/** Points of the equity curve; when it is full every second one is dropped and the step doubles. */
export const CURVE_MOST = 1_000;

interface RestingOrder {
  readonly side: Side;
  readonly tick: number;
  /** Whether the venue has confirmed it: before that a trade at its price is not held against it. */
  confirmed: boolean;
  touched: boolean;
  filled: boolean;
}

interface MarketState {
  readonly market: Market;
  readonly resting: Map<string, RestingOrder>;
  working: readonly LiveOrder[];
  position: Position | undefined;
  markTick: number;
  placed: number;
  cancelled: number;
  refused: number;
  filled: number;
  touched: number;
  touchedAndFilled: number;
  turnoverUsdc: number;
  maxPositionUsdc: number;
  samples: number;
  spreadSum: number;
  ourSamples: number;
  ourSpreadSum: number;
}

/**
 * Adds up what the pipeline decided, and what traded, into the figures of a report. Plain sums over the events as they come:
 * the same in a live session, a backtest and a replay.
 */
export class SessionReport {
  readonly #markets: Map<string, MarketState>;
  #startUs = -1;
  #nowUs = 0;
  #peakUsdc = 0;
  #maxDrawdownUsdc = 0;
  #spanEndUs = 0;
  #spanStartUsdc = 0;
  #changes = 0;
  #changeSum = 0;
  #changeSquareSum = 0;
  #curve: (readonly [number, number])[] = [];
  #curveStepUs = MICROS_PER_SECOND;
  #curveDueUs = 0;

  constructor(markets: readonly Market[]) {
    this.#markets = new Map(markets.map((market) => [market.symbol, freshMarket(market)]));
  }

  /** Takes in a decision, in order. */
  decided(decision: Decision): void {
    switch (decision.kind) {
      case 'fairValue':
        this.#valued(decision);
        break;
      case 'order':
        this.#ordered(decision);
        break;
      case 'working': {
        const state = this.#markets.get(decision.market);
        if (state !== undefined) state.working = decision.orders;
        break;
      }
      case 'fill': {
        const state = this.#markets.get(decision.market);
        const order = state?.resting.get(decision.clientOrderId);
        if (state === undefined) break;
        state.turnoverUsdc += decision.lots * lotValueQuote(state.market, decision.microTicks / 1_000_000);
        if (order !== undefined && !order.filled) {
          order.filled = true;
          order.touched = true;
          state.filled += 1;
        }
        break;
      }
      case 'position': {
        const state = this.#markets.get(decision.market);
        if (state === undefined) break;
        state.position = decision;
        holding(state);
        break;
      }
    }
  }

  /** Takes in a trade between others: it shows which of our prices traded. */
  traded(trade: Trade): void {
    const state = this.#markets.get(trade.market);
    if (state === undefined) return;
    for (const order of state.resting.values()) {
      if (!order.confirmed) continue;
      if (order.side === 'buy' ? trade.tick <= order.tick : trade.tick >= order.tick) order.touched = true;
    }
  }

  /** The figures so far. */
  figures(): SessionFigures {
    const states = [...this.#markets.values()];
    const markets = Object.fromEntries(states.map((state) => [state.market.symbol, figuresOf([state])]));
    return {
      ...figuresOf(states),
      markets,
      spanSeconds: this.#startUs < 0 ? 0 : (this.#nowUs - this.#startUs) / MICROS_PER_SECOND,
      maxDrawdownUsdc: this.#maxDrawdownUsdc,
      ...this.#sharpe(),
      equityCurve: [...this.#curve],
    };
  }

  #valued(fair: FairValue): void {
    const state = this.#markets.get(fair.market);
    if (state === undefined) return;
    if (this.#startUs < 0) {
      this.#startUs = fair.timeUs;
      this.#spanEndUs = fair.timeUs + SHARPE_SPAN_US;
    }
    this.#nowUs = fair.timeUs;
    if (fair.quality === 'live') look(state, fair);
    this.#account();
  }

  #ordered(update: OrderUpdate): void {
    const state = this.#markets.get(update.market);
    if (state === undefined) return;
    const { clientOrderId, side, tick, status } = update;
    if (status === 'placing' && !state.resting.has(clientOrderId)) {
      state.placed += 1;
      state.resting.set(clientOrderId, { side, tick, confirmed: false, touched: false, filled: false });
    }
    const known = state.resting.get(clientOrderId);
    if (status === 'resting' && known !== undefined) known.confirmed = true;
    if (status === 'placing' || status === 'resting' || status === 'cancelling') return;
    if (status === 'cancelled') state.cancelled += 1;
    if (status === 'refused') state.refused += 1;
    const order = state.resting.get(clientOrderId);
    state.resting.delete(clientOrderId);
    if (order?.touched !== true) return;
    state.touched += 1;
    if (order.filled) state.touchedAndFilled += 1;
  }

  #account(): void {
    let pnl = 0;
    for (const state of this.#markets.values()) pnl += pnlOf(state);
    this.#peakUsdc = Math.max(this.#peakUsdc, pnl);
    this.#maxDrawdownUsdc = Math.max(this.#maxDrawdownUsdc, this.#peakUsdc - pnl);
    if (this.#nowUs >= this.#spanEndUs) {
      const change = pnl - this.#spanStartUsdc;
      this.#changes += 1;
      this.#changeSum += change;
      this.#changeSquareSum += change * change;
      this.#spanStartUsdc = pnl;
      this.#spanEndUs = this.#nowUs + SHARPE_SPAN_US;
    }
    if (this.#nowUs < this.#curveDueUs) return;
    this.#curve.push([(this.#nowUs - this.#startUs) / MICROS_PER_SECOND, pnl]);
    if (this.#curve.length >= CURVE_MOST) {
      this.#curve = this.#curve.filter((_, i) => i % 2 === 0);
      this.#curveStepUs *= 2;
    }
    this.#curveDueUs = this.#nowUs + this.#curveStepUs;
  }

  #sharpe(): Pick<SessionFigures, 'sharpe' | 'sharpeError'> {
    const n = this.#changes;
    const mean = this.#changeSum / n;
    const variance = this.#changeSquareSum / n - mean * mean;
    if (n < SHARPE_CHANGES_LEAST || !(variance > 1e-18)) return { sharpe: null, sharpeError: null };
    const ofOne = mean / Math.sqrt(variance);
    const toYear = Math.sqrt((SECONDS_A_YEAR * MICROS_PER_SECOND) / SHARPE_SPAN_US);
    return { sharpe: ofOne * toYear, sharpeError: Math.sqrt((1 + ofOne ** 2 / 2) / n) * toYear };
  }
}

function freshMarket(market: Market): MarketState {
  return {
    market,
    resting: new Map(),
    working: [],
    position: undefined,
    markTick: 0,
    placed: 0,
    cancelled: 0,
    refused: 0,
    filled: 0,
    touched: 0,
    touchedAndFilled: 0,
    turnoverUsdc: 0,
    maxPositionUsdc: 0,
    samples: 0,
    spreadSum: 0,
    ourSamples: 0,
    ourSpreadSum: 0,
  };
}

function look(state: MarketState, fair: FairValue): void {
  state.markTick = fair.micropriceTick;
  state.samples += 1;
  state.spreadSum += ((fair.askTick - fair.bidTick) / fair.micropriceTick) * 10_000;
  holding(state);
  let bidTick = 0;
  let askTick = Number.POSITIVE_INFINITY;
  for (const { side, tick, resting } of state.working) {
    if (!resting) continue;
    if (side === 'buy') bidTick = Math.max(bidTick, tick);
    else askTick = Math.min(askTick, tick);
  }
  if (bidTick === 0 || askTick === Number.POSITIVE_INFINITY) return;
  state.ourSamples += 1;
  state.ourSpreadSum += ((askTick - bidTick) / fair.micropriceTick) * 10_000;
}

/** Keeps the largest value held, at the newest price. */
function holding(state: MarketState): void {
  if (state.position === undefined || state.markTick === 0) return;
  const held = Math.abs(state.position.lots) * lotValueQuote(state.market, state.markTick);
  state.maxPositionUsdc = Math.max(state.maxPositionUsdc, held);
}

function pnlOf({ market, position, markTick }: MarketState): number {
  if (position === undefined || markTick === 0) return 0;
  return equityInQuote(market, BigInt(position.cashQuanta), BigInt(position.feesQuanta), position.lots, markTick);
}

function figuresOf(states: readonly MarketState[]): ReportFigures {
  const sum = (of: (state: MarketState) => number): number => states.reduce((total, state) => total + of(state), 0);
  const samples = sum((state) => state.samples);
  const ourSamples = sum((state) => state.ourSamples);
  const open = states.flatMap((state) => [...state.resting.values()].filter((order) => order.touched));
  const touched = sum((state) => state.touched) + open.length;
  const touchedAndFilled = sum((state) => state.touchedAndFilled) + open.filter((order) => order.filled).length;
  return {
    ordersPlaced: sum((state) => state.placed),
    ordersCancelled: sum((state) => state.cancelled),
    ordersRefused: sum((state) => state.refused),
    ordersFilled: sum((state) => state.filled),
    fills: sum((state) => state.position?.fills ?? 0),
    fillRatePercent: touched === 0 ? null : (100 * touchedAndFilled) / touched,
    pnlUsdc: sum(pnlOf),
    feesUsdc: sum(({ market, position, markTick }) =>
      position === undefined ? 0 : inQuote(market, BigInt(position.feesQuanta), markTick),
    ),
    turnoverUsdc: sum((state) => state.turnoverUsdc),
    maxPositionUsdc: states.reduce((most, state) => Math.max(most, state.maxPositionUsdc), 0),
    spreadBps: samples === 0 ? null : sum((state) => state.spreadSum) / samples,
    ourSpreadBps: ourSamples === 0 ? null : sum((state) => state.ourSpreadSum) / ourSamples,
    quotedPercent: samples === 0 ? 0 : (100 * ourSamples) / samples,
  };
}
