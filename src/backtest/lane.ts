import type { LocalBook } from '../../streams/market/local_book.ts';
import type { MarketInput, MarketStretch } from '../../streams/market/types.ts';
import type { TapeInputs } from '../tape/inputs.ts';

/** Inputs of one stretch at most: a bound on what the numbers of those that wait take. */
const STRETCH_MOST = 4_096;

/** A market's tapes, read by two: the exchange is ahead, and the pipeline follows in stretches. */
export interface ReplayedMarket {
  readonly ahead: TapeInputs;
  /** The same inputs again; nobody, where the pipeline gets each input as it comes. */
  readonly behind: TapeInputs | undefined;
}

/** One market of a replay. */
export interface Lane {
  readonly ahead: TapeInputs;
  /** The exchange's book of it. */
  readonly book: LocalBook;
  readonly stretch: Stretch | undefined;
}

/** What the exchange has seen of a market and its pipeline has not: numbered already, read when the pipeline asks. */
export class Stretch implements MarketStretch {
  readonly kind = 'stretch';
  readonly market: string;
  seq = 0;
  timeUs = 0;
  readonly #source: TapeInputs;
  readonly #seqs = new Float64Array(STRETCH_MOST);
  #length = 0;
  #at = 0;

  constructor(source: TapeInputs) {
    this.market = source.market.symbol;
    this.#source = source;
  }

  /** Inputs that wait. */
  get waiting(): number {
    return this.#length - this.#at;
  }

  get full(): boolean {
    return this.#length === STRETCH_MOST;
  }

  /** The source's next input belongs to the stretch. */
  add(seq: number): void {
    this.#seqs[this.#length] = seq;
    this.#length += 1;
    this.seq = seq;
  }

  next(): MarketInput | null {
    if (this.#at === this.#length) return null;
    const input = this.#source.next();
    input.seq = this.#seqs[this.#at]!;
    this.#at += 1;
    return input;
  }

  /** Makes room for the next stretch. What nobody took, because the market's actor has failed, is lost as it is live. */
  drain(): void {
    while (this.#at < this.#length) this.next();
    this.#at = 0;
    this.#length = 0;
  }
}

/** The market whose next input comes first, at one instant the one named first; none at the end of all. */
export function earliest(lanes: readonly Lane[]): Lane | undefined {
  let first: Lane | undefined;
  let firstUs = Number.POSITIVE_INFINITY;
  for (const lane of lanes) {
    if (lane.ahead.nextUs >= firstUs) continue;
    first = lane;
    firstUs = lane.ahead.nextUs;
  }
  return first;
}
