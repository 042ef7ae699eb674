import type { Side } from '../../streams/market/types.ts';
import type { Bank } from './bank.ts';
import { BookSide, type Level } from './book.ts';
import { BookHistory } from './book_history.ts';
import { ClearingContract } from './clearing.ts';
import { type DevnetMarket, priceScaled } from './market.ts';
import { type Execution, type MarketOrder, matchLimitOrders, matchMarketOrders, type Outcome } from './matching.ts';

/** An order as a transaction or an in-process participant hands it in, in integer ticks and lots. */
export interface NewOrder {
  readonly account: string;
  /** Index of the market. */
  readonly market: number;
  readonly side: Side;
  readonly type: 'limit' | 'market';
  /** Limit, or worst price of a market order; 0 means that a market order takes any price. */
  readonly tick: number;
  readonly lots: number;
  readonly data?: string;
}

/** A wish to cancel. Side and tick must be those of the resting order. */
export interface CancelOrder {
  readonly account: string;
  readonly market: number;
  readonly side: Side;
  readonly tick: number;
  readonly orderId: number;
}

/** State of an order at the end of its block; a limit order that filled is still `placed`. */
export type OrderState = 'placed' | 'failedToPlace' | 'fulfilled';

/**
 * An order in its own block. `lots` is what is left of a market order, and the full size of a limit order even if
 * filled.
 */
export interface BlockOrder extends NewOrder {
  readonly orderId: number;
  lots: number;
  state: OrderState;
  stateReason: string;
}

/** An {@link Execution} with the market it belongs to and its price as the chain writes it (× 10^18). */
export interface SettlementRecord extends Execution {
  readonly market: number;
  readonly priceScaled: bigint;
}

/** What one block's matching did: the chain's match result, in integers. */
export interface MatchRecord {
  readonly height: number;
  readonly timeUs: number;
  readonly orders: readonly BlockOrder[];
  readonly settlements: readonly SettlementRecord[];
  /**
   * Ids of market orders that were cancelled for lack of liquidity; users' cancels are not listed (as on the chain).
   */
  readonly cancelledIds: readonly number[];
  /** How often each of the contract's hooks was called. */
  readonly hooks: readonly string[];
}

/** The average execution price of a second, × 10^18. */
export interface PricePoint {
  readonly timeS: number;
  readonly priceScaled: bigint;
}

/** Whether a cancel was taken, silently ignored (unknown, or placed in this very block, or repeated), or refused. */
export type CancelOutcome = 'taken' | 'ignored' | 'notYours';

/** Most prices kept for each market. */
const PRICES_MAX = 3_600;

interface Pair {
  readonly market: DevnetMarket;
  readonly longs: BookSide;
  readonly shorts: BookSide;
  readonly prices: PricePoint[];
}

/**
 * The order-book module with one registered contract: it gathers a block's orders and cancels and matches at its end.
 */
export class Dex {
  readonly contract: ClearingContract;
  readonly history: BookHistory;
  /** Newest last, bounded. */
  readonly matches: MatchRecord[] = [];
  /** From this height on {@link matchAt} knows; 0 until the first record was dropped. */
  earliestMatchHeight = 0;
  readonly #pairs: readonly Pair[];
  /** Both sides of every pair, in the order that the history knows them by. */
  readonly #sides: readonly BookSide[];
  readonly #matchesMax: number;
  #nextOrderId: number;
  #orders: BlockOrder[] = [];
  #cancels: CancelOrder[] = [];
  readonly #cancelIds = new Set<number>();
  /** The price at which each order of this block was covered, by order id. */
  readonly #coverTicks = new Map<number, number>();

