import { MICROS_PER_SECOND } from '../clock/clock.ts';

/** Points of a curve at most; when it is full every second one is dropped and the step doubles. */
export const CURVE_MOST = 1_000;

/** A figure over time, thinned out as it grows so that it never takes more than {@link CURVE_MOST} points. */
export class Curve {
  #points: (readonly [number, number])[] = [];
  #stepUs = MICROS_PER_SECOND;
  #dueUs = 0;

  /** Takes in a value; it becomes a point when the step since the last one is over. @param startUs where the axis begins */
  add(timeUs: number, startUs: number, value: number): void {
    if (timeUs < this.#dueUs) return;
    this.#points.push([(timeUs - startUs) / MICROS_PER_SECOND, value]);
    if (this.#points.length >= CURVE_MOST) {
      this.#points = this.#points.filter((_, i) => i % 2 === 0);
      this.#stepUs *= 2;
    }
    this.#dueUs = timeUs + this.#stepUs;
  }

  /** `[seconds since the start, value]`, in order. */
  get points(): readonly (readonly [number, number])[] {
    return [...this.#points];
  }
}

/** The newest and the oldest alike: every n-th item of a list that must not grow for ever, n doubling whenever it is full. */
export class Thinned<T> {
  #items: T[] = [];
  #stride = 1;
  #seen = 0;

  add(item: T): void {
    const kept = this.#seen % this.#stride === 0;
    this.#seen += 1;
    if (!kept) return;
    this.#items.push(item);
    if (this.#items.length < CURVE_MOST) return;
    this.#items = this.#items.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  get items(): readonly T[] {
    return [...this.#items];
  }

  /** How many there were for each that is kept. */
  get stride(): number {
    return this.#stride;
  }
}
