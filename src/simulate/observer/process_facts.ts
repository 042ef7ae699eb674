import type { Decision } from '../../../streams/decisions.ts';
import type { Input } from '../../../streams/inputs.ts';
import type { BookSnapshot, Levels, Side, Trade } from '../../../streams/market/types.ts';
import type { OrderBatch, OrderUpdate } from '../../../streams/orders/types.ts';

/** The newest book that a process was told, as far as quoting depends on it. */
export interface BookFacts {
  /** When it came, by the process's own clock; and the block it is of. */
  readonly timeUs: number;
  readonly height: number;
  /** Best prices, ticks; NaN for a side that is empty or makes no sense. */
  readonly bidTick: number;
  readonly askTick: number;
  /** Best prices without the account's own orders. */
  readonly othersBidTick: number;
  readonly othersAskTick: number;
  /** Whether it lacks orders of the account that rested then, as the process had been told. */
  readonly lacksOwn: boolean;
}

/** A trade that a process was told of: when, by its own clock, and at which price; NaN where what came before is forgotten. */
export interface TradeFacts {
  readonly timeUs: number;
  readonly tick: number;
}

/** Lots of the account's own orders at a price, as the chain has them. */
export type OwnLots = (market: string, side: Side, tick: number, sinceHeight: number) => number;

/** Whether a book lacks some of these orders, which rest on the chain. */
export type Lacks = (orderIds: ReadonlySet<string>, book: BookSnapshot) => boolean;

/** A batch that a process has decided, until its outcome is told. */
export interface OpenBatch {
  readonly batchId: number;
  readonly height: number;
}

/** Books remembered: what an order is priced by is at most some seconds old. */
const BOOKS_KEPT = 40;

/** Instants with trades remembered: as many as {@link BOOKS_KEPT}, each block having one. */
const TRADES_KEPT = 40;

/** Orders placed that are remembered, the newest: far more than rest at once. */
const COMMITTED_KEPT = 500;

/** Orders that are no more and are remembered: those of some minutes. */
const GONE_KEPT = 2_000;

const NONE = { bidTick: Number.NaN, askTick: Number.NaN };

const NO_BOOK: BookFacts = {
  ...{ timeUs: 0, height: 0, ...NONE },
  ...{ othersBidTick: Number.NaN, othersAskTick: Number.NaN, lacksOwn: false },
};

/** What one process was told and has said, from its start on. */
export class ProcessFacts {
  readonly number: number;
  readonly startHeight: number;
  /** Orders by the chain's id that the process has said, or was told by its own journal, to be live. */
  readonly known = new Set<string>();
  /** When it said of an order that it is no more, by height; of those that rest all the same. */
  readonly goneAt = new Map<string, number>();
  /** Orders that it has said are live, by client order id. */
  readonly live = new Map<string, OrderUpdate>();
  readonly open = new Map<number, OpenBatch>();
  readonly books = new Map<string, BookFacts[]>();
  /** The last trade of each instant that had any, by market. */
  readonly trades = new Map<string, TradeFacts[]>();
  readonly down = new Set<string>();
  /** The last block told, and when it came. */
  toldHeight = 0;
  toldUs = 0;
  reconciled = false;
  trading = 'active';
  tradingSinceHeight = 0;
  /** Net lots by market as it has said last. */
  readonly positions = new Map<string, number>();
  /** Orders that blocks have placed for this process, as it was told. */
  readonly #committed = new Set<string>();
  readonly #ownLots: OwnLots;
  readonly #lacks: Lacks;
  readonly #tradeIds = new Map<string, number>();

  constructor(number: number, height: number, ownLots: OwnLots, lacks: Lacks) {
    this.#ownLots = ownLots;
    this.#lacks = lacks;
    this.number = number;
    this.startHeight = height;
    this.tradingSinceHeight = height;
  }

