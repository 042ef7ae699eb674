import { LANES } from '../../streams/actor/kernel.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import { LocalBook, type LocalBookState } from '../../streams/market/local_book.ts';
import type { MarketInput, MarketStretch } from '../../streams/market/types.ts';
import type { OrderBatch, Settlement } from '../../streams/orders/types.ts';
import { SessionReport } from '../../streams/report/session_report.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import type { SeenRows } from '../../streams/simulation/rows.ts';
import type { Answer, Desk, OwnOrder, Strategy } from '../../streams/simulation/strategy.ts';
import type { Inference } from '../inference/inference.ts';
import type { VirtualModels } from '../inference/virtual_models.ts';
import { Reactor } from '../runtime/reactor.ts';
import { RowInputs } from '../tape/row_inputs.ts';
import type { TapeReading } from './arrow_tapes.ts';
import { BatchUnderWay } from './batch_under_way.ts';
import type { BacktestOutcome } from './engine.ts';
import { Rejects } from './rejects.ts';

const MICROS_PER_S = 1_000_000;
const NANOS_PER_MICRO = 1_000;
const MICRO_TICKS = 1_000_000;

/** A wake comes before everything else of its instant, rows and answers; those are told at whole nanoseconds. */
const BEFORE_NS = 0.5;

/** What the pipeline runs on as a strategy. */
export interface LivePipelineOptions {
  readonly settings: AccountSettings;
  readonly seed: number;
  /** Who predicts, for settings that make features. */
  readonly models?: VirtualModels | undefined;
  /** The whole second since the epoch that the tapes' times count from, and when the first row is received. */
  readonly originS: number;
  readonly firstNs: number;
  /** Sees every decision, in order. */
  readonly onDecision?: (decision: Decision) => void;
  readonly onFailure?: (description: string) => void;
}

/**
 * The pipeline that trades live, as a strategy of the simulation: rows become its inputs in stretches, it is woken whenever one
 * of its timers is due, its batches become orders and cancels, and the answers to them what its venue reports.
 *
 * A batch counts as committed when all of its orders and cancels have been answered. With several markets batches that
 * answers lead to wait for the next wake, as the markets are at different times until then.
 */
export class LivePipeline implements Strategy {
  readonly intervalNs: number;
  readonly book = 'none';
  readonly #options: LivePipelineOptions;
  readonly #reactor: Reactor;
  readonly #report: SessionReport;
  readonly #rejects = new Rejects();
  readonly #stretches: readonly Stretch[];
  readonly #eventByEvent: boolean;
  readonly #originUs: number;
  readonly #orders = new Map<string, OwnOrder>();
  #inference: Inference | undefined;
  #desks: readonly Desk[] = [];
  #underWay: BatchUnderWay | undefined;
  /** Batches that wait for a wake. */
  #outbox: OrderBatch[] = [];
  #sending = false;
  #seq = 0;
  #height = 0;
  #settlements = 0;

