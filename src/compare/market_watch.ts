import type { Side } from '../../streams/market/types.ts';
import type { Chain } from '../devnet/chain.ts';
import type { MatchRecord } from '../devnet/dex.ts';
import type { DevnetMarket } from '../devnet/market.ts';

/** After these times the mid is compared with what a fill was done at, seconds. */
export const MARKOUT_HORIZONS_S = [1, 5, 30] as const;

const MICROS_PER_SECOND = 1_000_000;
const BPS = 10_000;

/** Profit is looked at once a minute: what the Sharpe ratio and the drawdown are made of. */
const PROFIT_STEP_US = 60 * MICROS_PER_SECOND;

/** A maker in a market, in figures that come from the chain alone: its blocks, books and settlements. */
export interface MakerFigures {
  readonly hours: number;
  /** Time-weighted spread of the whole book at the touch, the maker's orders included, basis points. */
  readonly touchSpreadBps: number;
  /** Time-weighted distance of the maker's best bid and best ask while both rested, basis points; null when they never did. */
  readonly ownSpreadBps: number | null;
  /** Share of the time in which both sides rested. */
  readonly quotedShare: number;
  /** Share of the time in which the maker's order was at a touch, either side counting half. */
  readonly touchShare: number;
  /** Largest value held, long or short, quote units. */
  readonly positionMostUsdc: number;
  /** Root mean square of the value held, quote units. */
  readonly positionRmsUsdc: number;
  readonly ordersPlaced: number;
  /** Orders whose price traded while they rested. */
  readonly ordersReached: number;
  /** Of these, those that filled at least in part. */
  readonly ordersFilled: number;
  readonly fills: number;
  readonly turnoverUsdc: number;
  /** What its transactions cost on the chain, quote units. */
  readonly gasUsdc: number;
  /** Cash and position at the mid, less what it was at the start, less gas; quote units. */
  readonly profitUsdc: number;
  /** Profit by minute, quote units. */
  readonly profitByMinuteUsdc: readonly number[];
  /** Distance from the mid at the fill, size-weighted, basis points: what the maker was paid for waiting. */
  readonly spreadCapturedBps: number;
  /** Size-weighted profit against the mid 1, 5 and 30 s after the fill, basis points; less than captured is adverse selection. */
  readonly markoutsBps: readonly number[];
}

interface Resting {
  readonly side: Side;
  readonly tick: number;
  reached: boolean;
  filled: boolean;
}

interface Mark {
  readonly dueUs: number;
  readonly horizon: number;
  readonly side: Side;
  readonly tick: number;
  readonly valueUsdc: number;
}

/**
 * Watches one maker in one market block by block, from the chain's own records and nothing that the maker says of itself.
 */
export class MarketWatch {
  readonly #chain: Chain;
  readonly #market: DevnetMarket;
  readonly #account: string;
  readonly #lotUsdcPerTick: number;
  readonly #resting = new Map<number, Resting>();
  readonly #marks: Mark[] = [];
  readonly #markedUsdc = MARKOUT_HORIZONS_S.map(() => 0);
  readonly #markedProfitUsdc = MARKOUT_HORIZONS_S.map(() => 0);
  readonly #profitByMinute: number[] = [];
  #held = { spreadBps: 0, ownSpreadBps: 0, atTouch: 0 };
  #startUs = -1;
  #lastUs = 0;
  #midTick = 0;
  #seconds = 0;
  #spreadSeconds = 0;
  #ownSeconds = 0;
  #ownSpreadSeconds = 0;
  #touchSeconds = 0;
  #positionLots = 0;
  #cashUsdc = 0;
  #gasUsdc = 0;
  #positionMost = 0;
  #positionSquareSeconds = 0;
  #placed = 0;
  #reached = 0;
  #filled = 0;
  #fills = 0;
  #turnover = 0;
  #capturedUsdc = 0;
  #profitDueUs = 0;
  #profitBefore = 0;

