/**
 * Ids refused in a row until it is clear that not they are late but the one they were measured by was wrong: one
 * garbled id that is far too high must not silence a stream for ever. More than any burst of repeats that was seen.
 */
export const LATE_MOST = 64;

/** How an id stands to those before it. */
export type IdOrder = 'new' | 'duplicate' | 'out-of-order';

/** Watches ids that should only rise, such as those of trades. */
export class RisingId {
  last = -1;
  #refused = 0;

  /** Takes the next id; a repeated or older one is not taken. */
  take(id: number): IdOrder {
    if (id <= this.last && this.#refused < LATE_MOST) {
      this.#refused += 1;
      return id === this.last ? 'duplicate' : 'out-of-order';
    }
    this.last = id;
    this.#refused = 0;
    return 'new';
  }

  /** Ids begin anew. */
  forget(): void {
    this.last = -1;
    this.#refused = 0;
  }

  encode(): readonly [number, number] {
    return [this.last, this.#refused];
  }

  /** The watch that {@link encode} described. */
  static decode([last, refused]: readonly [number, number]): RisingId {
    const watch = new RisingId();
    watch.last = last;
    watch.#refused = refused;
    return watch;
  }
}
