import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';
import { systemTimers } from '../runtime/timers.ts';
import { Connection, type ConnectionTimeouts, dialWebSocket } from '../venue/connection.ts';
import type { Feed, Inlet } from '../venue/port.ts';
import { type BinanceEndpoints, snapshotUrl, streamUrl } from './endpoints.ts';
import { BinanceParser, MESSAGE_MOST_CHARACTERS } from './parse.ts';

/** What a live Binance feed needs. */
export interface BinanceFeedOptions {
  readonly endpoints: BinanceEndpoints;
  /** All of one Binance market (spot, USD-M or coin-M). */
  readonly markets: readonly Market[];
  /** Numbers in [0, 1): spreads reconnections and snapshot requests. */
  readonly random: () => number;
  readonly timeouts?: Partial<ConnectionTimeouts>;
  /** Sees every text exactly as received, before it is parsed: what a recorder writes. `symbol` names a snapshot's market. */
  readonly onText?: (text: string, symbol?: string) => void;
}

/** A snapshot request that takes longer is given up and asked again. */
const SNAPSHOT_TIMEOUT_MS = 5_000;

/** A request that failed is repeated after this, doubling up to the most. */
const SNAPSHOT_MIN_BACKOFF_MS = 250;
const SNAPSHOT_MAX_BACKOFF_MS = 30_000;

/** After one that succeeded: the exchange allows 120 deep snapshots a minute, and this asks for 60 at the worst. */
const SNAPSHOT_AGAIN_MS = 1_000;

/** A snapshot asked for this long ago without another wish since began a quiet time: the backoff begins anew. */
const SNAPSHOT_CALM_MS = 60_000;

interface SnapshotState {
  timer: NodeJS.Timeout | undefined;
  backoffMs: number;
  askedMs: number;
}

/**
 * Live market data of Binance: one combined-stream connection for all its markets, and depth snapshots over REST.
 *
 * It parses and delivers; keeping the book by the exchange's rules is the market stage's work, which asks for a snapshot
 * through {@link resync} when it lacks one.
 */
export class BinanceFeed implements Feed {
  readonly name: string;
  readonly markets: readonly Market[];
  readonly #options: BinanceFeedOptions;
  readonly #parser: BinanceParser;
  readonly #connection: Connection<string | undefined>;
  readonly #snapshots = new Map<string, SnapshotState>();
  readonly #abort = new AbortController();
  #inlet: Inlet | undefined;

  constructor(options: BinanceFeedOptions) {
    this.#options = options;
    this.markets = options.markets;
    this.name = options.markets[0]?.venue ?? 'binance';
    this.#parser = new BinanceParser('binance-ws', options.markets);
    const symbols = options.markets.map(({ symbol }) => symbol);
    this.#connection = new Connection({
      dial: (events, openMs) => dialWebSocket(streamUrl(options.endpoints, symbols), events, openMs),
      random: options.random,
      timers: systemTimers(),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
      events: {
        opened: () => this.#tellStatus('up', 'connected'),
        message: (text) => this.#take(text),
        lost: (reason, retryMs) => this.#tellStatus('down', `${reason}; next attempt in ${retryMs} ms`),
      },
    });
  }

  async open(inlet: Inlet): Promise<void> {
    this.#inlet = inlet;
    this.#connection.open();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const { timer } of this.#snapshots.values()) clearTimeout(timer);
    this.#connection.close();
    this.#inlet = undefined;
  }

  /** Fetches a depth snapshot and delivers it; asked again while one is on its way, does nothing. */
  resync(market: string): void {
    const state = this.#snapshots.get(market) ?? { timer: undefined, backoffMs: 0, askedMs: Number.NEGATIVE_INFINITY };
    this.#snapshots.set(market, state);
    if (state.timer !== undefined || this.#abort.signal.aborted) return;
    const nowMs = performance.now();
    if (nowMs - state.askedMs > SNAPSHOT_CALM_MS) state.backoffMs = 0;
    const waitMs = state.backoffMs * (0.5 + this.#options.random() / 2);
    state.backoffMs = Math.min(SNAPSHOT_MAX_BACKOFF_MS, Math.max(SNAPSHOT_MIN_BACKOFF_MS, state.backoffMs * 2));
    state.askedMs = nowMs;
    state.timer = setTimeout(() => {
      void this.#fetchSnapshot(market).then((snapshot) => {
        // Before it is delivered: one that does not fit is answered by another wish, in the same turn.
        state.timer = undefined;
        if (snapshot === undefined) {
          this.resync(market);
          return;
        }
        state.backoffMs = SNAPSHOT_AGAIN_MS;
        this.#inlet?.accept(snapshot);
      });
    }, waitMs);
  }

  /** @returns undefined when it has to be asked again */
  async #fetchSnapshot(market: string): Promise<Input | undefined> {
    try {
      const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS)]);
      const response = await fetch(snapshotUrl(this.#options.endpoints, market), { signal });
      const text = await textOf(response);
      if (!response.ok) throw new Error(`HTTP status ${response.status}: ${text.slice(0, 120)}`);
      this.#options.onText?.(text, market);
      const input = this.#parser.parse(text, market);
      if (input?.kind === 'bookSnapshot') return input;
      if (input !== null) this.#inlet?.accept(input);
    } catch (error) {
      if (this.#abort.signal.aborted) return undefined;
      const cause = (error as Error).cause;
      const detail = `snapshot of ${market}: ${(error as Error).message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
      this.#inlet?.accept({ ...this.#parser.reject('unreachable', detail), source: 'binance-rest', market });
    }
    return undefined;
  }

  #take(text: string | undefined): void {
    if (text === undefined) {
      this.#inlet?.accept(this.#parser.reject('malformed', 'binary message: expected text'));
      return;
    }
    this.#options.onText?.(text);
    const input: Input | null = this.#parser.parse(text);
    if (input !== null) this.#inlet?.accept(input);
  }

  #tellStatus(status: 'up' | 'down', reason: string): void {
    for (const { symbol } of this.markets) {
      this.#inlet?.accept({ kind: 'feedStatus', seq: 0, timeUs: 0, market: symbol, status, reason });
    }
  }
}

/** Reads a body, at most as much as a message may be. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MESSAGE_MOST_CHARACTERS)
      throw new Error(`answer of more than ${MESSAGE_MOST_CHARACTERS} characters`);
  }
  return text;
}
