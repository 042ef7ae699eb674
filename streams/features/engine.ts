import type { LocalBook } from '../market/local_book.ts';
import { writeActivity } from './activity.ts';
import { usualLevel, usualTouch, writeBook } from './book_shape.ts';
import { writeImpact } from './impact.ts';
import type { OwnOrder } from './levels.ts';
import { FAMILIES } from './list.ts';
import { MarketRecord, type MarketRecordState } from './market_record.ts';
import { writeMomentum } from './momentum.ts';
import type { NewestTouch } from './newest_touch.ts';
import { writeTime } from './time_of_day.ts';
import { LOOKBACK_MS } from './types.ts';
import { writeProfile } from './volume_profile.ts';

const MICROS_PER_MS = 1_000;
const LOOKBACK_US = LOOKBACK_MS * MICROS_PER_MS;

/** A book lost for longer than this is another one when it is back: everything begins anew. */
const BREAK_US = 5_000 * MICROS_PER_MS;

/** Where each family begins in the vector. */
const AT = FAMILIES.map((_, i) => FAMILIES.slice(0, i).reduce((sum, { features }) => sum + features.length, 0));

/** Everything that an engine holds, as plain data. */
export interface FeatureEngineState {
  readonly record: MarketRecordState | null;
  readonly live: boolean;
  readonly lostUs: number;
  readonly seen: { readonly lastId: number; readonly bought: number; readonly sold: number };
  readonly own: readonly OwnOrder[];
}

/**
 * The features of one market, kept up to date event by event; live, in backtest and for training the same.
 *
 * It reads nothing but the local book and the time. What happened it sees from what the book now says (its levels, the
 * newest best prices, the running totals of what takers took), so what the book refused is none here either. An
 * event costs a look at ten levels a side, every window is a difference of running sums, and nothing on the path is allocated.
 *
 * A market begins with its first live book, and again with the first after a break of more than five seconds.
 */
export class FeatureEngine {
  #record: MarketRecord | null = null;
  #live = false;
  #lostUs = 0;
  // What of the book has been taken in.
  #lastId = 0;
  #bought = 0;
  #sold = 0;
  #own: readonly OwnOrder[] = [];
  #ownBids: readonly OwnOrder[] = [];
  #ownAsks: readonly OwnOrder[] = [];

  /** Our own orders that rest in the book: from its next update on they are no part of the market. */
  own(orders: readonly OwnOrder[]): void {
    this.#own = orders.map(({ side, tick, lots }) => ({ side, tick, lots }));
    this.#ownBids = this.#own.filter(({ side }) => side === 'buy');
    this.#ownAsks = this.#own.filter(({ side }) => side === 'sell');
  }

  /** The newest best prices, ours not among them: what labels go by. Null while the book is not live. */
  get touch(): Readonly<NewestTouch> | null {
    return this.#live ? this.#record!.touch : null;
  }

  /**
   * Takes in what an input did to the book; to be called after each one, whatever it was.
   *
   * @param timeUs the input's time, integer microseconds, never before that of the call before
   */
  apply(view: LocalBook, timeUs: number): void {
    this.#record?.advance(timeUs);
    this.#takeTrades(view, timeUs);
    if (view.status !== 'live' || !view.book.twoSided) {
      this.#lose(timeUs);
      return;
    }
    if (!this.#live || view.lastId !== this.#lastId) this.#takeBook(view, timeUs);
    if (this.#live) this.#record!.newest(view, timeUs);
  }

  /**
   * Writes the vector of an instant: everything before it, nothing of it.
   *
   * @param nowUs not before the last input taken in
   * @param out as many numbers as there are features, all finite afterwards
   * @returns whether the book is live and every window is full
   */
  write(nowUs: number, out: Float32Array): boolean {
    out.fill(0);
    const record = this.#record;
    if (record === null) return false;
    record.advance(nowUs);
    const { windows, bids, asks } = record;
    const touch = usualTouch(windows, nowUs);
    writeBook(out, AT[0]!, bids, asks, windows, nowUs);
    record.touch.write(out, AT[1]!, (bids.ticks[0]! + asks.ticks[0]!) / 2);
    writeMomentum(out, AT[2]!, windows, record.lastMove, nowUs);
    record.flow.write(out, AT[3]!, windows, touch, usualLevel(windows, nowUs), nowUs);
    record.takers.write(out, AT[4]!, windows, touch, nowUs);
    writeProfile(out, AT[5]!, windows);
    record.volatility.write(out, AT[6]!, windows);
    writeImpact(out, AT[7]!, windows, record.buckets, touch);
    writeActivity(out, AT[8]!, windows);
    writeTime(out, AT[9]!, nowUs);
    return finite(out) && this.#live && nowUs - record.startUs >= LOOKBACK_US;
  }

  #takeTrades(view: LocalBook, timeUs: number): void {
    const bought = view.takerBuyLots - this.#bought;
    const sold = view.takerSellLots - this.#sold;
    if (bought === 0 && sold === 0) return;
    this.#bought = view.takerBuyLots;
    this.#sold = view.takerSellLots;
    // Totals that fell are another record's: the market stage began anew.
    if (this.#record === null || bought < 0 || sold < 0) return;
    const open = timeUs - this.#record.startUs >= LOOKBACK_US;
    this.#record.trade(bought, sold, view.lastTradeTick, timeUs, open);
  }

  #takeBook(view: LocalBook, timeUs: number): void {
    const broken = !this.#live && timeUs - this.#lostUs > BREAK_US;
    const record = this.#record === null || broken ? new MarketRecord(timeUs) : this.#record;
    this.#lastId = view.lastId;
    if (!record.look(view, this.#ownBids, this.#ownAsks, this.#live, timeUs)) {
      this.#lose(timeUs);
      return;
    }
    this.#record = record;
    this.#live = true;
  }

  #lose(timeUs: number): void {
    if (!this.#live) return;
    this.#live = false;
    this.#lostUs = timeUs;
    this.#record!.touch.forget();
  }

  /** Everything as plain data. */
  encode(): FeatureEngineState {
    return {
      record: this.#record?.encode() ?? null,
      live: this.#live,
      lostUs: this.#lostUs,
      seen: { lastId: this.#lastId, bought: this.#bought, sold: this.#sold },
      own: this.#own,
    };
  }

  /** The engine that {@link encode} described. */
  static decode({ record, live, lostUs, seen, own }: FeatureEngineState): FeatureEngine {
    const engine = new FeatureEngine();
    engine.#record = record === null ? null : MarketRecord.decode(record);
    engine.#live = live;
    engine.#lostUs = lostUs;
    engine.#lastId = seen.lastId;
    engine.#bought = seen.bought;
    engine.#sold = seen.sold;
    engine.own(own);
    return engine;
  }
}

/** Whether all numbers are finite; those that are not become 0. */
function finite(out: Float32Array): boolean {
  let all = true;
  for (let i = 0; i < out.length; i += 1) {
    if (Number.isFinite(out[i]!)) continue;
    out[i] = 0;
    all = false;
  }
  return all;
}