  constructor(options: {
    contractAddress: string;
    bank: Bank;
    markets: readonly DevnetMarket[];
    firstOrderId: number;
    matchesMax: number;
    bookHistoryBlocks: number;
  }) {
    this.contract = new ClearingContract(options.contractAddress, options.bank, options.markets);
    this.#pairs = options.markets.map((market) => ({
      market,
      longs: new BookSide('buy'),
      shorts: new BookSide('sell'),
      prices: [],
    }));
    this.#sides = this.#pairs.flatMap(({ longs, shorts }) => [longs, shorts]);
    this.#nextOrderId = options.firstOrderId;
    this.#matchesMax = options.matchesMax;
    this.history = new BookHistory(options.bookHistoryBlocks);
  }

  /** One side of a market's book. Read only. */
  book(market: number, side: Side): BookSide {
    return side === 'buy' ? this.#pairs[market]!.longs : this.#pairs[market]!.shorts;
  }

  /** The levels of a side after the block at `height` if it is kept, else as they are now. */
  levelsAt(height: number, market: number, side: Side): readonly Level[] {
    return this.history.levels(height, 2 * market + (side === 'buy' ? 0 : 1)) ?? this.book(market, side).levels;
  }

  /** The kept average prices of a market, oldest first. */
  prices(market: number): readonly PricePoint[] {
    return this.#pairs[market]!.prices;
  }

  /** Orders that wait for the end of this block. */
  get pendingOrders(): number {
    return this.#orders.length;
  }

  /** Takes an order into this block and numbers it. Its fate shows in the block's {@link MatchRecord}. */
  place(order: NewOrder): number {
    const orderId = this.#nextOrderId++;
    this.#orders.push({ ...order, orderId, state: 'placed', stateReason: '' });
    return orderId;
  }

  /** What {@link cancel} would answer. */
  checkCancel(cancel: CancelOrder): CancelOutcome {
    const allocation = this.book(cancel.market, cancel.side)
      .at(cancel.tick)
      ?.allocations.find(({ orderId }) => orderId === cancel.orderId);
    if (allocation === undefined) return 'ignored';
    if (allocation.account !== cancel.account) return 'notYours';
    return this.#cancelIds.has(cancel.orderId) ? 'ignored' : 'taken';
  }

  /** Takes a cancel of a resting order into this block. */
  cancel(cancel: CancelOrder): CancelOutcome {
    const outcome = this.checkCancel(cancel);
    if (outcome === 'taken') {
      this.#cancels.push(cancel);
      this.#cancelIds.add(cancel.orderId);
    }
    return outcome;
  }

  /** Hooks, cancels, new limits, market orders, crossed limits, settlements: null when the block has nothing to do. */
  endBlock(height: number, timeUs: number): MatchRecord | null {
    const record = this.#match(height, timeUs);
    this.history.record(height, this.#sides);
    return record;
  }

  #match(height: number, timeUs: number): MatchRecord | null {
    const deposits = this.contract.returnDeposits();
    if (this.#orders.length === 0 && this.#cancels.length === 0) return null;
    const orders = this.#orders;
    const hooks = deposits > 0 ? ['deposit'] : [];
    if (this.#cancels.length > 0) hooks.push('bulk_order_cancellations');
    if (orders.length > 0) hooks.push('bulk_order_placements');
    this.#cancelAll();
    for (const order of orders) this.#placeHook(order);
    const settlements: SettlementRecord[] = [];
    for (const pair of this.#pairs) this.#executePair(pair, timeUs, settlements);
    if (settlements.length > 0) hooks.push('settlement');
    const cancelledIds = unfulfilled(orders, settlements);
    if (cancelledIds.length > 0) hooks.push('bulk_order_cancellations');
    const record = { height, timeUs, orders, settlements, cancelledIds, hooks };
    this.matches.push(record);
    if (this.matches.length > this.#matchesMax) {
      this.matches.shift();
      this.earliestMatchHeight = this.matches[0]!.height;
    }
    this.#orders = [];
    this.#cancels = [];
    this.#cancelIds.clear();
    this.#coverTicks.clear();
    return record;
  }

  /** The newest match result at or before a height. */
  matchAt(height: number): MatchRecord | undefined {
    return this.matches.findLast((record) => record.height <= height);
  }

  #cancelAll(): void {
    for (const { account, market, side, tick, orderId } of this.#cancels) {
      const removed = this.book(market, side).remove(tick, orderId);
      if (removed !== undefined) this.contract.release(account, this.#pairs[market]!.market, side, tick, removed.lots);
    }
  }

  #placeHook(order: BlockOrder): void {
    const { market, shorts } = this.#pairs[order.market]!;
    // A purchase at any price is covered at the best price known before this block's matching: nothing better is known.
    const tick = order.side === 'buy' && order.tick === 0 ? (shorts.best()?.tick ?? 0) : order.tick;
    this.#coverTicks.set(order.orderId, tick);
    const reason = this.contract.cover(order.account, market, order.side, tick, order.lots);
    if (reason === null) return;
    order.state = 'failedToPlace';
    order.stateReason = reason;
  }

  #executePair(pair: Pair, timeUs: number, settlements: SettlementRecord[]): void {
    const { market, longs, shorts } = pair;
    const placed = this.#orders.filter((order) => order.market === market.index && order.state === 'placed');
    if (placed.length === 0) return;
    for (const side of ['buy', 'sell'] as const) {
      const book = this.book(market.index, side);
      for (const order of placed) {
        if (order.type !== 'limit' || order.side !== side) continue;
        book.add(order.tick, { orderId: order.orderId, account: order.account, lots: order.lots });
      }
    }
    const outcomes = [
      this.#matchMarket(placed, shorts, 'buy', market),
      this.#matchMarket(placed, longs, 'sell', market),
      matchLimitOrders(longs, shorts),
    ];
    recordPrice(pair, timeUs, outcomes);
    for (const { executions } of outcomes) {
      if (executions.length === 0) continue;
      const settled = executions.map((execution): SettlementRecord => settlementOf(market, execution));
      this.contract.settle(market, settled);
      for (const { type, account, side, expectedTick, lots } of settled)
        if (type === 'limit') this.contract.release(account, market, side, expectedTick, lots);
      settlements.push(...settled);
    }
  }

  #matchMarket(placed: BlockOrder[], resting: BookSide, side: Side, market: DevnetMarket): Outcome {
    const blockOrders = placed.filter((order) => order.type === 'market' && order.side === side);
    const takers: MarketOrder[] = blockOrders.map(({ orderId, account, tick, lots }) => ({
      orderId,
      account,
      worstTick: tick,
      lots,
    }));
    const outcome = matchMarketOrders(takers, resting, side);
    for (const [i, order] of blockOrders.entries()) {
      this.contract.release(order.account, market, side, this.#coverTicks.get(order.orderId)!, order.lots);
      order.lots = takers[i]!.lots;
      if (order.lots === 0) order.state = 'fulfilled';
    }
    return outcome;
  }
}

