/** Rates over this long: short enough to see a change, long enough to be steady at a few events a second. */
const WINDOW_MS = 2_000;

/** Events a second of a counter that only grows, from readings about two seconds apart. */
export class Rate {
  #fromMs = 0;
  #fromCount = 0;
  #newestMs = 0;
  #newestCount = 0;
  #perSecond = 0;

  /** Takes a reading. @returns events a second over the last two to four seconds, 0 before the first */
  read(count: number, nowMs: number): number {
    if (this.#fromMs === 0) {
      this.#fromMs = nowMs;
      this.#fromCount = count;
      this.#newestMs = nowMs;
      this.#newestCount = count;
    }
    if (nowMs > this.#fromMs) this.#perSecond = ((count - this.#fromCount) * 1_000) / (nowMs - this.#fromMs);
    if (nowMs - this.#newestMs >= WINDOW_MS) {
      this.#fromMs = this.#newestMs;
      this.#fromCount = this.#newestCount;
      this.#newestMs = nowMs;
      this.#newestCount = count;
    }
    return Math.round(this.#perSecond * 100) / 100;
  }
}
