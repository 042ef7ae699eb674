import { createHash } from 'node:crypto';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, toUtf8 } from '@cosmjs/encoding';
import type { z } from 'zod';
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
import { msgPlaceOrders, msgPlaceOrdersResponse, PositionDirection } from '../codec/dex.ts';
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
  queryPath,
  shortBookAllResponse,
} from '../codec/query.ts';
import {
  type AccountAt,
  type Block,
  type Book,
  type CheckedTx,
  Implausible,
  type IncludedTx,
  type Match,
  NoAnswer,
  NodeError,
  type NodePort,
  type NodeStatus,
  type RegisteredPair,
  type SignedTx,
} from '../node.ts';
import { matchOf } from './match.ts';
import {
  abciSchema,
  answerSchema,
  blockResultsSchema,
  blockSchema,
  checkedSchema,
  eventsSchema,
  statusSchema,
  type txResultSchema,
  txSchema,
  waitingSchema,
} from './schemas.ts';
import { lotsOf, ticksOf } from './steps.ts';
import type { Exchange } from './transport.ts';

/** Levels asked for on one page, and pages read of one side at most: 1,000 levels are more than anybody quotes from. */
const LEVELS_A_PAGE = 250n;
const PAGES_MOST = 4;

/** `fee`, as attributes' names are written in block results. */
const FEE_KEY = toBase64(toUtf8('fee'));

/** How a node is reached, and what is asked of it. */
export interface RpcNodeOptions {
  readonly url: string;
  readonly exchange: Exchange;
  readonly contract: string;
  readonly markets: readonly Market[];
  /** Microseconds from anywhere: measures round trips. */
  readonly stopwatchUs: () => number;
}

/**
 * A node over its JSON-RPC, its answers parsed once, here: prices in ticks, sizes in lots, times in microseconds.
 *
 * `@cosmjs/tendermint-rpc`'s client is not used: it parses what its transport has already accepted, when another node can no
 * longer be asked.
 */
export class RpcNode implements NodePort {
  readonly name: string;
  readonly #options: RpcNodeOptions;
  #id = 0;

  constructor(options: RpcNodeOptions) {
    this.#options = options;
    this.name = new URL(options.url).origin;
  }

  async status(keep: boolean): Promise<NodeStatus> {
    const { url, exchange, stopwatchUs } = this.#options;
    let startUs = 0;
    const onStart = (): void => {
      startUs = stopwatchUs();
    };
    const body = this.#body('status', {});
    const answer = resultIn(await exchange.read(url, body, { keep, onStart }));
    const pingMs = (stopwatchUs() - startUs) / 1_000;
    const { node_info, sync_info } = parsed(statusSchema, answer);
    return { chainId: node_info.network, height: Number(sync_info.latest_block_height), pingMs };
  }

