import { LANES } from '../../streams/actor/kernel.ts';
import { HeapClock } from '../../streams/clock/heap_clock.ts';
import type { Decision } from '../../streams/decisions.ts';
import { type Input, isMarketInput } from '../../streams/inputs.ts';
import { LocalBook } from '../../streams/market/local_book.ts';
import { SessionReport } from '../../streams/report/session_report.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { type ExchangeModel, type Report, SimulatedExchange } from '../../streams/simulation/exchange.ts';
import type { Inference } from '../inference/inference.ts';
import type { VirtualModels } from '../inference/virtual_models.ts';
import { Reactor } from '../runtime/reactor.ts';

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
  readonly #rejects = new Map<string, { count: number; readonly first: string }>();
  #reactor: Reactor | undefined;
  // The exchange's side of time: batches that arrive, reports that are delivered.
  #scheduled: HeapClock | undefined;
  #inference: Inference | undefined;
  #seq = 0;
  #events = 0;

  constructor(options: BacktestOptions) {
    const markets = options.settings.markets.map(({ market }) => market);
    this.#options = options;
    this.#report = new SessionReport(markets);
    this.#books = new Map(markets.map(({ symbol }) => [symbol, new LocalBook(symbol)]));
    this.#exchange = new SimulatedExchange(options.model, this.#books);
  }

  /** Takes the next input of the tape, whose time must not be before the last one's. */
  async take(input: Input): Promise<void> {
    this.#events += 1;
    if (this.#reactor === undefined) this.#start(input.timeUs);
    if (this.#due(input.timeUs)) await this.#runTo(input.timeUs);
    this.#deliver(input, input.timeUs);
    if (input.kind === 'trade') this.#report.traded(input);
    // The exchange knows first what the feed then tells us; on the receive-time scale both are now.
    if (!isMarketInput(input)) return;
    // What the book refuses (a repeated trade, an update that is late) did not happen a second time at the exchange either.
    if (this.#books.get(input.market)?.apply(input) !== null) return;
    this.#schedule(this.#exchange.moved(input, input.timeUs));
  }

  /** Ends the tape. */
  finish(): BacktestOutcome {
    const books = [...this.#books.values()];
    return {
      report: this.#report,
      decisionsHash: this.#reactor?.digest.hash ?? '',
      decisions: this.#reactor?.digest.decisions ?? 0,
      events: this.#events,
      rejects: this.#rejects,
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

  #due(timeUs: number): boolean {
    return this.#reactor!.clock.nextDueUs() <= timeUs || this.#scheduled!.nextDueUs() <= timeUs;
  }

  async #runTo(timeUs: number): Promise<void> {
    const { clock } = this.#reactor!;
    const scheduled = this.#scheduled!;
    while (this.#due(timeUs)) {
      const timerUs = clock.nextDueUs();
      const exchangeUs = scheduled.nextDueUs();
      if (timerUs <= exchangeUs) clock.advanceTo(timerUs);
      else scheduled.advanceTo(exchangeUs);
      if (this.#inference?.pending === true) await this.#inference.settled();
    }
  }

  #schedule(reports: readonly Report[]): void {
    for (const { dueUs, input } of reports) this.#scheduled!.at(dueUs, () => this.#deliver(input, dueUs));
  }

  #deliver(input: Input, timeUs: number): void {
    this.#seq += LANES;
    input.seq = this.#seq;
    input.timeUs = timeUs;
    if (input.kind === 'reject') this.#reject(input.source, input.reason, input.detail);
    this.#reactor!.take(input);
  }

  #decided(decision: Decision): void {
    this.#report.decided(decision);
    if (decision.kind === 'features') this.#inference?.hear(decision);
    this.#options.onDecision?.(decision);
    if (decision.kind === 'reject') this.#reject(decision.source, decision.reason, decision.detail);
    if (decision.kind !== 'orderBatch') return;
    const arrivesUs = this.#exchange.arrivesUs(decision.timeUs);
    this.#scheduled!.at(arrivesUs, () => this.#schedule(this.#exchange.arrive(decision, arrivesUs)));
  }

  #reject(source: string, reason: string, detail: string): void {
    const name = `${source}: ${reason}`;
    const known = this.#rejects.get(name);
    if (known === undefined) this.#rejects.set(name, { count: 1, first: detail });
    else known.count += 1;
  }
}
