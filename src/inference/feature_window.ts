import { FEATURES_IN_ROW, WINDOW_EVERY_MS, WINDOW_LENGTH, WINDOW_STEPS } from './model_format.ts';

const EVERY_US = WINDOW_EVERY_MS * 1_000;

/**
 * The newest 25 rows of features of one market, in a ring: what a model looks at. A row that does not follow the one before
 * at exactly one period begins anew, because a window never spans a gap.
 */
export class FeatureWindow {
  readonly #rows = new Float32Array(WINDOW_LENGTH);
  #count = 0;
  /** Where the next row goes; once full, that of the oldest. */
  #next = 0;
  #lastUs = 0;

  /** Whether there are rows enough for a window. */
  get full(): boolean {
    return this.#count === WINDOW_STEPS;
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
  }

  /** Takes a copy of the newest row. @param timeUs its instant */
  push(timeUs: number, row: Float32Array): void {
    if (this.#count > 0 && timeUs - this.#lastUs !== EVERY_US) this.clear();
    this.#rows.set(row, this.#next * FEATURES_IN_ROW);
    this.#next = (this.#next + 1) % WINDOW_STEPS;
    this.#count = Math.min(WINDOW_STEPS, this.#count + 1);
    this.#lastUs = timeUs;
  }

  /** Writes the window, oldest row first, from `offset` on. Only while it is {@link full}. */
  copyTo(out: Float32Array, offset: number): void {
    const oldest = this.#next * FEATURES_IN_ROW;
    out.set(this.#rows.subarray(oldest), offset);
    out.set(this.#rows.subarray(0, oldest), offset + WINDOW_LENGTH - oldest);
  }
}
