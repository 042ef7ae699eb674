import { MICROS_PER_MS } from '../clock/clock.ts';

/** What the label of an instant means. Smoothing and horizon are apart, as in TLOB (Berti and Kasneci 2025, section 4.2). */
export interface LabelRule {
  /** How far ahead, milliseconds, shortest first. */
  readonly horizonsMs: readonly number[];
  /** A move of the mid up to this is none, basis points; 0 calls every move one. */
  readonly thresholdBps: number;
  /** The future mid is the mean over this long around the horizon, milliseconds; 0 takes the mid at the horizon itself. */
  readonly smoothingMs: number;
}

/** The classes of a label, as numbers in files. */
export const LABEL = { unknown: -1, bearish: 0, neutral: 1, bullish: 2 } as const;

/** What became of the mid after a marked instant. */
export interface Labelled {
  timeUs: number;
  /** Twice the mid at that instant, ticks. */
  midHalfTicks: number;
  /** A {@link LABEL} for each horizon. */
  readonly classes: Int8Array;
  /** From the mid at the instant to the (smoothed) mid at each horizon, basis points; NaN where it is not known. */
  readonly movesBps: Float64Array;
}

/** A {@link Labeller} as plain data; null stands for what is not known. */
export interface LabellerState {
  readonly path: readonly [timeUs: number, midHalfTicks: number, epoch: number, known: 0 | 1, integral: number];
  readonly done: readonly number[];
  /** Of each mark not yet taken: instant, mid, epoch, and what was read at each edge. */
  readonly marks: readonly (readonly (number | null)[])[];
}

const BPS = 10_000;

/** Beyond this the integral of the mid is counted from anew: sums of integers stay exact below 2^53. */
const INTEGRAL_MOST = 2 ** 51;

/**
 * Labels instants with what the mid did after them, event by event. The path of the mid is piecewise constant and
 * left-continuous: its value at an instant is what everything strictly before that instant made it.
 *
 * The mean of the mid over a window is a difference of two values of its time integral, and all marks ask for them at the same
 * distances. So nothing of the path is kept: each edge of a window has a cursor that runs over the marks as time passes. Memory
 * is the marks of the longest horizon, whatever the rate of events, and the arithmetic is of integers, hence exact.
 */
export class Labeller {
  readonly rule: LabelRule;
  readonly #horizons: number;
  // Where the path is read, microseconds after a mark: at each horizon, or at both edges of its window.
  readonly #edgesUs: readonly number[];
  readonly #windowUs: number;
  readonly #capacity: number;
  // The ring of marks, counted from the first ever; `#done[e]` marks have been read at edge e.
  readonly #timesUs: Float64Array;
  readonly #mids: Float64Array;
  readonly #epochs: Float64Array;
  readonly #readings: Float64Array;
  readonly #done: number[];
  #taken = 0;
  #marked = 0;
  // The path: since when it has this value, whether it is known, how often it was lost, its integral so far.
  #timeUs = 0;
  #midHalfTicks = 0;
  #known = false;
  #epoch = 0;
  #integral = 0;