  input(input: Input, nowUs: number): void {
    switch (input.kind) {
      case 'recovered':
        for (const { orderId } of input.orders) if (orderId !== '') this.known.add(orderId);
        return;
      case 'block':
        this.toldHeight = Math.max(this.toldHeight, input.height);
        this.toldUs = nowUs;
        return;
      case 'batchCommitted':
        if (this.open.has(input.batchId)) for (const orderId of input.orderIds) this.#commit(orderId);
        this.open.delete(input.batchId);
        return;
      case 'blocksMissed':
        this.#committed.clear();
        return;
      case 'batchRefused':
        this.open.delete(input.batchId);
        return;
      case 'bookSnapshot':
        this.#book(input);
        return;
      case 'trade':
        this.#trade(input);
        return;
      case 'feedStatus':
        this.#tradeIds.delete(input.market);
        if (input.status === 'down') this.down.add(input.market);
        else this.down.delete(input.market);
        return;
      default:
        return;
    }
  }

  decision(decision: Decision, height: number): void {
    switch (decision.kind) {
      case 'order':
        this.#order(decision, height);
        return;
      case 'orderBatch':
        this.open.set(decision.batchId, { batchId: decision.batchId, height });
        return;
      case 'reconciled':
        this.reconciled = decision.ok;
        return;
      case 'tradingState':
        if (this.trading !== decision.state) this.tradingSinceHeight = height;
        this.trading = decision.state;
        return;
      case 'position':
        this.positions.set(decision.market, decision.lots);
        return;
      default:
        return;
    }
  }

  /** The newest book of a market. */
  book(market: string): BookFacts {
    return this.books.get(market)?.at(-1) ?? NO_BOOK;
  }

  #commit(orderId: string): void {
    this.#committed.add(orderId);
    if (this.#committed.size > COMMITTED_KEPT) this.#committed.delete(this.#committed.values().next().value!);
  }

  #othersBest({ market, lastId }: BookSnapshot, side: Side, levels: Levels): number {
    for (let i = 0; i < levels.length; i += 2)
      if (levels[i + 1]! > this.#ownLots(market, side, levels[i]!, lastId)) return levels[i]!;
    return Number.NaN;
  }

  #order(update: OrderUpdate, height: number): void {
    const { orderId, clientOrderId, status } = update;
    if (LIVE.has(status)) {
      this.live.set(clientOrderId, update);
      if (orderId !== '') this.known.add(orderId);
    } else {
      this.live.delete(clientOrderId);
      this.known.delete(orderId);
      if (orderId !== '') this.goneAt.set(orderId, height);
      if (this.goneAt.size > GONE_KEPT) this.goneAt.delete(this.goneAt.keys().next().value!);
    }
  }

  #trade({ market, tradeId, timeUs, tick }: Trade): void {
    // One that was told before is refused by whoever keeps the book.
    if (tradeId <= (this.#tradeIds.get(market) ?? 0)) return;
    this.#tradeIds.set(market, tradeId);
    this.#traded(market, { timeUs, tick });
  }

  #traded(market: string, trade: TradeFacts): void {
    const trades = this.trades.get(market) ?? [];
    this.trades.set(market, trades);
    // The block's trades come one after the other, and nothing is priced in between.
    if (trades.at(-1)?.timeUs === trade.timeUs) trades.pop();
    trades.push(trade);
    if (trades.length > TRADES_KEPT) trades.shift();
  }

  #book(told: BookSnapshot): void {
    const { market, timeUs, lastId, bids, asks } = told;
    let books = this.books.get(market);
    if (books === undefined) {
      books = [];
      this.books.set(market, books);
    }
    // What no parser lets through crashes whoever keeps the book, who then knows nothing of before.
    if (asks === undefined) {
      books.push({ ...NO_BOOK, timeUs });
      this.#traded(market, { timeUs, tick: Number.NaN });
    }
    // An older one than the newest is refused by whoever keeps the book.
    if (asks === undefined || lastId < (books.at(-1)?.height ?? 0)) return;
    books.push({
      ...{ timeUs, height: lastId, bidTick: bids[0] ?? Number.NaN, askTick: asks[0] ?? Number.NaN },
      othersBidTick: this.#othersBest(told, 'buy', bids),
      othersAskTick: this.#othersBest(told, 'sell', asks),
      lacksOwn: this.#lacks(this.#committed, told),
    });
    if (books.length > BOOKS_KEPT) books.shift();
  }
}

const LIVE: ReadonlySet<OrderUpdate['status']> = new Set(['placing', 'resting', 'cancelling', 'adopted']);

/** The markets that a batch places orders in. */
export function marketsOf({ places }: OrderBatch): ReadonlySet<string> {
  return new Set(places.map(({ market }) => market));
}
