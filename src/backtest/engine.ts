import { LANES } from '../../streams/actor/kernel.ts';
import { HeapClock } from '../../streams/clock/heap_clock.ts';
import type { Decision } from '../../streams/decisions.ts';
import { type Input, isMarketInput } from '../../streams/inputs.ts';
import { LocalBook } from '../../streams/market/local_book.ts';
import type { MarketInput } from '../../streams/market/types.ts';
import { SessionReport } from '../../streams/report/session_report.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { type ExchangeModel, type Report, SimulatedExchange } from '../../streams/simulation/exchange.ts';
import type { Inference } from '../inference/inference.ts';
import type { VirtualModels } from '../inference/virtual_models.ts';
import { Reactor } from '../runtime/reactor.ts';
import { earliest, type Lane, type ReplayedMarket, Stretch } from './lane.ts';
import { Rejects } from './rejects.ts';

/** How often, in events, a replay lets the caller look. */
const LOOK_EVERY = 4_096;

/** What a backtest runs on. */
export interface BacktestOptions {
  readonly settings: AccountSettings;
  readonly model: ExchangeModel;
  readonly seed: number;
  /** Who predicts, for settings that make features. */
  readonly models?: VirtualModels | undefined;
  /** Sees every decision, in order. */
  readonly onDecision?: (decision: Decision) => void;
  readonly onFailure?: (description: string) => void;
}

/** How a backtest came out, besides the report's figures. */
export interface BacktestOutcome {
  readonly report: SessionReport;
  readonly decisionsHash: string;
  readonly decisions: number;
  readonly events: number;
  /** Rejects by `source: reason`, with the first detail of each. */
  readonly rejects: ReadonlyMap<string, { count: number; readonly first: string }>;
  readonly bookComparisons: number;
  readonly bookMismatches: number;
  /** Each market's book as it ended, which the exchange went by. */
  readonly books: ReadonlyMap<string, LocalBook>;
}

/**
 * The pipeline in virtual time: tape inputs, the exchange's reports, batches on their way and the pipeline's own timers
 * happen one after another, in order of time. At one instant the pipeline's timers come first, then the exchange, then
 * the tape; so a decision of a grid instant has seen everything before it and nothing of it.
 *
 * Where models predict, time stands still until they have answered: what they say of an instant is there at that instant.
 *
 * Tape inputs keep their receive time. Nothing is read ahead, and memory does not grow with the tape.
 */
export class Backtest {
  readonly #options: BacktestOptions;
  readonly #report: SessionReport;
  readonly #books: Map<string, LocalBook>;
  readonly #exchange: SimulatedExchange;
  readonly #rejects = new Rejects();
  #reactor: Reactor | undefined;
  // The exchange's side of time: batches that arrive, reports that are delivered.
  #scheduled: HeapClock | undefined;
  #inference: Inference | undefined;
  #seq = 0;
  #events = 0;
  // Time of the newest event that waits in a stretch.
  #nowUs = 0;
  // When something besides the tape happens next; looked at before every event, so it is kept.
  #dueUs = 0;

  constructor(options: BacktestOptions) {
    const markets = options.settings.markets.map(({ market }) => market);
    this.#options = options;
    this.#report = new SessionReport(markets);
    this.#books = new Map(markets.map(({ symbol }) => [symbol, new LocalBook(symbol)]));
    this.#exchange = new SimulatedExchange(options.model, this.#books);
  }

