import { LANES } from '../../streams/actor/kernel.ts';
import { HeapClock } from '../../streams/clock/heap_clock.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { Levels, Side } from '../../streams/market/types.ts';
import type { OrderBatch } from '../../streams/orders/types.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { Chain } from '../devnet/chain.ts';
import type { MatchRecord, SettlementRecord } from '../devnet/dex.ts';
import type { DevnetMarket } from '../devnet/market.ts';
import { type Crowds, populate, startPriceOf } from '../devnet/participants/crowds.ts';
import type { FundamentalPath } from '../devnet/participants/fundamental.ts';
import type { Inference } from '../inference/inference.ts';
import type { VirtualModels } from '../inference/virtual_models.ts';
import { seededRandom } from '../runtime/random.ts';
import { Reactor } from '../runtime/reactor.ts';
import { feeOf, type GasPolicy } from '../sei/rpc/signing.ts';
import { MarketWatch } from './market_watch.ts';

/** Somebody who looks on while a maker trades. */
export interface MakerWatch {
  decided(decision: Decision): void;
  took(input: Input): void;
}

/** A market in which makers are tried. */
export interface ChainMarketOptions {
  /** One account each, all with the same markets; their batches of one block are executed in this order. */
  readonly makers: readonly AccountSettings[];
  /** Who predicts, for makers whose settings make features. */
  readonly models?: VirtualModels | undefined;
  /** Seed of the crowd, of the times of blocks and of the kernels. */
  readonly seed: number;
  readonly paths: readonly FundamentalPath[];
  /** What makers bid for gas. */
  readonly gas: GasPolicy;
  /** Sees what the first maker hears, after it took effect, and what it decides. */
  readonly watch?: MakerWatch | undefined;
}

const MICROS_PER_MS = 1_000;
const MICRO = 1_000_000;

/** Sei's blocks are 220 to 400 ms apart. */
const BLOCK_MS = 400;

/** From a decision to the mempool, and from a block to its news: together with the wait for the block, what Sei's chain showed. */
const ORDER_LATENCY_US = 60 * MICROS_PER_MS;
const NEWS_LATENCY_US = 80 * MICROS_PER_MS;

/** Blocks after which the account is told: ten seconds. */
const ACCOUNT_EVERY_BLOCKS = 25;

/** A round instant, so that runs look alike. */
const START_US = 1_700_000_000 * MICRO;

/** What a SEI is worth, for the price of gas: what the devnet's market of it starts at. */
const SEI_USDC = startPriceOf('SEI');

/** What a maker has of each asset, smallest units: never what it is short of, because its limits bind first. */
const MAKER_FUND = 10n ** 14n;

/**
 * Makers' pipelines in a devnet's markets, in virtual time: their batches go straight to the chain, without wire, client and
 * faults, so that strategies meet the same crowd, or each other, and nothing but the strategy differs.
 */
export class ChainMarket {
  readonly chain: Chain;
  readonly makers: readonly Maker[];
  readonly #crowds: Crowds;
  readonly #random: () => number;
  // What happens outside the pipelines: blocks, batches that arrive, news that do.
  readonly #world = new HeapClock(START_US);
  #blockUs = START_US;