  constructor(options: LivePipelineOptions) {
    const { settings, seed, originS, firstNs, onFailure } = options;
    const startUs = originS * MICROS_PER_S + Math.floor(firstNs / NANOS_PER_MICRO);
    this.#options = options;
    this.#originUs = originS * MICROS_PER_S;
    this.intervalNs = settings.markets[0]!.sampling.periodMs * MICROS_PER_S;
    this.#report = new SessionReport(settings.markets.map(({ market }) => market));
    this.#eventByEvent = settings.markets.some(
      ({ features, predictions }) => features !== null || predictions !== null,
    );
    const number = (): number => this.#number();
    this.#stretches = settings.markets.map(
      ({ market }) => new Stretch(new RowInputs(market, originS), market.symbol, number, this.#report),
    );
    // The simulated exchange answers orders and says nothing else: its silence means nothing.
    const conditions = { ...settings.conditions, disconnectedAfterMs: 0 };
    this.#reactor = new Reactor(
      { settings: { ...settings, conditions }, seed, startUs },
      {
        onDecision: (decision) => this.#decided(decision),
        ...(onFailure && {
          onFailure: ({ actor, error, decision }) => onFailure(`${actor}: ${String(error)} (${decision})`),
        }),
      },
    );
    this.#inference = options.models?.run((said) => this.#deliver(said, this.#reactor.clock.nowUs()));
    this.#deliver({ kind: 'block', height: 0, chainTimeUs: startUs, seq: 0, timeUs: 0 }, startUs);
  }

  /** Inputs of the market so far. */
  get events(): number {
    return this.#stretches.reduce((sum, { events }) => sum + events, 0);
  }

  /** What has been read of each market. */
  get readings(): readonly TapeReading[] {
    return this.#stretches;
  }

  nextWakeNs(): number {
    return (this.#reactor.clock.nextDueUs() - this.#originUs) * NANOS_PER_MICRO - BEFORE_NS;
  }

  observe(desk: Desk, rows: SeenRows, from: number, to: number): void {
    const stretch = this.#stretches[desk.index]!;
    stretch.feed(rows, from, to);
    if (!this.#eventByEvent) {
      stretch.timeUs = this.#atUs(rows.localNs[to - 1]!);
      this.#reactor.take(stretch);
      // What nobody took, because the market's actor has failed, is lost as it is live.
      while (stretch.next() !== null);
      return;
    }
    for (let input = stretch.next(); input !== null; input = stretch.next()) {
      input.timeUs = Math.max(input.timeUs, this.#reactor.clock.nowUs());
      this.#reactor.take(input);
    }
  }

  hear(desk: Desk, answer: Answer): void {
    // Not known before it is here: up to the next whole microsecond.
    const nowUs = this.#atUs(desk.nowNs + NANOS_PER_MICRO - BEFORE_NS);
    const { order, kind } = answer;
    this.#sending = this.#desks.length === 1;
    if (kind !== 'filled') this.#underWay?.answered(order, kind);
    else {
      const settlement = this.#settlementOf(desk, answer);
      if (this.#underWay?.places(order) === true) this.#underWay.settlements.push(settlement);
      else this.#deliver(settlement, nowUs);
    }
    this.#commit(nowUs);
    if (order.state === 'gone') this.#orders.delete(idOf(desk, order));
    this.#sending = false;
  }

  wake(nowNs: number, desks: readonly Desk[]): void {
    this.#desks = desks;
    this.#sending = true;
    const waiting = this.#outbox;
    this.#outbox = [];
    for (const batch of waiting) this.#send(batch);
    this.#reactor.clock.advanceTo(this.#originUs + Math.ceil(nowNs / NANOS_PER_MICRO));
    this.#commit(this.#reactor.clock.nowUs());
    this.#sending = false;
  }

  /** Time stands still until the models have answered what a wake made of it. To be awaited between two wakes. */
  async settled(): Promise<void> {
    if (this.#inference?.pending !== true) return;
    this.#sending = true;
    await this.#inference.settled();
    this.#commit(this.#reactor.clock.nowUs());
    this.#sending = false;
  }

  /** Ends the run. */
  finish(): BacktestOutcome {
    const books = this.#books();
    const all = [...books.values()];
    const { digest } = this.#reactor;
    return {
      report: this.#report,
      decisionsHash: digest.hash,
      decisions: digest.decisions,
      events: this.events,
      rejects: this.#rejects.all,
      bookComparisons: all.reduce((sum, { comparisons }) => sum + comparisons, 0),
      bookMismatches: all.reduce((sum, { mismatches }) => sum + mismatches, 0),
      books,
    };
  }

  /** The books of the pipeline as they are now. */
  #books(): Map<string, LocalBook> {
    const states = this.#reactor.snapshot()?.kernel.states ?? {};
    const bookOf = (symbol: string): LocalBook => {
      const state = states[`market[${symbol}]`] as { view: LocalBookState } | undefined;
      return state === undefined ? new LocalBook(symbol) : LocalBook.decode(symbol, state.view);
    };
    return new Map(this.#options.settings.markets.map(({ market: { symbol } }) => [symbol, bookOf(symbol)]));
  }

  #number(): number {
    this.#seq += LANES;
    return this.#seq;
  }

  /** The instant of a time from the origin; what comes of a market that is behind the others comes now. */
  #atUs(timeNs: number): number {
    return Math.max(this.#originUs + Math.floor(timeNs / NANOS_PER_MICRO), this.#reactor.clock.nowUs());
  }

  #deliver(input: Input, timeUs: number): void {
    input.seq = this.#number();
    input.timeUs = timeUs;
    this.#reactor.take(input);
    // What is due at once has its turn before anything else.
    this.#reactor.clock.advanceTo(timeUs);
  }

  #decided(decision: Decision): void {
    this.#report.decided(decision);
    if (decision.kind === 'features') this.#inference?.hear(decision);
    this.#options.onDecision?.(decision);
    if (decision.kind === 'reject') this.#rejects.add(decision);
    if (decision.kind !== 'orderBatch') return;
    if (this.#sending) this.#send(decision);
    else this.#outbox.push(decision);
  }

  #send(batch: OrderBatch): void {
    const underWay = new BatchUnderWay(batch.batchId);
    for (const { orderId, market } of batch.cancels) {
      const order = this.#orders.get(orderId);
      if (order === undefined || order.state === 'gone') continue;
      this.#deskOf(market).cancel(order);
      underWay.cancel(order);
    }
    for (const { market, side, tick, lots } of batch.places) {
      const desk = this.#deskOf(market);
      const order = desk.place(side === 'buy' ? 1 : -1, tick, lots, 'postOnly');
      const orderId = idOf(desk, order);
      this.#orders.set(orderId, order);
      underWay.place(order, orderId);
    }
    this.#underWay = underWay;
  }

  /** Tells the pipeline that its batch took effect, once everything in it has been answered. */
  #commit(nowUs: number): void {
    for (let batch = this.#underWay; batch?.done === true; batch = this.#underWay) {
      this.#underWay = undefined;
      this.#height += 1;
      const height = this.#height;
      const { batchId, orderIds } = batch;
      this.#deliver({ kind: 'block', height, chainTimeUs: nowUs, seq: 0, timeUs: 0 }, nowUs);
      const txHash = `sim-${batchId}`;
      this.#deliver({ kind: 'batchCommitted', batchId, txHash, height, orderIds, seq: 0, timeUs: 0 }, nowUs);
      for (const settlement of batch.settlements) this.#deliver(settlement, nowUs);
    }
  }

  #settlementOf(desk: Desk, { order, tick, lots, maker }: Answer): Settlement {
    this.#settlements += 1;
    return {
      kind: 'settlement',
      seq: 0,
      timeUs: 0,
      market: desk.market.symbol,
      orderId: idOf(desk, order),
      side: order.side > 0 ? 'buy' : 'sell',
      lots,
      microTicks: Math.round(tick * MICRO_TICKS),
      liquidity: maker ? 'maker' : 'taker',
      height: this.#height,
      settlementId: `sim/${this.#settlements}`,
    };
  }

  #deskOf(symbol: string): Desk {
    return this.#desks.find(({ market }) => market.symbol === symbol)!;
  }
}

