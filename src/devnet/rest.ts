import type { IncomingMessage, ServerResponse } from 'node:http';
import { baseAccount, secp256k1PubKey } from '../sei/codec/cosmos.ts';
import { queryPath } from '../sei/codec/query.ts';
import type { Chain } from './chain.ts';
import { sendJson } from './http.ts';
import { applyFaults } from './json_rpc.ts';
import { demandHeight, QUERIES } from './query.ts';
import { QueryRefusal } from './query_method.ts';
import type { RpcContext } from './rpc.ts';

const DEX = '/sei-protocol/seichain/dex';

/**
 * Routes of the REST gateway (match results and order counts have none on the chain either): URI template and
 * `abci_query` path. `{name}` fills the request's field of that name.
 */
const ROUTES: readonly (readonly [template: string, path: string])[] = [
  [`${DEX}/long_book/{contractAddr}/{priceDenom}/{assetDenom}`, queryPath('LongBookAll')],
  [`${DEX}/short_book/{contractAddr}/{priceDenom}/{assetDenom}`, queryPath('ShortBookAll')],
  [`${DEX}/get_price/{contractAddr}/{priceDenom}/{assetDenom}/{timestamp}`, queryPath('GetPrice')],
  [`${DEX}/get_latest_price/{contractAddr}/{priceDenom}/{assetDenom}`, queryPath('GetLatestPrice')],
  [`${DEX}/get_prices/{contractAddr}/{priceDenom}/{assetDenom}`, queryPath('GetPrices')],
  [`${DEX}/get_twaps/{contractAddr}/{lookbackSeconds}`, queryPath('GetTwaps')],
  [`${DEX}/registered_pairs`, queryPath('GetRegisteredPairs')],
  [`${DEX}/get_orders/{contractAddr}/{account}`, queryPath('GetOrders')],
  [`${DEX}/get_order_by_id/{contractAddr}/{priceDenom}/{assetDenom}/{id}`, queryPath('GetOrder')],
  [
    `${DEX}/get_market_summary/{contractAddr}/{priceDenom}/{assetDenom}/{lookbackInSeconds}`,
    queryPath('GetMarketSummary'),
  ],
  ['/cosmos/auth/v1beta1/accounts/{address}', '/cosmos.auth.v1beta1.Query/Account'],
  ['/cosmos/bank/v1beta1/balances/{address}', '/cosmos.bank.v1beta1.Query/AllBalances'],
  ['/cosmos/bank/v1beta1/balances/{address}/by_denom', '/cosmos.bank.v1beta1.Query/Balance'],
];

const UINT64_FIELDS = new Set(['timestamp', 'lookbackSeconds', 'id', 'lookbackInSeconds']);
const GRPC_CODES = { NotFound: 5, InvalidArgument: 3, Unknown: 2 } as const;
const HTTP_STATUS = { NotFound: 404, InvalidArgument: 400, Unknown: 500 } as const;

/** Answers a REST request as the chain's gRPC gateway does: property names and numbers in the protobuf's own form. */
export async function answerRest(
  context: RpcContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (request.method !== 'GET') {
    sendJson(response, 501, JSON.stringify({ code: 12, message: 'Method Not Allowed', details: [] }));
    return;
  }
  const { status, body } = answer(context.producer.chain, url, request.headers['x-cosmos-block-height']);
  sendJson(response, status, await applyFaults(context, 'rest', JSON.stringify(body)));
}

function answer(
  chain: Chain,
  url: URL,
  heightHeader: string | string[] | undefined,
): { status: number; body: unknown } {
  for (const [template, path] of ROUTES) {
    const query = QUERIES.get(path)!;
    try {
      const names = match(template, url.pathname);
      if (names === null) continue;
      const height = typeof heightHeader === 'string' && /^\d{1,15}$/.test(heightHeader) ? Number(heightHeader) : 0;
      demandHeight(chain, height, query.history);
      const request = query.request.create(requestOf({ ...Object.fromEntries(url.searchParams), ...names }) as object);
      const result = query.run(chain, request, height === 0 ? chain.height : height);
      const body = query.response.toJson(query.response.create(result as object));
      return { status: 200, body: path.endsWith('/Account') ? unpackAccount(result) : body };
    } catch (error) {
      if (error instanceof QueryRefusal) {
        return {
          status: HTTP_STATUS[error.status],
          body: { code: GRPC_CODES[error.status], message: error.message, details: [] },
        };
      }
      const message = error instanceof Error ? error.message : String(error);
      return { status: 400, body: { code: 3, message, details: [] } };
    }
  }
  return { status: 501, body: { code: 12, message: 'Not Implemented', details: [] } };
}

function match(template: string, path: string): Record<string, string> | null {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const names: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith('{')) names[part.slice(1, -1)] = decodeURIComponent(given[i]!);
    else if (part !== given[i]) return null;
  }
  return names;
}

/** A query's request from its texts: those of the path and `pagination.*` of the query string. */
function requestOf(texts: Readonly<Record<string, string>>): Record<string, unknown> {
  const request: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(texts)) {
    if (name.startsWith('pagination.')) continue;
    if (UINT64_FIELDS.has(name)) request[name] = uint64(name, text);
    else request[name] = text;
  }
  request.pagination = {
    key: Uint8Array.from(Buffer.from(texts['pagination.key'] ?? '', 'base64')),
    offset: uint64('pagination.offset', texts['pagination.offset'] ?? '0'),
    limit: uint64('pagination.limit', texts['pagination.limit'] ?? '0'),
    countTotal: texts['pagination.count_total'] === 'true',
    reverse: texts['pagination.reverse'] === 'true',
  };
  return request;
}

function uint64(name: string, text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new RangeError(`${name} ${JSON.stringify(text)}, expected an unsigned integer`);
  return BigInt(text);
}

/** The account in plain JSON, as the gateway unpacks it. */
function unpackAccount(result: unknown): unknown {
  const { account } = result as { account: { typeUrl: string; value: Uint8Array } };
  const value = baseAccount.decode(account.value);
  const key = value.pubKey === undefined ? null : secp256k1PubKey.decode(value.pubKey.value);
  return {
    account: {
      '@type': account.typeUrl,
      address: value.address,
      pub_key: key === null ? null : { '@type': value.pubKey!.typeUrl, ...secp256k1PubKey.toJson(key) },
      account_number: value.accountNumber.toString(),
      sequence: value.sequence.toString(),
    },
  };
}
