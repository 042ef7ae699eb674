import { RollingSums, type RollingSumsState } from './rolling_sums.ts';
import { LOOKBACK_MS } from './types.ts';

const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;

/** Short windows are whole slots of 50 ms, up to 5 s: every instant of a grid of 50, 100 or 200 ms sees them exact. */
const SHORT_SLOT_MS = 50;
const SHORT_MS = 5_000;

/** Long windows are whole slots of 200 ms, up to the whole lookback: exact at 5 Hz, else up to a slot longer. */
const LONG_SLOT_MS = 200;

/** Slots of the short ring in a slot of the long one, and in a second. */
const SHORTS_IN_LONG = LONG_SLOT_MS / SHORT_SLOT_MS;

/** Slots of the long ring in a second. */
export const LONGS_IN_SECOND = 1_000 / LONG_SLOT_MS;

/** Channels of the short ring. `mid` is a level, in basis points from where the market began; the rest are sums. */
export const SHORT = {
  touchFlow: 0,
  nearFlow: 1,
  farFlow: 2,
  bought: 3,
  sold: 4,
  trades: 5,
  tradedAt: 6,
  addedBids: 7,
  addedAsks: 8,
  removedBids: 9,
  removedAsks: 10,
  updates: 11,
  moves: 12,
  mid: 13,
} as const;

/** Channels of the long ring; `held…` are integrals over time, in seconds times the value. */
export const LONG = {
  bought: 0,
  sold: 1,
  trades: 2,
  tradedAt: 3,
  tradedAt2: 4,
  updates: 5,
  held: 6,
  heldSpread: 7,
  heldTouch: 8,
  heldLevel: 9,
  touchFlow: 10,
  variance: 11,
  bipower: 12,
  upVariance: 13,
  absolute: 14,
  volume: 15,
  signed: 16,
  signed2: 17,
  moved: 18,
  movedSigned: 19,
  flow: 20,
  flow2: 21,
  movedFlow: 22,
  moving: 23,
  mid: 24,
} as const;

/** What of the book is averaged over time: it holds until the next update. */
export interface Held {
  /** Spread, basis points. */
  spread: number;
  /** Mean of the two best sizes, lots. */
  touch: number;
  /** Mean size of a level, lots. */
  level: number;
}

/** What {@link Windows} holds, as plain data. */
export interface WindowsState {
  readonly short: RollingSumsState;
  readonly long: RollingSumsState;
  readonly held: Held;
  readonly heldUs: number;
}

/**
 * The two rings that every windowed feature reads, and the averages over time that they are scaled by.
 *
 * Time is brought forward with {@link advance}, slot by slot; `onStep` is told at each end of a long slot, before it is kept, so
 * that what is measured there (a return, its square) belongs to the slot that ends.
 */
export class Windows {
  readonly short = new RollingSums(SHORT_SLOT_MS * MICROS_PER_MS, SHORT_MS / SHORT_SLOT_MS, SHORT.mid, 1);
  readonly long = new RollingSums(LONG_SLOT_MS * MICROS_PER_MS, LOOKBACK_MS / LONG_SLOT_MS, LONG.mid, 1);
  readonly held: Held = { spread: 0, touch: 0, level: 0 };
  #heldUs = 0;

  start(timeUs: number): void {
    this.short.start(timeUs);
    this.long.start(timeUs);
    this.#heldUs = timeUs;
  }

  /** Ends every slot that is over at `timeUs`. */
  advance(timeUs: number, onStep: (windows: Windows) => void): void {
    if (timeUs < this.short.endUs) return;
    this.#skipSilence(timeUs);
    while (this.short.endUs <= timeUs) {
      this.hold(this.short.endUs);
      this.short.close();
      if (this.short.slot % SHORTS_IN_LONG !== 0) continue;
      onStep(this);
      this.long.close();
    }
  }

  /** Counts what has held until now; to be called before {@link held} changes. */
  hold(timeUs: number): void {
    const seconds = (timeUs - this.#heldUs) / MICROS_PER_SECOND;
    const { now } = this.long;
    now[LONG.held]! += seconds;
    now[LONG.heldSpread]! += this.held.spread * seconds;
    now[LONG.heldTouch]! += this.held.touch * seconds;
    now[LONG.heldLevel]! += this.held.level * seconds;
    this.#heldUs = timeUs;
  }

  /** Sets the mid, basis points from where the market began. */
  setMid(bps: number): void {
    this.short.now[SHORT.mid] = bps;
    this.long.now[LONG.mid] = bps;
  }

  get midBps(): number {
    return this.short.now[SHORT.mid]!;
  }

  /** Mean over time of a held value over the last `slots` long slots, up to `nowUs`. */
  mean(held: keyof Held, slots: number, nowUs: number): number {
    const value = this.held[held];
    const open = (nowUs - this.#heldUs) / MICROS_PER_SECOND;
    const seconds = this.long.gained(LONG.held, slots) + open;
    if (seconds <= 0) return value;
    return (this.long.gained(HELD_CHANNEL[held], slots) + value * open) / seconds;
  }

  /** Return of the mid over the last `slots` short slots, basis points. */
  shortReturn(slots: number): number {
    return this.short.gained(SHORT.mid, slots);
  }

  /** A silence longer than everything that is looked back on leaves nothing in any window, however long it was. */
  #skipSilence(timeUs: number): void {
    const { short, long } = this;
    const silentMs = (timeUs - short.endUs) / MICROS_PER_MS;
    if (silentMs <= LOOKBACK_MS + SHORT_MS) return;
    const longs = Math.floor(silentMs / LONG_SLOT_MS) - LOOKBACK_MS / LONG_SLOT_MS;
    short.skip(longs * SHORTS_IN_LONG);
    long.skip(longs);
    this.#heldUs += longs * LONG_SLOT_MS * MICROS_PER_MS;
  }

  encode(): WindowsState {
    return { short: this.short.encode(), long: this.long.encode(), held: { ...this.held }, heldUs: this.#heldUs };
  }

  restore({ short, long, held, heldUs }: WindowsState): void {
    this.short.restore(short);
    this.long.restore(long);
    Object.assign(this.held, held);
    this.#heldUs = heldUs;
  }
}

const HELD_CHANNEL = { spread: LONG.heldSpread, touch: LONG.heldTouch, level: LONG.heldLevel } as const;

/** The quotient, or `otherwise` where the divisor is not above zero. */
export function ratio(dividend: number, divisor: number, otherwise = 0): number {
  return divisor > 0 ? dividend / divisor : otherwise;
}

/** (a − b) / (a + b) of two amounts, −1 to 1; 0 where there is neither. */
export function imbalance(a: number, b: number): number {
  return ratio(a - b, a + b);
}
