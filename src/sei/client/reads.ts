import { createHash } from 'node:crypto';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, toUtf8 } from '@cosmjs/encoding';
import { z } from 'zod';
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
import { type FailoverRpc, Implausible, RpcError } from './rpc.ts';
import { lotsOf, ticksOf } from './steps.ts';

/** Levels asked for on one page, and pages read of one side at most: 1,000 levels are more than anybody quotes from. */
const LEVELS_A_PAGE = 250n;
const PAGES_MOST = 4;

/** `fee`, as attributes' names are written in block results. */
const FEE_KEY = toBase64(toUtf8('fee'));

/** A block as far as the client needs it. */
export interface Block {
  readonly height: number;
  /** Header time, integer microseconds. */
  readonly timeUs: number;
  /** The transactions' hashes (SHA-256 of their bytes, upper-case hexadecimal), in order. */
  readonly txHashes: readonly string[];
}

/** What became of a transaction in a block. */
export interface IncludedTx {
  readonly height: number;
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  /** Ids of the orders placed, in the order of the messages. */
  readonly orderIds: readonly string[];
  /** The fee that it has paid, by its events; absent when it paid none, or these do not tell. */
  readonly feeUsei?: string;
}

const heightText = z.string().regex(/^\d{1,15}$/);
const heightOrNothing = heightText.or(z.literal('')).optional();
const base64 = z.base64().nullish();

const abciSchema = z.object({
  response: z.object({ code: z.int().optional(), log: z.string().nullish(), value: base64, height: heightOrNothing }),
});

const blockSchema = z.object({
  block: z.object({
    header: z.object({ height: heightText, time: z.string() }),
    data: z.object({ txs: z.array(z.string()).nullish() }),
  }),
});

const txResultSchema = z.object({
  code: z.int().optional(),
  codespace: z.string().optional(),
  log: z.string().optional(),
  data: base64,
  // Read of the one transaction that is ours.
  events: z.unknown(),
});

const eventsSchema = z
  .array(
    z.object({
      type: z.string(),
      attributes: z.array(z.object({ key: z.string().nullish(), value: z.string().nullish() })).nullish(),
    }),
  )
  .nullish();

const blockResultsSchema = z.object({ height: heightText, txs_results: z.array(txResultSchema).nullish() });
const txSchema = z.object({ height: heightText, tx_result: txResultSchema });
const waitingSchema = z.object({ total: heightText });

/**
 * What the client reads from the chain, parsed once, here: prices in ticks, sizes in lots, times in microseconds.
 *
 * Everything throws RpcError when a node refuses, Implausible when what all nodes say cannot be true, NoAnswer when none answers.
 * Answers are parsed before another node can no longer be asked, which is why `@cosmjs/tendermint-rpc`'s client is not used: it
 * parses what its transport has already accepted.
 */
export class ChainReads {
  readonly #rpc: FailoverRpc;
  readonly #contract: string;

  constructor(rpc: FailoverRpc, contract: string) {
    this.#rpc = rpc;
    this.#contract = contract;
  }

  /** The markets that the contract has registered. */
  async pairs(): Promise<readonly Pair[]> {
    const request = getRegisteredPairsRequest.encode({ contractAddr: this.#contract });
    return await this.#query(queryPath('GetRegisteredPairs'), request, getRegisteredPairsResponse, 0, (it) => it.pairs);
  }

  /** A block's time and transactions. */
  async block(height: number): Promise<Block> {
    return await this.#rpc.read('block', { height: String(height) }, (result) => {
      const { header, data } = blockSchema.parse(result).block;
      if (Number(header.height) !== height)
        throw new Implausible('', 'nonsense', `block ${header.height}, asked for ${height}`);
      return { height, timeUs: microsOf(header.time), txHashes: (data.txs ?? []).map(txHashOf) };
    });
  }

  /** Both sides of a market's book at a height, best first. */
  async book(market: Market, height: number): Promise<{ readonly bids: Levels; readonly asks: Levels }> {
    const [bids, asks] = await Promise.all([
      this.#side(market, 'LongBookAll', height),
      this.#side(market, 'ShortBookAll', height),
    ]);
    const [bid, ask] = [bids[0], asks[0]];
    if (bid !== undefined && ask !== undefined && bid >= ask)
      throw new Implausible(market.symbol, 'crossed', `book at ${height}: bid ${bid}, ask ${ask}`);
    return { bids, asks };
  }