  /**
   * @param everyUs how far apart marks are at the least, microseconds
   * @throws RangeError naming what of the rule is wrong
   */
  constructor(rule: LabelRule, everyUs: number) {
    checkRule(rule);
    if (!(everyUs >= 1)) throw new RangeError(`marks every ${everyUs} µs: expected at least 1`);
    this.rule = rule;
    this.#horizons = rule.horizonsMs.length;
    this.#windowUs = Math.round(rule.smoothingMs * MICROS_PER_MS);
    const earlierUs = Math.floor(this.#windowUs / 2);
    const horizonsUs = rule.horizonsMs.map((ms) => Math.round(ms * MICROS_PER_MS));
    this.#edgesUs =
      this.#windowUs === 0 ? horizonsUs : horizonsUs.flatMap((us) => [us - earlierUs, us - earlierUs + this.#windowUs]);
    this.#capacity = Math.floor(Math.max(...this.#edgesUs) / everyUs) + 2;
    this.#timesUs = new Float64Array(this.#capacity);
    this.#mids = new Float64Array(this.#capacity);
    this.#epochs = new Float64Array(this.#capacity);
    this.#readings = new Float64Array(this.#capacity * this.#edgesUs.length);
    this.#done = this.#edgesUs.map(() => 0);
  }

  /** Marks that may wait at the most. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Marks not yet taken. */
  get pending(): number {
    return this.#marked - this.#taken;
  }

  /** The mid is this from an instant on, until told otherwise. @param midHalfTicks bid and ask tick added */
  moved(timeUs: number, midHalfTicks: number): void {
    if (this.#known && midHalfTicks === this.#midHalfTicks) return;
    this.reached(timeUs);
    this.#midHalfTicks = midHalfTicks;
    this.#known = true;
  }

  /** From an instant on the mid is not known: no window that reaches across it gives a label. */
  lost(timeUs: number): void {
    this.reached(timeUs);
    if (!this.#known) return;
    this.#known = false;
    this.#epoch += 1;
  }

  /** Time has come to an instant and the path has not changed. */
  reached(timeUs: number): void {
    for (let edge = 0; edge < this.#edgesUs.length; edge += 1) this.#read(edge, timeUs);
    if (timeUs <= this.#timeUs) return;
    if (this.#windowUs > 0 && this.#known) {
      this.#integral += this.#midHalfTicks * (timeUs - this.#timeUs);
      if (Math.abs(this.#integral) > INTEGRAL_MOST) this.#rebase();
    }
    this.#timeUs = timeUs;
  }

  /**
   * Wants to know what becomes of the mid after an instant, not before the last one reached.
   *
   * @returns false, and marks nothing, where the mid is not known
   * @throws RangeError when marks are closer than was said, or those that are decided were not taken
   */
  mark(timeUs: number): boolean {
    this.reached(timeUs);
    if (!this.#known) return false;
    if (this.pending === this.#capacity) throw new RangeError(`${this.#capacity} marks wait: take those decided first`);
    const slot = this.#marked % this.#capacity;
    this.#timesUs[slot] = timeUs;
    this.#mids[slot] = this.#midHalfTicks;
    this.#epochs[slot] = this.#epoch;
    this.#marked += 1;
    return true;
  }

  /**
   * The oldest mark, once all of its horizons are decided. Labels still open at the end are had by {@link lost}, then
   * {@link reached} with an instant beyond the longest horizon.
   *
   * @returns false, and leaves `out` as it was, when there is none
   */
  take(out: Labelled): boolean {
    if (this.pending === 0 || this.#done.some((done) => done <= this.#taken)) return false;
    const slot = this.#taken % this.#capacity;
    const mid = this.#mids[slot]!;
    out.timeUs = this.#timesUs[slot]!;
    out.midHalfTicks = mid;
    const at = slot * this.#edgesUs.length;
    for (let horizon = 0; horizon < this.#horizons; horizon += 1) {
      const moveBps = this.#windowUs === 0 ? this.#move(at + horizon, mid) : this.#meanMove(at + 2 * horizon, mid);
      out.movesBps[horizon] = moveBps;
      out.classes[horizon] = classOf(moveBps, this.rule.thresholdBps);
    }
    this.#taken += 1;
    return true;
  }

  /** A record for {@link take}. */
  blank(): Labelled {
    return {
      timeUs: 0,
      midHalfTicks: 0,
      classes: new Int8Array(this.#horizons),
      movesBps: new Float64Array(this.#horizons),
    };
  }

  encode(): LabellerState {
    const edges = this.#edgesUs.length;
    const marks = Array.from({ length: this.pending }, (_, i) => {
      const slot = (this.#taken + i) % this.#capacity;
      const readings = [...this.#readings.subarray(slot * edges, (slot + 1) * edges)].map((reading, edge) =>
        Number.isNaN(reading) || this.#done[edge]! <= this.#taken + i ? null : reading,
      );
      return [this.#timesUs[slot]!, this.#mids[slot]!, this.#epochs[slot]!, ...readings];
    });
    return {
      path: [this.#timeUs, this.#midHalfTicks, this.#epoch, this.#known ? 1 : 0, this.#integral],
      done: this.#done.map((done) => done - this.#taken),
      marks,
    };
  }

  /** The labeller of the same rule and spacing that {@link encode} described. */
  static decode(rule: LabelRule, everyUs: number, { path, done, marks }: LabellerState): Labeller {
    const labeller = new Labeller(rule, everyUs);
    const edges = labeller.#edgesUs.length;
    for (const [slot, [timeUs, mid, epoch, ...readings]] of marks.entries()) {
      labeller.#timesUs[slot] = timeUs!;
      labeller.#mids[slot] = mid!;
      labeller.#epochs[slot] = epoch!;
      for (const [edge, reading] of readings.entries()) labeller.#readings[slot * edges + edge] = reading ?? Number.NaN;
    }
    labeller.#marked = marks.length;
    for (const [edge, count] of done.entries()) labeller.#done[edge] = count;
    const [timeUs, midHalfTicks, epoch, known, integral] = path;
    labeller.#timeUs = timeUs;
    labeller.#midHalfTicks = midHalfTicks;
    labeller.#epoch = epoch;
    labeller.#known = known === 1;
    labeller.#integral = integral;
    return labeller;
  }

  /** Reads the path at an edge for every mark whose instant for it has come. */
  #read(edge: number, timeUs: number): void {
    const edges = this.#edgesUs.length;
    for (let mark = this.#done[edge]!; mark < this.#marked; mark += 1) {
      const slot = mark % this.#capacity;
      const dueUs = this.#timesUs[slot]! + this.#edgesUs[edge]!;
      if (dueUs > timeUs) return;
      const whole = this.#known && this.#epochs[slot] === this.#epoch;
      const integral = this.#integral + this.#midHalfTicks * (dueUs - this.#timeUs);
      const reading = this.#windowUs === 0 ? this.#midHalfTicks : integral;
      this.#readings[slot * edges + edge] = whole ? reading : Number.NaN;
      this.#done[edge] = mark + 1;
    }
  }

  #move(at: number, mid: number): number {
    return (BPS * (this.#readings[at]! - mid)) / mid;
  }

  #meanMove(at: number, mid: number): number {
    const moved = this.#readings[at + 1]! - this.#readings[at]! - mid * this.#windowUs;
    return (BPS * moved) / (mid * this.#windowUs);
  }

  #rebase(): void {
    for (let i = 0; i < this.#readings.length; i += 1) this.#readings[i]! -= this.#integral;
    this.#integral = 0;
  }
}

function classOf(moveBps: number, thresholdBps: number): number {
  if (Number.isNaN(moveBps)) return LABEL.unknown;
  if (moveBps > thresholdBps) return LABEL.bullish;
  return moveBps < -thresholdBps ? LABEL.bearish : LABEL.neutral;
}

function checkRule({ horizonsMs, thresholdBps, smoothingMs }: LabelRule): void {
  const [shortestMs] = horizonsMs;
  if (shortestMs === undefined || !(shortestMs > 0) || horizonsMs.some((ms, i) => i > 0 && ms <= horizonsMs[i - 1]!))
    throw new RangeError(`horizons ${horizonsMs.join(', ')} ms: expected at least one, positive, shortest first`);
  if (!(thresholdBps >= 0 && thresholdBps < BPS))
    throw new RangeError(`threshold ${thresholdBps} bps: expected 0 or more, below ${BPS}`);
  // A window that reached back over the instant itself would put the past into the label.
  if (!(smoothingMs >= 0 && smoothingMs <= 2 * shortestMs))
    throw new RangeError(`smoothing ${smoothingMs} ms: expected 0 to ${2 * shortestMs}, twice the shortest horizon`);
}
