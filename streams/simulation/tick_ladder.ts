/**
 * Ticks in the window of a ladder, a power of two: 262,144 of them are ±2 % of a price of 6,000,000 ticks. Memory is taken by the
 * pages that hold levels only, as the system hands out zeroed pages on first use.
 */
export const LADDER_WINDOW = 1 << 18;
const SLOT_MASK = LADDER_WINDOW - 1;

/** A book has thousands of levels; more than this outside the window is a file of something else. */
const FAR_LEVELS_MOST = 1_000_000;

/** Where the ladder finds nothing: below and above any price. */
export const NO_TICK_BELOW = -(2 ** 31);
/** See {@link NO_TICK_BELOW}. */
export const NO_TICK_ABOVE = 2 ** 31;

/**
 * Lots by tick over all 32-bit ticks, made for a market that moves slowly and is told often: a ring of slots for the ticks of a
 * window, and a map for what lies outside. Setting a level in the window is one store, and one bit more where it comes or goes;
 * finding the next level reads 32 ticks at a time.
 *
 * Unlike the live book's `Ladder` it knows neither its side nor its best tick, gives up no level that is far
 * away, and is exact across gaps of any width: backtests compare fills by the nanosecond.
 */
export class TickLadder {
  readonly #lots = new Float64Array(LADDER_WINDOW);
  readonly #bits = new Int32Array(LADDER_WINDOW >> 5);
  readonly #far = new Map<number, number>();
  /** The first tick of the window, a multiple of 32. */
  #low = 0;

  lotsAt(tick: number): number {
    return (tick - this.#low) >>> 0 < LADDER_WINDOW ? this.#lots[tick & SLOT_MASK]! : (this.#far.get(tick) ?? 0);
  }

  /** Sets the size at a tick; 0 removes the level. @returns the size before */
  set(tick: number, lots: number): number {
    if ((tick - this.#low) >>> 0 >= LADDER_WINDOW) return this.#setFar(tick, lots);
    const slot = tick & SLOT_MASK;
    const before = this.#lots[slot]!;
    this.#lots[slot] = lots;
    if (before === 0 || lots === 0) {
      if (lots > 0) this.#bits[slot >> 5]! |= 1 << slot;
      else this.#bits[slot >> 5]! &= ~(1 << slot);
    }
    return before;
  }

  /** The highest level below a tick, or {@link NO_TICK_BELOW}. */
  below(tick: number): number {
    const end = this.#low + LADDER_WINDOW;
    const near = this.#nearBelow(Math.min(tick, end));
    // Far levels lie outside the window: none is between a level of the window and a tick of it.
    if (this.#far.size === 0 || (near !== NO_TICK_BELOW && tick <= end)) return near;
    let best = near;
    for (const at of this.#far.keys()) if (at < tick && at > best) best = at;
    return best;
  }

  /** The lowest level above a tick, or {@link NO_TICK_ABOVE}. */
  above(tick: number): number {
    const near = this.#nearAbove(Math.max(tick, this.#low - 1));
    if (this.#far.size === 0 || (near !== NO_TICK_ABOVE && tick >= this.#low - 1)) return near;
    let best = near;
    for (const at of this.#far.keys()) if (at > tick && at < best) best = at;
    return best;
  }

  /** An empty ladder becomes what another is. */
  copy(other: TickLadder): void {
    this.#low = other.#low;
    for (const [tick, lots] of other.#far) this.#far.set(tick, lots);
    const end = other.#low + LADDER_WINDOW;
    for (let at = other.#nearAbove(other.#low - 1); at < end; at = other.#nearAbove(at)) this.set(at, other.lotsAt(at));
  }

  clear(): void {
    this.#takeNear(this.#low, this.#low + LADDER_WINDOW, () => {});
    this.#far.clear();
  }

  /** Lays the window around a tick, where it is closer to an edge than a quarter of the window. */
  centre(tick: number): void {
    const quarter = LADDER_WINDOW >> 2;
    if (tick < this.#low + quarter || tick >= this.#low + LADDER_WINDOW - quarter) this.#relay(tick);
  }

  #relay(tick: number): void {
    const before = this.#low;
    const middle = Math.max(tick - (LADDER_WINDOW >> 1), NO_TICK_BELOW);
    const low = Math.min(middle, NO_TICK_ABOVE - LADDER_WINDOW) & -32;
    const toFar = (at: number, lots: number): void => this.#putFar(at, lots);
    // Levels that stay keep their slots; those of levels that leave are the slots of ticks that come in.
    this.#takeNear(before, Math.min(low, before + LADDER_WINDOW), toFar);
    this.#takeNear(Math.max(low + LADDER_WINDOW, before), before + LADDER_WINDOW, toFar);
    this.#low = low;
    for (const [at, lots] of this.#far) {
      if ((at - low) >>> 0 >= LADDER_WINDOW) continue;
      this.#far.delete(at);
      this.set(at, lots);
    }
  }

  /** Takes the levels of the window from a tick on to before another out of it, in their order. */
  #takeNear(from: number, to: number, taken: (tick: number, lots: number) => void): void {
    for (let at = this.#nearAbove(from - 1); at < to; at = this.#nearAbove(at)) taken(at, this.set(at, 0));
  }

  #setFar(tick: number, lots: number): number {
    const before = this.#far.get(tick) ?? 0;
    if (lots === 0) this.#far.delete(tick);
    else this.#putFar(tick, lots);
    return before;
  }

  #putFar(tick: number, lots: number): void {
    this.#far.set(tick, lots);
    if (this.#far.size > FAR_LEVELS_MOST)
      throw new RangeError(`more than ${FAR_LEVELS_MOST} price levels away from the best price: expected a book`);
  }

  /** The highest level of the window below a tick, which is at most one beyond it. */
  #nearBelow(tick: number): number {
    const from = tick - 1;
    if (from < this.#low) return NO_TICK_BELOW;
    // Of the first word only the bits up to where the search starts.
    let word = this.#bits[(from & SLOT_MASK) >> 5]! & (-1 >>> (31 - (from & 31)));
    for (let first = from & -32; ; word = this.#bits[(first & SLOT_MASK) >> 5]!) {
      if (word !== 0) return first + 31 - Math.clz32(word);
      first -= 32;
      if (first < this.#low) return NO_TICK_BELOW;
    }
  }

  /** The lowest level of the window above a tick, which is at least one before it. */
  #nearAbove(tick: number): number {
    const end = this.#low + LADDER_WINDOW;
    const from = tick + 1;
    if (from >= end) return NO_TICK_ABOVE;
    let word = this.#bits[(from & SLOT_MASK) >> 5]! & (-1 << (from & 31));
    for (let first = from & -32; ; word = this.#bits[(first & SLOT_MASK) >> 5]!) {
      if (word !== 0) return first + 31 - Math.clz32(word & -word);
      first += 32;
      if (first >= end) return NO_TICK_ABOVE;
    }
  }
}