  /**
   * What matching did in exactly this block, or undefined when it did nothing.
   *
   * @param parse reads it; what it throws counts against the node
   */
  async match<T>(height: number, parse: (match: MatchResult) => T): Promise<T | undefined> {
    const request = getMatchResultRequest.encode({ contractAddr: this.#contract });
    return await this.#query(queryPath('GetMatchResult'), request, getMatchResultResponse, height, ({ result }) =>
      result !== undefined && result.height === BigInt(height) ? parse(result) : undefined,
    );
  }

  /** The account's resting orders in the given markets at a height; 0 is the newest. */
  async orders(account: string, markets: readonly Market[], height: number): Promise<RestingOrder[]> {
    const request = getOrdersRequest.encode({ contractAddr: this.#contract, account });
    return await this.#query(queryPath('GetOrders'), request, getOrdersResponse, height, ({ orders }) =>
      orders.flatMap((order): RestingOrder[] => {
        const market = markets.find(({ base, quote }) => base === order.assetDenom && quote === order.priceDenom);
        if (market === undefined) return [];
        const side = order.positionDirection === PositionDirection.LONG ? 'buy' : 'sell';
        const [tick, lots] = [ticksOf(market, order.price), lotsOf(market, order.quantity)];
        return [{ orderId: String(order.id), market: market.symbol, side, tick, lots }];
      }),
    );
  }

  /** Number and next sequence of an account. @throws RpcError when the chain does not know it */
  async account(address: string): Promise<{ accountNumber: bigint; sequence: bigint }> {
    const path = '/cosmos.auth.v1beta1.Query/Account';
    const request = queryAccountRequest.encode({ address });
    return await this.#query(path, request, queryAccountResponse, 0, ({ account }) => {
      const found = baseAccount.decode(account?.value ?? new Uint8Array(0));
      if (found.address !== address)
        throw new Implausible('', 'nonsense', `account '${found.address}', asked for ${address}`);
      return { accountNumber: found.accountNumber, sequence: found.sequence };
    });
  }

  /** All balances of an account in smallest units, as decimal texts, and the height they are of; 0 asks for the newest. */
  async balances(address: string, atHeight: number): Promise<{ height: number; amounts: Record<string, string> }> {
    const path = '/cosmos.bank.v1beta1.Query/AllBalances';
    const request = queryAllBalancesRequest.encode({ address });
    return await this.#query(path, request, queryAllBalancesResponse, atHeight, ({ balances }, height) => {
      const wrong = balances.find(({ amount }) => !/^\d{1,78}$/.test(amount));
      if (wrong !== undefined) throw new Implausible('', 'nonsense', `balance '${wrong.amount}' of '${wrong.denom}'`);
      return { height, amounts: Object.fromEntries(balances.map(({ denom, amount }) => [denom, amount])) };
    });
  }

  /** The outcome of the transaction at a place in a block. @param places how many orders it placed, if that is known */
  async resultInBlock(height: number, index: number, places: number | undefined): Promise<IncludedTx> {
    return await this.#rpc.read('block_results', { height: String(height) }, (result) => {
      const results = blockResultsSchema.parse(result);
      const found = results.txs_results?.[index];
      if (Number(results.height) !== height || found === undefined)
        throw new Implausible('', 'nonsense', `block ${height} has no result ${index}`);
      return includedTx(height, found, places);
    });
  }

  /** A transaction by its hash, from a node's index; undefined when that does not know it (yet). */
  async resultByHash(hash: string, places: number | undefined): Promise<IncludedTx | undefined> {
    try {
      return await this.#rpc.read('tx', { hash: toBase64(fromHex(hash)) }, (result) => {
        const { height, tx_result } = txSchema.parse(result);
        return includedTx(Number(height), tx_result, places);
      });
    } catch (error) {
      if (error instanceof RpcError && /not found/i.test(error.message)) return undefined;
      throw error;
    }
  }

  /** How many transactions wait for a block. */
  async waiting(): Promise<number> {
    return await this.#rpc.read('num_unconfirmed_txs', {}, (result) => Number(waitingSchema.parse(result).total));
  }

  async #side(market: Market, name: 'LongBookAll' | 'ShortBookAll', height: number): Promise<Levels> {
    const pair = { contractAddr: this.#contract, priceDenom: market.quote, assetDenom: market.base };
    const response = name === 'LongBookAll' ? longBookAllResponse : shortBookAllResponse;
    const falling = name === 'LongBookAll';
    const levels: number[] = [];
    let key: Uint8Array = new Uint8Array(0);
    for (let page = 0; page < PAGES_MOST; page += 1) {
      const pagination = { key, offset: 0n, limit: LEVELS_A_PAGE, countTotal: false, reverse: falling };
      const request = bookAllRequest.encode({ ...pair, pagination });
      const before = levels.at(-2);
      const answer = await this.#query(queryPath(name), request, response, height, (it) => {
        const read = it.levels.flatMap(({ price, entry }) => [
          ticksOf(market, price),
          lotsOf(market, entry?.quantity ?? 0n),
        ]);
        demandOrder(market, before === undefined ? read : [before, 0, ...read], falling);
        return { levels: read, key: it.pagination?.nextKey ?? new Uint8Array(0) };
      });
      levels.push(...answer.levels);
      key = answer.key;
      if (key.length === 0) break;
    }
    return levels;
  }

  async #query<M, T>(
    path: string,
    data: Uint8Array,
    response: Codec<M>,
    height: number,
    parse: (message: M, height: number) => T,
  ): Promise<T> {
    const params = { path, data: toHex(data), prove: false, ...(height === 0 ? {} : { height: String(height) }) };
    return await this.#rpc.read('abci_query', params, (result) => {
      const answer = abciSchema.parse(result).response;
      if ((answer.code ?? 0) !== 0) throw new RpcError(answer.code ?? -1, `${path}: ${answer.log ?? ''}`);
      return parse(response.decode(fromBase64(answer.value ?? '')), Number(answer.height ?? 0));
    });
  }
}

