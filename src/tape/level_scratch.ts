import type { Levels } from '../../streams/market/types.ts';

/** Messages with more numbers than this are rare (snapshots): their levels get an array of their own. */
const KEPT_MOST = 512;

/**
 * Collects the levels of one side, row by row, and gives them as an array of the right length. There is one array of each
 * length, so that an update of the usual size allocates nothing: a JavaScript array that shrinks gives up what it held.
 */
export class LevelScratch {
  #pairs = new Float64Array(KEPT_MOST);
  #length = 0;
  readonly #kept: number[][] = [];

  clear(): void {
    this.#length = 0;
  }

  add(tick: number, lots: number): void {
    const at = this.#length;
    if (at + 2 > this.#pairs.length) this.#grow();
    this.#pairs[at] = tick;
    this.#pairs[at + 1] = lots;
    this.#length = at + 2;
  }

  /** The levels added since {@link clear}, as flat pairs; valid until they are asked for again. */
  levels(): Levels {
    const length = this.#length;
    const levels = this.#kept[length] ?? numbers(length);
    if (length <= KEPT_MOST) this.#kept[length] = levels;
    for (let i = 0; i < length; i += 1) levels[i] = this.#pairs[i]!;
    return levels;
  }

  #grow(): void {
    const grown = new Float64Array(this.#pairs.length * 2);
    grown.set(this.#pairs);
    this.#pairs = grown;
  }
}

/** An array that holds doubles as such from the beginning. */
function numbers(length: number): number[] {
  const array: number[] = [];
  for (let i = 0; i < length; i += 1) array.push(0.5);
  return array;
}