  async pairs(): Promise<readonly RegisteredPair[]> {
    const request = getRegisteredPairsRequest.encode({ contractAddr: this.#options.contract });
    return (await this.#query(queryPath('GetRegisteredPairs'), request, getRegisteredPairsResponse, 0)).message.pairs;
  }

  async block(height: number): Promise<Block> {
    const { block } = parsed(blockSchema, await this.#read('block', { height: String(height) }));
    const { header, data } = block;
    return { height: Number(header.height), timeUs: microsOf(header.time), txHashes: (data.txs ?? []).map(txHashOf) };
  }

  async book(market: Market, height: number): Promise<Book> {
    const [bids, asks] = await Promise.all([
      this.#side(market, 'LongBookAll', height),
      this.#side(market, 'ShortBookAll', height),
    ]);
    return { bids, asks };
  }

  async match(height: number): Promise<Match | undefined> {
    const { contract, markets } = this.#options;
    const request = getMatchResultRequest.encode({ contractAddr: contract });
    const { message } = await this.#query(queryPath('GetMatchResult'), request, getMatchResultResponse, height);
    const { result } = message;
    // A block without orders answers with the result of an earlier one.
    return result !== undefined && result.height === BigInt(height) ? matchOf(result, markets) : undefined;
  }

  async orders(account: string, height: number): Promise<readonly RestingOrder[]> {
    const { contract, markets } = this.#options;
    const request = getOrdersRequest.encode({ contractAddr: contract, account });
    const { message } = await this.#query(queryPath('GetOrders'), request, getOrdersResponse, height);
    return message.orders.flatMap((order): RestingOrder[] => {
      const market = markets.find(({ base, quote }) => base === order.assetDenom && quote === order.priceDenom);
      if (market === undefined) return [];
      const side = order.positionDirection === PositionDirection.LONG ? 'buy' : 'sell';
      const [tick, lots] = [ticksOf(market, order.price), lotsOf(market, order.quantity)];
      return [{ orderId: String(order.id), market: market.symbol, side, tick, lots }];
    });
  }

  async account(address: string): Promise<AccountAt> {
    const path = '/cosmos.auth.v1beta1.Query/Account';
    const request = queryAccountRequest.encode({ address });
    const { message, height } = await this.#query(path, request, queryAccountResponse, 0);
    const found = baseAccount.decode(message.account?.value ?? new Uint8Array(0));
    if (found.address !== address)
      throw new Implausible('', 'nonsense', `account '${found.address}', asked for ${address}`);
    return { accountNumber: found.accountNumber, sequence: found.sequence, height };
  }

  async balances(address: string, atHeight: number): Promise<{ height: number; amounts: Record<string, string> }> {
    const path = '/cosmos.bank.v1beta1.Query/AllBalances';
    const request = queryAllBalancesRequest.encode({ address });
    const { message, height } = await this.#query(path, request, queryAllBalancesResponse, atHeight);
    const { balances } = message;
    const wrong = balances.find(({ amount }) => !/^\d{1,78}$/.test(amount));
    if (wrong !== undefined) throw new Implausible('', 'nonsense', `balance '${wrong.amount}' of '${wrong.denom}'`);
    return { height, amounts: Object.fromEntries(balances.map(({ denom, amount }) => [denom, amount])) };
  }

  async resultInBlock(height: number, index: number): Promise<IncludedTx> {
    const results = parsed(blockResultsSchema, await this.#read('block_results', { height: String(height) }));
    const found = results.txs_results?.[index];
    if (found === undefined) throw new Implausible('', 'nonsense', `block ${height} has no result ${index}`);
    return includedTx(Number(results.height), found);
  }

  async resultByHash(hash: string): Promise<IncludedTx | undefined> {
    try {
      const { height, tx_result } = parsed(txSchema, await this.#read('tx', { hash: toBase64(fromHex(hash)) }));
      return includedTx(Number(height), tx_result);
    } catch (error) {
      if (error instanceof NodeError && /not found/i.test(error.message)) return undefined;
      throw error;
    }
  }

  async waiting(): Promise<number> {
    return Number(parsed(waitingSchema, await this.#read('num_unconfirmed_txs', {})).total);
  }

  async broadcast({ payload }: SignedTx): Promise<CheckedTx> {
    if (!(payload instanceof Uint8Array)) throw new TypeError('transaction: expected signed bytes');
    const { url, exchange } = this.#options;
    const body = this.#body('broadcast_tx_sync', { tx: toBase64(payload) });
    const { code, codespace, log } = parsed(checkedSchema, resultIn(await exchange.send(url, body)));
    return { code, codespace: codespace ?? '', log: log ?? '' };
  }

  async #side(market: Market, name: 'LongBookAll' | 'ShortBookAll', height: number): Promise<Levels> {
    const pair = { contractAddr: this.#options.contract, priceDenom: market.quote, assetDenom: market.base };
    const response = name === 'LongBookAll' ? longBookAllResponse : shortBookAllResponse;
    const levels: number[] = [];
    let key: Uint8Array = new Uint8Array(0);
    for (let page = 0; page < PAGES_MOST; page += 1) {
      const reverse = name === 'LongBookAll';
      const pagination = { key, offset: 0n, limit: LEVELS_A_PAGE, countTotal: false, reverse };
      const request = bookAllRequest.encode({ ...pair, pagination });
      const { message } = await this.#query(queryPath(name), request, response, height);
      for (const { price, entry } of message.levels)
        levels.push(ticksOf(market, price), lotsOf(market, entry?.quantity ?? 0n));
      key = message.pagination?.nextKey ?? new Uint8Array(0);
      if (key.length === 0) break;
    }
    return levels;
  }

  async #query<M>(
    path: string,
    data: Uint8Array,
    response: Codec<M>,
    height: number,
  ): Promise<{ message: M; height: number }> {
    const params = { path, data: toHex(data), prove: false, ...(height === 0 ? {} : { height: String(height) }) };
    const answer = parsed(abciSchema, await this.#read('abci_query', params)).response;
    if ((answer.code ?? 0) !== 0) throw new NodeError(answer.code ?? -1, `${path}: ${answer.log ?? ''}`);
    const answered = Number(answer.height ?? 0);
    // A proxy that leaves the height out answers from another block.
    if (height !== 0 && answered !== 0 && answered !== height)
      throw new Implausible('', 'nonsense', `${path} of block ${answered}, asked for ${height}`);
    return { message: response.decode(fromBase64(answer.value ?? '')), height: answered };
  }

  async #read(method: string, params: Record<string, unknown>): Promise<unknown> {
    const { url, exchange } = this.#options;
    return resultIn(await exchange.read(url, this.#body(method, params), { keep: true }));
  }

  #body(method: string, params: Record<string, unknown>): string {
    this.#id += 1;
    return JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params });
  }
}

/** @throws NoAnswer when it is no JSON-RPC answer; NodeError when it is an error */
function resultIn(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NoAnswer('nonsense', `'${text.slice(0, 80)}' is not JSON`);
  }
  const answer = answerSchema.safeParse(value);
  if (!answer.success) throw new NoAnswer('nonsense', `'${text.slice(0, 80)}' is no JSON-RPC answer`);
  if ('result' in answer.data) return answer.data.result;
  const { code, message, data } = answer.data.error;
  throw new NodeError(code, data === undefined || data === '' ? message : `${message}: ${data}`);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  throw new NoAnswer('nonsense', `${first?.path.join('.')}: ${first?.message}`);
}

function includedTx(height: number, result: z.infer<typeof txResultSchema>): IncludedTx {
  const { code = 0, codespace = '', log = '', data } = result;
  const orderIds =
    code !== 0
      ? []
      : txMsgData
          .decode(fromBase64(data ?? ''))
          .data.filter(({ msgType }) => msgType === msgPlaceOrders.typeUrl)
          .flatMap((message) => msgPlaceOrdersResponse.decode(message.data).orderIds.map(String));
  const feeUsei = feeIn(parsed(eventsSchema, result.events));
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
