import type { Reducer, Turn } from '../../streams/actor/reducer.ts';
import type { FairValue } from '../../streams/fairvalue/fair_value.ts';
import { type MoneyInput, type MoneyOutput, money } from '../../streams/fills/money.ts';
import type { FeeParameters } from '../../streams/fills/positions.ts';
import type { Market } from '../../streams/market/types.ts';
import type { Caused, Fill, OrderUpdate } from '../../streams/orders/types.ts';
import { type SessionFigures, SessionReport } from '../../streams/report/session_report.ts';
import { SEEN, type SeenRows } from '../../streams/simulation/rows.ts';
import type { Watcher } from '../../streams/simulation/simulation.ts';
import type { Answer, Desk, OwnOrder, Strategy } from '../../streams/simulation/strategy.ts';
import { NO_ASK } from '../../streams/simulation/touch_book.ts';

type Money = typeof money extends (...args: never[]) => Reducer<infer State, MoneyInput, MoneyOutput> ? State : never;

/** Something that happened since the last wake. */
interface Happened {
  readonly timeNs: number;
  /** Number of the market. */
  readonly market: number;
  readonly book: () => void;
}

/** An order as it was when something was told of it: the engine goes on changing its own. */
type Placed = Pick<OwnOrder, 'id' | 'side' | 'tick' | 'lots' | 'leftLots'>;

const placedOf = ({ id, side, tick, lots, leftLots }: OwnOrder): Placed => ({ id, side, tick, lots, leftLots });

/** Time between two marks: the grid that decisions and reports of the live pipeline have. */
const MARK_NS = 200e6;
const SECOND_US = 1_000_000;
const NANOS_PER_MICRO = 1_000;
const MICROS_PER_TICK = 1_000_000;

/**
 * The report of a strategy on the engine: its executions and the mids go through the money stage that a live session has, so that
 * profit, where it comes from, markouts and curves mean the same. Executions count when they happen at the exchange, mids when we see
 * them. Attach {@link watcher} to the simulation, and run {@link watched} in the strategy's place.
 */
export class StrategyReport {
  readonly report: SessionReport;
  readonly watcher: Watcher;
  readonly #markets: readonly Market[];
  readonly #originUs: number;
  readonly #money: Reducer<Money, MoneyInput, MoneyOutput>;
  readonly #state: Money;
  readonly #turn: Turn<MoneyOutput>;
  readonly #happened: Happened[] = [];
  #nowUs = 0;
  #seq = 0;
  #markDueNs = Number.NEGATIVE_INFINITY;
  #secondDueUs = Number.NEGATIVE_INFINITY;

