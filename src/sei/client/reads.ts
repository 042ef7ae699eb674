import { fromHex } from '@cosmjs/encoding';
import { Tendermint37Client } from '@cosmjs/tendermint-rpc';
import type { Levels, Market } from '../../../streams/market/types.ts';
import type { RestingOrder } from '../../../streams/orders/types.ts';
import {
  baseAccount,
  queryAccountRequest,
  queryAccountResponse,
  queryAllBalancesRequest,
  queryAllBalancesResponse,
  txMsgData,
} from '../codec/cosmos.ts';
import { parseDecimal } from '../codec/decimal.ts';
import { type MatchResult, msgPlaceOrders, msgPlaceOrdersResponse, PositionDirection } from '../codec/dex.ts';
import type { Codec } from '../codec/message.ts';
import {
  bookAllRequest,
  getMatchResultRequest,
  getMatchResultResponse,
  getOrdersRequest,
  getOrdersResponse,
  getRegisteredPairsRequest,
  getRegisteredPairsResponse,
  longBookAllResponse,
  type Pair,
  queryPath,
  shortBookAllResponse,
} from '../codec/query.ts';
import { type FailoverRpc, RpcError } from './rpc.ts';

/** Levels asked for on one page, and pages read of one side at most: 1,000 levels are more than anybody quotes from. */
const LEVELS_A_PAGE = 250n;
const PAGES_MOST = 4;

/** A transaction found in a block. */
export interface IncludedTx {
  readonly height: number;
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  /** Ids of the orders placed, in the order of the messages. */
  readonly orderIds: readonly string[];
}

/** The chain gave an answer that cannot be true of a market: which, and why. */
export class Implausible extends Error {
  override readonly name = 'Implausible';
  readonly market: string;
  readonly reason: string;

  constructor(market: string, reason: string, detail: string) {
    super(detail);
    this.market = market;
    this.reason = reason;
  }
}

/** Sides by the name of a settlement's direction. */
export const SIDE_OF: Readonly<Record<string, 'buy' | 'sell'>> = { Long: 'buy', Short: 'sell' };

/** What the client reads from the chain, decoded into ticks and lots. */
export class ChainReads {
  readonly #comet: Tendermint37Client;
  readonly #contract: string;

  private constructor(comet: Tendermint37Client, contract: string) {
    this.#comet = comet;
    this.#contract = contract;
  }

  /** @throws NoAnswer when no node answers */
  static async open(rpc: FailoverRpc, contract: string): Promise<ChainReads> {
    return new ChainReads(await Tendermint37Client.create(rpc), contract);
  }

