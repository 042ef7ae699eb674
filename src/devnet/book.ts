/** One order's share of a level, as the chain keeps it. Price and side belong to the level. */
export interface Allocation {
  readonly orderId: number;
  readonly account: string;
  lots: number;
}

/** All orders resting at one price, first in first. */
export interface Level {
  readonly tick: number;
  lots: number;
  readonly allocations: Allocation[];
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
      level.lots += allocation.lots;
      level.allocations.push(allocation);
    } else {
      this.levels.splice(index, 0, { tick, lots: allocation.lots, allocations: [allocation] });
    }
  }

  /** Takes an order off the book; undefined when it does not rest at that price. */
  remove(tick: number, orderId: number): Allocation | undefined {
    const level = this.at(tick);
    const index = level?.allocations.findIndex((allocation) => allocation.orderId === orderId) ?? -1;
    if (level === undefined || index < 0) return undefined;
    this.version += 1;
    const [removed] = level.allocations.splice(index, 1);
    level.lots -= removed!.lots;
    if (level.allocations.length === 0) this.levels.splice(this.#indexOf(tick), 1);
    return removed;
  }

  /** Fills `lots` of the best level, first in first out, and drops it when empty. `lots` is at most the level's. */
  takeFromBest(lots: number): Taken[] {
    const level = this.best();
    if (level === undefined || lots > level.lots) throw new RangeError(`cannot take ${lots} lots of the best level`);
    this.version += 1;
    const taken: Taken[] = [];
    let left = lots;
    let emptied = 0;
    for (const allocation of level.allocations) {
      if (left === 0) break;
      const part = Math.min(left, allocation.lots);
      taken.push({ orderId: allocation.orderId, account: allocation.account, lots: part });
      allocation.lots -= part;
      left -= part;
      if (allocation.lots === 0) emptied += 1;
    }
    level.allocations.splice(0, emptied);
    level.lots -= lots;
    if (level.lots === 0) this.levels.splice(this.#bestIsLast ? this.levels.length - 1 : 0, 1);
    return taken;
  }

  /** A copy of all levels that later changes leave alone. */
  copy(): Level[] {
    return this.levels.map(({ tick, lots, allocations }) => ({
      tick,
      lots,
      allocations: allocations.map((allocation) => ({ ...allocation })),
    }));
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