  /** Whether the pipeline looks at every event of a market, for what models are asked, and not only at samples. */
  get watchesEvents(): boolean {
    return this.#options.settings.markets.some(
      ({ features, predictions }) => features !== null || predictions !== null,
    );
  }

  /** Takes the next input of the tape, whose time must not be before the last one's. */
  async take(input: Input): Promise<void> {
    this.#events += 1;
    // What is refused at the edge and candles, which no tape in columns keeps, change nothing: they get no number either.
    if (input.kind === 'reject') this.#rejects.add(input);
    if (input.kind === 'reject' || input.kind === 'kline') return;
    if (this.#reactor === undefined) this.#start(input.timeUs);
    if (this.#look() <= input.timeUs) await this.#runTo(input.timeUs);
    this.#deliver(input, input.timeUs);
    if (isMarketInput(input)) this.#happen(input);
  }

  /**
   * Takes everything of some tapes, each of another market, in order of receive time; at one instant the market named first
   * comes first. What lies between two instants at which something else happens reaches each market's pipeline in one
   * stretch. Where models look at every event it comes event by event.
   */
  async replay(markets: readonly ReplayedMarket[], onEvents: (events: number) => void): Promise<void> {
    const lanes = markets.map(({ ahead, behind }) => ({
      ahead,
      book: this.#books.get(ahead.market.symbol)!,
      stretch: behind && new Stretch(behind),
    }));
    let lookAt = LOOK_EVERY;
    for (let lane = earliest(lanes); lane !== undefined; lane = earliest(lanes)) {
      const { nextUs } = lane.ahead;
      if (this.#reactor === undefined) this.#start(nextUs);
      if (nextUs >= this.#dueUs) {
        this.#flush(lanes);
        await this.#runTo(nextUs);
      }
      if (this.#step(lane)) this.#flush(lanes, lane);
      if (this.#events < lookAt) continue;
      lookAt += LOOK_EVERY;
      onEvents(this.#events);
    }
    this.#flush(lanes);
  }

  /** The next event of a market. @returns whether what the pipeline has to say of it can't wait */
  #step({ ahead, book, stretch }: Lane): boolean {
    this.#events += 1;
    const { nextUs } = ahead;
    const input = ahead.next();
    const { resyncs } = book;
    if (stretch === undefined) {
      this.#deliver(input, nextUs);
      this.#look();
    } else {
      this.#seq += LANES;
      stretch.add(this.#seq);
      this.#nowUs = nextUs;
    }
    return !this.#happen(input) || book.resyncs > resyncs || stretch?.full === true;
  }

  /** Hands on what waits, `last` after the others. */
  #flush(lanes: readonly Lane[], last?: Lane): void {
    for (const lane of lanes) if (lane !== last) this.#handOn(lane);
    if (last !== undefined) this.#handOn(last);
    this.#look();
  }

  #handOn({ stretch }: Lane): void {
    if (stretch === undefined || stretch.waiting === 0) return;
    stretch.timeUs = this.#nowUs;
    this.#reactor!.take(stretch);
    stretch.drain();
  }

  /** The exchange knows first what the feed then tells us; on the receive-time scale both are now. @returns false when refused */
  #happen(input: MarketInput): boolean {
    if (input.kind === 'trade') this.#report.traded(input);
    // What the book refuses (a repeated trade, an update that is late) did not happen a second time at the exchange either.
    if (this.#books.get(input.market)?.apply(input) !== null) return false;
    this.#schedule(this.#exchange.moved(input, input.timeUs));
    return true;
  }

  /** Ends the tape. */
  finish(): BacktestOutcome {
    const books = [...this.#books.values()];
    return {
      report: this.#report,
      decisionsHash: this.#reactor?.digest.hash ?? '',
      decisions: this.#reactor?.digest.decisions ?? 0,
      events: this.#events,
      rejects: this.#rejects.all,
      bookComparisons: books.reduce((sum, { comparisons }) => sum + comparisons, 0),
      bookMismatches: books.reduce((sum, { mismatches }) => sum + mismatches, 0),
      books: this.#books,
    };
  }

  #start(startUs: number): void {
    const { seed, onFailure } = this.#options;
    const { conditions } = this.#options.settings;
    // The simulated exchange makes a block when a batch arrives and at no other time: its silence means nothing.
    const settings = { ...this.#options.settings, conditions: { ...conditions, disconnectedAfterMs: 0 } };
    this.#scheduled = new HeapClock(startUs);
    this.#reactor = new Reactor(
      { settings, seed, startUs },
      {
        onDecision: (decision) => this.#decided(decision),
        ...(onFailure && {
          onFailure: ({ actor, error, decision }) => onFailure(`${actor}: ${String(error)} (${decision})`),
        }),
      },
    );
    this.#schedule([this.#exchange.opening(startUs)]);
    this.#inference = this.#options.models?.run((said) => this.#deliver(said, this.#reactor!.clock.nowUs()));
  }

  async #runTo(timeUs: number): Promise<void> {
    const { clock } = this.#reactor!;
    const scheduled = this.#scheduled!;
    while (this.#look() <= timeUs) {
      const timerUs = clock.nextDueUs();
      const exchangeUs = scheduled.nextDueUs();
      if (timerUs <= exchangeUs) clock.advanceTo(timerUs);
      else scheduled.advanceTo(exchangeUs);
      if (this.#inference?.pending === true) await this.#inference.settled();
    }
  }

  #look(): number {
    this.#dueUs = Math.min(this.#reactor!.clock.nextDueUs(), this.#scheduled!.nextDueUs());
    return this.#dueUs;
  }

  #schedule(reports: readonly Report[]): void {
    for (const { dueUs, input } of reports) this.#at(dueUs, () => this.#deliver(input, dueUs));
  }

  #at(dueUs: number, work: () => void): void {
    this.#scheduled!.at(dueUs, work);
    if (dueUs < this.#dueUs) this.#dueUs = dueUs;
  }

  #deliver(input: Input, timeUs: number): void {
    this.#seq += LANES;
    input.seq = this.#seq;
    input.timeUs = timeUs;
    this.#reactor!.take(input);
  }

  #decided(decision: Decision): void {
    this.#report.decided(decision);
    if (decision.kind === 'features') this.#inference?.hear(decision);
    this.#options.onDecision?.(decision);
    if (decision.kind === 'reject') this.#rejects.add(decision);
    if (decision.kind !== 'orderBatch') return;
    const arrivesUs = this.#exchange.arrivesUs(decision.timeUs);
    this.#at(arrivesUs, () => this.#schedule(this.#exchange.arrive(decision, arrivesUs)));
  }
}
