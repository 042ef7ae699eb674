import { AuctionSide, type Waiting } from './auction_side.ts';
import type { Answers, ExchangeSide } from './exchange_side.ts';
import { clearSide } from './queue_exchange.ts';
import type { QueuePositionModel } from './queue_position.ts';
import { SEEN, type SeenRows, SIDE, WHOLE_SIDE } from './rows.ts';
import type { SimulatedOrder } from './simulated_order.ts';
import { TouchBook } from './touch_book.ts';

/** Prices are told to a millionth of a tick, as the settlements of a live session are. */
const MICRO = 1_000_000;

/** What was traded in a block by takers of one side: lots by tick. */
type Traded = Map<number, number>;

/**
 * Sei's exchange, made out of a tape of levels and trades: everything takes effect at the end of a block, matched all at once, by the
 * rules of the chain's dex module (sei-chain v3.7, `x/dex`; docs/venues/sei.md).
 *
 * 1. Our cancels. One of an order of the same block is ignored.
 * 2. Our limit orders enter the book, behind all that stood at their price in the block. There is no post-only on the chain: such
 *    an order is a limit order.
 * 3. Those who took in the recording, in the same block, take: of ours at their own price, first what is better priced. What they did
 *    not get beyond our price because we stood in front of it, they had from us.
 * 4. Ours that take (`immediateOrCancel`) take what is left, at one volume-weighted price with those of the recording.
 * 5. Crossed limits, best level against best level at the middle of both prices, first in first out.
 * 6. What is left of orders that take expires. The chain knows no `fillOrKill`: such an order expires.
 *
 * Where our orders stand in a level is a model's estimate, from block to block. The market doesn't react; but what we took of a
 * recorded level is gone until the tape tells the level anew.
 */
export class SeiExchange implements ExchangeSide {
  readonly #book = new TouchBook();
  readonly #buys = new AuctionSide(1, this.#book);
  readonly #sells = new AuctionSide(-1, this.#book);
  readonly #model: QueuePositionModel;
  readonly #answers: Answers;
  readonly #blockNs: number;
  #blockEndNs = Number.NEGATIVE_INFINITY;
  /** What the next block will hold of us. */
  #cancels: SimulatedOrder[] = [];
  #places: SimulatedOrder[] = [];
  /** By whom: those who bought, those who sold. */
  readonly #bought: Traded = new Map();
  readonly #sold: Traded = new Map();

  /** @param blockNs from block to block, whole nanoseconds; blocks end at whole multiples of it from the tapes' origin */
  constructor(model: QueuePositionModel, answers: Answers, blockNs: number) {
    if (!Number.isSafeInteger(blockNs) || blockNs <= 0)
      throw new RangeError(`blocks of ${blockNs} ns: expected whole nanoseconds above 0`);
    this.#model = model;
    this.#answers = answers;
    this.#blockNs = blockNs;
  }

