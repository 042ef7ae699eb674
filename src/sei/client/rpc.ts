import type { JsonRpcRequest, JsonRpcSuccessResponse } from '@cosmjs/json-rpc';
import type { RpcClient } from '@cosmjs/tendermint-rpc';
import {
  type Breaker,
  type BreakerSettings,
  breakerStep,
  closedBreaker,
} from '../../../streams/operators/circuit_breaker.ts';
import { consecutiveFailures } from '../../../streams/operators/trip_policy.ts';

/** An answer to a request is at most this large: a block of many transactions, or a page of a deep book. */
const ANSWER_MOST_BYTES = 16 * 1_048_576;

/** The component breaker of the endpoints: five failures open it for half a minute, then one trial at a time. */
const BREAKER: BreakerSettings = {
  trip: consecutiveFailures(5),
  recoverAfterMs: 30_000,
  trials: 1,
  trialTimeoutMs: 10_000,
};

/** One node of the chain as the client has come to know it. */
export interface EndpointHealth {
  readonly url: string;
  readonly status: Breaker['state']['status'];
  /** Newest round trip of a status request, milliseconds; NaN before the first. */
  readonly pingMs: number;
  /** Height it last claimed. */
  readonly height: number;
  readonly failures: number;
  readonly current: boolean;
}

/** What is wrong with an answer (or the lack of one), for a counted reject. */
export type ComplaintReason = 'unreachable' | 'timeout' | 'nonsense' | 'oversized' | 'lagging' | 'wrong-chain';

/** How the endpoints are asked. */
export interface RpcOptions {
  /** The primary first, then up to two backups. */
  readonly urls: readonly string[];
  readonly requestTimeoutMs: number;
  readonly nowUs: () => number;
  readonly onComplaint: (reason: ComplaintReason, detail: string) => void;
}

/** Requests that fail together failed for one reason: a cut connection takes all that were under way, and counts once. */
const ONE_FAILURE_US = 250_000;

interface Endpoint {
  readonly url: string;
  failedUs: number;
  breaker: Breaker;
  pingMs: number;
  height: number;
  failures: number;
}

/** Thrown when an endpoint did not give a usable answer: nothing is known of what became of the request. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly reason: ComplaintReason;

  constructor(reason: ComplaintReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The node understood the request and answered with an error. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * JSON-RPC over POST to one of several nodes: the first whose breaker is closed. A request that is not answered is asked of
 * the next node, except where asking twice could matter ({@link once}).
 */
export class FailoverRpc implements RpcClient {
  readonly #options: RpcOptions;
  readonly #endpoints: Endpoint[];
  readonly #abort = new AbortController();
  #current = 0;
  #id = 0;

