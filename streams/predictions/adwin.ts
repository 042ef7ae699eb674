/** An {@link Adwin} as plain data. */
export interface AdwinState {
  /** Buckets of 2^row values, oldest first: `[total, variance, total, variance, …]`; row 0 has the newest values. */
  readonly rows: readonly (readonly number[])[];
  readonly width: number;
  readonly total: number;
  readonly variance: number;
  readonly ticks: number;
}

/** What a window was when it was cut. */
export interface Cut {
  /** Mean of the values that were given up, and of those that stay. */
  readonly before: number;
  readonly after: number;
  /** Values that stay. */
  readonly width: number;
}

/** Buckets of one size; one more, and the two oldest become one of twice the size (M of the paper). */
const BUCKETS_MOST = 5;

/** The least length of each part of a window, and of a window that is looked at. */
const PART_LEAST = 5;
const WINDOW_LEAST = 10;

/** Sizes of buckets: 2^31 values of five buckets each are more than any session sees. */
const ROWS_MOST = 32;

/**
 * ADWIN2: a window over the newest values whose length follows the data. It grows while the mean holds still; as soon as two
 * parts of it, an older and a newer one, have means so far apart that one distribution would hardly ever give both, the older
 * part is given up.
 *
 * Bifet and Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing" (SIAM SDM 2007), section 4: the window is an
 * exponential histogram, O(log n) in memory and time; parts of n₀ and n₁ values are different when their means differ by more
 * than ε = √(2/m · σ² · ln(2 ln n / δ)) + 2/(3m) · ln(2 ln n / δ), with 1/m = 1/n₀ + 1/n₁ (eq. 3.1), for values in [0, 1].
 * The numbers are those of the implementation in River 0.26, which counts a part as `PART_LEAST − 1` values shorter than it is.
 */
export class Adwin {
  readonly #delta: number;
  readonly #clock: number;
  #rows: number[][] = [[]];
  #width = 0;
  #total = 0;
  #variance = 0;
  #ticks = 0;

  /**
   * @param delta how rarely a window without a change may be cut, above 0 and below 1
   * @param clock a cut is looked for once in so many values
   */
  constructor(delta: number, clock = 32) {
    if (!(delta > 0 && delta < 1)) throw new RangeError(`ADWIN's delta ${delta}: expected above 0 and below 1`);
    this.#delta = delta;
    this.#clock = clock;
  }

  /** Values in the window. */
  get width(): number {
    return this.#width;
  }

  /** Their mean; 0 before the first. */
  get mean(): number {
    return this.#width === 0 ? 0 : this.#total / this.#width;
  }

  /** Takes a value from 0 to 1. @returns what was cut, or null */
  add(value: number): Cut | null {
    const { mean } = this;
    this.#width += 1;
    if (this.#width > 1) this.#variance += ((this.#width - 1) * (value - mean) ** 2) / this.#width;
    this.#total += value;
    this.#rows[0]!.push(value, 0);
    this.#compress();
    this.#ticks += 1;
    return this.#ticks % this.#clock === 0 && this.#width > WINDOW_LEAST ? this.#cut() : null;
  }

  encode(): AdwinState {
    const rows = this.#rows.map((row) => [...row]);
    return { rows, width: this.#width, total: this.#total, variance: this.#variance, ticks: this.#ticks };
  }

  /** The window that {@link encode} described. */
  static decode(delta: number, { rows, width, total, variance, ticks }: AdwinState, clock = 32): Adwin {
    const adwin = new Adwin(delta, clock);
    adwin.#rows = rows.map((row) => [...row]);
    adwin.#width = width;
    adwin.#total = total;
    adwin.#variance = variance;
    adwin.#ticks = ticks;
    return adwin;
  }

  #compress(): void {
    for (let r = 0; r < this.#rows.length && r < ROWS_MOST; r += 1) {
      const row = this.#rows[r]!;
      if (row.length <= 2 * BUCKETS_MOST) return;
      const [total0, variance0, total1, variance1] = row.splice(0, 4) as [number, number, number, number];
      const size = 2 ** r;
      const apart = (size * (total0 / size - total1 / size) ** 2) / 2;
      if (r + 1 === this.#rows.length) this.#rows.push([]);
      this.#rows[r + 1]!.push(total0 + total1, variance0 + variance1 + apart);
    }
  }

  #cut(): Cut | null {
    const [width, total] = [this.#width, this.#total];
    while (this.#differs()) this.#dropOldest();
    if (this.#width === width) return null;
    return {
      before: (total - this.#total) / (width - this.#width),
      after: this.mean,
      width: this.#width,
    };
  }

  /** Whether some place divides the window into two parts that are different. */
  #differs(): boolean {
    let olderWidth = 0;
    let olderTotal = 0;
    for (let r = this.#rows.length - 1; r >= 0; r -= 1) {
      const row = this.#rows[r]!;
      for (let i = 0; i < row.length; i += 2) {
        olderWidth += 2 ** r;
        olderTotal += row[i]!;
        const newerWidth = this.#width - olderWidth;
        if (newerWidth < PART_LEAST) return false;
        if (olderWidth < PART_LEAST) continue;
        const apart = olderTotal / olderWidth - (this.#total - olderTotal) / newerWidth;
        if (Math.abs(apart) > this.#bound(olderWidth, newerWidth)) return true;
      }
    }
    return false;
  }

  #bound(olderWidth: number, newerWidth: number): number {
    const doubt = Math.log((2 * Math.log(this.#width)) / this.#delta);
    const inverse = 1 / (olderWidth - PART_LEAST + 1) + 1 / (newerWidth - PART_LEAST + 1);
    return Math.sqrt(2 * inverse * (this.#variance / this.#width) * doubt) + (2 / 3) * inverse * doubt;
  }

  #dropOldest(): void {
    const r = this.#rows.length - 1;
    const [total, variance] = this.#rows[r]!.splice(0, 2) as [number, number];
    const size = 2 ** r;
    this.#width -= size;
    this.#total -= total;
    const apart = (size * this.#width * (total / size - this.#total / this.#width) ** 2) / (size + this.#width);
    this.#variance -= variance + apart;
    if (this.#rows[r]!.length === 0 && r > 0) this.#rows.pop();
  }
}