  drain(rows: SeenRows, from: number, untilNs: number): number {
    const { length, exchangeNs, exchangeSees, tick, lots } = rows;
    let limitNs = untilNs;
    let at = from;
    for (; at < length; at += 1) {
      const timeNs = exchangeNs[at]!;
      // All rows of the block are in: this one is of a later block.
      if (this.#blockEndNs < timeNs && this.#blockEndNs <= limitNs) {
        if (this.#endBlock()) limitNs = Math.min(limitNs, this.#answers.nextNs);
        this.#blockEndNs = this.#nextEnd(timeNs, limitNs);
      }
      if (timeNs > limitNs) break;
      this.#see(exchangeSees[at]!, rows.side[at]!, tick[at]!, lots[at]!);
    }
    return at;
  }

  place(order: SimulatedOrder): void {
    this.#places.push(order);
  }

  cancel(order: SimulatedOrder): void {
    this.#cancels.push(order);
  }

  #see(seen: number, side: number, tick: number, lots: number): void {
    if (seen === SEEN.bid) {
      this.#book.setBid(tick, lots);
      this.#buys.told(tick);
    } else if (seen === SEEN.ask) {
      this.#book.setAsk(tick, lots);
      this.#sells.told(tick);
    } else if (seen === SEEN.buyTrade) add(this.#bought, tick, lots);
    else if (seen === SEEN.sellTrade) add(this.#sold, tick, lots);
    else if (seen === SEEN.clear) {
      clearSide(this.#book, side, tick);
      const to = side === SIDE.none ? WHOLE_SIDE : tick;
      if (side !== SIDE.sell || to === WHOLE_SIDE) this.#buys.cleared(to);
      if (side !== SIDE.buy || to === WHOLE_SIDE) this.#sells.cleared(to);
    }
  }

  /** The end of the block of the next row; or of the first one that ends after what is known, where that row is later. */
  #nextEnd(rowNs: number, knownNs: number): number {
    const blockNs = this.#blockNs;
    if (rowNs <= knownNs) return Math.ceil(rowNs / blockNs) * blockNs;
    return (Math.floor(knownNs / blockNs) + 1) * blockNs;
  }

  /** @returns whether it has answered us */
  #endBlock(): boolean {
    const [cancels, places] = [this.#cancels, this.#places];
    const idle = this.#buys.resting.length === 0 && this.#sells.resting.length === 0;
    let answered = false;
    if (!idle || cancels.length > 0 || places.length > 0) answered = this.#match(cancels, places);
    this.#bought.clear();
    this.#sold.clear();
    return answered;
  }

  #match(cancels: readonly SimulatedOrder[], places: readonly SimulatedOrder[]): boolean {
    this.#cancels = [];
    this.#places = [];
    const nowNs = this.#blockEndNs;
    for (const order of cancels) {
      const left = this.#sideOf(order).leave(order);
      this.#answers.tell(left ? 'cancelled' : 'rejected', order, nowNs);
    }
    const entered = new Set<SimulatedOrder>();
    const takers: SimulatedOrder[] = [];
    for (const order of places) {
      if (order.type === 'fillOrKill') this.#answers.tell('expired', order, nowNs);
      else if (order.type === 'immediateOrCancel') takers.push(order);
      else {
        this.#enter(order);
        entered.add(order);
        this.#answers.tell('accepted', order, nowNs);
      }
    }
    let fills = this.#serve(this.#buys, 1, this.#sold) + this.#serve(this.#sells, -1, this.#bought);
    this.#buys.resize(this.#model);
    this.#sells.resize(this.#model);
    this.#take(takers, 1, this.#bought);
    this.#take(takers, -1, this.#sold);
    fills += this.#cross(entered);
    for (const order of takers) if (order.restingLots > 0) this.#answers.tell('expired', order, nowNs);
    return fills + cancels.length + places.length > 0;
  }

  #enter(order: SimulatedOrder): void {
    const own = this.#sideOf(order);
    const traded = (order.side > 0 ? this.#sold : this.#bought).get(order.tick) ?? 0;
    own.enter(order, own.offered(order.tick) + traded);
  }

  /**
   * The recording's takers of the block against our resting orders. The best price is served first, so each lot that we give is one that
   * went to the worst price in the recording.
   *
   * @returns how often we were filled
   */
  #serve(own: AuctionSide, side: 1 | -1, traded: Traded): number {
    if (own.resting.length === 0 || traded.size === 0) return 0;
    // What is left of each price as ours are served, the price furthest from the touch first.
    const left = [...traded].map(([tick, lots]) => ({ tick, lots })).sort((a, b) => (a.tick - b.tick) * side);
    let fills = 0;
    for (const { order } of [...own.resting]) {
      let wanted = order.restingLots;
      for (const at of left) {
        if ((order.tick - at.tick) * side < 0 || wanted === 0) break;
        const ahead = at.tick === order.tick ? order.ahead : 0;
        const part = Math.min(wanted, Math.max(0, Math.floor(at.lots - ahead)));
        if (at.tick === order.tick) order.ahead = Math.max(0, ahead - at.lots);
        at.lots -= part;
        wanted -= part;
      }
      order.traded = traded.get(order.tick) ?? 0;
      if (wanted === order.restingLots) continue;
      this.#fill(order, order.tick, order.restingLots - wanted, true);
      fills += 1;
    }
    return fills;
  }

