import { setTimeout as delay } from 'node:timers/promises';
import { affects, spoil } from './faults.ts';
import { LoseAnswer, RPC_METHODS, type RpcContext } from './rpc.ts';
import { Params, RpcError } from './rpc_params.ts';

/** Most calls of one batch. */
const BATCH_MAX = 100;

type JsonId = string | number | null;

/** A method that only a WebSocket has, by name. */
export type ExtraMethods = ReadonlyMap<string, (params: Params, id: JsonId) => unknown>;

/**
 * Answers a POSTed (or WebSocket) JSON-RPC text, single or batch, with faults applied. Whatever comes in, the answer is
 * a JSON-RPC answer.
 *
 * @returns the answer's text
 * @throws LoseAnswer when a fault has the connection cut instead
 */
export async function answerText(context: RpcContext, text: string, extra: ExtraMethods = new Map()): Promise<string> {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch (error) {
    const data = error instanceof Error ? error.message : String(error);
    return JSON.stringify(failure(-1, new RpcError(-32700, 'Parse error. Invalid JSON', data.slice(0, 200))));
  }
  if (!Array.isArray(request)) return answerOne(context, request, extra);
  if (request.length === 0 || request.length > BATCH_MAX) {
    return JSON.stringify(failure(-1, invalidRequest(`batch of ${request.length}, expected 1 to ${BATCH_MAX} calls`)));
  }
  const answers = await Promise.all(request.map((call) => answerOne(context, call, extra)));
  return `[${answers.join(',')}]`;
}

async function answerOne(context: RpcContext, request: unknown, extra: ExtraMethods): Promise<string> {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return JSON.stringify(failure(-1, invalidRequest('expected an object')));
  }
  const { id: rawId, method, params } = request as Record<string, unknown>;
  const id: JsonId = typeof rawId === 'string' || typeof rawId === 'number' ? rawId : -1;
  if (typeof method !== 'string') return JSON.stringify(failure(id, invalidRequest('method, expected a string')));
  const answer = await run(() => {
    const known = RPC_METHODS.get(method);
    const special = extra.get(method);
    if (special !== undefined) return special(new Params(byName(params, ['query']), 'json'), id);
    if (known === undefined) throw new RpcError(-32601, 'Method not found', '');
    return known.run(context, new Params(byName(params, known.params), 'json'));
  });
  const text = answer instanceof RpcError ? failure(id, answer) : { jsonrpc: '2.0', id, result: answer };
  return applyFaults(context, method, JSON.stringify(text));
}

/**
 * Answers a GET: `/status`, `/block?height=5`. The result comes bare, without the JSON-RPC envelope.
 *
 * @returns HTTP status and text
 */
export async function answerUri(context: RpcContext, url: URL): Promise<{ status: number; text: string }> {
  const name = url.pathname.slice(1);
  const method = RPC_METHODS.get(name);
  if (method === undefined)
    return { status: 404, text: JSON.stringify({ code: -32601, message: 'Method not found', data: name }) };
  const answer = await run(() => method.run(context, new Params(Object.fromEntries(url.searchParams), 'uri')));
  if (answer instanceof RpcError) return { status: 500, text: JSON.stringify(errorJson(answer)) };
  return { status: 200, text: await applyFaults(context, name, JSON.stringify(answer)) };
}

async function run(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LoseAnswer) throw error;
    if (error instanceof RpcError) return error;
    return RpcError.internal(error instanceof Error ? error.message : String(error));
  }
}

/** Waits and spoils as the node's faults say. */
export async function applyFaults({ faults }: RpcContext, method: string, text: string): Promise<string> {
  if (!affects(faults, method)) return text;
  if (faults.stallMs === Number.POSITIVE_INFINITY) return new Promise(() => undefined);
  if (faults.stallMs > 0) await delay(faults.stallMs, undefined, { ref: false });
  return faults.nonsense === null ? text : spoil(text, faults.nonsense);
}

function byName(params: unknown, names: readonly string[]): Record<string, unknown> {
  if (params === undefined || params === null) return {};
  if (Array.isArray(params))
    return Object.fromEntries(params.slice(0, names.length).map((value, i) => [names[i]!, value]));
  if (typeof params !== 'object') throw RpcError.params('expected an object or an array');
  return params as Record<string, unknown>;
}

function invalidRequest(data: string): RpcError {
  return new RpcError(-32600, 'Invalid Request', data);
}

function errorJson(error: RpcError): Record<string, unknown> {
  return { code: error.code, message: error.message, data: error.data };
}

/** A JSON-RPC error answer. */
export function failure(id: JsonId, error: RpcError): Record<string, unknown> {
  return { jsonrpc: '2.0', id, error: errorJson(error) };
}