  /** The markets that the contract has registered. */
  async pairs(): Promise<readonly Pair[]> {
    const request = getRegisteredPairsRequest.encode({ contractAddr: this.#contract });
    return (await this.#query(queryPath('GetRegisteredPairs'), request, getRegisteredPairsResponse)).pairs;
  }

  /** Both sides of a market's book at a height, best first. @throws Implausible when it is no book of this market */
  async book(market: Market, height: number): Promise<{ bids: Levels; asks: Levels }> {
    const [bids, asks] = await Promise.all([
      this.#side(market, 'LongBookAll', true, height),
      this.#side(market, 'ShortBookAll', false, height),
    ]);
    return { bids, asks };
  }

  /** What matching did in exactly this block, or undefined when it did nothing. */
  async match(height: number): Promise<MatchResult | undefined> {
    const request = getMatchResultRequest.encode({ contractAddr: this.#contract });
    const { result } = await this.#query(queryPath('GetMatchResult'), request, getMatchResultResponse, height);
    return result !== undefined && result.height === BigInt(height) ? result : undefined;
  }

  /** The account's resting orders in the given markets. */
  async orders(account: string, markets: readonly Market[]): Promise<RestingOrder[]> {
    const request = getOrdersRequest.encode({ contractAddr: this.#contract, account });
    const { orders } = await this.#query(queryPath('GetOrders'), request, getOrdersResponse);
    return orders.flatMap((order) => {
      const market = markets.find(({ base, quote }) => base === order.assetDenom && quote === order.priceDenom);
      if (market === undefined) return [];
      const side = order.positionDirection === PositionDirection.LONG ? 'buy' : 'sell';
      const [tick, lots] = stepsOfBoth(market, order.price, order.quantity);
      return [{ orderId: String(order.id), market: market.symbol, side, tick, lots } as const];
    });
  }

  /** Number and next sequence of an account. @throws RpcError when the chain does not know it */
  async account(address: string): Promise<{ accountNumber: bigint; sequence: bigint }> {
    const path = '/cosmos.auth.v1beta1.Query/Account';
    const { account } = await this.#query(path, queryAccountRequest.encode({ address }), queryAccountResponse);
    const { accountNumber, sequence } = baseAccount.decode(account?.value ?? new Uint8Array(0));
    return { accountNumber, sequence };
  }

  /** All balances of an account in smallest units, as decimal texts. */
  async balances(address: string): Promise<Record<string, string>> {
    const path = '/cosmos.bank.v1beta1.Query/AllBalances';
    const { balances } = await this.#query(path, queryAllBalancesRequest.encode({ address }), queryAllBalancesResponse);
    return Object.fromEntries(balances.map(({ denom, amount }) => [denom, amount]));
  }

  /** A transaction by its hash, or undefined when it is in no block. */
  async tx(hash: string): Promise<IncludedTx | undefined> {
    try {
      const { height, result } = await this.#comet.tx({ hash: fromHex(hash) });
      const orderIds = txMsgData
        .decode(result.data ?? new Uint8Array(0))
        .data.filter(({ msgType }) => msgType === msgPlaceOrders.typeUrl)
        .flatMap(({ data }) => msgPlaceOrdersResponse.decode(data).orderIds.map(String));
      return { height, code: result.code, codespace: result.codespace ?? '', log: result.log ?? '', orderIds };
    } catch (error) {
      if (error instanceof RpcError && /not found/i.test(error.message)) return undefined;
      throw error;
    }
  }

  /** Transactions that wait for a block. */
  async waiting(): Promise<number> {
    return (await this.#comet.numUnconfirmedTxs()).total;
  }

  async #side(market: Market, name: 'LongBookAll' | 'ShortBookAll', reverse: boolean, height: number): Promise<Levels> {
    const pair = { contractAddr: this.#contract, priceDenom: market.quote, assetDenom: market.base };
    const response = name === 'LongBookAll' ? longBookAllResponse : shortBookAllResponse;
    const levels: number[] = [];
    let key: Uint8Array = new Uint8Array(0);
    for (let page = 0; page < PAGES_MOST; page += 1) {
      const pagination = { key, offset: 0n, limit: LEVELS_A_PAGE, countTotal: false, reverse };
      const answer = await this.#query(
        queryPath(name),
        bookAllRequest.encode({ ...pair, pagination }),
        response,
        height,
      );
      for (const { price, entry } of answer.levels) levels.push(...stepsOfBoth(market, price, entry?.quantity ?? 0n));
      key = answer.pagination?.nextKey ?? new Uint8Array(0);
      if (key.length === 0) break;
    }
    return levels;
  }

  async #query<T>(path: string, data: Uint8Array, response: Codec<T>, height?: number): Promise<T> {
    const answer = await this.#comet.abciQuery({ path, data, ...(height === undefined ? {} : { height }) });
    if (answer.code !== 0) throw new RpcError(answer.code ?? -1, `${path}: ${answer.log ?? ''}`);
    return response.decode(answer.value);
  }
}

/** Price and size × 10^18 as ticks and lots. @throws Implausible when either is not a positive multiple */
function stepsOfBoth(market: Market, price: bigint, quantity: bigint): readonly [number, number] {
  const { symbol } = market;
  const tick = wholeSteps(price, parseDecimal(market.tickSize));
  const lots = wholeSteps(quantity, parseDecimal(market.lotSize));
  if (tick === undefined)
    throw new Implausible(symbol, 'off-tick', `price ${price}e-18: expected a multiple of ${market.tickSize}`);
  if (lots === undefined)
    throw new Implausible(symbol, 'off-lot', `quantity ${quantity}e-18: expected a multiple of ${market.lotSize}`);
  return [tick, lots];
}

function wholeSteps(scaled: bigint, step: bigint): number | undefined {
  const steps = Number(scaled / step);
  return scaled > 0n && scaled % step === 0n && Number.isSafeInteger(steps) ? steps : undefined;
}

/** A settlement's price × 10^18 in millionths of a tick, rounded to the nearest. */
export function microTicksOf(market: Market, price: bigint): number {
  const step = parseDecimal(market.tickSize);
  return Number((price * 2_000_000n + step) / (step * 2n));
}

/** A settlement's quantity × 10^18 in lots. @throws Implausible when it is no whole number of them */
export function lotsOf(market: Market, quantity: bigint): number {
  const lots = wholeSteps(quantity, parseDecimal(market.lotSize));
  if (lots !== undefined) return lots;
  throw new Implausible(
    market.symbol,
    'off-lot',
    `settled quantity ${quantity}e-18: expected a multiple of ${market.lotSize}`,
  );
}
