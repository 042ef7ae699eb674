import { createHash } from 'node:crypto';

/** Numbers gathered before they are hashed together: one call for each would cost more than the simulation. */
const GATHERED = 4_096;

/** A hash over a long row of numbers, taken in at some nanoseconds each: SHA-256 over their doubles. */
export class Fingerprint {
  readonly #hash = createHash('sha256');
  readonly #gathered = new Float64Array(GATHERED);
  #count = 0;

  /** Takes in a number. */
  add(number: number): void {
    this.#gathered[this.#count] = number;
    this.#count += 1;
    if (this.#count === GATHERED) this.#flush();
  }

  /** 16 hexadecimal digits; further numbers may follow. */
  digest(): string {
    return this.#hash
      .copy()
      .update(new Uint8Array(this.#gathered.buffer, 0, this.#count * 8))
      .digest('hex')
      .slice(0, 16);
  }

  #flush(): void {
    this.#hash.update(new Uint8Array(this.#gathered.buffer));
    this.#count = 0;
  }
}
