import type { SeenRows } from './rows.ts';

/**
 * What becomes of an order that would take when it arrives.
 *
 * - `postOnly`: it expires (GTX). One that doesn't take rests.
 * - `limit`: it takes what crosses; one that doesn't rests (GTC).
 * - `immediateOrCancel`: it takes what it can up to its price, and the rest expires (IOC).
 * - `fillOrKill`: it takes all of its size up to its price, or expires (FOK).
 */
export type OrderType = 'postOnly' | 'limit' | 'immediateOrCancel' | 'fillOrKill';

/** Buy or sell, as a factor. */
export type OrderSide = 1 | -1;

/** Our order as we know it: what we have asked for and what we have heard. */
export interface OwnOrder {
  /** From 1, in the order of placing. */
  readonly id: number;
  readonly side: OrderSide;
  readonly tick: number;
  readonly lots: number;
  readonly type: OrderType;
  /** Lots that have not been filled. */
  readonly leftLots: number;
  /** `placing` until the exchange's answer is here; `gone` when filled, cancelled, expired or refused. */
  readonly state: 'placing' | 'working' | 'gone';
  /** Whether a cancel is on its way. */
  readonly cancelling: boolean;
}

/**
 * What we hear of an order of ours. A cancel that comes too late is `rejected`, and so is an order or a cancel that never
 * reached the exchange.
 */
export type AnswerKind = 'accepted' | 'filled' | 'cancelled' | 'expired' | 'rejected';

/** Told when an answer arrives, after {@link OwnOrder} and the position have changed. Valid during the call. */
export interface Answer {
  readonly kind: AnswerKind;
  readonly order: OwnOrder;
  /** When it happened at the exchange, nanoseconds from the origin. */
  readonly exchangeNs: number;
  /** Of a fill: its price, its size, and whether we were the maker. */
  readonly tick: number;
  readonly lots: number;
  readonly maker: boolean;
}

/** The market's names, steps and contract, as a tape states them. */
export interface DeskMarket {
  readonly symbol: string;
  /** Exact decimals. */
  readonly tickSize: string;
  readonly lotSize: string;
}

/** Our place at one market: what we know of it now, and the only way to its exchange. */
export interface Desk {
  /** Number of the market, from 0. */
  readonly index: number;
  readonly market: DeskMarket;
  /** Our time, nanoseconds from the origin. */
  readonly nowNs: number;
  /** Best prices, `NO_BID` and `NO_ASK` of touch_book.ts where a side is empty. Never crossed. */
  readonly bidTick: number;
  readonly askTick: number;
  /** Sizes at a tick. @throws Error unless the strategy wants levels */
  bidLotsAt(tick: number): number;
  askLotsAt(tick: number): number;
  /** What we hold by the fills that we have heard of. */
  readonly positionLots: number;
  /** What the fills that we have heard of brought in and cost, ticks × lots, fees not counted. Exact. */
  readonly cashTickLots: number;
  /** Orders that are not gone, in the order of placing. Not to be kept over a wake. */
  readonly orders: readonly OwnOrder[];
  /** Sends an order. @throws RangeError when the tick is no 32-bit integer or the size no positive integer */
  place(side: OrderSide, tick: number, lots: number, type: OrderType): OwnOrder;
  /** Asks for a cancel; nothing happens where the order is gone or a cancel is on its way. */
  cancel(order: OwnOrder): void;
}

/**
 * A strategy of the engine. It is woken at its own rate and in between told what it asks for; each market's calls come in the
 * order of time, and a wake comes when everything up to its time is known, in all markets. Deterministic, and without a clock
 * of its own.
 */
export interface Strategy {
  /** Nanoseconds from wake to wake, counted from the first row of all tapes. */
  readonly intervalNs: number;
  /**
   * Where there is one, it says when the next wake is instead of `intervalNs`, nanoseconds from the origin and after the last wake;
   * +∞ for none any more. Asked after each wake, and with one market after each answer, too: with several, the markets run one
   * after another up to the wake that was planned.
   */
  nextWakeNs?(): number;
  /**
   * What desks keep of a book for it: all levels, unless it says that the best prices are enough, or none where it keeps books of its
   * own out of `observe`; what isn't kept is empty.
   */
  readonly book?: 'levels' | 'touch' | 'none';
  /** Rows `from` (inclusive) to `to` of a market have been received; among them may be some without {@link FLAG}.local. */
  observe?(desk: Desk, rows: SeenRows, from: number, to: number): void;
  /** An answer has arrived. Orders may be sent to this desk, and to no other. */
  hear?(desk: Desk, answer: Answer): void;
  /** It is time. */
  wake(nowNs: number, desks: readonly Desk[]): void;
}
