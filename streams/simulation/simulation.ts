import { Answers, type ExchangeSide, type OnExecution } from './exchange_side.ts';
import { OrderBus } from './order_bus.ts';
import type { OrderLatency } from './order_latency.ts';
import { type RowPages, SimulatedMarket } from './simulated_market.ts';
import type { Desk, DeskMarket, Strategy } from './strategy.ts';
import { TradingDesk } from './trading_desk.ts';

/** One market of a simulation. */
export interface MarketPlan {
  readonly market: DeskMarket;
  readonly pages: RowPages;
  readonly latency: OrderLatency;
  /** Makes the exchange: of levels or of orders, with a queue model. */
  exchange(answers: Answers): ExchangeSide;
}

/** Who looks on: the books of fills and of equity are made by it, not by the engine. Called in the order of time in each market. */
export interface Watcher {
  /** An order was executed at the exchange; we hear of it later. */
  execution?(desk: Desk, ...execution: Parameters<OnExecution>): void;
  /** After each wake of the strategy. */
  wake?(nowNs: number, desks: readonly Desk[]): void;
}

/** What ran. */
export interface SimulationCounts {
  readonly wakes: number;
  /** Orders and cancels sent. */
  readonly requests: number;
}

/**
 * A strategy on the tapes of several markets. Markets meet in the strategy only, so each runs alone from one wake to the next, and
 * at a wake all are known up to its time: the order of rows across markets never has to be found out.
 */
export class Simulation {
  readonly #markets: readonly SimulatedMarket[];
  readonly #desks: readonly TradingDesk[];
  readonly #strategy: Strategy;
  readonly #watcher: Watcher;
  /** With one market an answer may bring the next wake forward, to what the strategy then wants. */
  readonly #replan: ((untilNs: number) => number) | undefined;
  #nowNs: number;
  #wakes = 0;

  constructor(plans: readonly MarketPlan[], strategy: Strategy, watcher: Watcher = {}) {
    if (!(strategy.intervalNs > 0)) throw new RangeError(`interval of ${strategy.intervalNs} ns: expected above 0`);
    this.#strategy = strategy;
    this.#watcher = watcher;
    this.#markets = plans.map((plan, index) => this.#market(plan, index));
    this.#desks = this.#markets.map(({ desk }) => desk);
    this.#nowNs = this.#nextNs();
    const replans = plans.length === 1 && strategy.nextWakeNs !== undefined;
    this.#replan = replans ? (untilNs) => this.#earlier(untilNs) : undefined;
  }

  /** Runs on to the next wake. @returns false when nothing is left to happen, and then the strategy isn't woken */
  step(): boolean {
    const plannedNs = this.#plan();
    let untilNs = plannedNs;
    for (const market of this.#markets) untilNs = market.advance(plannedNs, this.#replan);
    if (this.#nextNs() === Number.POSITIVE_INFINITY || untilNs === Number.POSITIVE_INFINITY) return false;
    this.#nowNs = untilNs;
    this.#wakes += 1;
    this.#strategy.wake(untilNs, this.#desks);
    this.#watcher.wake?.(untilNs, this.#desks);
    return true;
  }

  /** Runs to the end of all tapes. */
  run(): SimulationCounts {
    while (this.step());
    return this.counts;
  }

  get counts(): SimulationCounts {
    return { wakes: this.#wakes, requests: this.#desks.reduce((sum, { requests }) => sum + requests, 0) };
  }

  get desks(): readonly Desk[] {
    return this.#desks;
  }

  /** When the strategy wants to be woken. */
  #plan(): number {
    const strategy = this.#strategy;
    if (strategy.nextWakeNs === undefined) return this.#nowNs + strategy.intervalNs;
    const nextNs = strategy.nextWakeNs();
    if (nextNs > this.#nowNs || this.#wakes === 0) return nextNs;
    throw new RangeError(`a wake at ${nextNs} ns: expected after the last one, at ${this.#nowNs} ns`);
  }

  #earlier(untilNs: number): number {
    return Math.min(untilNs, Math.max(this.#strategy.nextWakeNs!(), this.#desks[0]!.nowNs));
  }

  #nextNs(): number {
    let nextNs = Number.POSITIVE_INFINITY;
    for (const market of this.#markets) nextNs = Math.min(nextNs, market.nextNs);
    return nextNs;
  }

  #market({ market, pages, latency, exchange }: MarketPlan, index: number): SimulatedMarket {
    const toExchange = new OrderBus();
    const toUs = new OrderBus();
    const desk = new TradingDesk(index, market, toExchange, toUs, latency);
    const answers = new Answers(toUs, latency, (...execution) => this.#watcher.execution?.(desk, ...execution));
    return new SimulatedMarket({ pages, exchange: exchange(answers), desk, toExchange, toUs }, this.#strategy);
  }
}
