import type { BookSnapshot, Levels, Side } from '../../../streams/market/types.ts';
import type { PlaceRequest } from '../../../streams/orders/types.ts';
import type { Level } from '../../devnet/book.ts';
import type { SettlementRecord } from '../../devnet/dex.ts';
import type { DevnetMarket } from '../../devnet/market.ts';
import type { CommittedBlock } from '../../devnet/producer.ts';
import type { VirtualWorld } from '../virtual_world.ts';
import { ByHeight } from './by_height.ts';

/** An order of the account on the chain. */
export interface ChainOrder {
  readonly orderId: string;
  readonly market: string;
  readonly side: Side;
  readonly tick: number;
  lots: number;
  /** The block that placed it. */
  readonly placedHeight: number;
}

/** A transaction of the account that was signed and may yet come into a block. */
export interface Outstanding {
  readonly places: readonly PlaceRequest[];
  /** The process that decided it, and its number there. */
  readonly process: number;
  readonly batchId: number;
  /** Its transactions by hash, one for each sequence it was signed with; empty before it was signed. */
  readonly copies: Map<string, Copy>;
  /** Whether its process will sign it no more: it said so, or is gone. */
  ended: boolean;
}

/** A signed transaction. */
export interface Copy {
  /** The last block that may take it. */
  readonly timeoutHeight: number;
  /** Broadcasts that were sent off and have not been answered, and will not have been refused. */
  sending: number;
  /** Whether a node may have it. */
  taken: boolean;
}

/** Middles of the market that are remembered: twenty seconds, longer than anything may be decided on what was. */
const MIDS_KEPT = 50;

/** Blocks whose orders are remembered: books are told of the newest that a process knows. */
const RESTING_KEPT = 100;

/** Net settlements by block that are remembered: as long as a process may take to tell of them. */
const HEIGHTS_KEPT = 3_000;

/** What holds in one market, from the chain's own state. */
export class MarketFacts {
  readonly market: DevnetMarket;
  /** Bought less sold since the beginning. */
  heldLots = 0;
  /** Of the newest blocks, the lower of the middles with and without the account's own orders, ticks. */
  readonly mids: number[] = [];
  /** What was held after each of the last blocks, by height. */
  readonly heldAt = new ByHeight<number>(HEIGHTS_KEPT);

  constructor(market: DevnetMarket) {
    this.market = market;
  }

  /** The lowest of the last middles and microprices: what a limit in money allowed at most, in lots, since. */
  get lowestMid(): number {
    return Math.min(...this.mids);
  }

  /** What so many lots are worth at the lowest of the last middles, and what is held the other way at the highest, in quote units. */
  worth(lots: number): number {
    if (lots === 0) return 0;
    const mid = lots < 0 ? Math.max(...this.mids) : this.lowestMid;
    return lots * mid * Number(this.market.tickSize) * Number(this.market.lotSize);
  }
}

/** Everything about the account that the chain itself knows: kept from its books, matches and transactions, and nothing else. */
export class ChainFacts {
  readonly world: VirtualWorld;
  readonly markets: ReadonlyMap<string, MarketFacts>;
  /** The account's orders in the books, by id. */
  resting = new Map<string, ChainOrder>();
  /** Those before the last block. */
  before = new Map<string, ChainOrder>();
  /** Orders of the account that the last block placed, whether or not they still rest. */
  placed: readonly ChainOrder[] = [];
  /** The account's executions in the last block. */
  settlements: readonly SettlementRecord[] = [];
  /** Those after each of the last blocks, by height. */
  readonly restingAt = new Map<number, ReadonlyMap<string, ChainOrder>>();
  readonly outstanding: Outstanding[] = [];
  /** Orders with the account's key that the system has not placed. */
  readonly foreign = new Set<string>();
  height = 0;

  constructor(world: VirtualWorld) {
    this.world = world;
    this.height = world.chain.height;
    this.markets = new Map(world.chain.markets.map((market) => [market.symbol, new MarketFacts(market)]));
  }

