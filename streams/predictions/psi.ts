import type { DriftReference } from './types.ts';

/** Tenths in which a feature is counted: those that its training data fell into evenly. */
const TENTHS = 10;
const EDGES = TENTHS - 1;

/** Vectors that make one slot of the window, half a minute at 5 Hz, and slots in the window: five minutes. */
const SLOT_VECTORS = 150;
const SLOTS = 10;

/** What a tenth counts for without having been seen, vectors: the index has logarithms of shares. */
const UNSEEN = 0.5;

/** How far the newest inputs of a model are from what it was trained on. */
export interface InputDrift {
  /** Features whose index is above their limit, of how many. */
  readonly drifted: number;
  readonly features: number;
  /** The feature that is furthest above its limit: its place in the vector, and its index. */
  readonly worst: number;
  readonly worstIndex: number;
}

/** An {@link InputWatch} as plain data: the counts of each slot, the one being filled last. */
export interface InputWatchState {
  readonly slots: readonly (readonly number[])[];
  readonly filled: number;
}

/**
 * Compares the newest {@link SLOT_VECTORS} × {@link SLOTS} feature vectors with those that a model was trained on, feature by
 * feature, by the population stability index: Σ (a − e) · ln(a / e) over the tenths of the training data, with a the share
 * that fell into a tenth now and e in training, both as if {@link UNSEEN} vectors more were in each (Siddiqi 2006, ch. 9;
 * above 0.1 is a shift, above 0.25 a large one, by convention).
 *
 * Five minutes never look like a whole history: features that move slowly (volatility, the time of day) sit in one tenth for
 * all of them. So each feature has a limit of its own: twice the largest index of any window of this length of the training
 * data, the convention's 0.25 at least. It is vectors that count, not the clock: a market that was away goes on.
 */
export class InputWatch {
  readonly #edges: readonly (readonly number[])[];
  readonly #shares: readonly (readonly number[])[];
  readonly #limits: readonly number[];
  readonly #sum: Int32Array;
  #slots: Int32Array[];
  #filled = 0;

  /** @throws RangeError when edges, shares and limits are not of equally many features, or not of tenths */
  constructor({ edges, shares, limits }: DriftReference) {
    const odd = edges.findIndex((row, f) => row.length !== EDGES || shares[f]?.length !== TENTHS);
    if (odd >= 0 || shares.length !== edges.length || limits.length !== edges.length)
      throw new RangeError(
        `drift reference: ${edges.length} rows of edges, ${shares.length} of shares, ${limits.length} limits: ` +
          `expected equally many, ${EDGES} edges and ${TENTHS} shares a row${odd < 0 ? '' : ` (row ${odd})`}`,
      );
    this.#edges = edges;
    this.#shares = shares;
    this.#limits = limits;
    this.#sum = new Int32Array(edges.length * TENTHS);
    this.#slots = [new Int32Array(this.#sum.length)];
  }

  /**
   * Takes in a feature vector.
   *
   * @returns how things stand, each time that a slot fills while the window is full; null otherwise
   */
  add(vector: Float32Array): InputDrift | null {
    const slot = this.#slots.at(-1)!;
    for (let f = 0; f < this.#edges.length; f += 1) {
      const at = f * TENTHS + tenthOf(this.#edges[f]!, vector[f]!);
      slot[at]! += 1;
      this.#sum[at]! += 1;
    }
    this.#filled += 1;
    if (this.#filled < SLOT_VECTORS) return null;
    const full = this.#slots.length === SLOTS;
    const drift = full ? this.#drift() : null;
    this.#filled = 0;
    if (full) for (const [at, count] of this.#slots.shift()!.entries()) this.#sum[at]! -= count;
    this.#slots.push(new Int32Array(this.#sum.length));
    return drift;
  }

  encode(): InputWatchState {
    return { slots: this.#slots.map((slot) => [...slot]), filled: this.#filled };
  }

  /** The watch against the same reference that {@link encode} described. */
  static decode(reference: DriftReference, { slots, filled }: InputWatchState): InputWatch {
    const watch = new InputWatch(reference);
    watch.#slots = slots.map((slot) => Int32Array.from(slot));
    for (const slot of slots) for (const [at, count] of slot.entries()) watch.#sum[at]! += count;
    watch.#filled = filled;
    return watch;
  }

  #drift(): InputDrift {
    let [drifted, worst, worstIndex, furthest] = [0, 0, 0, Number.NEGATIVE_INFINITY];
    for (let f = 0; f < this.#edges.length; f += 1) {
      const index = this.#index(f);
      const beyond = index / this.#limits[f]!;
      if (beyond > 1) drifted += 1;
      if (beyond <= furthest) continue;
      [furthest, worst, worstIndex] = [beyond, f, index];
    }
    return { drifted, features: this.#edges.length, worst, worstIndex };
  }

  #index(feature: number): number {
    const seen = SLOT_VECTORS * SLOTS;
    const all = seen + TENTHS * UNSEEN;
    let index = 0;
    for (let t = 0; t < TENTHS; t += 1) {
      const now = (this.#sum[feature * TENTHS + t]! + UNSEEN) / all;
      const then = (this.#shares[feature]![t]! * seen + UNSEEN) / all;
      index += (now - then) * Math.log(now / then);
    }
    return index;
  }
}

/** How many edges lie below a value. */
function tenthOf(edges: readonly number[], value: number): number {
  let [low, high] = [0, EDGES];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