  constructor(options: RpcOptions) {
    this.#options = options;
    this.#endpoints = options.urls.map((url) => ({
      url,
      breaker: closedBreaker(BREAKER),
      failedUs: Number.NEGATIVE_INFINITY,
      pingMs: Number.NaN,
      height: 0,
      failures: 0,
    }));
  }

  /** The node that is asked at present. */
  get url(): string {
    return this.#endpoints[this.#current]!.url;
  }

  get health(): readonly EndpointHealth[] {
    return this.#endpoints.map(({ url, breaker, pingMs, height, failures }, i) => ({
      url,
      status: breaker.state.status,
      pingMs,
      height,
      failures,
      current: i === this.#current,
    }));
  }

  /**
   * Asks until a node answers, each at most once.
   *
   * @throws RpcError as the node answered; NoAnswer when none did
   */
  async execute(request: JsonRpcRequest): Promise<JsonRpcSuccessResponse> {
    let last: unknown;
    for (let attempt = 0; attempt < this.#endpoints.length; attempt += 1) {
      const index = this.#choose();
      if (index < 0) break;
      try {
        return await this.#ask(index, request);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        last = error;
      }
    }
    throw last ?? new NoAnswer('unreachable', 'all endpoints are failing; waiting before the next attempt');
  }

  /** Asks one node, once. For broadcasts: whoever gets no answer has to find out first. */
  async once(method: string, params: Record<string, unknown>): Promise<unknown> {
    const index = this.#choose();
    if (index < 0) throw new NoAnswer('unreachable', 'all endpoints are failing; waiting before the next attempt');
    const request = { jsonrpc: '2.0', id: this.#nextId(), method, params } as unknown as JsonRpcRequest;
    return (await this.#ask(index, request)).result;
  }

  /**
   * Looks at every node: round trip, height, chain. One that is behind the others, or on another chain, counts as failing.
   *
   * @param chainId what each node must report; the empty string accepts the first answer
   * @returns the chain id and greatest height that any node reported
   */
  async inspect(chainId: string, lagMost: number): Promise<{ readonly chainId: string; readonly height: number }> {
    let seen = chainId;
    await Promise.all(
      this.#endpoints.map(async (endpoint, index) => {
        const startUs = this.#options.nowUs();
        try {
          const request = {
            jsonrpc: '2.0',
            id: this.#nextId(),
            method: 'status',
            params: {},
          } as unknown as JsonRpcRequest;
          const { result } = await this.#ask(index, request);
          const network = textAt(result, 'node_info', 'network');
          const height = Number(textAt(result, 'sync_info', 'latest_block_height'));
          if (!Number.isSafeInteger(height) || height < 0) throw this.#blame(index, 'nonsense', `height '${height}'`);
          if (seen !== '' && network !== seen)
            throw this.#blame(index, 'wrong-chain', `chain id '${network}', expected '${seen}'`);
          if (seen === '') seen = network;
          endpoint.pingMs = (this.#options.nowUs() - startUs) / 1_000;
          endpoint.height = height;
        } catch (error) {
          if (!(error instanceof NoAnswer || error instanceof RpcError)) throw error;
        }
      }),
    );
    const height = Math.max(...this.#endpoints.map((one) => one.height));
    this.#endpoints.forEach((endpoint, index) => {
      if (endpoint.breaker.state.status !== 'closed' || height - endpoint.height <= lagMost) return;
      this.#blame(index, 'lagging', `height ${endpoint.height}, others are at ${height}`);
      if (index === this.#current) this.#current = this.#choose(index);
      if (this.#current < 0) this.#current = index;
    });
    return { chainId: seen, height };
  }

  /** Turns to another node, if one works: for when this one proved to be wrong in what it says. */
  distrust(detail: string): void {
    this.#blame(this.#current, 'nonsense', detail);
    const next = this.#choose(this.#current);
    if (next >= 0) this.#current = next;
  }

  disconnect(): void {
    this.#abort.abort();
  }

  #nextId(): number {
    this.#id += 1;
    return this.#id;
  }

  /** The current node if its breaker admits a call, else the next that does, else -1. */
  #choose(except = -1): number {
    const nowUs = this.#options.nowUs();
    for (let i = 0; i < this.#endpoints.length; i += 1) {
      const index = (this.#current + i) % this.#endpoints.length;
      const endpoint = this.#endpoints[index]!;
      endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'time' }, nowUs);
      const { status } = endpoint.breaker.state;
      if (index !== except && (status === 'closed' || status === 'halfOpen')) {
        this.#current = index;
        return index;
      }
    }
    return -1;
  }

  async #ask(index: number, request: JsonRpcRequest): Promise<JsonRpcSuccessResponse> {
    const endpoint = this.#endpoints[index]!;
    const { requestTimeoutMs, nowUs } = this.#options;
    endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'call' }, nowUs());
    const { generation } = endpoint.breaker;
    let text: string;
    try {
      const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(requestTimeoutMs)]);
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(endpoint.url, { method: 'POST', headers, body: JSON.stringify(request), signal });
      text = await textOf(response);
    } catch (error) {
      if (error instanceof NoAnswer) throw this.#blame(index, error.reason, error.message);
      const { name, message, cause } = error as Error;
      const why = cause instanceof Error ? `${message} (${cause.message})` : message;
      throw this.#blame(index, name === 'TimeoutError' ? 'timeout' : 'unreachable', `${request.method}: ${why}`);
    }
    const answer = parsed(text);
    if (answer === undefined) throw this.#blame(index, 'nonsense', `${request.method}: '${text.slice(0, 80)}'`);
    endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'success', generation }, nowUs());
    if ('error' in answer) {
      const { code, message, data } = answer.error;
      throw new RpcError(code, [message, data].filter((part) => part !== undefined && part !== '').join(': '));
    }
    return { jsonrpc: '2.0', id: request.id, result: answer.result };
  }

  #blame(index: number, reason: ComplaintReason, detail: string): NoAnswer {
    const endpoint = this.#endpoints[index]!;
    const { generation, state } = endpoint.breaker;
    const nowUs = this.#options.nowUs();
    if (state.status === 'halfOpen' || nowUs - endpoint.failedUs >= ONE_FAILURE_US) {
      endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'failure', generation }, nowUs);
      endpoint.failedUs = nowUs;
    }
    endpoint.failures += 1;
    const next = this.#choose(index);
    if (next >= 0) this.#current = next;
    const complaint = `${endpoint.url}: ${detail}`.slice(0, 300);
    if (!this.#abort.signal.aborted) this.#options.onComplaint(reason, complaint);
    return new NoAnswer(reason, complaint);
  }
}

type Answer = { result: unknown } | { error: { code: number; message: string; data?: string } };

function parsed(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    if (typeof value !== 'object' || value === null) return undefined;
    const error = value.error as { code?: unknown; message?: unknown; data?: unknown } | undefined | null;
    if (error !== undefined && error !== null) {
      const data = error.data === undefined ? {} : { data: String(error.data) };
      return { error: { code: Number(error.code), message: String(error.message), ...data } };
    }
    return value.result === undefined ? undefined : { result: value.result };
  } catch {
    return undefined;
  }
}

/** A text inside an answer, by path; the empty string where there is none. */
function textAt(value: unknown, ...path: readonly string[]): string {
  let here: unknown = value;
  for (const key of path)
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[key] : undefined;
  return typeof here === 'string' || typeof here === 'number' ? String(here) : '';
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > ANSWER_MOST_BYTES)
      throw new NoAnswer('oversized', `answer of more than ${ANSWER_MOST_BYTES} bytes`);
  }
  return text;
}
