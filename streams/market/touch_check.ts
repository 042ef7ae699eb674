import type { OrderBook } from './order_book.ts';
import type { BookTicker } from './types.ts';

/** How many update ids are remembered to compare our best prices with the exchange's; a power of two. */
const COMPARED_IDS = 4_096;

/** A touch as kept: update id, bid tick, bid lots, ask tick, ask lots. */
const FIELDS = 5;

/** What a {@link TouchCheck} remembers, as plain data. */
export interface TouchCheckState {
  readonly comparisons: number;
  readonly mismatches: number;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/**
 * Compares our best prices and sizes with the exchange's `bookTicker` wherever both name the same update id, whichever
 * comes first. Remembers the last {@link COMPARED_IDS} ids of each side and allocates nothing.
 */
export class TouchCheck {
  comparisons = 0;
  mismatches = 0;
  #ours = new TouchRing();
  #theirs = new TouchRing();

  /** Our book is now at an update id. @returns false when the exchange has told other best prices for it */
  ours(id: number, book: OrderBook): boolean {
    const { bestBidTick, bestBidLots, bestAskTick, bestAskLots } = book;
    if (!this.#ours.add(id, bestBidTick, bestBidLots, bestAskTick, bestAskLots)) return true;
    return this.#compare(this.#theirs, id, bestBidTick, bestBidLots, bestAskTick, bestAskLots);
  }

  /** The exchange tells its best prices at an update id. @returns false when ours are others */
  theirs({ updateId, bidTick, bidLots, askTick, askLots }: BookTicker): boolean {
    if (!this.#theirs.add(updateId, bidTick, bidLots, askTick, askLots)) {
      // Who feeds this drops repeats: a lower id means that the ids before were wrong.
      this.#theirs = new TouchRing();
      this.#theirs.add(updateId, bidTick, bidLots, askTick, askLots);
    }
    return this.#compare(this.#ours, updateId, bidTick, bidLots, askTick, askLots);
  }

  /** Our book is given up: its touches are no evidence any more. What the exchange told stays true. */
  forgetOurs(): void {
    this.#ours = new TouchRing();
  }

  /** Update ids begin anew. */
  forget(): void {
    this.forgetOurs();
    this.#theirs = new TouchRing();
  }

  encode(): TouchCheckState {
    const { comparisons, mismatches } = this;
    return { comparisons, mismatches, ours: this.#ours.encode(), theirs: this.#theirs.encode() };
  }

  /** The check that {@link encode} described. */
  static decode({ comparisons, mismatches, ours, theirs }: TouchCheckState): TouchCheck {
    const check = new TouchCheck();
    Object.assign(check, { comparisons, mismatches });
    check.#ours = TouchRing.decode(ours);
    check.#theirs = TouchRing.decode(theirs);
    return check;
  }

  #compare(other: TouchRing, id: number, bidTick: number, bidLots: number, askTick: number, askLots: number): boolean {
    const same = other.equal(id, bidTick, bidLots, askTick, askLots);
    if (same === undefined) return true;
    this.comparisons += 1;
    if (!same) this.mismatches += 1;
    return same;
  }
}

/** The last touches by rising id: flat records in a ring, found by binary search. */
class TouchRing {
  // Grows to its bound by doubling: most markets of a session never tell a bookTicker.
  #records = new Float64Array(64 * FIELDS);
  #added = 0;

  /** @returns false, and keeps nothing, when the id is not above the last one */
  add(id: number, bidTick: number, bidLots: number, askTick: number, askLots: number): boolean {
    if (this.#added > 0 && id <= this.#records[this.#at(this.#added - 1)]!) return false;
    if (this.#added * FIELDS === this.#records.length && this.#added < COMPARED_IDS) {
      const grown = new Float64Array(this.#records.length * 2);
      grown.set(this.#records);
      this.#records = grown;
    }
    const at = this.#at(this.#added);
    const records = this.#records;
    records[at] = id;
    records[at + 1] = bidTick;
    records[at + 2] = bidLots;
    records[at + 3] = askTick;
    records[at + 4] = askLots;
    this.#added += 1;
    return true;
  }

  /** Whether the touch at an id is this one; undefined when the id is not there. Of an empty side only the size counts. */
  equal(id: number, bidTick: number, bidLots: number, askTick: number, askLots: number): boolean | undefined {
    let low = Math.max(0, this.#added - COMPARED_IDS);
    let high = this.#added - 1;
    const records = this.#records;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#at(middle);
      if (records[at]! < id) low = middle + 1;
      else if (records[at]! > id) high = middle - 1;
      else {
        return (
          records[at + 2] === bidLots &&
          records[at + 4] === askLots &&
          (bidLots === 0 || records[at + 1] === bidTick) &&
          (askLots === 0 || records[at + 3] === askTick)
        );
      }
    }
    return undefined;
  }

  encode(): number[] {
    const flat: number[] = [];
    for (let n = Math.max(0, this.#added - COMPARED_IDS); n < this.#added; n += 1) {
      const at = this.#at(n);
      flat.push(...this.#records.subarray(at, at + FIELDS));
    }
    return flat;
  }

  static decode(flat: readonly number[]): TouchRing {
    const ring = new TouchRing();
    for (let i = 0; i < flat.length; i += FIELDS) {
      ring.add(flat[i]!, flat[i + 1]!, flat[i + 2]!, flat[i + 3]!, flat[i + 4]!);
    }
    return ring;
  }

  #at(n: number): number {
    return (n & (COMPARED_IDS - 1)) * FIELDS;
  }
}
