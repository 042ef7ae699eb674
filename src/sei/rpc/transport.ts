import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { NoAnswer } from '../node.ts';

/** An answer is at most this large: a block of many transactions, or a page of a deep book. */
const ANSWER_MOST_BYTES = 16 * 1_048_576;

/**
 * Five connections to the chain: one WebSocket, three for reading, and one kept free so that a transaction never waits
 * behind the reading of a book.
 */
const READING_MOST = 3;
const SOCKETS_MOST = READING_MOST + 1;

/** Reads that wait for a connection at most: several blocks' worth of many markets. */
const WAITING_MOST = 1_000;

/** Connections unused for so long are closed: a block later they would have been used, so the node was left. */
const IDLE_MS = 4_000;

/** How a read is made. */
export interface ReadOptions {
  /** Whether the connection is kept for the next request; not so for a look at a node that is not in use. */
  readonly keep: boolean;
  /** Called when it has a connection and goes out. */
  readonly onStart?: () => void;
}

/** How texts come to a node and its answers back. */
export interface Exchange {
  /** Asks something that may be asked twice. @throws NoAnswer */
  read(url: string, body: string, options: ReadOptions): Promise<string>;
  /** Sends something once, ahead of all reads. @throws NoAnswer */
  send(url: string, body: string): Promise<string>;
}

/** POSTs to nodes over few kept connections, each request with a limit on its time and on the size of its answer. */
export class Transport implements Exchange {
  readonly #timeoutMs: number;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_MOST, timeout: IDLE_MS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS_MOST, timeout: IDLE_MS });
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  /** @param timeoutMs for each request, counted from when it has a connection */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  async read(url: string, body: string, { keep, onStart }: ReadOptions): Promise<string> {
    if (this.#reading < READING_MOST) this.#reading += 1;
    else if (this.#waiting.length >= WAITING_MOST) throw new NoAnswer('busy', `${WAITING_MOST} requests wait already`);
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      onStart?.();
      return await this.#post(url, body, keep).catch((error: unknown) => {
        // The node closed a kept connection just as it was used again: says nothing against the node.
        if (error instanceof StaleConnection) return this.#post(url, body, keep);
        throw error;
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#reading -= 1;
      else next();
    }
  }

  /** On the connection that is kept free for it. */
  async send(url: string, body: string): Promise<string> {
    return await this.#post(url, body, true);
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #post(url: string, body: string, keep: boolean): Promise<string> {
    const secure = url.startsWith('https:');
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const options: RequestOptions = {
      method: 'POST',
      agent: keep ? (secure ? this.#https : this.#http) : false,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      signal,
    };
    try {
      return await new Promise((resolve, reject) => {
        const request = (secure ? requestHttps : requestHttp)(url, options, (response) => {
          textOf(response).then(resolve, reject);
        });
        request.on('error', (error: NodeJS.ErrnoException) => {
          reject(
            request.reusedSocket && error.code === 'ECONNRESET'
              ? new StaleConnection('unreachable', error.message)
              : error,
          );
        });
        request.end(body);
      });
    } catch (error) {
      if (signal.aborted) throw new NoAnswer('timeout', `no answer within ${this.#timeoutMs} ms`);
      throw error instanceof NoAnswer ? error : new NoAnswer('unreachable', (error as Error).message);
    }
  }
}

/** The node closed a kept connection before it saw the request, or after: that is not known. */
class StaleConnection extends NoAnswer {}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > ANSWER_MOST_BYTES) {
      response.destroy();
      throw new NoAnswer('oversized', `answer of more than ${ANSWER_MOST_BYTES} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
