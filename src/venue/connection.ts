import { type RawData, WebSocket } from 'ws';
import type { Timers } from '../runtime/timers.ts';

/** What a line says to who keeps it. */
export interface LineEvents<M> {
  opened(): void;
  message(message: M): void;
  /** A sign of life without a message. */
  alive(): void;
  /** It is gone, and says nothing more. */
  lost(reason: string): void;
}

/** One attempt to be connected. */
export interface Line {
  /** Sends a text, if connected; else it is lost, as it would be on the way. */
  send(text: string): void;
  /** Ends it; nothing more is heard of it. */
  close(): void;
}

/** Begins a new line. @param openMs how long a handshake may take */
export type Dial<M> = (events: LineEvents<M>, openMs: number) => Line;

/** What a connection tells its owner. Never throws into it. */
export interface ConnectionEvents<M> {
  opened(): void;
  message(message: M): void;
  /** The connection is gone; the next attempt follows after `retryMs`. */
  lost(reason: string, retryMs: number): void;
}

/** How a connection is kept. */
export interface ConnectionOptions<M> {
  /** Called anew at each attempt, so that the next one may go elsewhere. */
  readonly dial: Dial<M>;
  readonly events: ConnectionEvents<M>;
  /** Seeded or not, numbers in [0, 1): spreads reconnections. */
  readonly random: () => number;
  readonly timers: Timers;
  readonly timeouts?: Partial<ConnectionTimeouts>;
  /** Told of each loss before the next attempt is set; gives the least wait until it, milliseconds. */
  readonly restMs?: (reason: string) => number;
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
const GOOD_AFTER_US = 30_000_000;

/** Silence is looked at so often within its limit: no timer is moved for a message, and it is noticed a quarter late at most. */
const LOOKS_PER_SILENCE = 4;

/** A line that is opened again and again, with exponential backoff, until it is closed. */
export class Connection<M> {
  readonly #options: ConnectionOptions<M>;
  readonly #timeouts: ConnectionTimeouts;
  #line: Line | undefined;
  #cancelRetry = (): void => {};
  #cancelWatch = (): void => {};
  #quietLooks = 0;
  #failures = 0;
  #openedUs = Number.NaN;
  #closed = false;

  constructor(options: ConnectionOptions<M>) {
    this.#options = options;
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
  }

  open(): void {
    if (this.#closed || this.#line !== undefined) return;
    const { dial, events, timers } = this.#options;
    // What a line says once another one has taken its place, or before it is known, is not for anybody.
    const mine = (): boolean => this.#line === line;
    const line = dial(
      {
        opened: () => {
          if (!mine()) return;
          this.#openedUs = timers.stopwatchUs();
          this.#watch();
          events.opened();
        },
        message: (message) => {
          if (!mine()) return;
          this.#quietLooks = 0;
          events.message(message);
        },
        alive: () => {
          if (mine()) this.#quietLooks = 0;
        },
        lost: (reason) => {
          if (mine()) this.#lost(reason);
        },
      },
      this.#timeouts.openMs,
    );
    this.#line = line;
  }

  /** Sends a text, if connected. */
  send(text: string): void {
    this.#line?.send(text);
  }

  /** Ends the present connection as if it had failed, and so begins a new one. */
  drop(reason: string): void {
    if (this.#line !== undefined) this.#lost(reason);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#cancelWatch();
    this.#line?.close();
    this.#line = undefined;
  }

  #lost(reason: string): void {
    const { events, random, timers } = this.#options;
    this.#line?.close();
    this.#line = undefined;
    this.#cancelWatch();
    const { minBackoffMs, maxBackoffMs } = this.#timeouts;
    if (timers.stopwatchUs() - this.#openedUs > GOOD_AFTER_US) this.#failures = 0;
    this.#openedUs = Number.NaN;
    const backoffMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** this.#failures);
    this.#failures += 1;
    const restMs = this.#options.restMs?.(reason) ?? 0;
    const retryMs = Math.max(restMs, Math.round(backoffMs * (0.5 + random() / 2)));
    this.#cancelRetry = timers.after(retryMs, () => this.open());
    events.lost(reason, retryMs);
  }

  #watch(): void {
    const { silenceMs, lifetimeMs } = this.#timeouts;
    const lookMs = silenceMs / LOOKS_PER_SILENCE;
    let livedMs = 0;
    this.#quietLooks = 0;
    this.#cancelWatch = this.#options.timers.every(lookMs, () => {
      this.#quietLooks += 1;
      livedMs += lookMs;
      if (this.#quietLooks > LOOKS_PER_SILENCE) this.drop(`silent for ${silenceMs} ms`);
      else if (livedMs > lifetimeMs) this.drop('connection is 23 hours old');
    });
  }
}

/** A WebSocket as a line: text messages as they are, binary ones as undefined. */
export function dialWebSocket(url: string, events: LineEvents<string | undefined>, openMs: number): Line {
  const socket = new WebSocket(url, {
    handshakeTimeout: openMs,
    maxPayload: MESSAGE_MOST_BYTES,
    perMessageDeflate: false,
  });
  const close = (): void => {
    socket.removeAllListeners();
    // Terminating a socket that is still connecting reports an error of its own.
    socket.on('error', () => {});
    socket.terminate();
  };
  socket.on('open', () => events.opened());
  socket.on('message', (data: RawData, isBinary: boolean) => events.message(isBinary ? undefined : data.toString()));
  socket.on('ping', () => events.alive());
  socket.on('error', (error) => events.lost(error.message));
  socket.on('close', (code, reason) => events.lost(`closed with code ${code} ${reason.toString()}`.trim()));
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close,
  };
}
