import type { Tape } from './reader.ts';
import { FLAG, KIND, KIND_NAMES } from './rows.ts';

/** What a look at a whole tape tells. */
export interface TapeInfo {
  readonly rows: number;
  readonly messages: number;
  /** Rows by the name of their kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Receive times of the first and the last row, nanoseconds from the tape's origin. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** Most rows received in one whole second. */
  readonly peakRowsPerS: number;
  /** Lowest and highest price of a trade, or of a best price where there are no trades; 0 where there is neither. */
  readonly lowTick: number;
  readonly highTick: number;
  readonly tradedLots: number;
  /** Median of receive minus event time over one row in {@link LATENCY_EVERY}, nanoseconds; NaN without event times. */
  readonly latencyNs: number;
  /** The last price in each of equal parts of the span, NaN where there was none yet. */
  readonly prices: readonly number[];
}

/** Parts of the span that prices are given of: the width of the line that `info` draws. */
export const PRICE_PARTS = 60;

/** One row in so many is looked at for the latency, so that a tape of any length needs little. */
const LATENCY_EVERY = 101;
const LATENCIES_MOST = 65_536;
const NANOS_PER_S = 1e9;

/** Reads a tape once. @param onBatch called after each batch; throws to stop */
export function infoOf(tape: Tape, onBatch: (rowsDone: number) => void = () => {}): TapeInfo {
  const look = new Look(tape);
  for (const batch of tape.batches()) {
    for (let i = 0; i < batch.length; i += 1) {
      look.row(batch.receiveNs[i]!, batch.eventNs[i]!, batch.kind[i]!, batch.flags[i]!, batch.tick[i]!, batch.lots[i]!);
    }
    onBatch(batch.firstRow + batch.length);
  }
  return look.info();
}

class Look {
  readonly #kinds = new Float64Array(256);
  readonly #prices = new Float64Array(PRICE_PARTS).fill(Number.NaN);
  readonly #bests = new Float64Array(PRICE_PARTS).fill(Number.NaN);
  readonly #latencies = new Float64Array(LATENCIES_MOST);
  readonly #firstNs: number;
  readonly #lastNs: number;
  #latencyCount = 0;
  #rows = 0;
  #messages = 0;
  #second = -1;
  #inSecond = 0;
  #peak = 0;
  #tradedLots = 0;

  constructor(tape: Tape) {
    const edges = tape.edgesNs();
    this.#firstNs = edges.firstNs;
    this.#lastNs = edges.lastNs;
  }

  row(receiveNs: number, eventNs: number, kind: number, flags: number, tick: number, lots: number): void {
    this.#rows += 1;
    this.#messages += flags & FLAG.end;
    this.#kinds[kind]! += 1;
    const second = Math.floor(receiveNs / NANOS_PER_S);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += 1;
    if (this.#inSecond > this.#peak) this.#peak = this.#inSecond;
    // Where the two sides see a row at different places, it is there twice.
    if ((flags & FLAG.local) === 0) return;
    if (kind === KIND.trade) {
      this.#tradedLots += lots;
      this.#price(this.#prices, receiveNs, tick);
    } else if (kind === KIND.best && lots > 0) this.#price(this.#bests, receiveNs, tick);
    if (this.#rows % LATENCY_EVERY !== 1 || Number.isNaN(eventNs) || this.#latencyCount === LATENCIES_MOST) return;
    this.#latencies[this.#latencyCount] = receiveNs - eventNs;
    this.#latencyCount += 1;
  }

  info(): TapeInfo {
    const named = [...this.#kinds].flatMap((count, kind) =>
      count === 0 ? [] : [[KIND_NAMES.get(kind) ?? `unknown kind ${kind}`, count] as const],
    );
    const latencies = this.#latencies.subarray(0, this.#latencyCount).sort();
    const [prices, range] = this.#kinds[KIND.trade]! > 0 ? [this.#prices, this.#traded] : [this.#bests, this.#quoted];
    return {
      rows: this.#rows,
      messages: this.#messages,
      kinds: Object.fromEntries(named),
      firstNs: this.#firstNs,
      lastNs: this.#lastNs,
      peakRowsPerS: this.#peak,
      lowTick: range.low === Number.POSITIVE_INFINITY ? 0 : range.low,
      highTick: Math.max(0, range.high),
      tradedLots: this.#tradedLots,
      latencyNs: latencies[this.#latencyCount >> 1] ?? Number.NaN,
      prices: filled(prices),
    };
  }

  readonly #traded = { low: Number.POSITIVE_INFINITY, high: 0 };
  readonly #quoted = { low: Number.POSITIVE_INFINITY, high: 0 };

  #price(parts: Float64Array, receiveNs: number, tick: number): void {
    const range = parts === this.#prices ? this.#traded : this.#quoted;
    if (tick < range.low) range.low = tick;
    if (tick > range.high) range.high = tick;
    const share = (receiveNs - this.#firstNs) / Math.max(1, this.#lastNs - this.#firstNs);
    parts[Math.min(PRICE_PARTS - 1, Math.max(0, Math.floor(share * PRICE_PARTS)))] = tick;
  }
}

/** A part without a price has that of the part before. */
function filled(parts: Float64Array): number[] {
  let last = Number.NaN;
  return [...parts].map((price) => {
    if (!Number.isNaN(price)) last = price;
    return last;
  });
}

const BARS = '▁▂▃▄▅▆▇█';

/** Prices as a line of block characters, lowest to highest; a dot where there is none yet. */
export function sparkline(prices: readonly number[]): string {
  const known = prices.filter((price) => !Number.isNaN(price));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return prices
    .map((price) => {
      if (Number.isNaN(price)) return '·';
      const share = high === low ? 0.5 : (price - low) / (high - low);
      return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))]!;
    })
    .join('');
}
