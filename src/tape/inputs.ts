import type { Market, MarketInput } from '../../streams/market/types.ts';
import type { Tape, TapeBatch } from './reader.ts';
import { RowInputs } from './row_inputs.ts';
import { TapeError } from './tape_error.ts';

/** The inputs of one market's tapes, one after another, read batch by batch. */
export class TapeInputs {
  readonly market: Market;
  readonly rows: number;
  /** Receive time of the next input, integer microseconds since the epoch, never before the last one's; Infinity at the end. */
  nextUs = 0;
  /** Inputs whose receive time went back and was taken for the one before. */
  clamped = 0;
  readonly #tapes: readonly Tape[];
  readonly #inputs: RowInputs;
  #tape: Tape;
  #nextTape = 1;
  #nextBatch = 0;
  #batch: TapeBatch | undefined;
  #rowsBefore = 0;

  /** @param tapes of one market, of one origin and with ids, oldest first; each for this reader alone */
  constructor(market: Market, tapes: readonly Tape[]) {
    this.market = market;
    this.rows = tapes.reduce((sum, { rows }) => sum + rows, 0);
    this.#tapes = tapes;
    this.#tape = tapes[0]!;
    this.#inputs = new RowInputs(market, this.#tape.originS);
    this.#ready();
  }

  /** Rows read so far. */
  get rowsRead(): number {
    return this.#rowsBefore + (this.#batch?.firstRow ?? 0) + this.#inputs.at;
  }

  /** Rows that the pipeline has no use for, by what they are. */
  get leftOut(): RowInputs['leftOut'] {
    return this.#inputs.leftOut;
  }

  /**
   * The next input, stamped with its receive time and not yet with a number; valid until the one after it is asked for. To be
   * called while {@link nextUs} is finite.
   *
   * @throws TapeError naming file and row
   */
  next(): MarketInput {
    const input = this.#next();
    input.timeUs = this.nextUs;
    this.#ready();
    return input;
  }

  #next(): MarketInput {
    try {
      let input = this.#inputs.next();
      while (input === null) input = this.#load() ? this.#inputs.next() : this.#inputs.end();
      return input;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new TapeError(this.#tape.path, `row ${this.rowsRead - this.#rowsBefore}: ${error.message}`);
    }
  }

  /** Sees to it that the time of the next input is known. */
  #ready(): void {
    while (this.#inputs.nextUs === Number.POSITIVE_INFINITY) {
      if (this.#load()) continue;
      this.nextUs = Number.POSITIVE_INFINITY;
      return;
    }
    if (this.#inputs.nextUs < this.nextUs) this.clamped += 1;
    else this.nextUs = this.#inputs.nextUs;
  }

  /** Loads the next batch. @returns false at the end of the last tape */
  #load(): boolean {
    while (this.#nextBatch >= this.#tape.batchCount) {
      const next = this.#tapes[this.#nextTape];
      if (next === undefined) return false;
      this.#rowsBefore += this.#tape.rows;
      this.#tape = next;
      this.#nextTape += 1;
      this.#nextBatch = 0;
    }
    const batch = this.#tape.batch(this.#nextBatch);
    this.#nextBatch += 1;
    this.#batch = batch;
    this.#inputs.feed(batch, 0, batch.length, batch.receiveNs);
    return true;
  }
}
