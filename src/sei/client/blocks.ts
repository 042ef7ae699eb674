import { MICROS_PER_MS } from '../../../streams/clock/clock.ts';
import { COMPONENT_BREAKERS } from '../../../streams/guard/breakers.ts';
import { closedBreaker, observed } from '../../../streams/operators/circuit_breaker.ts';
import type { Timers } from '../../runtime/timers.ts';
import { Connection } from '../../venue/connection.ts';
import type { BlockSource, ComplaintReason, HeightNews } from '../node.ts';

/** How the newest height is learnt. */
export interface BlockWatchOptions {
  /** Tried in turn at each reconnection. */
  readonly sources: readonly BlockSource[];
  readonly timers: Timers;
  readonly random: () => number;
  /** A block that takes longer than this is looked for by asking. */
  readonly pollAfterMs: number;
  /** Asks the nodes for the newest height; 0 when none answers. */
  readonly pollHeight: () => Promise<number>;
  readonly onHeight: (height: number) => void;
  readonly onLost: (reason: string) => void;
  readonly onComplaint: (reason: ComplaintReason, detail: string) => void;
  /** How the subscription does: every failure, and the first success after failures. */
  readonly onOutcome: (outcome: 'success' | 'failure', detail: string) => void;
}

/** Silence after which a socket is given up: the chain makes a block at least every second or two. */
const SILENCE_MS = 5_000;

/** First and longest wait between attempts; a node that restarts is back within seconds. */
const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

/** A line whose node is this far behind the others, or ahead of what they show, is given up for the next node's. */
const APART_MOST_BLOCKS = 10;

/**
 * Tells the newest height: from a NewBlock subscription, and by asking whenever that is silent for longer than a block should
 * take. Heights may repeat, jump or fall back; who listens sorts that out.
 *
 * Every block is subscribed to, not only those in which the contract did something: quiet blocks move the clock and show
 * that the chain lives, and a block's matching is asked for in any case, so that a lost event can't lose a settlement.
 *
 * The component breaker `sei_websocket` stands before new subscriptions: after five failures in a row none is tried for half a
 * minute, and blocks are learnt by asking alone.
 */
export class BlockWatch {
  readonly #options: BlockWatchOptions;
  readonly #connection: Connection<HeightNews>;
  #attempts = 0;
  #height = 0;
  #connected = false;
  #breaker = closedBreaker(COMPONENT_BREAKERS.sei_websocket);
  #failing = false;
  #cancelPoll = (): void => {};
  #closed = false;

  constructor(options: BlockWatchOptions) {
    this.#options = options;
    this.#connection = new Connection({
      dial: (events, openMs) => options.sources[this.#attempts++ % options.sources.length]!.watch(events, openMs),
      random: options.random,
      timers: options.timers,
      timeouts: { silenceMs: SILENCE_MS, minBackoffMs: MIN_BACKOFF_MS, maxBackoffMs: MAX_BACKOFF_MS },
      restMs: (reason) => this.#failed(reason),
      events: {
        opened: () => {
          this.#connected = true;
          this.#height = 0;
        },
        message: (news) => this.#take(news),
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

  /** The nodes are known to be at a height: a line that is far from it is given up. */
  compare(height: number): void {
    const ahead = this.#height - height;
    if (!this.#connected || this.#height === 0 || height === 0 || Math.abs(ahead) <= APART_MOST_BLOCKS) return;
    const reason = ahead > 0 ? 'nonsense' : 'lagging';
    this.#options.onComplaint(reason, `subscription at height ${this.#height}, nodes are at ${height}`);
    this.#connection.drop(reason);
  }

  close(): void {
    this.#closed = true;
    this.#cancelPoll();
    this.#connection.close();
  }

  /** @returns how long to leave the subscription alone, milliseconds */
  #failed(reason: string): number {
    const nowUs = this.#options.timers.nowUs();
    this.#failing = true;
    this.#breaker = observed(COMPONENT_BREAKERS.sei_websocket, this.#breaker, 'failure', nowUs);
    this.#options.onOutcome('failure', reason);
    const { state } = this.#breaker;
    return state.status === 'open' ? Math.ceil((state.untilUs - nowUs) / MICROS_PER_MS) : 0;
  }

  #works(): void {
    this.#failing = false;
    const nowUs = this.#options.timers.nowUs();
    this.#breaker = observed(COMPONENT_BREAKERS.sei_websocket, this.#breaker, 'success', nowUs);
    this.#options.onOutcome('success', 'blocks are told');
  }

  #take(news: HeightNews): void {
    if (typeof news !== 'number') {
      this.#options.onComplaint('nonsense', `subscription: '${news.nonsense}'`);
      return;
    }
    if (this.#failing) this.#works();
    this.#height = news;
    this.#pollLater();
    this.#options.onHeight(news);
  }

  #pollLater(): void {
    this.#cancelPoll();
    if (this.#closed) return;
    this.#cancelPoll = this.#options.timers.after(this.#options.pollAfterMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const height = await this.#options.pollHeight();
    if (this.#closed) return;
    if (height > 0) this.#options.onHeight(height);
    this.#pollLater();
  }
}