function idOf({ index }: Desk, { id }: OwnOrder): string {
  return `${index}/${id}`;
}

/** Rows on their way into the pipeline, in one stretch or one by one; numbered as they are asked for. */
class Stretch implements MarketStretch, TapeReading {
  readonly kind = 'stretch';
  readonly market: string;
  seq = 0;
  timeUs = 0;
  /** Inputs so far. */
  events = 0;
  rowsRead = 0;
  readonly clamped = 0;
  readonly #inputs: RowInputs;
  readonly #number: () => number;
  readonly #report: SessionReport;

  constructor(inputs: RowInputs, market: string, number: () => number, report: SessionReport) {
    this.#inputs = inputs;
    this.market = market;
    this.#number = number;
    this.#report = report;
  }

  get leftOut(): RowInputs['leftOut'] {
    return this.#inputs.leftOut;
  }

  feed(rows: SeenRows, from: number, to: number): void {
    this.rowsRead += to - from;
    this.#inputs.feed(rows, from, to, rows.localNs);
  }

  next(): MarketInput | null {
    const input = this.#inputs.next();
    if (input === null) return null;
    this.events += 1;
    this.seq = this.#number();
    input.seq = this.seq;
    if (input.kind === 'trade') this.#report.traded(input);
    return input;
  }
}