  constructor({ makers, seed, paths, gas, models, watch }: ChainMarketOptions) {
    const random = seededRandom(seed);
    this.#random = random;
    this.#crowds = populate(paths, random, { pathOffset: random() });
    this.chain = new Chain({
      chainId: 'compare',
      contractAddress: 'sei1contract',
      markets: makers[0]!.markets.map(({ market }) => market),
      matchesMax: 1,
    });
    this.#crowds.onGenesis(this.chain);
    this.makers = makers.map(
      (settings, i) =>
        new Maker(this.chain, this.#world, `sei1maker${i}`, settings, {
          seed,
          gas,
          models,
          watch: i === 0 ? watch : undefined,
        }),
    );
    this.#scheduleBlock();
  }

  /** Goes on for so many seconds of the market's time. Not for markets with models: see {@link runPredicted}. */
  run(seconds: number): void {
    const untilUs = this.#world.nowUs() + seconds * MICRO;
    while (this.#next(untilUs));
  }

  /** The same, and time stands still while models answer. */
  async runPredicted(seconds: number): Promise<void> {
    const untilUs = this.#world.nowUs() + seconds * MICRO;
    while (this.#next(untilUs)) {
      for (const { inference } of this.makers) if (inference?.pending === true) await inference.settled();
    }
  }

  /** Lets happen what is next. @returns false when nothing is due until then, which becomes the present */
  #next(untilUs: number): boolean {
    let next: HeapClock = this.#world;
    // At one instant the pipelines' timers come first.
    for (const { clock } of this.makers) if (clock.nextDueUs() <= next.nextDueUs()) next = clock;
    const dueUs = next.nextDueUs();
    if (dueUs > untilUs) this.#world.advanceTo(untilUs);
    else next.advanceTo(dueUs);
    return dueUs <= untilUs;
  }

  #scheduleBlock(): void {
    // Never sooner than half of it, never later than half as much again.
    this.#blockUs += Math.round(BLOCK_MS * (0.5 + this.#random()) * MICROS_PER_MS);
    const atUs = this.#blockUs;
    this.#world.at(atUs, () => this.#block(atUs));
  }

  #block(timeUs: number): void {
    const { chain } = this;
    chain.beginBlock(timeUs);
    this.#crowds.onBeginBlock(chain, timeUs);
    const outcomes = this.makers.map((maker) => maker.include());
    const { match } = chain.endBlock();
    const trades = match === null ? [] : tradesOf(match.settlements, chain.markets, chain.height, timeUs);
    const books = chain.markets.map((market) => this.#book(market, timeUs));
    const newsUs = timeUs + NEWS_LATENCY_US;
    this.makers.forEach((maker, i) => {
      const account = [...outcomes[i]!, ...maker.executions(match)];
      for (const watch of maker.watches.values()) watch.block(match);
      const told = [...account, ...maker.openOrders(), ...trades, ...books].map((input) => ({ ...input }));
      this.#world.at(newsUs, () => maker.hear(told, newsUs));
    });
    this.#scheduleBlock();
  }

  #book({ symbol, index }: DevnetMarket, eventUs: number): Input {
    const levels = (side: Side): Levels =>
      this.chain.dex.book(index, side).levels.flatMap(({ tick, lots }) => [tick, lots]);
    const book = { bids: levels('buy'), asks: levels('sell') };
    return { kind: 'bookSnapshot', seq: 0, timeUs: 0, market: symbol, lastId: this.chain.height, eventUs, ...book };
  }
}

/** One account with its pipeline. */
class Maker {
  readonly watches: ReadonlyMap<string, MarketWatch>;
  /** Who predicts, where anybody does. */
  readonly inference: Inference | undefined;
  readonly #chain: Chain;
  readonly #address: string;
  readonly #reactor: Reactor;
  readonly #gas: GasPolicy;
  readonly #watch: MakerWatch | undefined;
  #arrived: OrderBatch[] = [];
  #seq = 0;