function settlementOf(market: DevnetMarket, execution: Execution): SettlementRecord {
  const { orderId, account, side, lots, numerator, denominator, expectedTick, type } = execution;
  return {
    orderId,
    account,
    side,
    lots,
    numerator,
    denominator,
    expectedTick,
    type,
    market: market.index,
    priceScaled: priceScaled(market, numerator, denominator),
  };
}

/**
 * Market orders that the chain reports as cancelled. It compares what was settled with what is left, not with the size,
 * so that an order which filled by half or more is missing from the list (sei-chain v3.7,
 * `x/dex/contract/market_order.go`).
 */
function unfulfilled(orders: readonly BlockOrder[], settlements: readonly SettlementRecord[]): number[] {
  const settled = new Map<number, number>();
  for (const { orderId, lots } of settlements) settled.set(orderId, (settled.get(orderId) ?? 0) + lots);
  return orders
    .filter((order) => order.type === 'market' && order.state !== 'failedToPlace')
    .filter((order) => !settled.has(order.orderId) || settled.get(order.orderId)! < order.lots)
    .map((order) => order.orderId);
}

function recordPrice({ market, prices }: Pair, timeUs: number, outcomes: readonly Outcome[]): void {
  let notional = 0;
  let lots = 0;
  for (const outcome of outcomes) {
    notional += outcome.notional;
    lots += outcome.lots;
  }
  if (lots === 0) return;
  const point = { timeS: Math.floor(timeUs / 1_000_000), priceScaled: priceScaled(market, notional, lots) };
  if (prices.at(-1)?.timeS === point.timeS) prices.pop();
  prices.push(point);
  if (prices.length > PRICES_MAX) prices.shift();
}
