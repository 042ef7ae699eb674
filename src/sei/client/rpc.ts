import { z } from 'zod';
import {
  admits,
  type Breaker,
  type BreakerSettings,
  breakerStep,
  closedBreaker,
} from '../../../streams/operators/circuit_breaker.ts';
import { consecutiveFailures } from '../../../streams/operators/trip_policy.ts';
import { type ComplaintReason, NoAnswer, Transport } from './transport.ts';

/** The component breaker of the endpoints: five failures open it for half a minute, then one trial at a time. */
const BREAKER: BreakerSettings = {
  trip: consecutiveFailures(5),
  recoverAfterMs: 30_000,
  trials: 1,
  trialTimeoutMs: 10_000,
};

/** Requests that fail together failed for one reason: a cut connection takes all that were under way, and counts once. */
const ONE_FAILURE_US = 250_000;

/** A node this far behind the others is left: about two seconds of blocks. */
const LAG_MOST_BLOCKS = 5;

/** A node that claims to be this far beyond the last block read, while another does not, is not believed: two hours. */
const AHEAD_MOST_BLOCKS = 20_000;

/**
 * How far a node may be relied on. `unknown`: it has not said which chain it serves. `doubtful`: behind the others, or
 * caught in a falsehood; asked only when no `good` one answers. A node of another chain is never asked.
 */
export type Standing = 'unknown' | 'good' | 'doubtful' | 'wrong-chain';

/** One node of the chain as the client has come to know it. */
export interface EndpointHealth {
  /** Without path and credentials, which may be secret. */
  readonly url: string;
  readonly standing: Standing;
  readonly status: Breaker['state']['status'];
  /** Newest round trip of a status request, milliseconds; NaN before the first. Less than 250 is healthy. */
  readonly pingMs: number;
  /** Height it last claimed. */
  readonly height: number;
  readonly failures: number;
  readonly current: boolean;
}

/** How the endpoints are asked. */
export interface RpcOptions {
  /** The primary first, then up to two backups. */
  readonly urls: readonly string[];
  /** What every node must report; the empty string takes what the first says. */
  readonly chainId: string;
  readonly requestTimeoutMs: number;
  readonly nowUs: () => number;
  readonly onComplaint: (reason: string, detail: string, market: string) => void;
}

interface Endpoint {
  readonly url: string;
  readonly origin: string;
  standing: Standing;
  breaker: Breaker;
  pingMs: number;
  height: number;
  failures: number;
  failedUs: number;
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

/** A node said of a market what cannot be true: which market (or the empty string), and a stable code for what. */
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

const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string(), data: z.string().optional() }) }),
  z.object({ result: z.unknown() }).refine(({ result }) => result !== undefined, 'neither result nor error'),
]);

const statusSchema = z.object({
  node_info: z.object({ network: z.string().min(1) }),
  sync_info: z.object({ latest_block_height: z.string().regex(/^\d{1,15}$/) }),
});

/**
 * JSON-RPC over POST to one of several nodes. One is asked until it fails; then it is the next one's turn, and a node is
 * only left for a reason, so that answers do not jump between nodes of different heights.
 */
export class FailoverRpc {
  readonly #options: RpcOptions;
  readonly #endpoints: Endpoint[];
  readonly #transport: Transport;
  #chainId: string;
  #current = 0;
  #id = 0;
  #closed = false;