  /** @param originS the whole second since the epoch that the tapes' times count from */
  constructor(markets: readonly Market[], fees: FeeParameters, originS: number) {
    this.report = new SessionReport(markets);
    this.#markets = markets;
    this.#originUs = originS * SECOND_US;
    this.#money = money(markets, fees);
    this.#state = this.#money.initial();
    this.#turn = {
      emit: (output) => this.report.decided(output),
      nowUs: () => this.#nowUs,
      nextSeq: () => this.#nextSeq(),
    };
    this.watcher = {
      execution: ({ index }, order, timeNs, tick, lots, maker) => {
        const placed = placedOf(order);
        this.#later(timeNs, index, () => this.#executed(index, placed, tick, lots, maker));
      },
      wake: (nowNs, desks) => this.#wake(nowNs, desks),
    };
  }

  /** The strategy, with its orders counted. */
  watched(strategy: Strategy): Strategy {
    const { intervalNs, book } = strategy;
    return {
      intervalNs,
      ...(book !== undefined && { book }),
      observe: (desk, rows, from, to) => {
        if (desk.orders.length > 0) this.#observed(desk, rows, from, to);
        strategy.observe?.(desk, rows, from, to);
      },
      hear: (desk, answer) => {
        const { kind, order } = answer;
        const placed = placedOf(order);
        this.#later(desk.nowNs, desk.index, () => this.#heard(desk.index, kind, placed));
        strategy.hear?.(desk, answer);
      },
      wake: (nowNs, desks) => strategy.wake(nowNs, desks),
    };
  }

  /** Ends the run. @returns the figures; the curves are those of {@link report} */
  finish(): SessionFigures {
    this.#settle();
    this.#money.step(this.#state, { kind: 'second', timeUs: this.#nowUs }, this.#turn);
    return this.report.figures();
  }

  /** Which of our prices traded shows in the lowest and the highest trade: what rests is the same for all of these rows. */
  #observed({ index }: Desk, { localSees, localNs, tick }: SeenRows, from: number, to: number): void {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = from; at < to; at += 1) {
      const seen = localSees[at]!;
      if (seen !== SEEN.buyTrade && seen !== SEEN.sellTrade) continue;
      if (tick[at]! < low) low = tick[at]!;
      if (tick[at]! > high) high = tick[at]!;
    }
    if (high < low) return;
    this.#later(localNs[to - 1]!, index, () => {
      for (const traded of low === high ? [low] : [low, high]) this.#traded(index, traded);
    });
  }

  #traded(market: number, tick: number): void {
    const { symbol } = this.#markets[market]!;
    const trade = { kind: 'trade', seq: this.#seq, timeUs: this.#nowUs, market: symbol, tick } as const;
    this.report.traded({ ...trade, side: 'buy', lots: 0, tradeId: 0, eventUs: 0 });
  }

  #wake(nowNs: number, desks: readonly Desk[]): void {
    this.#settle();
    this.#nowUs = this.#timeUs(nowNs);
    if (nowNs >= this.#markDueNs) {
      this.#markDueNs = nowNs + MARK_NS;
      for (const desk of desks) this.#mark(desk);
    }
    if (this.#nowUs < this.#secondDueUs) return;
    this.#secondDueUs = this.#nowUs + SECOND_US;
    this.#money.step(this.#state, { kind: 'second', timeUs: this.#nowUs }, this.#turn);
  }

  #later(timeNs: number, market: number, book: () => void): void {
    this.#happened.push({ timeNs, market, book });
  }

  /** Books what happened since the last wake, in the order of time over all markets. */
  #settle(): void {
    for (const { timeNs, book } of this.#happened.sort((a, b) => a.timeNs - b.timeNs || a.market - b.market)) {
      this.#nowUs = this.#timeUs(timeNs);
      book();
    }
    this.#happened.length = 0;
  }

  #executed(market: number, order: Placed, tick: number, lots: number, maker: boolean): void {
    const { symbol } = this.#markets[market]!;
    // One that takes at once is executed before anything else is told of it.
    this.report.decided({ ...this.#orderOf(market, order), status: 'placing' });
    const { id, side } = order;
    const fill: Fill = {
      kind: 'fill',
      ...this.#stamp(),
      market: symbol,
      clientOrderId: `${symbol} ${id}`,
      settlementId: `${symbol} ${id} ${this.#seq}`,
      side: side > 0 ? 'buy' : 'sell',
      lots,
      microTicks: Math.round(tick * MICROS_PER_TICK),
      liquidity: maker ? 'maker' : 'taker',
      height: 0,
    };
    this.report.decided(fill);
    this.#money.step(this.#state, fill, this.#turn);
  }

  #mark(desk: Desk): void {
    const { bidTick, askTick, orders } = desk;
    if (bidTick <= 0 || askTick >= NO_ASK || bidTick >= askTick) return;
    const market = this.#markets[desk.index]!.symbol;
    const live = orders.map(({ side, tick, leftLots, state }) => ({
      side: side > 0 ? ('buy' as const) : ('sell' as const),
      tick,
      lots: leftLots,
      resting: state === 'working',
    }));
    this.report.decided({ kind: 'working', ...this.#stamp(), market, orders: live });
    const fair: FairValue = {
      ...NO_ESTIMATE,
      ...this.#stamp(),
      market,
      fairTick: (bidTick + askTick) / 2,
      bidTick,
      askTick,
    };
    this.report.decided(fair);
    this.#money.step(this.#state, fair, this.#turn);
  }

  #heard(market: number, kind: Answer['kind'], order: Placed): void {
    const status = kind === 'expired' && order.leftLots < order.lots ? 'cancelled' : STATUS[kind];
    if (status === undefined) return;
    const told = this.#orderOf(market, order);
    // An order counts as placed with the first thing that is heard of it; one that is filled in part rests on.
    this.report.decided({ ...told, status: 'placing' });
    if (status !== 'filled' || order.leftLots === 0) this.report.decided({ ...told, status });
  }

  #orderOf(market: number, { id, side, tick, lots, leftLots }: Placed): Omit<OrderUpdate, 'status'> {
    const { symbol } = this.#markets[market]!;
    return {
      ...{ kind: 'order', ...this.#stamp(), market: symbol, clientOrderId: `${symbol} ${id}`, orderId: String(id) },
      ...{ side: side > 0 ? 'buy' : 'sell', tick, lots, remainingLots: leftLots },
    };
  }

  #stamp(): Caused {
    return { seq: this.#nextSeq(), timeUs: this.#nowUs, causes: [] };
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #timeUs(timeNs: number): number {
    return this.#originUs + Math.floor(timeNs / NANOS_PER_MICRO);
  }
}

/** What an answer makes of an order; a cancel that came too late makes nothing of it. */
const STATUS: Readonly<Partial<Record<Answer['kind'], 'resting' | 'filled' | 'cancelled' | 'refused'>>> = {
  accepted: 'resting',
  filled: 'filled',
  cancelled: 'cancelled',
  expired: 'refused',
};

/** A fair value of which nothing but the touch is known. */
const NO_ESTIMATE = {
  lastTradeTick: -1,
  lastTradeUs: -1,
  kind: 'fairValue',
  quality: 'live',
  micropriceTick: 0,
  bidLots: 0,
  askLots: 0,
  bids: [],
  asks: [],
  flow: 0,
  sigmaBps: 0,
  usualSigmaBps: 0,
  toxicity: 0,
  arrivals: { perS: 0, kappa: 0, known: false, tradesPerS: 0 },
} as const;