  /** Our orders that take, those of one side, at one price with those who took in the recording. */
  #take(takers: readonly SimulatedOrder[], side: 1 | -1, traded: Traded): void {
    const makers = side > 0 ? this.#sells : this.#buys;
    let [notional, lots] = [0, 0];
    for (const [tick, part] of traded) {
      notional += tick * part;
      lots += part;
    }
    const got = new Map<SimulatedOrder, number>();
    // The most generous first; a sort leaves those of one price as they came.
    for (const order of takers.filter((one) => one.side === side).sort((a, b) => (b.tick - a.tick) * side)) {
      let wanted = order.restingLots;
      for (let at = makers.bestTick; at !== undefined && wanted > 0; at = makers.bestTick) {
        if ((order.tick - at) * side < 0) break;
        for (const one of makers.queueAt(at)) {
          const part = Math.min(wanted, one.lots);
          if (part === 0) break;
          this.#give(makers, one, at, at, part, true);
          wanted -= part;
          notional += at * part;
          lots += part;
        }
      }
      got.set(order, order.restingLots - wanted);
    }
    const price = Math.round((notional / lots) * MICRO) / MICRO;
    for (const [order, part] of got) {
      // A market that moved within the block may have paid more than anybody pays at its end, which no auction does.
      const bounded = side > 0 ? Math.min(price, order.tick) : Math.max(price, order.tick);
      if (part > 0) this.#fill(order, bounded, part, false);
    }
  }

  /** Crossed limits. @param entered orders of this block, which took what they crossed. @returns how often we were filled */
  #cross(entered: ReadonlySet<SimulatedOrder>): number {
    let fills = 0;
    for (;;) {
      const [long, short] = [this.#buys.bestTick, this.#sells.bestTick];
      if (long === undefined || short === undefined || long < short) return fills;
      const [longs, shorts] = [this.#buys.queueAt(long), this.#sells.queueAt(short)];
      const price = (long + short) / 2;
      for (let [i, j] = [0, 0]; i < longs.length && j < shorts.length; ) {
        const [buyer, seller] = [longs[i]!, shorts[j]!];
        const part = Math.min(buyer.lots, seller.lots);
        for (const [own, one, tick] of [
          [this.#buys, buyer, long],
          [this.#sells, seller, short],
        ] as const) {
          fills += this.#give(own, one, tick, price, part, one.order === undefined || !entered.has(one.order));
          one.lots -= part;
        }
        if (buyer.lots === 0) i += 1;
        if (seller.lots === 0) j += 1;
      }
    }
  }

  /** Who waits at a tick gives lots, ours or recorded. @returns 1 where they are ours */
  #give(own: AuctionSide, { order }: Waiting, tick: number, price: number, lots: number, maker: boolean): 0 | 1 {
    if (order === undefined) own.take(tick, lots);
    else this.#fill(order, price, lots, maker);
    return order === undefined ? 0 : 1;
  }

  #fill(order: SimulatedOrder, price: number, lots: number, maker: boolean): void {
    this.#answers.fill(order, this.#blockEndNs, price, lots, maker);
    if (order.restingLots === 0) this.#sideOf(order).leave(order);
  }

  #sideOf({ side }: SimulatedOrder): AuctionSide {
    return side > 0 ? this.#buys : this.#sells;
  }
}

function add(traded: Traded, tick: number, lots: number): void {
  traded.set(tick, (traded.get(tick) ?? 0) + lots);
}
