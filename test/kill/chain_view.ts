import { fromBase64, toHex } from '@cosmjs/encoding';
import { queryAllBalancesRequest, queryAllBalancesResponse } from '../../src/sei/codec/cosmos.ts';
import { PositionDirection } from '../../src/sei/codec/dex.ts';
import type { Codec } from '../../src/sei/codec/message.ts';
import {
  getMatchResultRequest,
  getMatchResultResponse,
  getOrdersRequest,
  getOrdersResponse,
  queryPath,
} from '../../src/sei/codec/query.ts';

/** An order as the chain has it; price and quantity are the chain's decimals × 10^18. */
export interface ChainOrder {
  readonly orderId: string;
  readonly base: string;
  readonly side: 'buy' | 'sell';
  readonly price: bigint;
  readonly quantity: bigint;
}

/** An execution of the account, and what it moved in the bank, smallest units. */
export interface ChainExecution {
  /** What it is booked under. */
  readonly id: string;
  readonly height: number;
  readonly base: string;
  readonly quote: string;
  readonly baseUnits: bigint;
  readonly quoteUnits: bigint;
}

function denomOf(asset: string): string {
  return `u${asset.toLowerCase()}`;
}

/** The chain itself, asked directly: what the market maker's own client says is not believed here. */
export class ChainView {
  readonly #url: string;
  readonly #contract: string;
  readonly #account: string;

  constructor(url: string, contract: string, account: string) {
    this.#url = url;
    this.#contract = contract;
    this.#account = account;
  }

  async height(): Promise<number> {
    const status = (await this.#call('status', {})) as { sync_info: { latest_block_height: string } };
    return Number(status.sync_info.latest_block_height);
  }

  /** The account's resting orders in all markets. */
  async orders(): Promise<ChainOrder[]> {
    const request = getOrdersRequest.encode({ contractAddr: this.#contract, account: this.#account });
    const { orders } = await this.#query(queryPath('GetOrders'), request, getOrdersResponse, 0);
    return orders.map(({ id, assetDenom, positionDirection, price, quantity }) => {
      const side = positionDirection === PositionDirection.LONG ? 'buy' : 'sell';
      return { orderId: String(id), base: assetDenom, side, price, quantity };
    });
  }

  /** The account's executions of a block. */
  async settlements(height: number): Promise<ChainExecution[]> {
    const request = getMatchResultRequest.encode({ contractAddr: this.#contract });
    const { result } = await this.#query(queryPath('GetMatchResult'), request, getMatchResultResponse, height);
    if (result === undefined || result.height !== BigInt(height)) return [];
    return result.settlements.flatMap((one, index): ChainExecution[] => {
      if (one.account !== this.#account) return [];
      const { orderId, assetDenom: base, priceDenom: quote, quantity, executionCostOrProceed: price } = one;
      // Quantities and prices are decimals × 10^18, the bank counts in 10^-6: a buyer pays rounded up, a seller gets rounded down.
      const paid = quantity * price;
      const unit = 10n ** 30n;
      const buys = one.positionDirection === 'Long';
      return [
        {
          id: `${height}/${index}/${orderId}`,
          height,
          base: denomOf(base),
          quote: denomOf(quote),
          baseUnits: (buys ? 1n : -1n) * (quantity / 10n ** 12n),
          quoteUnits: buys ? -((paid + unit - 1n) / unit) : paid / unit,
        },
      ];
    });
  }

  /** What a transaction has paid and in which block; undefined when no block has it. */
  async fee(hash: string): Promise<{ readonly height: number; readonly usei: bigint } | undefined> {
    const params = { hash: Buffer.from(hash, 'hex').toString('base64') };
    const found = await this.#call('tx', params).catch((error: Error) => {
      if (/not found/.test(error.message)) return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    const { height, tx_result } = found as {
      height: string;
      tx_result: { events: { type: string; attributes: { key: string; value: string }[] }[] };
    };
    const plain = (text: string): string => Buffer.from(text, 'base64').toString();
    const fees = tx_result.events
      .filter(({ type }) => type === 'tx')
      .flatMap(({ attributes }) => attributes)
      .filter(({ key }) => plain(key) === 'fee');
    return { height: Number(height), usei: BigInt(/^(\d+)usei$/.exec(plain(fees[0]?.value ?? ''))?.[1] ?? '0') };
  }

  /** The account's balances, and the height they are of. */
  async balances(): Promise<{ readonly height: number; readonly amounts: Readonly<Record<string, string>> }> {
    const path = '/cosmos.bank.v1beta1.Query/AllBalances';
    const request = queryAllBalancesRequest.encode({ address: this.#account });
    let height = 0;
    const { balances } = await this.#query(path, request, queryAllBalancesResponse, 0, (at) => {
      height = at;
    });
    return { height, amounts: Object.fromEntries(balances.map(({ denom, amount }) => [denom, amount])) };
  }

  async #query<M>(
    path: string,
    data: Uint8Array,
    response: Codec<M>,
    height: number,
    at: (height: number) => void = () => {},
  ): Promise<M> {
    const params = { path, data: toHex(data), ...(height === 0 ? {} : { height: String(height) }) };
    const { response: answer } = (await this.#call('abci_query', params)) as {
      response: { code?: number; log?: string; value?: string | null; height?: string };
    };
    if ((answer.code ?? 0) !== 0) throw new Error(`${path} at ${height}: ${answer.log}`);
    at(Number(answer.height ?? 0));
    return response.decode(fromBase64(answer.value ?? ''));
  }

  async #call(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const answer = await fetch(this.#url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const { result, error } = (await answer.json()) as { result?: unknown; error?: { message: string; data?: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message} ${error.data ?? ''}`);
    return result;
  }
}