  /** Takes in a block. */
  block(block: CommittedBlock): void {
    this.height = block.height;
    const own = this.world.account;
    const { match } = block;
    this.settlements = match === null ? [] : match.settlements.filter(({ account }) => account === own);
    const placed: ChainOrder[] = [];
    for (const { account, state, orderId, market, side, tick, lots } of match?.orders ?? []) {
      if (account !== own || state === 'failedToPlace') continue;
      const { symbol } = this.world.chain.markets[market]!;
      placed.push({ orderId: String(orderId), market: symbol, side, tick, lots, placedHeight: block.height });
    }
    this.placed = placed;
    this.#scan();
    this.restingAt.set(this.height, this.resting);
    this.restingAt.delete(this.height - RESTING_KEPT);
    this.#hold();
    this.#settle(block);
  }

  /** Lots of a side that may still fill: in the books, or on their way there; of what the system has placed. */
  atWork(market: string, side: Side): number {
    let lots = 0;
    for (const order of this.resting.values())
      if (order.market === market && order.side === side && !this.foreign.has(order.orderId)) lots += order.lots;
    for (const { places } of this.outstanding)
      for (const place of places) if (place.market === market && place.side === side) lots += place.lots;
    return lots;
  }

  /** The most lots of the account's own orders at a price since the block before one that may be told late, as far as is remembered. */
  ownLots(market: string, side: Side, tick: number, sinceHeight: number): number {
    let most = 0;
    for (let height = Math.max(sinceHeight - 1, this.height - RESTING_KEPT); height <= this.height; height += 1) {
      let lots = 0;
      for (const order of this.restingAt.get(height)?.values() ?? [])
        if (order.tick === tick && order.side === side && order.market === market) lots += order.lots;
      most = Math.max(most, lots);
    }
    return most;
  }

  /** Whether a book told as that of a block lacks some of these orders, which rested after it. */
  lacks(which: ReadonlySet<string>, { market, lastId, bids, asks }: BookSnapshot): boolean {
    const lots = new Map<string, number>();
    for (const { orderId, market: where, side, tick, lots: some } of this.restingAt.get(lastId)?.values() ?? []) {
      if (where !== market || !which.has(orderId)) continue;
      const at = `${side} ${tick}`;
      lots.set(at, (lots.get(at) ?? 0) + some);
    }
    const takeAway = (side: Side, levels: Levels): void => {
      for (let i = 0; i < levels.length; i += 2) {
        const at = `${side} ${levels[i]}`;
        if ((lots.get(at) ?? Number.POSITIVE_INFINITY) <= levels[i + 1]!) lots.delete(at);
      }
    };
    if (lots.size > 0) takeAway('buy', bids);
    if (lots.size > 0) takeAway('sell', asks);
    return lots.size > 0;
  }

  /** The largest position, in lots, that any fills of what is at work can lead to on a side. */
  worstLots(market: string, side: Side): number {
    const held = this.markets.get(market)!.heldLots;
    return (side === 'buy' ? held : -held) + this.atWork(market, side);
  }

  /** A broadcast was sent off. */
  sent(hash: string): void {
    const copy = this.#copy(hash);
    if (copy !== undefined) copy.sending += 1;
  }

  /** A broadcast was answered; with no code, nobody knows what became of it. */
  answered(hash: string, code: number | undefined): void {
    const copy = this.#copy(hash);
    if (copy === undefined) return;
    copy.sending -= 1;
    // What a node says that it refused it may have taken all the same.
    const taken = code === undefined || code === 0 || code === IN_MEMPOOL || this.world.producer.mempool.has(hash);
    if (taken) copy.taken = true;
  }

  /** A process has ended: what it has decided and not sent never comes. What is on its way may. */
  processEnded(): void {
    for (const one of this.outstanding) {
      one.ended = true;
      for (const [hash, copy] of one.copies) {
        if (copy.sending > 0) copy.taken = true;
        if (!copy.taken) one.copies.delete(hash);
      }
    }
    this.#forget((one) => this.#mayCome(one));
  }

  /** A process says that a batch came to nothing: it is believed as far as no node may have it. */
  refused(process: number, batchId: number): void {
    const one = this.outstanding.find((each) => each.process === process && each.batchId === batchId);
    if (one !== undefined) one.ended = true;
    this.#forget((one) => this.#mayCome(one));
  }