  constructor(options: RpcOptions) {
    this.#options = options;
    this.#chainId = options.chainId;
    this.#transport = new Transport(options.requestTimeoutMs);
    this.#endpoints = options.urls.map((url) => ({
      url,
      origin: new URL(url).origin,
      standing: 'unknown',
      breaker: closedBreaker(BREAKER),
      pingMs: Number.NaN,
      height: 0,
      failures: 0,
      failedUs: Number.NEGATIVE_INFINITY,
    }));
  }

  /** The chain that the nodes serve; the empty string before one has said so. */
  get chainId(): string {
    return this.#chainId;
  }

  /** The greatest height that any believable node has claimed. */
  get height(): number {
    return Math.max(0, ...this.#endpoints.map(({ standing, height }) => (standing === 'good' ? height : 0)));
  }

  get health(): readonly EndpointHealth[] {
    return this.#endpoints.map(({ origin, standing, breaker, pingMs, height, failures }, i) => ({
      url: origin,
      standing,
      status: breaker.state.status,
      pingMs,
      height,
      failures,
      current: i === this.#current,
    }));
  }

  /**
   * Asks until a node gives an answer that makes sense, each at most once.
   *
   * @param decode reads the result; what it throws (but an RpcError) counts against the node that answered
   * @throws RpcError as a node answered; Implausible or NoAnswer, the last of the reasons, when none made sense
   */
  async read<T>(method: string, params: Record<string, unknown>, decode: (result: unknown) => T): Promise<T> {
    let last: unknown = new NoAnswer('unreachable', 'no endpoint works at present');
    const tried = new Set<number>();
    while (tried.size < this.#endpoints.length) {
      const index = this.#choose(tried);
      if (index < 0) break;
      tried.add(index);
      try {
        return await this.#ask(index, method, params, decode, (url, body) =>
          this.#transport.read(url, body, { keep: true }),
        );
      } catch (error) {
        if (error instanceof RpcError) throw error;
        last = error;
      }
    }
    throw last;
  }

  /** Asks one node, once, ahead of all reads. For broadcasts: whoever gets no answer has to find out first. */
  async once<T>(method: string, params: Record<string, unknown>, decode: (result: unknown) => T): Promise<T> {
    const index = this.#choose(new Set());
    if (index < 0) throw new NoAnswer('unreachable', 'no endpoint works at present');
    return await this.#ask(index, method, params, decode, (url, body) => this.#transport.send(url, body));
  }

  /**
   * Looks at every node: round trip, chain, height. Leaves the current one if it is behind the others or not to be believed.
   *
   * @param toldHeight the last block that was read, 0 before any
   * @returns {@link height}; 0 when no node answers as expected
   */
  async inspect(toldHeight: number): Promise<number> {
    const answered = (await Promise.all(this.#endpoints.map((_, index) => this.#inspectOne(index)))).filter(
      (endpoint) => endpoint !== undefined,
    );
    const ahead = (endpoint: Endpoint): boolean =>
      toldHeight > 0 && endpoint.height > toldHeight + AHEAD_MOST_BLOCKS && !answered.every(isAhead);
    const isAhead = ({ height }: Endpoint): boolean => height > toldHeight + AHEAD_MOST_BLOCKS;
    const believed = answered.filter((endpoint) => !ahead(endpoint));
    const greatest = Math.max(0, ...believed.map(({ height }) => height));
    for (const endpoint of answered) {
      const fits = !ahead(endpoint) && greatest - endpoint.height <= LAG_MOST_BLOCKS;
      endpoint.standing = fits ? 'good' : 'doubtful';
      const detail = `height ${endpoint.height}, others are at ${greatest}`;
      if (!fits) this.#complain(endpoint, ahead(endpoint) ? 'nonsense' : 'lagging', detail, '');
    }
    if (this.#endpoints[this.#current]!.standing !== 'good') this.#choose(new Set());
    return this.height;
  }

  disconnect(): void {
    this.#closed = true;
    this.#transport.close();
  }

  async #inspectOne(index: number): Promise<Endpoint | undefined> {
    const endpoint = this.#endpoints[index]!;
    let startUs = 0;
    const look = {
      keep: index === this.#current,
      onStart: () => {
        startUs = this.#options.nowUs();
      },
    };
    try {
      const { network, height } = await this.#ask(index, 'status', {}, statusOf, (url, body) =>
        this.#transport.read(url, body, look),
      );
      if (this.#chainId === '') this.#chainId = network;
      if (network !== this.#chainId) {
        endpoint.standing = 'wrong-chain';
        this.#complain(endpoint, 'wrong-chain', `chain id '${network}', expected '${this.#chainId}'`, '');
        return undefined;
      }
      endpoint.pingMs = (this.#options.nowUs() - startUs) / 1_000;
      endpoint.height = height;
      return endpoint;
    } catch {
      // Complained of where it was noticed.
      return undefined;
    }
  }

  /** The current node if it may be asked, else the next that may, a doubtful one last; -1 when none may. */
  #choose(except: ReadonlySet<number>): number {
    const nowUs = this.#options.nowUs();
    for (const standing of ['good', 'doubtful'] as const) {
      for (let i = 0; i < this.#endpoints.length; i += 1) {
        const index = (this.#current + i) % this.#endpoints.length;
        const endpoint = this.#endpoints[index]!;
        endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'time' }, nowUs);
        if (endpoint.standing !== standing || except.has(index) || !admits(BREAKER, endpoint.breaker)) continue;
        this.#current = index;
        return index;
      }
    }
    return -1;
  }

  async #ask<T>(
    index: number,
    method: string,
    params: Record<string, unknown>,
    decode: (result: unknown) => T,
    post: (url: string, body: string) => Promise<string>,
  ): Promise<T> {
    const endpoint = this.#endpoints[index]!;
    if (this.#closed) throw new NoAnswer('unreachable', 'closed');
    endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'call' }, this.#options.nowUs());
    const { generation } = endpoint.breaker;
    try {
      this.#id += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id: this.#id, method, params });
      const result = decode(resultIn(await post(endpoint.url, body), method));
      this.#end(endpoint, 'success', generation);
      return result;
    } catch (error) {
      this.#end(endpoint, error instanceof RpcError ? 'success' : 'failure', generation);
      if (error instanceof RpcError) throw error;
      throw this.#blame(index, method, error as Error);
    }
  }

  #end(endpoint: Endpoint, kind: 'success' | 'failure', generation: number): void {
    const nowUs = this.#options.nowUs();
    if (kind === 'failure') {
      if (endpoint.breaker.state.status === 'closed' && nowUs - endpoint.failedUs < ONE_FAILURE_US) return;
      endpoint.failedUs = nowUs;
    }
    endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind, generation }, nowUs);
  }

  /** Complains of a node and turns to another, if there is one. */
  #blame(index: number, method: string, error: Error): NoAnswer | Implausible {
    const endpoint = this.#endpoints[index]!;
    if (index === this.#current) this.#choose(new Set([index]));
    const detail = `${method}: ${error instanceof z.ZodError ? firstIssueOf(error) : error.message}`;
    if (error instanceof Implausible) {
      this.#complain(endpoint, error.reason, detail, error.market);
      return error;
    }
    const reason: ComplaintReason = error instanceof NoAnswer ? error.reason : 'nonsense';
    this.#complain(endpoint, reason, detail, '');
    return new NoAnswer(reason, `${endpoint.origin}: ${detail}`.slice(0, 300));
  }

  #complain(endpoint: Endpoint, reason: string, detail: string, market: string): void {
    endpoint.failures += 1;
    if (!this.#closed) this.#options.onComplaint(reason, `${endpoint.origin}: ${detail}`.slice(0, 300), market);
  }
}

function firstIssueOf({ issues }: z.ZodError): string {
  const [first] = issues;
  return `${first?.path.join('.')}: ${first?.message}`;
}

function statusOf(result: unknown): { network: string; height: number } {
  const { node_info, sync_info } = statusSchema.parse(result);
  return { network: node_info.network, height: Number(sync_info.latest_block_height) };
}

function resultIn(text: string, method: string): unknown {
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
  throw new RpcError(code, `${method}: ${data === undefined || data === '' ? message : `${message}: ${data}`}`);
}
