import type { Observable } from 'rxjs';
import type { Kernel } from '../../streams/actor/kernel.ts';
import { Port } from '../../streams/actor/port.ts';
import type { Failure } from '../../streams/actor/supervision.ts';
import { MICROS_PER_SECOND } from '../../streams/clock/clock.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { OrderBatch } from '../../streams/orders/types.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { type AccountKeeper, refused } from '../account/keeper.ts';
import { emptyAccount, recoveredOf } from '../account/state.ts';
import { type JournalOptions, JournalWriter, writeSnapshotFile } from '../journal/writer.ts';
import type { CancelReport, Feed, Venue } from '../venue/port.ts';
import type { DigestMark } from './decision_digest.ts';
import { Edge } from './edge.ts';
import type { EdgeStats } from './edge_stats.ts';
import type { Notify } from './notices.ts';
import { Reactor, type ReactorPlan, type ReactorSnapshot } from './reactor.ts';
import { systemTimers, type Timers } from './timers.ts';

/** How long the venue may take to confirm that nothing rests: some blocks. With the closing below, under ten seconds. */
const CANCEL_MS = 7_250;

/** How long the batch that ends a session may wait for the disk: longer than cancels do, and nothing is lost by going on. */
const SEND_MS = 250;

/** How long feeds and venue may take to close once all is cancelled. */
const CLOSE_MS = 1_500;

/** What a session is made of. */
export interface SessionOptions {
  readonly settings: AccountSettings;
  /** Takes the orders, and delivers its own markets' data. */
  readonly venue: Venue;
  /** Market data besides the venue's. */
  readonly feeds?: readonly Feed[];
  readonly seed: number;
  /** Where the journal is kept; without it the session can't be replayed. */
  readonly journal?: Omit<JournalOptions, 'plan' | 'from'>;
  /** Keeps what has to outlive the process; without it every session is the account's first. */
  readonly account?: AccountKeeper | undefined;
  /** Goes on from a snapshot of a session with the same settings. */
  readonly from?: ReactorSnapshot;
  readonly notify: Notify;
  /** Sees every input after it has taken effect, for figures. Must not throw. */
  readonly onInput?: (input: Input) => void;
  /** Told once when the pipeline or the journal has failed; {@link Session.stop} is then to be called, which cancels all. */
  readonly onFatal: (error: unknown) => void;
  /** The machine's, unless this is a simulation. */
  readonly timers?: Timers;
  /** False spares the digest of all decisions, a fifth of a simulation's time. A session with a journal needs it. */
  readonly digests?: boolean;
  /** False spares the measuring of latencies, for a simulation, in which there are none. */
  readonly latencies?: boolean;
}

/** How a session ended. */
export interface StopReport extends CancelReport {
  readonly digest: DigestMark;
  /** What did not go as it should: the venue did not confirm, a feed did not close. Empty when all went well. */
  readonly troubles: readonly string[];
  readonly seconds: number;
}

/**
 * A live session: the reactor behind its edge, with a venue and feeds on one side and the venue's orders on the other.
 */
export class Session {
  readonly edge: Edge;
  readonly kernel: Kernel;
  readonly plan: ReactorPlan;
  readonly journal: JournalWriter | undefined;
  /** Every decision, as it is made. A listener that throws is an unhandled error of the process, not of the pipeline. */
  readonly decisions$: Observable<Decision>;
  readonly #options: SessionOptions;
  readonly #reactor: Reactor;
  readonly #decisions = new Port<Decision>();
  readonly #feedOf = new Map<string, Feed>();
  readonly #timers: Timers;
  /** Made in the turn under way, to be sent at its end. */
  readonly #outbox: OrderBatch[] = [];
  /** Resolves when the newest batch has been handed to the venue, or will not be. */
  #sending: Promise<void> = Promise.resolve();
  #failure: unknown;
  #stopping: Promise<StopReport> | undefined;