  constructor(
    chain: Chain,
    world: HeapClock,
    address: string,
    settings: AccountSettings,
    { seed, gas, models, watch }: Pick<ChainMarketOptions, 'seed' | 'gas' | 'models' | 'watch'>,
  ) {
    this.#chain = chain;
    this.#gas = gas;
    this.#watch = watch;
    this.#address = address;
    for (const { baseDenom, quoteDenom } of chain.markets)
      chain.fund(
        address,
        [baseDenom, quoteDenom].map((denom) => ({ denom, amount: MAKER_FUND })),
      );
    this.watches = new Map(chain.markets.map((market) => [market.symbol, new MarketWatch(chain, market, address)]));
    const onDecision = (decision: Decision): void => {
      if (decision.kind === 'orderBatch')
        world.at(decision.timeUs + ORDER_LATENCY_US, () => this.#arrived.push(decision));
      else if (decision.kind === 'features') this.inference?.hear(decision);
      watch?.decided(decision);
    };
    this.#reactor = new Reactor({ settings, seed, startUs: START_US }, { onDecision });
    if (settings.markets.some(({ features }) => features !== null))
      this.inference = models?.run((said) => this.hear([said], this.clock.nowUs()));
  }

  get clock(): HeapClock {
    return this.#reactor.clock;
  }

  /** Has what arrived executed in the block under way. @returns the block and each batch's outcome */
  include(): Input[] {
    const { height, timeUs: chainTimeUs } = this.#chain;
    const arrived = this.#arrived;
    this.#arrived = [];
    return [{ kind: 'block', seq: 0, timeUs: 0, height, chainTimeUs }, ...arrived.map((batch) => this.#execute(batch))];
  }

  /** This account's settlements of a block. */
  executions(match: MatchRecord | null): Input[] {
    const { height, markets } = this.#chain;
    return (match?.settlements ?? []).flatMap((one, index) =>
      one.account === this.#address ? [settlementOf(one, markets[one.market]!.symbol, height, index)] : [],
    );
  }

  /** What rests, from time to time. */
  openOrders(): Input[] {
    const { height, markets, dex } = this.#chain;
    if (height % ACCOUNT_EVERY_BLOCKS !== 0) return [];
    const orders = markets.flatMap(({ symbol: market, index }) =>
      (['buy', 'sell'] as const).flatMap((side) =>
        dex
          .book(index, side)
          .levels.flatMap(({ tick, allocations }) =>
            allocations
              .filter(({ account }) => account === this.#address)
              .map(({ orderId, lots }) => ({ orderId: String(orderId), market, side, tick, lots })),
          ),
      ),
    );
    return [{ kind: 'openOrders', seq: 0, timeUs: 0, height, orders }];
  }

  /** Takes in a block's news. */
  hear(told: readonly Input[], timeUs: number): void {
    for (const input of told) {
      this.#seq += LANES;
      input.seq = this.#seq;
      input.timeUs = timeUs;
      this.#reactor.take(input);
      this.#watch?.took(input);
    }
  }

  #execute(batch: OrderBatch): Input {
    const { batchId, cancels, places } = batch;
    const chain = this.#chain;
    this.#payGas(batch);
    const account = this.#address;
    const indexOf = (symbol: string): number => chain.markets.findIndex((market) => market.symbol === symbol);
    for (const { market, side, tick, orderId } of cancels)
      chain.cancel({ account, market: indexOf(market), side, tick, orderId: Number(orderId) });
    const orderIds = places.map(({ market, side, tick, lots }) =>
      String(chain.place({ account, market: indexOf(market), side, type: 'limit', tick, lots })),
    );
    const txHash = `tx${batchId}`;
    return { kind: 'batchCommitted', seq: 0, timeUs: 0, batchId, txHash, height: chain.height, orderIds };
  }

  /** What the chain would take for the transaction, each market bearing the part of its orders. */
  #payGas({ cancels, places }: OrderBatch): void {
    const { usei } = feeOf(places.length, cancels.length, this.#gas, 0);
    const perOrderUsdc = (usei * SEI_USDC) / MICRO / (places.length + cancels.length);
    for (const { market } of [...cancels, ...places]) this.watches.get(market)!.paidGas(perOrderUsdc);
  }
}

function settlementOf(one: SettlementRecord, market: string, height: number, index: number): Input {
  const { orderId, side, lots, numerator, denominator, type } = one;
  return {
    kind: 'settlement',
    seq: 0,
    timeUs: 0,
    market,
    orderId: String(orderId),
    side,
    lots,
    microTicks: Math.round((numerator * MICRO) / denominator),
    liquidity: type === 'limit' ? 'maker' : 'taker',
    height,
    settlementId: `${height}/${index}/${orderId}`,
  };
}

/**
 * Trades as prints at the maker's price. The chain matches market orders first, so the first limit settlements of a side are
 * theirs; what is left are crossed limits, of which the buyer's half is told.
 */
function tradesOf(
  settlements: readonly SettlementRecord[],
  markets: readonly DevnetMarket[],
  height: number,
  eventUs: number,
): Input[] {
  const trades: Input[] = [];
  const marketLots = markets.map(() => ({ buy: 0, sell: 0 }));
  for (const { market, type, side, lots } of settlements) if (type === 'market') marketLots[market]![side] += lots;
  for (const { market, type, side, lots, numerator, denominator } of settlements) {
    if (type === 'market') continue;
    const taker = side === 'buy' ? 'sell' : 'buy';
    const left = marketLots[market]!;
    const byMarketOrder = left[taker] > 0;
    if (!byMarketOrder && side === 'sell') continue;
    left[taker] -= lots;
    const tradeId = height * 100_000 + trades.length;
    const tick = Math.round(numerator / denominator);
    const symbol = markets[market]!.symbol;
    trades.push({ kind: 'trade', seq: 0, timeUs: 0, market: symbol, tradeId, eventUs, side: taker, tick, lots });
  }
  return trades;
}