/** @throws Implausible when the levels are not in strict order of price */
function demandOrder({ symbol }: Market, levels: Levels, falling: boolean): void {
  for (let i = 2; i < levels.length; i += 2) {
    const [before, tick] = [levels[i - 2]!, levels[i]!];
    if (falling ? tick < before : tick > before) continue;
    throw new Implausible(symbol, 'malformed', `level at tick ${tick} follows ${before}: expected prices in order`);
  }
}

function includedTx(height: number, result: z.infer<typeof txResultSchema>, places: number | undefined): IncludedTx {
  const { code = 0, codespace = '', log = '', data } = result;
  const orderIds =
    code !== 0
      ? []
      : txMsgData
          .decode(fromBase64(data ?? ''))
          .data.filter(({ msgType }) => msgType === msgPlaceOrders.typeUrl)
          .flatMap((message) => msgPlaceOrdersResponse.decode(message.data).orderIds.map(String));
  if (code === 0 && places !== undefined && orderIds.length !== places)
    throw new Implausible('', 'nonsense', `${orderIds.length} order ids for ${places} placed orders`);
  const feeUsei = feeIn(eventsSchema.parse(result.events));
  return { height, code, codespace, log, orderIds, ...(feeUsei === undefined ? {} : { feeUsei }) };
}

/** `tx.fee`, an event of the checks before the messages: there whenever these passed, and so the fee was taken. */
function feeIn(events: z.infer<typeof eventsSchema>): string | undefined {
  for (const { type, attributes } of events ?? []) {
    if (type !== 'tx') continue;
    const value = attributes?.find(({ key }) => key === FEE_KEY)?.value;
    const coins = value === undefined || value === null ? '' : fromUtf8(fromBase64(value), true);
    const coin = coins.split(',').find((text) => /^\d{1,30}usei$/.test(text));
    if (coin !== undefined) return coin.slice(0, -'usei'.length);
  }
  return undefined;
}

function txHashOf(base64Text: string): string {
  return createHash('sha256').update(base64Text, 'base64').digest('hex').toUpperCase();
}

/** A header's time, `2026-11-21T08:00:00.123456789Z`, in integer microseconds. */
function microsOf(time: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time);
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`);
  if (Number.isNaN(seconds)) throw new Implausible('', 'nonsense', `time '${time.slice(0, 40)}' of a block`);
  return seconds * 1_000 + Number((match?.[2] ?? '').padEnd(6, '0').slice(0, 6));
}
