/** What a {@link RollingSums} holds, as plain data. */
export interface RollingSumsState {
  readonly slot: number;
  readonly firstSlot: number;
  readonly now: readonly number[];
  readonly edges: readonly number[];
}

/**
 * Sums over the last n slots of time, for every n up to a limit and for many channels at once, in O(1).
 *
 * Each channel runs on; what it had reached is kept at the beginning of each slot, in a ring. A window is the difference of two
 * values, so that windows of all lengths share one ring, nothing is evicted, and integers stay exact. Once a round the ring is
 * brought back towards zero: a sum that runs for a month would lose its last digits.
 *
 * The channels behind the sums are *levels* (the price): kept in the same way and left where they are.
 */
export class RollingSums {
  /** Where each channel stands: the sums first, then the levels. Writers add to a sum and set a level. */
  readonly now: Float64Array;
  /** The slot under way, counted from the epoch; -1 before {@link start}. */
  slot = -1;
  readonly slotUs: number;
  readonly #edges: Float64Array;
  readonly #kept: number;
  readonly #sums: number;
  // The ring is counted from here, so that the same market at another time rounds the same.
  #firstSlot = 0;

  /**
   * @param slotUs length of a slot, microseconds
   * @param slots the longest window, slots
   */
  constructor(slotUs: number, slots: number, sums: number, levels: number) {
    this.slotUs = slotUs;
    this.#kept = slots + 1;
    this.#sums = sums;
    this.now = new Float64Array(sums + levels);
    this.#edges = new Float64Array(this.#kept * this.now.length);
  }

  /** Begins: the past is as the channels stand now. */
  start(timeUs: number): void {
    this.slot = Math.floor(timeUs / this.slotUs);
    this.#firstSlot = this.slot;
    for (let kept = 0; kept < this.#kept; kept += 1) this.#edges.set(this.now, kept * this.now.length);
  }

  /** When the slot under way ends, microseconds since the epoch. */
  get endUs(): number {
    return (this.slot + 1) * this.slotUs;
  }

  /** Ends the slot under way and begins the next. */
  close(): void {
    this.slot += 1;
    const row = (this.slot - this.#firstSlot) % this.#kept;
    this.#edges.set(this.now, row * this.now.length);
    if (row === 0) this.#rebase();
  }

  /** Jumps ahead: what lies further back than the ring reaches need not be walked through. */
  skip(slots: number): void {
    const { now } = this;
    this.slot += slots;
    for (let kept = 0; kept < this.#kept; kept += 1) this.#edges.set(now, kept * now.length);
  }

  /** What a channel gained in the slot under way and the `slots` before it. At the beginning of a slot: in the last `slots`. */
  gained(channel: number, slots: number): number {
    return this.now[channel]! - this.at(channel, slots);
  }

  /** Where a channel stood at the beginning of the slot so many slots ago. */
  at(channel: number, slotsAgo: number): number {
    const row = (this.slot - this.#firstSlot - slotsAgo + this.#kept) % this.#kept;
    return this.#edges[row * this.now.length + channel]!;
  }

  #rebase(): void {
    const width = this.now.length;
    for (let channel = 0; channel < this.#sums; channel += 1) {
      const base = this.now[channel]!;
      this.now[channel] = 0;
      for (let at = channel; at < this.#edges.length; at += width) this.#edges[at]! -= base;
    }
  }

  /** Everything as plain data. */
  encode(): RollingSumsState {
    return { slot: this.slot, firstSlot: this.#firstSlot, now: [...this.now], edges: [...this.#edges] };
  }

  /** Takes over what {@link encode} of one of the same shape gave. @throws RangeError when it is of another shape */
  restore({ slot, firstSlot, now, edges }: RollingSumsState): void {
    if (now.length !== this.now.length || edges.length !== this.#edges.length) {
      throw new RangeError(
        `rolling sums of ${now.length} × ${edges.length}: expected ${this.now.length} × ${this.#edges.length}`,
      );
    }
    this.slot = slot;
    this.#firstSlot = firstSlot;
    this.now.set(now);
    this.#edges.set(edges);
  }
}