  constructor(chain: Chain, market: DevnetMarket, account: string) {
    this.#chain = chain;
    this.#market = market;
    this.#account = account;
    this.#lotUsdcPerTick = Number(market.tickSize) * Number(market.lotSize);
  }

  /** Takes in the block that was just made. */
  block(match: MatchRecord | null): void {
    const { timeUs } = this.#chain;
    if (this.#startUs < 0) this.#begin(timeUs);
    this.#pass((timeUs - this.#lastUs) / MICROS_PER_SECOND);
    this.#lastUs = timeUs;
    // The mid before this block's matching is what its fills were decided at.
    if (match !== null) this.#matched(match);
    this.#look();
    this.#markOut(timeUs);
    if (timeUs >= this.#profitDueUs) this.#closeMinute();
  }

  /** The maker has paid so much for a transaction, or this market's part of it. */
  paidGas(usdc: number): void {
    this.#gasUsdc += usdc;
  }

  get figures(): MakerFigures {
    const share = (part: number): number => (this.#seconds === 0 ? 0 : part / this.#seconds);
    return {
      hours: this.#seconds / 3_600,
      touchSpreadBps: share(this.#spreadSeconds),
      ownSpreadBps: this.#ownSeconds === 0 ? null : this.#ownSpreadSeconds / this.#ownSeconds,
      quotedShare: share(this.#ownSeconds),
      touchShare: share(this.#touchSeconds),
      positionMostUsdc: this.#positionMost,
      positionRmsUsdc: Math.sqrt(share(this.#positionSquareSeconds)),
      ordersPlaced: this.#placed,
      ordersReached: this.#reached,
      ordersFilled: this.#filled,
      fills: this.#fills,
      turnoverUsdc: this.#turnover,
      gasUsdc: this.#gasUsdc,
      profitUsdc: this.#profit,
      profitByMinuteUsdc: this.#profitByMinute,
      spreadCapturedBps: this.#turnover === 0 ? 0 : (this.#capturedUsdc / this.#turnover) * BPS,
      markoutsBps: this.#markedProfitUsdc.map((profit, i) =>
        this.#markedUsdc[i] === 0 ? 0 : (profit / this.#markedUsdc[i]!) * BPS,
      ),
    };
  }

  /** What was received less what was paid, and what is held, since the beginning. */
  get holding(): { readonly cashUsdc: number; readonly lots: number } {
    return { cashUsdc: this.#cashUsdc, lots: this.#positionLots };
  }

  get #profit(): number {
    return this.#cashUsdc + this.#positionLots * this.#midTick * this.#lotUsdcPerTick - this.#gasUsdc;
  }

  #begin(timeUs: number): void {
    this.#startUs = timeUs;
    this.#lastUs = timeUs;
    this.#profitDueUs = timeUs + PROFIT_STEP_US;
  }

  /** The state after the last block held for so long. */
  #pass(seconds: number): void {
    if (seconds <= 0 || this.#midTick === 0) return;
    // This block has matched already: what held until now is what #look() kept.
    this.#seconds += seconds;
    this.#spreadSeconds += this.#held.spreadBps * seconds;
    this.#touchSeconds += this.#held.atTouch * seconds;
    if (this.#held.ownSpreadBps > 0) {
      this.#ownSeconds += seconds;
      this.#ownSpreadSeconds += this.#held.ownSpreadBps * seconds;
    }
    const value = this.#positionLots * this.#midTick * this.#lotUsdcPerTick;
    this.#positionMost = Math.max(this.#positionMost, Math.abs(value));
    this.#positionSquareSeconds += value * value * seconds;
  }

  #look(): void {
    const { dex } = this.#chain;
    const longs = dex.book(this.#market.index, 'buy');
    const shorts = dex.book(this.#market.index, 'sell');
    const bid = longs.best();
    const ask = shorts.best();
    let [ownBid, ownAsk] = [0, 0];
    for (const [orderId, order] of this.#resting) {
      const level = (order.side === 'buy' ? longs : shorts).at(order.tick);
      if (level?.allocations.some((one) => one.orderId === orderId) !== true) this.#resting.delete(orderId);
      else if (order.side === 'buy') ownBid = Math.max(ownBid, order.tick);
      else ownAsk = ownAsk === 0 ? order.tick : Math.min(ownAsk, order.tick);
    }
    if (bid === undefined || ask === undefined) return;
    const mid = (bid.tick + ask.tick) / 2;
    this.#midTick = mid;
    this.#held = {
      spreadBps: ((ask.tick - bid.tick) / mid) * BPS,
      ownSpreadBps: ownBid > 0 && ownAsk > 0 ? ((ownAsk - ownBid) / mid) * BPS : 0,
      atTouch: (ownBid === bid.tick ? 0.5 : 0) + (ownAsk === ask.tick ? 0.5 : 0),
    };
  }

  #matched(match: MatchRecord): void {
    for (const order of match.orders) {
      if (order.account !== this.#account || order.market !== this.#market.index || order.type !== 'limit') continue;
      if (order.state === 'failedToPlace') continue;
      this.#placed += 1;
      this.#resting.set(order.orderId, { side: order.side, tick: order.tick, reached: false, filled: false });
    }
    let lowestBuy = Number.POSITIVE_INFINITY;
    let highestSell = 0;
    for (const { market, side, type, numerator, denominator, account, orderId, lots } of match.settlements) {
      if (market !== this.#market.index) continue;
      const tick = numerator / denominator;
      if (type === 'limit' && side === 'buy') lowestBuy = Math.min(lowestBuy, tick);
      if (type === 'limit' && side === 'sell') highestSell = Math.max(highestSell, tick);
      if (account === this.#account) this.#fill(orderId, side, lots, tick);
    }
    for (const order of this.#resting.values()) {
      const reached = order.side === 'buy' ? lowestBuy <= order.tick : highestSell >= order.tick;
      if (!reached || order.reached) continue;
      order.reached = true;
      this.#reached += 1;
    }
  }

  #fill(orderId: number, side: Side, lots: number, tick: number): void {
    const order = this.#resting.get(orderId);
    if (order !== undefined && !order.filled) {
      order.filled = true;
      this.#filled += 1;
    }
    const sign = side === 'buy' ? 1 : -1;
    const valueUsdc = lots * tick * this.#lotUsdcPerTick;
    this.#positionLots += sign * lots;
    this.#cashUsdc -= sign * valueUsdc;
    this.#fills += 1;
    this.#turnover += valueUsdc;
    if (this.#midTick === 0) return;
    this.#capturedUsdc += sign * lots * (this.#midTick - tick) * this.#lotUsdcPerTick;
    MARKOUT_HORIZONS_S.forEach((seconds, horizon) => {
      const dueUs = this.#chain.timeUs + seconds * MICROS_PER_SECOND;
      this.#marks.push({ dueUs, horizon, side, tick, valueUsdc });
    });
  }

  #markOut(timeUs: number): void {
    let kept = 0;
    for (const mark of this.#marks) {
      if (mark.dueUs > timeUs) {
        this.#marks[kept] = mark;
        kept += 1;
        continue;
      }
      const sign = mark.side === 'buy' ? 1 : -1;
      this.#markedUsdc[mark.horizon]! += mark.valueUsdc;
      this.#markedProfitUsdc[mark.horizon]! += (sign * mark.valueUsdc * (this.#midTick - mark.tick)) / mark.tick;
    }
    this.#marks.length = kept;
  }

  #closeMinute(): void {
    const profit = this.#profit;
    this.#profitByMinute.push(profit - this.#profitBefore);
    this.#profitBefore = profit;
    this.#profitDueUs += PROFIT_STEP_US;
  }
}
