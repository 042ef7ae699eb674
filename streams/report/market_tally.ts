import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Position } from '../fills/positions.ts';
import { lotValueQuote } from '../market/money.ts';
import type { Market, Side, Trade } from '../market/types.ts';
import type { Fill, LiveOrder, OrderUpdate } from '../orders/types.ts';
import { Curve, Thinned } from './curve.ts';
import { MarkoutSums } from './markout_figures.ts';

/** A fill as a chart shows it: `[seconds since the start, side, price, lots]`. */
export type FillPoint = readonly [seconds: number, side: Side, price: number, lots: number];

interface RestingOrder {
  readonly side: Side;
  readonly tick: number;
  /** Whether the venue has confirmed it: before that a trade at its price is not held against it. */
  confirmed: boolean;
  touched: boolean;
  filled: boolean;
}

/** What is counted of one market. */
interface Counts {
  placed: number;
  cancelled: number;
  refused: number;
  filled: number;
  touched: number;
  touchedAndFilled: number;
  fills: number;
  turnoverUsdc: number;
  maxPositionUsdc: number;
  samples: number;
  spreadSum: number;
  ourSamples: number;
  ourSpreadSum: number;
}

const NOTHING: Counts = {
  placed: 0,
  cancelled: 0,
  refused: 0,
  filled: 0,
  touched: 0,
  touchedAndFilled: 0,
  fills: 0,
  turnoverUsdc: 0,
  maxPositionUsdc: 0,
  samples: 0,
  spreadSum: 0,
  ourSamples: 0,
  ourSpreadSum: 0,
};

/** Everything that a report counts of one market, and the curves that it draws. */
export class MarketTally {
  readonly market: Market;
  counts: Counts = { ...NOTHING };
  markouts = new MarkoutSums();
  prices = new Curve();
  positions = new Curve();
  fillPoints = new Thinned<FillPoint>();
  readonly #resting = new Map<string, RestingOrder>();
  #working: readonly LiveOrder[] = [];
  #positionLots = 0;
  #midTick = 0;

  constructor(market: Market) {
    this.market = market;
  }

  /** Counts anew; what rests and what is held stays known. */
  restart(): void {
    this.counts = { ...NOTHING };
    this.markouts = new MarkoutSums();
    this.prices = new Curve();
    this.positions = new Curve();
    this.fillPoints = new Thinned();
  }

  /** Another session begins: its orders and positions are told anew. */
  nextSession(): void {
    for (const order of this.#resting.values()) this.#ended(order);
    this.#resting.clear();
    this.#working = [];
    this.#positionLots = 0;
  }

  /** Orders that rest and whose price traded, as if they ended now: `[touched, filled too]`. */
  get open(): readonly [touched: number, filled: number] {
    const touched = [...this.#resting.values()].filter((order) => order.touched);
    return [touched.length, touched.filter((order) => order.filled).length];
  }

  /** What rests and may rest of ours. */
  working(orders: readonly LiveOrder[]): void {
    this.#working = orders;
  }

  traded({ tick }: Trade): void {
    for (const order of this.#resting.values()) {
      if (!order.confirmed) continue;
      if (order.side === 'buy' ? tick <= order.tick : tick >= order.tick) order.touched = true;
    }
  }

  ordered({ clientOrderId, side, tick, status }: OrderUpdate): void {
    if (status === 'placing' && !this.#resting.has(clientOrderId)) {
      this.counts.placed += 1;
      this.#resting.set(clientOrderId, { side, tick, confirmed: false, touched: false, filled: false });
    }
    const order = this.#resting.get(clientOrderId);
    if (status === 'resting' && order !== undefined) order.confirmed = true;
    if (status === 'placing' || status === 'resting' || status === 'cancelling') return;
    if (status === 'cancelled') this.counts.cancelled += 1;
    if (status === 'refused') this.counts.refused += 1;
    this.#resting.delete(clientOrderId);
    if (order !== undefined) this.#ended(order);
  }

  filled(fill: Fill, startUs: number): void {
    const { counts, market } = this;
    const tick = fill.microTicks / 1_000_000;
    counts.fills += 1;
    counts.turnoverUsdc += fill.lots * lotValueQuote(market, tick);
    // What was executed while nobody was here is told before the first sample.
    const seconds = startUs < 0 ? 0 : (fill.timeUs - startUs) / 1_000_000;
    this.fillPoints.add([seconds, fill.side, tick * Number(market.tickSize), fill.lots]);
    const order = this.#resting.get(fill.clientOrderId);
    if (order === undefined || order.filled) return;
    order.filled = true;
    order.touched = true;
    counts.filled += 1;
  }

  held({ lots }: Position): void {
    this.#positionLots = lots;
    this.#holding();
  }

  /** Looks at the market and at our quotes in it, which are taken out of it. */
  sampled(fair: FairValue, startUs: number): void {
    const { counts, market } = this;
    const midTick = (fair.bidTick + fair.askTick) / 2;
    this.#midTick = midTick;
    this.prices.add(fair.timeUs, startUs, midTick * Number(market.tickSize));
    this.positions.add(fair.timeUs, startUs, this.#positionLots * lotValueQuote(market, midTick));
    counts.samples += 1;
    counts.spreadSum += ((fair.askTick - fair.bidTick) / midTick) * 10_000;
    this.#holding();
    let bidTick = 0;
    let askTick = Number.POSITIVE_INFINITY;
    for (const { side, tick, resting } of this.#working) {
      if (!resting) continue;
      if (side === 'buy') bidTick = Math.max(bidTick, tick);
      else askTick = Math.min(askTick, tick);
    }
    if (bidTick === 0 || askTick === Number.POSITIVE_INFINITY) return;
    counts.ourSamples += 1;
    counts.ourSpreadSum += ((askTick - bidTick) / midTick) * 10_000;
  }

  /** Keeps the largest value held, at the newest price. */
  #holding(): void {
    const held = Math.abs(this.#positionLots) * lotValueQuote(this.market, this.#midTick);
    this.counts.maxPositionUsdc = Math.max(this.counts.maxPositionUsdc, held);
  }

  #ended({ touched, filled }: RestingOrder): void {
    if (!touched) return;
    this.counts.touched += 1;
    if (filled) this.counts.touchedAndFilled += 1;
  }
}