  /** Reads the account's orders from the books, all anew. */
  #scan(): void {
    const { chain, account: own } = this.world;
    const found = new Map<string, ChainOrder>();
    for (const { symbol: market, index } of chain.markets) {
      for (const side of ['buy', 'sell'] as const) {
        for (const { tick, allocations } of chain.dex.book(index, side).levels) {
          for (const { orderId: id, account, lots } of allocations) {
            if (account !== own) continue;
            const orderId = String(id);
            // Placed in this block, then.
            const placedHeight = this.resting.get(orderId)?.placedHeight ?? this.height;
            found.set(orderId, { orderId, market, side, tick, lots, placedHeight });
          }
        }
      }
    }
    this.before = this.resting;
    this.resting = found;
  }

  #hold(): void {
    const { chain } = this.world;
    for (const { market, side, lots } of this.settlements)
      this.markets.get(chain.markets[market]!.symbol)!.heldLots += side === 'buy' ? lots : -lots;
    for (const facts of this.markets.values()) {
      const { index } = facts.market;
      const [bids, asks] = [chain.dex.book(index, 'buy'), chain.dex.book(index, 'sell')];
      // What the account's own orders say of the price is no news to it; where nobody else is near, they are the best of the book.
      const own = this.world.account;
      const lowest = Math.min(
        lowestPrice(bids.best(), asks.best()),
        lowestPrice(beside(bids.bestBeside(own), own), beside(asks.bestBeside(own), own)),
      );
      if (Number.isFinite(lowest)) facts.mids.push(lowest);
      if (facts.mids.length > MIDS_KEPT) facts.mids.shift();
      facts.heldAt.set(this.height, facts.heldLots);
    }
  }

  /** Transactions that are in this block, or can be in none any more, are no longer outstanding. */
  #settle({ txs, height }: CommittedBlock): void {
    if (this.outstanding.length === 0) return;
    const code = new Map(txs.map(({ hash, result }) => [hash, result.code]));
    // One that took effect is over, whatever becomes of its other copies: that it does so once is another's to check.
    this.#forget(({ copies }) => [...copies.keys()].every((hash) => code.get(hash) !== 0));
    for (const { copies } of this.outstanding)
      for (const [hash, { timeoutHeight }] of copies)
        if (code.has(hash) || height >= timeoutHeight) copies.delete(hash);
    this.#forget((one) => this.#mayCome(one));
  }

  #copy(hash: string): Copy | undefined {
    for (const { copies } of this.outstanding) {
      const copy = copies.get(hash);
      if (copy !== undefined) return copy;
    }
    return undefined;
  }

  /** Whether a batch may yet come into a block. One that is handed in late may have been too late from the beginning. */
  #mayCome({ ended, copies }: Outstanding): boolean {
    const may = ({ sending, taken, timeoutHeight }: Copy): boolean =>
      (sending > 0 || taken) && timeoutHeight > this.height;
    return !ended || [...copies.values()].some(may);
  }

  #forget(keep: (one: Outstanding) => boolean): void {
    const kept = this.outstanding.filter(keep);
    if (kept.length < this.outstanding.length) this.outstanding.splice(0, this.outstanding.length, ...kept);
  }
}

/** Infinite where a side is empty. */
/** The lower of middle and microprice: in a wide book they are far from each other, and the fair value is near the second. */
function lowestPrice(bid: Level | undefined, ask: Level | undefined): number {
  if (bid === undefined || ask === undefined) return Number.POSITIVE_INFINITY;
  const microprice = (bid.tick * ask.lots + ask.tick * bid.lots) / (bid.lots + ask.lots);
  return Math.min((bid.tick + ask.tick) / 2, microprice);
}

/** A level without an account's own orders. */
function beside(level: Level | undefined, own: string): Level | undefined {
  if (level === undefined) return undefined;
  const allocations = level.allocations.filter(({ account }) => account !== own);
  return { tick: level.tick, lots: allocations.reduce((sum, { lots }) => sum + lots, 0), allocations };
}

/** The chain's code for a transaction that waits in the mempool already. */
const IN_MEMPOOL = 19;
