import type { LocalBook } from '../market/local_book.ts';
import { countChanges } from './activity.ts';
import { stepImpact, VolumeBuckets } from './impact.ts';
import { type OwnOrder, SideLevels, type SideLevelsState } from './levels.ts';
import { LastEvent } from './momentum.ts';
import { NewestTouch } from './newest_touch.ts';
import { flowBehind, OrderFlow } from './order_flow.ts';
import { Takers } from './trades.ts';
import { Volatility } from './volatility.ts';
import { LONG, SHORT, Windows, type WindowsState } from './windows.ts';

const BPS = 10_000;

/** A {@link MarketRecord} as plain data. */
export interface MarketRecordState {
  readonly startUs: number;
  readonly startTick: number;
  readonly windows: WindowsState;
  readonly bids: SideLevelsState;
  readonly asks: SideLevelsState;
  readonly touch: readonly number[];
  readonly flow: readonly (readonly number[])[];
  readonly takers: readonly (readonly number[])[];
  readonly lastMove: readonly number[];
  readonly volatility: readonly number[];
  readonly buckets: readonly number[];
}

/** What is remembered of a market since its book was first live without a break: the state of all families. */
export class MarketRecord {
  readonly windows = new Windows();
  readonly touch = new NewestTouch();
  readonly flow = new OrderFlow();
  readonly takers = new Takers();
  readonly lastMove = new LastEvent();
  readonly volatility = new Volatility();
  readonly buckets = new VolumeBuckets();
  readonly startUs: number;
  // The first mid: prices are kept as basis points from it. 0 before the first.
  #startTick = 0;
  #bids = new SideLevels();
  #asks = new SideLevels();
  // Read into, and then exchanged with the two above.
  #nextBids = new SideLevels();
  #nextAsks = new SideLevels();
  readonly #step = (windows: Windows): void => {
    this.volatility.step(windows);
    stepImpact(windows);
  };

  constructor(startUs: number) {
    this.startUs = startUs;
    this.windows.start(startUs);
  }

  /** The best levels of each side, never empty once {@link look} has succeeded. */
  get bids(): SideLevels {
    return this.#bids;
  }

  get asks(): SideLevels {
    return this.#asks;
  }

  /** Brings time forward: every slot that is over at `timeUs` ends. */
  advance(timeUs: number): void {
    this.windows.advance(timeUs, this.#step);
  }

  /**
   * Looks at the book.
   *
   * @param continued whether what changed since the last look flowed in the market
   * @returns false, and nothing changes, where a side is empty but for our own orders
   */
  look(
    { book }: LocalBook,
    ownBids: readonly OwnOrder[],
    ownAsks: readonly OwnOrder[],
    continued: boolean,
    timeUs: number,
  ): boolean {
    const [bids, asks] = [this.#nextBids, this.#nextAsks];
    bids.read(book.bids, ownBids);
    asks.read(book.asks, ownAsks);
    if (bids.count === 0 || asks.count === 0) return false;
    this.#nextBids = this.#bids;
    this.#nextAsks = this.#asks;
    this.#bids = bids;
    this.#asks = asks;
    if (continued) this.#flowed(this.#nextBids, this.#nextAsks);
    this.#hold(timeUs);
    return true;
  }

  /**
   * Takes in the newest best prices: where they are not those of the book, the exchange has told them apart from it, and they
   * are newer. Ours are no part of the book's.
   */
  newest({ touch: told, book }: LocalBook, timeUs: number): void {
    const { bidTick, bidLots, askTick, askLots, twoSided } = told;
    const ofBook =
      bidTick === book.bestBidTick &&
      bidLots === book.bestBidLots &&
      askTick === book.bestAskTick &&
      askLots === book.bestAskLots;
    const { touch } = this;
    const bids = this.#bids;
    const asks = this.#asks;
    const lots =
      twoSided && !ofBook
        ? touch.move(bidTick, bidLots, askTick, askLots)
        : touch.move(bids.ticks[0]!, bids.lots[0]!, asks.ticks[0]!, asks.lots[0]!);
    this.flow.touch(lots, this.windows, timeUs);
    this.#price(touch.midTick, timeUs);
  }

  /** Takes in what takers took, lots, at a price in ticks. @param open whether the lookback is full */
  trade(bought: number, sold: number, tick: number, timeUs: number, open: boolean): void {
    this.takers.trade(bought, sold, this.#bps(tick), this.windows, timeUs);
    this.buckets.trade(bought, sold, this.windows, open);
  }

  #flowed(bidsBefore: SideLevels, asksBefore: SideLevels): void {
    const { windows } = this;
    const { now } = windows.short;
    now[SHORT.updates]! += 1;
    windows.long.now[LONG.updates]! += 1;
    flowBehind(windows, bidsBefore, asksBefore, this.#bids, this.#asks);
    countChanges(bidsBefore, this.#bids, -1, now, SHORT.addedBids, SHORT.removedBids);
    countChanges(asksBefore, this.#asks, 1, now, SHORT.addedAsks, SHORT.removedAsks);
  }

  /** From now on this book holds. */
  #hold(timeUs: number): void {
    const { windows } = this;
    const bids = this.#bids;
    const asks = this.#asks;
    windows.hold(timeUs);
    windows.held.spread = BPS * Math.log(asks.ticks[0]! / bids.ticks[0]!);
    windows.held.touch = (bids.lots[0]! + asks.lots[0]!) / 2;
    windows.held.level = (bids.depth(bids.count) + asks.depth(asks.count)) / (bids.count + asks.count);
  }

  /** The mid is now this. */
  #price(midTick: number, timeUs: number): void {
    const { windows } = this;
    if (this.#startTick === 0) this.#startTick = midTick;
    const bps = this.#bps(midTick);
    const moved = bps - windows.midBps;
    if (moved === 0) return;
    windows.setMid(bps);
    windows.short.now[SHORT.moves]! += 1;
    this.lastMove.sign = Math.sign(moved);
    this.lastMove.timeUs = timeUs;
  }

  #bps(tick: number): number {
    return BPS * Math.log(tick / this.#startTick);
  }

  /** Everything as plain data. */
  encode(): MarketRecordState {
    return {
      startUs: this.startUs,
      startTick: this.#startTick,
      windows: this.windows.encode(),
      bids: this.#bids.encode(),
      asks: this.#asks.encode(),
      touch: this.touch.encode(),
      flow: this.flow.encode(),
      takers: this.takers.encode(),
      lastMove: this.lastMove.encode(),
      volatility: this.volatility.encode(),
      buckets: this.buckets.encode(),
    };
  }

  /** The record that {@link encode} described. */
  static decode(state: MarketRecordState): MarketRecord {
    const record = new MarketRecord(state.startUs);
    record.#startTick = state.startTick;
    record.windows.restore(state.windows);
    record.#bids.restore(state.bids);
    record.#asks.restore(state.asks);
    record.touch.restore(state.touch);
    record.flow.restore(state.flow);
    record.takers.restore(state.takers);
    record.lastMove.restore(state.lastMove);
    record.volatility.restore(state.volatility);
    record.buckets.restore(state.buckets);
    return record;
  }
}
