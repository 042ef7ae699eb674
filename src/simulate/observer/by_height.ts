/**
 * What was so after each of the newest blocks: a ring, because a map that loses an entry for each that it gains is rebuilt every
 * thousand blocks or so.
 */
export class ByHeight<T> {
  readonly #most: number;
  readonly #heights: number[] = [];
  readonly #values: T[] = [];

  /** @param most blocks remembered, the newest; every block has to be put down */
  constructor(most: number) {
    this.#most = most;
  }

  set(height: number, value: T): void {
    const slot = height % this.#most;
    this.#heights[slot] = height;
    this.#values[slot] = value;
  }

  /** Undefined for a block that is too long ago, or was never put down. */
  get(height: number): T | undefined {
    const slot = height % this.#most;
    return this.#heights[slot] === height ? this.#values[slot] : undefined;
  }
}
