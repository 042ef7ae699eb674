/** One order's share of a level, as the chain keeps it. Price and side belong to the level. Replaced, never changed. */
export interface Allocation {
  readonly orderId: number;
  readonly account: string;
  readonly lots: number;
}

/** All orders resting at one price, first in first. Replaced, never changed, so that a copy of a side is a list of its levels. */
export interface Level {
  readonly tick: number;
  readonly lots: number;
  readonly allocations: readonly Allocation[];
}

/** What a fill took from one resting order. */
export interface Taken {
  readonly orderId: number;
  readonly account: string;
  readonly lots: number;
}

/**
 * One side of a pair's book: levels ascending by tick, orders of a level in order of arrival.
 *
 * `best` is the highest tick of the long side and the lowest of the short side.
 */
export class BookSide {
  readonly levels: Level[] = [];
  /** Grows with every change, so that who keeps copies knows when to make a new one. */
  version = 0;
  readonly #bestIsLast: boolean;

  constructor(side: 'buy' | 'sell') {
    this.#bestIsLast = side === 'buy';
  }

  /** The best level, or undefined for an empty side. */
  best(): Level | undefined {
    return this.#bestIsLast ? this.levels.at(-1) : this.levels[0];
  }

  /** The best level at which somebody else than an account has an order. */
  bestBeside(account: string): Level | undefined {
    const { levels } = this;
    for (let i = 0; i < levels.length; i += 1) {
      const level = levels[this.#bestIsLast ? levels.length - 1 - i : i]!;
      if (level.allocations.some((one) => one.account !== account)) return level;
    }
    return undefined;
  }

  /** The level at a price, if any order rests there. */
  at(tick: number): Level | undefined {
    const level = this.levels[this.#indexOf(tick)];
    return level?.tick === tick ? level : undefined;
  }

  /** Appends an order to the end of its level's queue. */
  add(tick: number, allocation: Allocation): void {
    this.version += 1;
    const index = this.#indexOf(tick);
    const level = this.levels[index];
    if (level?.tick === tick) {
      const lots = level.lots + allocation.lots;
      this.levels[index] = { tick, lots, allocations: [...level.allocations, allocation] };
    } else {
      this.levels.splice(index, 0, { tick, lots: allocation.lots, allocations: [allocation] });
    }
  }

  /** Takes an order off the book; undefined when it does not rest at that price. */
  remove(tick: number, orderId: number): Allocation | undefined {
    const at = this.#indexOf(tick);
    const level = this.levels[at];
    const removed = level?.tick === tick ? level.allocations.find((one) => one.orderId === orderId) : undefined;
    if (level === undefined || removed === undefined) return undefined;
    this.version += 1;
    const allocations = level.allocations.filter((one) => one !== removed);
    if (allocations.length === 0) this.levels.splice(at, 1);
    else this.levels[at] = { tick, lots: level.lots - removed.lots, allocations };
    return removed;
  }

  /** Fills `lots` of the best level, first in first out, and drops it when empty. `lots` is at most the level's. */
  takeFromBest(lots: number): Taken[] {
    const level = this.best();
    if (level === undefined || lots > level.lots) throw new RangeError(`cannot take ${lots} lots of the best level`);
    this.version += 1;
    const taken: Taken[] = [];
    const stay: Allocation[] = [];
    let left = lots;
    for (const allocation of level.allocations) {
      const { orderId, account } = allocation;
      const part = Math.min(left, allocation.lots);
      if (part > 0) taken.push({ orderId, account, lots: part });
      if (part === 0) stay.push(allocation);
      else if (part < allocation.lots) stay.push({ orderId, account, lots: allocation.lots - part });
      left -= part;
    }
    const at = this.#bestIsLast ? this.levels.length - 1 : 0;
    if (stay.length === 0) this.levels.splice(at, 1);
    else this.levels[at] = { tick: level.tick, lots: level.lots - lots, allocations: stay };
    return taken;
  }

  /** All levels as they are now, which later changes leave alone. */
  copy(): Level[] {
    return this.levels.slice();
  }

  /** Index of the level at `tick`, or where it would be. */
  #indexOf(tick: number): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.levels[middle]!.tick < tick) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
