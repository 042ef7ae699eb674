import { type RawData, WebSocket } from 'ws';

/** What a connection tells its owner. Never throws into it. */
export interface ConnectionEvents {
  opened(): void;
  /** A text message, or undefined for a binary one. */
  message(text: string | undefined): void;
  /** The connection is gone; the next attempt follows after `retryMs`. */
  lost(reason: string, retryMs: number): void;
}

/** How a connection is kept. */
export interface ConnectionOptions {
  /** Asked anew at each attempt, so that the next one may go elsewhere. */
  readonly url: () => string;
  readonly events: ConnectionEvents;
  /** Seeded or not, numbers in [0, 1): spreads reconnections. */
  readonly random: () => number;
  readonly timeouts?: Partial<ConnectionTimeouts>;
}

/** All times of a connection, milliseconds. */
export interface ConnectionTimeouts {
  /** A handshake that takes longer will not come: the exchange answers in tens of milliseconds. */
  readonly openMs: number;
  /** Silence after which the line counts as dead: the busiest stream speaks several times a second. */
  readonly silenceMs: number;
  /** First wait before a new attempt. */
  readonly minBackoffMs: number;
  /** Longest wait; Binance bans addresses that try more than 300 times in 5 minutes. */
  readonly maxBackoffMs: number;
  /** Binance ends a connection after 24 hours; leaving a little before keeps the moment ours. */
  readonly lifetimeMs: number;
}

const TIMEOUTS: ConnectionTimeouts = {
  openMs: 10_000,
  silenceMs: 10_000,
  minBackoffMs: 250,
  maxBackoffMs: 30_000,
  lifetimeMs: 23 * 3_600_000,
};

/** The largest message the exchange sends is a depth update of some hundred kilobytes. */
const MESSAGE_MOST_BYTES = 8 * 1_048_576;

/** A connection that lived this long was a good one: the next backoff begins anew. */
const GOOD_AFTER_MS = 30_000;

/** A WebSocket that is opened again and again, with exponential backoff, until it is closed. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #timeouts: ConnectionTimeouts;
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #lifetime: NodeJS.Timeout | undefined;
  #failures = 0;
  #openedMs = 0;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
  }

  open(): void {
    if (this.#closed || this.#socket !== undefined) return;
    const { openMs, lifetimeMs } = this.#timeouts;
    const socket = new WebSocket(this.#options.url(), {
      handshakeTimeout: openMs,
      maxPayload: MESSAGE_MOST_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('open', () => {
      this.#openedMs = performance.now();
      this.#lifetime = setTimeout(() => this.drop('connection is 23 hours old'), lifetimeMs);
      this.#listen();
      this.#options.events.opened();
    });
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#listen();
      this.#options.events.message(isBinary ? undefined : data.toString());
    });
    socket.on('ping', () => this.#listen());
    socket.on('error', (error) => this.#lost(socket, error.message));
    socket.on('close', (code, reason) => this.#lost(socket, `closed with code ${code} ${reason.toString()}`.trim()));
  }

  /** Sends a text, if connected; else it is lost, as it would be on the way. */
  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Ends the present connection as if it had failed, and so begins a new one. */
  drop(reason: string): void {
    if (this.#socket !== undefined) this.#lost(this.#socket, reason);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#stopListening();
    this.#socket?.removeAllListeners();
    this.#socket?.on('error', () => {});
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  #lost(socket: WebSocket, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#stopListening();
    socket.removeAllListeners();
    // Terminating a socket that is still connecting reports an error of its own.
    socket.on('error', () => {});
    socket.terminate();
    const { minBackoffMs, maxBackoffMs } = this.#timeouts;
    if (this.#openedMs > 0 && performance.now() - this.#openedMs > GOOD_AFTER_MS) this.#failures = 0;
    this.#openedMs = 0;
    const backoffMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** this.#failures);
    this.#failures += 1;
    const retryMs = Math.round(backoffMs * (0.5 + this.#options.random() / 2));
    this.#retry = setTimeout(() => this.open(), retryMs);
    this.#options.events.lost(reason, retryMs);
  }

  #listen(): void {
    if (this.#silence !== undefined) {
      this.#silence.refresh();
      return;
    }
    const { silenceMs } = this.#timeouts;
    this.#silence = setTimeout(() => this.drop(`silent for ${silenceMs} ms`), silenceMs);
  }

  #stopListening(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    clearTimeout(this.#lifetime);
  }
}
