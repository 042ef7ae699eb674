/** Ticks in the dense window of a ladder: 65,536 of them hold ±0.5 % of a price of 6,000,000 ticks, in half a megabyte. */
const WINDOW = 1 << 16;
const WORDS = WINDOW >> 5;
const SUMMARY = WORDS >> 5;

/** When the touch comes this close to the window's edge the window is centred anew, so that the levels behind it are inside. */
const MARGIN = WINDOW >> 3;

/** Most levels outside the window; the furthest away are given up first. */
const FAR_LEVELS_MOST = 20_000;

/**
 * One side of a book: lots by tick, dense around the touch and sparse far from it.
 *
 * Inside the window a level is a slot of a typed array and a bit of a two-level bitmap, so that setting a level allocates
 * nothing and finding the next level down costs a few shifts, however wide the gap. Levels outside wait in a map until the
 * window is centred on them.
 */
export class Ladder {
  /** Best tick, or -1 when the side is empty. */
  bestTick = -1;
  /** Levels given up because there were too many far away. */
  dropped = 0;
  /** Grows with every change, so that who keeps what it read knows when to read again. */
  version = 0;
  readonly #descending: boolean;
  readonly #lots = new Float64Array(WINDOW);
  readonly #bits = new Uint32Array(WORDS);
  readonly #summary = new Uint32Array(SUMMARY);
  readonly #far = new Map<number, number>();
  #base = -1;
  #near = 0;

  /** @param side bids are best at the highest tick, asks at the lowest */
  constructor(side: 'bid' | 'ask') {
    this.#descending = side === 'bid';
  }

  get levels(): number {
    return this.#near + this.#far.size;
  }

  get bestLots(): number {
    return this.bestTick < 0 ? 0 : this.#lots[this.bestTick - this.#base]!;
  }

  lotsAt(tick: number): number {
    const slot = tick - this.#base;
    return slot >= 0 && slot < WINDOW && this.#base >= 0 ? this.#lots[slot]! : (this.#far.get(tick) ?? 0);
  }

  /** Sets the size at a tick; 0 removes the level. */
  set(tick: number, lots: number): void {
    this.version += 1;
    if (this.#base < 0) {
      if (lots === 0) return;
      this.#base = Math.max(0, tick - (WINDOW >> 1));
    }
    const slot = tick - this.#base;
    if (slot < 0 || slot >= WINDOW) {
      this.#setFar(tick, lots);
      return;
    }
    const before = this.#lots[slot]!;
    if (lots === 0) {
      this.#lots[slot] = 0;
      if (before !== 0) this.#clear(slot, tick);
    } else if (before !== 0) {
      this.#lots[slot] = lots;
    } else {
      this.#fill(slot, lots);
      if (this.bestTick < 0 || this.#better(tick, this.bestTick)) {
        this.bestTick = tick;
        this.#keepInside(slot);
      }
    }
  }

