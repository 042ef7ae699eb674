import { MICROS_PER_MS } from '../../streams/clock/clock.ts';
import { FeatureEngine } from '../../streams/features/engine.ts';
import type { OwnOrder } from '../../streams/features/levels.ts';
import { FEATURE_COUNT } from '../../streams/features/types.ts';
import { type Labelled, Labeller, type LabelRule } from '../../streams/labels/labeller.ts';
import { LocalBook } from '../../streams/market/local_book.ts';
import type { Market, MarketInput } from '../../streams/market/types.ts';

/** One row of a dataset, changed in place: readers copy what they keep. */
export interface DatasetRow {
  readonly timeUs: number;
  /** Rises where the rows of the grid have a gap. */
  readonly segment: number;
  /** Whether a model would have been asked: see Features. */
  readonly warm: boolean;
  readonly vector: Float32Array;
  readonly label: Labelled;
  /** (bid − ask) / (bid + ask) of the sizes at the newest best prices, −1 to 1. */
  readonly topImbalance: number;
  readonly sentiment: number | null;
}

type Draft = { -readonly [Key in keyof DatasetRow]: DatasetRow[Key] };

/** What there is to say about a market from elsewhere, in order of time. */
export interface AsOf {
  /** The newest value that was there before an instant, or null. Instants do not go back. */
  before(timeUs: number): number | null;
}

/** How rows are made. */
export interface RowOptions {
  readonly everyMs: number;
  readonly rule: LabelRule;
  /** A book that has not been confirmed for so long makes no row, milliseconds: as a market that is sampled live. */
  readonly staleAfterMs: number;
  readonly sentiment?: AsOf | undefined;
}

/**
 * From the inputs of one market to rows: at every instant of the grid, aligned to the epoch, what the features say of all that
 * came strictly before it, and what the mid did after it. The features are those of the live pipeline. Our own orders are no part
 * of the market, nor of its mid. There is a row where
 * the book is live, has two sides and is not stale; where there is none, a new segment begins.
 *
 * Memory is the rows of the longest horizon: a row waits until its labels are known.
 */
export class DatasetRows {
  readonly #everyUs: number;
  readonly #staleAfterUs: number;
  readonly #sentiment: AsOf | undefined;
  readonly #onRow: (row: DatasetRow) => void;
  readonly #view: LocalBook;
  readonly #engine: FeatureEngine;
  readonly #labeller: Labeller;
  // Rows that wait for their labels, in the order of the labeller's marks.
  readonly #drafts: readonly Draft[];
  #drafted = 0;
  #told = 0;
  #nextUs = -1;
  #lastUs = 0;
  #rowUs = -1;
  #segment = 0;

  /**
   * @param onRow hears each row in order of time
   * @throws RangeError naming what of the rule is wrong
   */
  constructor(market: Market, options: RowOptions, onRow: (row: DatasetRow) => void) {
    this.#everyUs = Math.round(options.everyMs * MICROS_PER_MS);
    this.#staleAfterUs = options.staleAfterMs * MICROS_PER_MS;
    this.#sentiment = options.sentiment;
    this.#onRow = onRow;
    this.#view = new LocalBook(market.symbol);
    this.#engine = new FeatureEngine();
    this.#labeller = new Labeller(options.rule, this.#everyUs);
    this.#drafts = Array.from({ length: this.#labeller.capacity }, () => ({
      timeUs: 0,
      segment: 0,
      warm: false,
      vector: new Float32Array(FEATURE_COUNT),
      label: this.#labeller.blank(),
      topImbalance: 0,
      sentiment: null,
    }));
  }

  /** Takes in the next input of the market, whose time is not before the last one's. */
  take(input: MarketInput): void {
    const { timeUs } = input;
    if (this.#nextUs < 0) this.#nextUs = Math.ceil(timeUs / this.#everyUs) * this.#everyUs;
    this.#gridTo(timeUs);
    this.#lastUs = timeUs;
    this.#view.apply(input);
    this.#engine.apply(this.#view, timeUs);
    const { touch } = this.#engine;
    if (touch === null) this.#labeller.lost(timeUs);
    else this.#labeller.moved(timeUs, touch.bidTick + touch.askTick);
    this.#tell();
  }

  /** Our own orders that rest: from the next input on they are no part of the market. */
  own(orders: readonly OwnOrder[]): void {
    this.#engine.own(orders);
  }

  /** There is no more: labels that reach beyond the last input stay unknown. */
  finish(): void {
    this.#labeller.lost(this.#lastUs);
    this.#labeller.reached(Number.MAX_SAFE_INTEGER);
    this.#tell();
  }

  /** The rows up to an instant, the instant included: inputs of the same instant come after it. */
  #gridTo(timeUs: number): void {
    for (; this.#nextUs <= timeUs; this.#nextUs += this.#everyUs) {
      const staleUs = this.#view.updatedUs + this.#staleAfterUs;
      if (this.#nextUs <= staleUs) {
        this.#row(this.#nextUs);
        continue;
      }
      // Nothing will confirm the book until the next input: the rest of the silence is passed over at once.
      this.#labeller.lost(staleUs);
      this.#tell();
      this.#nextUs = Math.floor(timeUs / this.#everyUs) * this.#everyUs;
    }
  }

  #row(timeUs: number): void {
    this.#labeller.reached(timeUs);
    this.#tell();
    const draft = this.#drafts[this.#drafted % this.#drafts.length]!;
    // The engine is asked where there is no row, too: as live, where it is asked at each instant of its grid.
    draft.warm = this.#engine.write(timeUs, draft.vector);
    const { touch } = this.#engine;
    if (touch === null || !this.#labeller.mark(timeUs)) return;
    if (this.#rowUs >= 0 && timeUs - this.#rowUs !== this.#everyUs) this.#segment += 1;
    this.#rowUs = timeUs;
    const { bidLots, askLots } = touch;
    draft.timeUs = timeUs;
    draft.segment = this.#segment;
    draft.topImbalance = (bidLots - askLots) / (bidLots + askLots);
    draft.sentiment = this.#sentiment?.before(timeUs) ?? null;
    this.#drafted += 1;
  }

  #tell(): void {
    for (;;) {
      const draft = this.#drafts[this.#told % this.#drafts.length]!;
      if (!this.#labeller.take(draft.label)) return;
      this.#told += 1;
      this.#onRow(draft);
    }
  }
}
