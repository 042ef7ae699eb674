import { NO_ASK, NO_BID } from './touch_book.ts';

const MOVES_FIRST = 1_024;

/**
 * How the best prices of a book moved, row by row, for who follows it at a distance. A market made out of rows doesn't react to us:
 * what its book is at the exchange, it will be for us when the same rows are here. Where no more than the best prices are wanted of
 * ours, the exchange's is kept alone and leaves this trail.
 *
 * A ring that grows to the most moves that ever lay between the two.
 */
export class TouchTrail {
  /** The best prices where the follower is. */
  bidTick = NO_BID;
  askTick = NO_ASK;
  #rows = new Float64Array(MOVES_FIRST);
  #bids = new Float64Array(MOVES_FIRST);
  #asks = new Float64Array(MOVES_FIRST);
  #head = 0;
  #tail = 0;

  /**
   * A row has moved the best prices.
   *
   * @param row its number, above those before
   */
  push(row: number, bidTick: number, askTick: number): void {
    if (this.#tail - this.#head === this.#rows.length) this.#grow();
    const slot = this.#tail & (this.#rows.length - 1);
    this.#rows[slot] = row;
    this.#bids[slot] = bidTick;
    this.#asks[slot] = askTick;
    this.#tail += 1;
  }

  /** The follower has seen the rows below a number. */
  follow(row: number): void {
    const mask = this.#rows.length - 1;
    let head = this.#head;
    while (head < this.#tail && this.#rows[head & mask]! < row) head += 1;
    if (head === this.#head) return;
    this.#head = head;
    this.bidTick = this.#bids[(head - 1) & mask]!;
    this.askTick = this.#asks[(head - 1) & mask]!;
  }

  #grow(): void {
    const mask = this.#rows.length - 1;
    const wider = (moves: Float64Array): Float64Array<ArrayBuffer> =>
      new Float64Array(2 * moves.length).map((_, at) => moves[(this.#head + at) & mask]!);
    this.#rows = wider(this.#rows);
    this.#bids = wider(this.#bids);
    this.#asks = wider(this.#asks);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}
