import { Connection } from '../../venue/connection.ts';
import type { ComplaintReason } from './rpc.ts';

/** How the newest height is learnt. */
export interface BlockWatchOptions {
  /** WebSocket addresses, tried in turn at each reconnection. */
  readonly wsUrls: readonly string[];
  readonly random: () => number;
  /** A block that takes longer than this is looked for by asking. */
  readonly pollAfterMs: number;
  /** Asks a node for the newest height. May throw. */
  readonly pollHeight: () => Promise<number>;
  readonly onHeight: (height: number) => void;
  readonly onLost: (reason: string) => void;
  readonly onOpened: () => void;
  readonly onComplaint: (reason: ComplaintReason, detail: string) => void;
}

/** Silence after which a socket is given up: the chain makes a block at least every second or two. */
const SILENCE_MS = 5_000;

/** First and longest wait between attempts; a node that restarts is back within seconds. */
const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

const SUBSCRIPTION = { jsonrpc: '2.0', id: 1, method: 'subscribe', params: { query: "tm.event='NewBlock'" } };

/**
 * Tells the newest height: from a NewBlock subscription, and by asking whenever that is silent for longer than a block should
 * take. Heights may repeat, jump or fall back; who listens sorts that out.
 */
export class BlockWatch {
  readonly #options: BlockWatchOptions;
  readonly #connection: Connection;
  #attempts = 0;
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
          this.#connection.send(JSON.stringify(SUBSCRIPTION));
          options.onOpened();
        },
        message: (text) => this.#take(text),
        lost: (reason, retryMs) => options.onLost(`${reason}; next attempt in ${retryMs} ms`),
      },
    });
  }

  open(): void {
    this.#connection.open();
    this.#poll = setTimeout(() => void this.#ask(), this.#options.pollAfterMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#poll);
    this.#connection.close();
  }

  #take(text: string | undefined): void {
    const answer = heightIn(text);
    if (answer === 'acknowledged') return;
    if (typeof answer === 'number') {
      this.#poll?.refresh();
      this.#options.onHeight(answer);
      return;
    }
    this.#options.onComplaint('nonsense', `WebSocket: '${(text ?? 'binary message').slice(0, 120)}'`);
    // A subscription that was refused will not bring blocks.
    if (answer === 'refused') this.#connection.drop('subscription refused');
  }

  async #ask(): Promise<void> {
    try {
      this.#options.onHeight(await this.#options.pollHeight());
    } catch {
      // The endpoints have complained already; the next poll asks again.
    }
    if (!this.#closed) this.#poll = setTimeout(() => void this.#ask(), this.#options.pollAfterMs);
  }
}

function heightIn(text: string | undefined): number | 'acknowledged' | 'refused' | undefined {
  try {
    const message = JSON.parse(text ?? '');
    if (message.error !== undefined) return 'refused';
    if (message.result !== undefined && Object.keys(message.result).length === 0) return 'acknowledged';
    const height = Number(message.result?.data?.value?.block?.header?.height);
    return Number.isSafeInteger(height) && height > 0 ? height : undefined;
  } catch {
    return undefined;
  }
}
