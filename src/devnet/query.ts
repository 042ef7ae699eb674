import {
  type any,
  baseAccount,
  queryAccountRequest,
  queryAccountResponse,
  queryAllBalancesRequest,
  queryAllBalancesResponse,
  queryBalanceRequest,
  queryBalanceResponse,
  secp256k1PubKey,
  simulateRequest,
  simulateResponse,
} from '../sei/codec/cosmos.ts';
import { DecodeError } from '../sei/codec/message.ts';
import { queryPath } from '../sei/codec/query.ts';
import type { Chain } from './chain.ts';
import { DEX_QUERIES } from './dex_query.ts';
import { method, type QueryMethod, QueryRefusal } from './query_method.ts';
import { Code } from './tx.ts';

/** The answer to an `abci_query`. */
export interface QueryResult {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly value: Uint8Array;
  readonly height: number;
}

/** All queries by their `abci_query` path. */
export const QUERIES: ReadonlyMap<string, QueryMethod<unknown, unknown>> = new Map([
  ...Object.entries(DEX_QUERIES).map(([name, query]) => [queryPath(name), query] as const),
  ['/cosmos.auth.v1beta1.Query/Account', method(queryAccountRequest, queryAccountResponse, account)],
  ['/cosmos.bank.v1beta1.Query/Balance', method(queryBalanceRequest, queryBalanceResponse, balance)],
  [
    '/cosmos.bank.v1beta1.Query/AllBalances',
    method(queryAllBalancesRequest, queryAllBalancesResponse, allBalances, 'books'),
  ],
  ['/cosmos.tx.v1beta1.Service/Simulate', method(simulateRequest, simulateResponse, simulate)],
]);

/** Answers an `abci_query`. @param height 0 for the newest state */
export function abciQuery(chain: Chain, path: string, data: Uint8Array, height: number): QueryResult {
  const empty = { value: new Uint8Array(0), height: height === 0 ? chain.height : height };
  const query = QUERIES.get(path);
  if (query === undefined) {
    return {
      code: Code.UNKNOWN_REQUEST,
      codespace: 'sdk',
      log: `unknown query path: ${path}: unknown request`,
      ...empty,
    };
  }
  try {
    demandHeight(chain, height, query.history);
    const answer = query.run(chain, query.request.decode(data), empty.height);
    return { code: 0, codespace: '', log: '', value: query.response.encode(answer as object), height: empty.height };
  } catch (error) {
    if (error instanceof QueryRefusal) {
      const [code, suffix] =
        error.status === 'NotFound' ? [Code.KEY_NOT_FOUND, 'key not found'] : [Code.INVALID_REQUEST, 'invalid request'];
      const status =
        error.status === 'Unknown' ? error.message : `rpc error: code = ${error.status} desc = ${error.message}`;
      return { code, codespace: 'sdk', log: `${status}: ${suffix}`, ...empty };
    }
    if (error instanceof DecodeError) {
      return { code: Code.TX_DECODE, codespace: 'sdk', log: `${error.message}: tx parse error`, ...empty };
    }
    throw error;
  }
}

/** Refuses a height that this chain has pruned or not reached, as a pruned node does. @throws QueryRefusal */
export function demandHeight(chain: Chain, height: number, history: 'matches' | 'books' | 'none'): void {
  if (height === 0 || height === chain.height) return;
  if (history === 'matches' && height < chain.height && height >= chain.dex.earliestMatchHeight) return;
  if (history === 'books' && chain.dex.history.has(height)) return;
  const why =
    height > chain.height
      ? 'height must be less than or equal to the current blockchain height'
      : 'version does not exist';
  throw new QueryRefusal(
    'Unknown',
    `failed to load state at height ${height}; ${why} (latest height: ${chain.height})`,
  );
}

function account(chain: Chain, request: { address: string }): { account: ReturnType<typeof any.create> } {
  const found = chain.account(request.address);
  if (found === undefined) throw new QueryRefusal('NotFound', `account ${request.address} not found`);
  const pubKey =
    found.publicKey.length === 0
      ? undefined
      : { typeUrl: secp256k1PubKey.typeUrl, value: secp256k1PubKey.encode({ key: found.publicKey }) };
  const value = baseAccount.encode({
    address: request.address,
    pubKey,
    accountNumber: BigInt(found.number),
    sequence: BigInt(found.sequence),
  });
  return { account: { typeUrl: baseAccount.typeUrl, value } };
}

function balance(
  chain: Chain,
  request: { address: string; denom: string },
): { balance: { denom: string; amount: string } } {
  return { balance: { denom: request.denom, amount: chain.bank.balance(request.address, request.denom).toString() } };
}

function allBalances(chain: Chain, request: { address: string }, height: number): Record<string, unknown> {
  const balances = chain.bank
    .balances(request.address, height)
    .map(({ denom, amount }) => ({ denom, amount: amount.toString() }));
  return { balances, pagination: { nextKey: new Uint8Array(0), total: BigInt(balances.length) } };
}

function simulate(chain: Chain, request: { txBytes: Uint8Array }): Record<string, unknown> {
  const result = chain.simulateTx(request.txBytes);
  if (result.code !== 0) throw new QueryRefusal('Unknown', result.log);
  return {
    gasInfo: { gasWanted: result.gasWanted, gasUsed: result.gasUsed },
    result: { data: result.data, log: result.log },
  };
}