  clear(): void {
    this.version += 1;
    // Level by level: a book has far fewer of them than the window has slots, half a megabyte of zeros.
    for (let slot = this.#above(0); slot >= 0; ) {
      const next = this.#above(slot + 1);
      const word = slot >> 5;
      this.#lots[slot] = 0;
      // Not before the last of its levels was found.
      if (next >> 5 !== word) this.#bits[word] = 0;
      slot = next;
    }
    this.#summary.fill(0);
    if (this.#far.size > 0) this.#far.clear();
    this.#near = 0;
    this.#base = -1;
    this.bestTick = -1;
  }

  /** The next level behind `tick`, or -1: the best one's successor, and so on outwards. Within the window only. */
  nextTick(tick: number): number {
    const slot = this.#descending ? this.#below(tick - this.#base - 1) : this.#above(tick - this.#base + 1);
    return slot < 0 ? -1 : this.#base + slot;
  }

  /** Calls `visit` for the best `most` levels, best first, those outside the window included. */
  forEach(most: number, visit: (tick: number, lots: number) => void): void {
    let left = most;
    for (let tick = this.bestTick; left > 0 && tick >= 0; left -= 1) {
      visit(tick, this.#lots[tick - this.#base]!);
      tick = this.nextTick(tick);
    }
    // A thin book: what is seen of it must not depend on where its window happens to lie.
    if (left > 0 && this.#far.size > 0) {
      const far = [...this.#far.keys()].sort((a, b) => (this.#better(a, b) ? -1 : 1));
      for (const tick of far.slice(0, left)) visit(tick, this.#far.get(tick)!);
    }
  }

  /** Lots that rest at most `ticks` behind the best tick, those at the best tick included. */
  depthLots(ticks: number): number {
    let sum = 0;
    for (let tick = this.bestTick; tick >= 0 && Math.abs(tick - this.bestTick) <= ticks; tick = this.nextTick(tick)) {
      sum += this.#lots[tick - this.#base]!;
    }
    // The window reaches further behind the touch than its margin, or down to tick 0.
    if (ticks < MARGIN) return sum;
    for (const [tick, lots] of this.#far) if (Math.abs(tick - this.bestTick) <= ticks) sum += lots;
    return sum;
  }

  /** All levels as flat pairs, best first: plain data for a snapshot. */
  encode(): number[] {
    const pairs: number[] = [];
    this.forEach(Number.POSITIVE_INFINITY, (tick, lots) => pairs.push(tick, lots));
    return pairs;
  }

  #better(a: number, b: number): boolean {
    return this.#descending ? a > b : a < b;
  }

  #clear(slot: number, tick: number): void {
    this.#near -= 1;
    const word = slot >> 5;
    this.#bits[word]! &= ~(1 << (slot & 31));
    if (this.#bits[word] === 0) this.#summary[slot >> 10]! &= ~(1 << (word & 31));
    if (tick !== this.bestTick) return;
    this.bestTick = this.nextTick(tick);
    if (this.bestTick >= 0) this.#keepInside(this.bestTick - this.#base);
    else if (this.#far.size > 0) this.#centreOnFar();
  }

  #keepInside(slot: number): void {
    if ((slot < MARGIN && this.#base > 0) || slot >= WINDOW - MARGIN) this.#centre(this.bestTick);
  }

  #setFar(tick: number, lots: number): void {
    if (lots === 0) {
      this.#far.delete(tick);
      return;
    }
    this.#far.set(tick, lots);
    // A level better than the best one: the touch has left the window.
    if (this.bestTick < 0 || this.#better(tick, this.bestTick)) this.#centre(tick);
    else if (this.#far.size > FAR_LEVELS_MOST) this.#dropFurthest();
  }

  #centreOnFar(): void {
    let best = -1;
    for (const tick of this.#far.keys()) if (best < 0 || this.#better(tick, best)) best = tick;
    this.#centre(best);
  }

  /** Lays the window around `tick`, the best level of all. */
  #centre(tick: number): void {
    const all = this.encode();
    this.clear();
    this.#base = Math.max(0, tick - (WINDOW >> 1));
    this.bestTick = tick;
    for (let i = 0; i < all.length; i += 2) {
      const slot = all[i]! - this.#base;
      if (slot >= 0 && slot < WINDOW) this.#fill(slot, all[i + 1]!);
      else this.#far.set(all[i]!, all[i + 1]!);
    }
  }

  #fill(slot: number, lots: number): void {
    this.#lots[slot] = lots;
    this.#near += 1;
    this.#bits[slot >> 5]! |= 1 << (slot & 31);
    this.#summary[slot >> 10]! |= 1 << ((slot >> 5) & 31);
  }

  #dropFurthest(): void {
    const byDistance = [...this.#far.keys()].sort((a, b) => Math.abs(b - this.bestTick) - Math.abs(a - this.bestTick));
    for (const tick of byDistance.slice(0, FAR_LEVELS_MOST / 10)) {
      this.#far.delete(tick);
      this.dropped += 1;
    }
  }

  /** Highest set slot at or below `slot`, or -1. */
  #below(slot: number): number {
    if (slot < 0) return -1;
    let word = slot >> 5;
    const here = this.#bits[word]! & (0xffffffff >>> (31 - (slot & 31)));
    if (here !== 0) return (word << 5) + 31 - Math.clz32(here);
    let group = word >> 5;
    const lower = word & 31;
    let groups = this.#summary[group]! & (lower === 0 ? 0 : 0xffffffff >>> (32 - lower));
    while (groups === 0) {
      group -= 1;
      if (group < 0) return -1;
      groups = this.#summary[group]!;
    }
    word = (group << 5) + 31 - Math.clz32(groups);
    return (word << 5) + 31 - Math.clz32(this.#bits[word]!);
  }

  /** Lowest set slot at or above `slot`, or -1. */
  #above(slot: number): number {
    if (slot >= WINDOW) return -1;
    let word = slot >> 5;
    const here = this.#bits[word]! & (0xffffffff << (slot & 31));
    if (here !== 0) return (word << 5) + lowestBit(here);
    let group = word >> 5;
    const upper = (word & 31) + 1;
    let groups = upper === 32 ? 0 : this.#summary[group]! & (0xffffffff << upper);
    while (groups === 0) {
      group += 1;
      if (group >= SUMMARY) return -1;
      groups = this.#summary[group]!;
    }
    word = (group << 5) + lowestBit(groups);
    return (word << 5) + lowestBit(this.#bits[word]!);
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
