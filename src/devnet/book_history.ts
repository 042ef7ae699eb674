import type { BookSide, Level } from './book.ts';

interface Entry {
  readonly height: number;
  readonly sides: readonly { readonly version: number; readonly levels: readonly Level[] }[];
}

/**
 * The books as they stood after each of the last few blocks, for queries that name a height: a client that reads
 * several books wants all of them from one block. A side that did not change shares its copy with the block before.
 */
export class BookHistory {
  readonly #blocksMax: number;
  readonly #entries: Entry[] = [];

  /** @param blocksMax how many blocks to keep; 0 keeps none and costs nothing */
  constructor(blocksMax: number) {
    this.#blocksMax = blocksMax;
  }

  /** Keeps the sides as they are now. The sides are given in the same order every time. */
  record(height: number, sides: readonly BookSide[]): void {
    if (this.#blocksMax === 0) return;
    const last = this.#entries.at(-1);
    this.#entries.push({
      height,
      sides: sides.map((side, i) => {
        const kept = last?.sides[i];
        return kept?.version === side.version ? kept : { version: side.version, levels: side.copy() };
      }),
    });
    if (this.#entries.length > this.#blocksMax) this.#entries.shift();
  }

  /** Whether a height is kept. */
  has(height: number): boolean {
    return this.#at(height) !== undefined;
  }

  /** The levels of a side at a kept height, ascending; undefined for another height. */
  levels(height: number, side: number): readonly Level[] | undefined {
    return this.#at(height)?.sides[side]?.levels;
  }

  #at(height: number): Entry | undefined {
    return this.#entries[height - (this.#entries[0]?.height ?? 0)];
  }
}
