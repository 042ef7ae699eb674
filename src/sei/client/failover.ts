import {
  admits,
  type Breaker,
  type BreakerSettings,
  breakerStep,
  closedBreaker,
} from '../../../streams/operators/circuit_breaker.ts';
import { consecutiveFailures } from '../../../streams/operators/trip_policy.ts';
import { type ComplaintReason, Implausible, NoAnswer, NodeError, type NodePort } from '../node.ts';

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

const NONE: ReadonlySet<number> = new Set();

/** How the nodes are asked. */
export interface FailoverOptions {
  /** The primary first, then up to two backups. */
  readonly nodes: readonly NodePort[];
  /** What every node must report; the empty string takes what the first says. */
  readonly chainId: string;
  /** Microseconds from anywhere, never going back. */
  readonly nowUs: () => number;
  readonly onComplaint: (reason: string, detail: string, market: string) => void;
}

interface Endpoint {
  readonly node: NodePort;
  standing: Standing;
  breaker: Breaker;
  pingMs: number;
  height: number;
  failures: number;
  failedUs: number;
}

/**
 * One of several nodes. One is asked until it fails; then it is the next one's turn, and a node is only left for a reason,
 * so that answers do not jump between nodes of different heights.
 */
export class FailoverNodes {
  readonly #options: FailoverOptions;
  readonly #endpoints: Endpoint[];
  #chainId: string;
  #current = 0;
  #closed = false;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#chainId = options.chainId;
    this.#endpoints = options.nodes.map((node) => ({
      node,
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
    return this.#endpoints.map(({ node, standing, breaker, pingMs, height, failures }, i) => ({
      url: node.name,
      standing,
      status: breaker.state.status,
      pingMs,
      height,
      failures,
      current: i === this.#current,
    }));
  }

  /**
   * Asks until a node gives an answer that makes sense, each at most once. What one refuses another may know: a block that
   * has not come to all of them yet.
   *
   * @param what names the question, for complaints
   * @param ask what it throws (but a NodeError) counts against the node
   * @throws NodeError when nodes refused, or did not answer; Implausible or NoAnswer, the last of the reasons, when none refused
   */
  async read<T>(what: string, ask: (node: NodePort) => Promise<T>): Promise<T> {
    const tried = new Set<number>();
    let refusal: { readonly error: NodeError; readonly index: number } | undefined;
    let last: unknown;
    while (tried.size < this.#endpoints.length) {
      const index = this.#choose(tried);
      if (index < 0) break;
      tried.add(index);
      try {
        return await this.#ask(index, what, ask);
      } catch (error) {
        if (error instanceof NodeError) refusal ??= { error, index };
        last = error;
      }
    }
    if (refusal === undefined) throw last ?? new NoAnswer('unreachable', 'no endpoint works at present');
    // No other one knew better: that is no reason to leave it.
    this.#current = refusal.index;
    throw refusal.error;
  }

  /**
   * Asks one node, once. For broadcasts: whoever gets no answer has to find out first.
   *
   * @param besides those that are asked only when there is no other
   */
  async once<T>(
    what: string,
    ask: (node: NodePort) => Promise<T>,
    besides?: ReadonlyMap<NodePort, unknown>,
  ): Promise<T> {
    const asked = this.#endpoints.flatMap(({ node }, index) => (besides?.has(node) ? [index] : []));
    const other = this.#choose(new Set(asked));
    const index = other < 0 ? this.#choose(NONE) : other;
    if (index < 0) throw new NoAnswer('unreachable', 'no endpoint works at present');
    return await this.#ask(index, what, ask);
  }

  /**
   * Looks at every node: round trip, chain, height. Leaves the current one if it is behind the others or not to be believed.
   *
   * @param toldHeight the last block that was read, 0 before any
   * @returns {@link height}; 0 when no node answers as expected
   */
  async inspect(toldHeight: number): Promise<number> {
    const inspected = await Promise.all(this.#endpoints.map((_, index) => this.#inspectOne(index, toldHeight)));
    const believed = inspected.filter((endpoint) => endpoint !== undefined);
    const greatest = Math.max(0, ...believed.map(({ height }) => height));
    for (const endpoint of believed) {
      const lags = greatest - endpoint.height > LAG_MOST_BLOCKS;
      endpoint.standing = lags ? 'doubtful' : 'good';
      if (lags) this.#complain(endpoint, 'lagging', `height ${endpoint.height}, others are at ${greatest}`, '');
    }
    if (this.#endpoints[this.#current]!.standing !== 'good') this.#choose(NONE);
    return this.height;
  }

  close(): void {
    this.#closed = true;
  }

  /** @returns undefined when it does not answer, or is not to be believed */
  async #inspectOne(index: number, toldHeight: number): Promise<Endpoint | undefined> {
    const endpoint = this.#endpoints[index]!;
    try {
      const { chainId, height, pingMs } = await this.#ask(index, 'status', (node) =>
        node.status(index === this.#current),
      );
      if (this.#chainId === '') this.#chainId = chainId;
      if (chainId !== this.#chainId) {
        endpoint.standing = 'wrong-chain';
        this.#complain(endpoint, 'wrong-chain', `chain id '${chainId}', expected '${this.#chainId}'`, '');
        return undefined;
      }
      endpoint.pingMs = pingMs;
      endpoint.height = height;
      if (height <= toldHeight + LAG_MOST_BLOCKS || (await this.#shows(index, height))) return endpoint;
      // Else one false claim would make all honest nodes look late.
      endpoint.standing = 'doubtful';
      this.#complain(endpoint, 'nonsense', `claims height ${height}, and does not show that block`, '');
    } catch {
      // Complained of where it was noticed.
    }
    return undefined;
  }

  async #shows(index: number, height: number): Promise<boolean> {
    try {
      return (await this.#ask(index, 'block', (node) => node.block(height))).height === height;
    } catch (error) {
      if (error instanceof NodeError) return false;
      throw error;
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

  async #ask<T>(index: number, what: string, ask: (node: NodePort) => Promise<T>): Promise<T> {
    const endpoint = this.#endpoints[index]!;
    if (this.#closed) throw new NoAnswer('unreachable', 'closed');
    endpoint.breaker = breakerStep(BREAKER, endpoint.breaker, { kind: 'call' }, this.#options.nowUs());
    const { generation } = endpoint.breaker;
    try {
      const result = await ask(endpoint.node);
      this.#end(endpoint, 'success', generation);
      return result;
    } catch (error) {
      this.#end(endpoint, error instanceof NodeError ? 'success' : 'failure', generation);
      if (error instanceof NodeError) throw new NodeError(error.code, `${what}: ${error.message}`);
      throw this.#blame(index, what, error as Error);
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
  #blame(index: number, what: string, error: Error): NoAnswer | Implausible {
    const endpoint = this.#endpoints[index]!;
    if (index === this.#current) this.#choose(new Set([index]));
    const detail = `${what}: ${error.message}`;
    if (error instanceof Implausible) {
      this.#complain(endpoint, error.reason, detail, error.market);
      return error;
    }
    const reason: ComplaintReason = error instanceof NoAnswer ? error.reason : 'nonsense';
    this.#complain(endpoint, reason, detail, '');
    return new NoAnswer(reason, `${endpoint.node.name}: ${detail}`.slice(0, 300));
  }

  #complain(endpoint: Endpoint, reason: string, detail: string, market: string): void {
    endpoint.failures += 1;
    if (!this.#closed) this.#options.onComplaint(reason, `${endpoint.node.name}: ${detail}`.slice(0, 300), market);
  }
}