  /** @throws Error when the settings make no pipeline, or the journal's folder cannot be written */
  constructor(options: SessionOptions) {
    const { settings, seed, from, notify, venue, feeds = [] } = options;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers();
    const { nowUs, stopwatchUs, after } = this.#timers;
    this.plan = { settings, seed, startUs: from?.timeUs ?? nowUs() };
    this.decisions$ = this.#decisions.observable;
    for (const feed of [...feeds, venue]) for (const { symbol } of feed.markets) this.#feedOf.set(symbol, feed);
    this.#reactor = new Reactor(
      this.plan,
      {
        onDecision: (decision) => this.#decided(decision),
        onFailure: (failure) => tellFailure(notify, failure),
        stopwatchUs,
        digests: options.digests ?? true,
      },
      from,
    );
    this.kernel = this.#reactor.kernel;
    this.journal = options.journal && new JournalWriter({ ...options.journal, plan: this.plan, from });
    this.edge = new Edge(this.#reactor, {
      wallNowUs: nowUs,
      setTimer: (work, delayMs) => after(delayMs, work),
      watchesLoop: options.timers === undefined,
      latencies: options.latencies ?? true,
      notify,
      journal: this.journal,
      onInput: (input) => this.#turnEnded(input),
      onFatal: (error) => this.#failed(error),
    });
  }

  get stats(): EdgeStats {
    return this.edge.stats;
  }

  get digest(): DigestMark {
    return this.#reactor.digest.mark();
  }

  /**
   * Opens venue and feeds, and begins with what is known of the account: nothing is quoted before that agrees with the chain.
   *
   * @throws Error when one of them can never work as configured; everything is closed again then
   */
  async start(): Promise<void> {
    this.edge.start();
    const { account, from } = this.#options;
    if (account !== undefined) account.begin(this.edge);
    else if (from === undefined) this.edge.accept(recoveredOf(emptyAccount()));
    try {
      await Promise.all(this.#all().map((feed) => feed.open(this.edge)));
    } catch (error) {
      await this.#within(CLOSE_MS, Promise.allSettled(this.#all().map((feed) => feed.close())));
      await this.#end(`did not start: ${messageOf(error)}`);
      throw error;
    }
  }

  /**
   * Stops quoting, cancels everything, waits until the venue confirms, and closes; within ten seconds whatever happens. A
   * second call gets the first one's report.
   *
   * @param by who asked: `sigint`, `api` …
   */
  stop(by: string): Promise<StopReport> {
    this.#stopping ??= this.#stop(by);
    return this.#stopping;
  }

  /** Writes the state to a file of its own. @returns false while something waits inside: try again a moment later */
  saveSnapshot(path: string, flashmm: string): boolean {
    const snapshot = this.edge.snapshot();
    if (snapshot === undefined) return false;
    const session = this.#options.journal?.session ?? '';
    writeSnapshotFile(path, snapshot, { session, flashmm, plan: this.plan });
    return true;
  }

  async #stop(by: string): Promise<StopReport> {
    const startedUs = this.#timers.stopwatchUs();
    const troubles: string[] = this.#failure === undefined ? [] : [messageOf(this.#failure)];
    const { venue } = this.#options;
    this.edge.accept({ kind: 'command', seq: 0, timeUs: 0, command: 'shutdown', by });
    // The pipeline's own cancels first, so that the venue does not send them a second time.
    await this.#within(SEND_MS, this.#sending);
    const cancelled = await this.#within(
      CANCEL_MS + 500,
      attempt(() => venue.cancelAll(CANCEL_MS)),
    );
    if (cancelled === undefined) troubles.push(`${venue.name}: did not answer whether all orders are cancelled`);
    else if (cancelled instanceof Error) troubles.push(`${venue.name}: cancelling all failed: ${cancelled.message}`);
    const closings = this.#all().map(async (feed) => {
      const closed = await this.#within(
        CLOSE_MS,
        attempt(() => feed.close()),
      );
      if (closed instanceof Error) troubles.push(`${feed.name}: closing failed: ${closed.message}`);
    });
    await Promise.all(closings);
    troubles.push(...(await this.#end(this.#failure === undefined ? `stopped by ${by}` : messageOf(this.#failure))));
    // Unknown is told as something: the caller must not believe that nothing rests.
    const report = cancelled === undefined || cancelled instanceof Error ? { cancelled: 0, remaining: 1 } : cancelled;
    const seconds = (this.#timers.stopwatchUs() - startedUs) / MICROS_PER_SECOND;
    return { ...report, digest: this.digest, troubles, seconds };
  }

  async #end(reason: string): Promise<string[]> {
    this.edge.close();
    const troubles: string[] = [];
    const closed = await this.#within(
      CLOSE_MS,
      attempt(() => this.#options.account?.close() ?? Promise.resolve(undefined)),
    );
    if (closed instanceof Error) troubles.push(closed.message);
    else if (closed !== undefined) troubles.push(closed);
    try {
      this.journal?.close(this.digest, reason);
    } catch (error) {
      troubles.push(`journal: ${messageOf(error)}`);
    }
    return troubles;
  }

  #decided(decision: Decision): void {
    this.stats.decided(decision, this.#timers.nowUs());
    this.#options.account?.decision(decision);
    if (decision.kind === 'orderBatch') this.#outbox.push(decision);
    else if (decision.kind === 'resync') this.#feedOf.get(decision.market)?.resync?.(decision.market);
    this.#decisions.next(decision);
  }

  /** What a turn decided is written down before any of it is sent. */
  #turnEnded(input: Input): void {
    const { account, onInput } = this.#options;
    account?.turnEnded(input);
    if (this.#outbox.length > 0) this.#empty(account);
    onInput?.(input);
  }

  #empty(account: AccountKeeper | undefined): void {
    for (const batch of this.#outbox.splice(0)) {
      if (account === undefined) this.#submit(batch);
      else this.#sending = this.#send(account, batch);
    }
  }

  async #send(account: AccountKeeper, batch: OrderBatch): Promise<void> {
    const failed = await attempt(() => account.intended(batch));
    // Once the end has begun the venue cancels everything, and must not be given anything new behind its back.
    const late = this.#stopping !== undefined && batch.places.length > 0;
    if (failed instanceof Error) this.edge.accept(refused(batch.batchId, 'store', failed.message));
    else if (late) this.edge.accept(refused(batch.batchId, 'flashmm', 'the session is stopping'));
    else {
      const broken = await attempt(async () => this.#submit(batch));
      if (broken instanceof Error) this.#failed(broken);
    }
  }

  #submit(batch: OrderBatch): void {
    this.stats.sent(batch.timeUs, this.#timers.nowUs());
    this.#options.venue.submit(batch);
  }

  #failed(error: unknown): void {
    this.#failure = error;
    this.#options.notify('error', messageOf(error));
    this.#options.onFatal(error);
  }

  /** What `work` resolves to, or undefined when it takes longer. */
  async #within<T>(deadlineMs: number, work: Promise<T>): Promise<T | undefined> {
    let cancel = (): void => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#timers.after(deadlineMs, () => resolve(undefined));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }

  #all(): readonly Feed[] {
    const { venue, feeds = [] } = this.#options;
    return [venue, ...feeds];
  }
}

function tellFailure(notify: Notify, { actor, error, decision, timeUs }: Failure): void {
  notify(
    decision === 'escalate' || decision === 'stop' ? 'error' : 'warn',
    `actor ${actor} failed: ${messageOf(error)}`,
    {
      decision,
      timeUs,
    },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What `work` resolves to, or the error it fails with. */
async function attempt<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
