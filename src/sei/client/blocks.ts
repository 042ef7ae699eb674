import { z } from 'zod';
import { Connection } from '../../venue/connection.ts';
import type { ComplaintReason } from './transport.ts';

/** How the newest height is learnt. */
export interface BlockWatchOptions {
  /** WebSocket addresses, tried in turn at each reconnection. */
  readonly wsUrls: readonly string[];
  readonly random: () => number;
  /** A block that takes longer than this is looked for by asking. */
  readonly pollAfterMs: number;
  /** Asks the nodes for the newest height; 0 when none answers. */
  readonly pollHeight: () => Promise<number>;
  readonly onHeight: (height: number) => void;
  readonly onLost: (reason: string) => void;
  readonly onComplaint: (reason: ComplaintReason, detail: string) => void;
}

/** Silence after which a socket is given up: the chain makes a block at least every second or two. */
const SILENCE_MS = 5_000;

/** First and longest wait between attempts; a node that restarts is back within seconds. */
const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

/** A socket whose node is this far behind the others is given up for the next node's. */
const LAG_MOST_BLOCKS = 10;

const SUBSCRIPTION = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'subscribe',
  params: { query: "tm.event='NewBlock'" },
});

const messageSchema = z.union([
  z.object({ error: z.object({ message: z.string(), data: z.string().optional() }) }),
  z.object({ result: z.strictObject({}) }),
  z.object({
    result: z.object({
      data: z.object({
        value: z.object({ block: z.object({ header: z.object({ height: z.string().regex(/^\d{1,15}$/) }) }) }),
      }),
    }),
  }),
]);

/**
 * Tells the newest height: from a NewBlock subscription, and by asking whenever that is silent for longer than a block should
 * take. Heights may repeat, jump or fall back; who listens sorts that out.
 *
 * Every block is subscribed to, not only those in which the contract did something: quiet blocks move the clock and show
 * that the chain lives, and a block's matching is asked for in any case, so that a lost event can't lose a settlement.
 */
export class BlockWatch {
  readonly #options: BlockWatchOptions;
  readonly #connection: Connection;
  #attempts = 0;
  #height = 0;
  #connected = false;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BlockWatchOptions) {
    this.#options = options;
    this.#connection = new Connection({
      url: () => options.wsUrls[this.#attempts++ % options.wsUrls.length]!,
      random: options.random,
      timeouts: { silenceMs: SILENCE_MS, minBackoffMs: MIN_BACKOFF_MS, maxBackoffMs: MAX_BACKOFF_MS },
      events: {
        opened: () => {
          this.#connected = true;
          this.#height = 0;
          this.#connection.send(SUBSCRIPTION);
        },
        message: (text) => this.#take(text),
        lost: (reason, retryMs) => {
          this.#connected = false;
          options.onLost(`${reason}; next attempt in ${retryMs} ms`);
        },
      },
    });
  }

  open(): void {
    this.#connection.open();
    this.#pollLater();
  }

  /** The nodes are known to be at a height: a socket that is far behind it is given up. */
  compare(height: number): void {
    if (!this.#connected || this.#height === 0 || height - this.#height <= LAG_MOST_BLOCKS) return;
    this.#options.onComplaint('lagging', `WebSocket at height ${this.#height}, nodes are at ${height}`);
    this.#connection.drop('lagging');
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#poll);
    this.#connection.close();
  }

  #take(text: string | undefined): void {
    const message = messageSchema.safeParse(parsed(text));
    if (!message.success || 'error' in message.data) {
      this.#options.onComplaint('nonsense', `WebSocket: '${(text ?? 'binary message').slice(0, 120)}'`);
      // A subscription that was refused will not bring blocks.
      if (message.success) this.#connection.drop('subscription refused');
      return;
    }
    if (!('data' in message.data.result)) return;
    this.#height = Number(message.data.result.data.value.block.header.height);
    this.#pollLater();
    this.#options.onHeight(this.#height);
  }

  #pollLater(): void {
    clearTimeout(this.#poll);
    if (!this.#closed) this.#poll = setTimeout(() => void this.#ask(), this.#options.pollAfterMs);
  }

  async #ask(): Promise<void> {
    const height = await this.#options.pollHeight();
    if (this.#closed) return;
    if (height > 0) this.#options.onHeight(height);
    this.#pollLater();
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
