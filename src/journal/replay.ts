import { setImmediate } from 'node:timers/promises';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import { canonicalText, DIGEST_START, type DigestMark } from '../runtime/decision_digest.ts';
import { PipelineFailedError, Reactor, type ReactorSnapshot } from '../runtime/reactor.ts';
import { JournalReader, type TornTail } from './reader.ts';
import type { JournalHeader, JournalRecord } from './records.ts';

/** Inputs replayed between two looks at the event loop, so that a signal is heard. */
const INPUTS_AT_ONCE = 2_000;

/** Decisions of one input that are kept to be shown should they differ. */
const SHOWN_MOST = 100;

/** Where a replay and the live session part. */
export interface Difference {
  /** The input after which they differ, and its time, integer microseconds since the epoch. */
  readonly seq: number;
  readonly timeUs: number;
  /** Number of the first decision that differs is above this. */
  readonly afterDecision: number;
  readonly live: DigestMark;
  readonly replayed: DigestMark;
  /** What the replay decided there. */
  readonly decisions: readonly Decision[];
}

/** Outcome of a replay. */
export interface ReplayReport {
  readonly header: JournalHeader;
  /** Number of the snapshot it began at, counted from 1; 0 for the beginning of the session. */
  readonly fromSnapshot: number;
  /** Snapshots in the journal, and how many of those passed by were compared with the replay's own state. */
  readonly snapshots: number;
  readonly snapshotsCompared: number;
  /** Numbers of the snapshots whose state was not the replay's: another build's, if the decisions are equal all the same. */
  readonly snapshotsDifferent: readonly number[];
  readonly inputs: number;
  /** Where the replay began and where it was last compared. Equal hashes mean equal decisions, byte for byte. */
  readonly start: DigestMark;
  readonly live: DigestMark;
  readonly replayed: DigestMark;
  readonly equal: boolean;
  readonly difference: Difference | undefined;
  /** What ended the session; undefined when the journal breaks off. */
  readonly closed: string | undefined;
  /** Why the pipeline failed in the replay, as it must have in the session. */
  readonly failure: string | undefined;
  readonly torn: TornTail | undefined;
  /** First and last input, integer microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly seconds: number;
}

/** How a replay is run. */
export interface ReplayOptions {
  /** Begin at the n-th snapshot, counted from 1, instead of the beginning. */
  readonly fromSnapshot?: number | undefined;
  /** Ends before the first input of this time or later, integer microseconds since the epoch. */
  readonly untilUs?: number | undefined;
  readonly signal?: AbortSignal;
  /** Sees where the replay begins, every decision, and every input after it took effect. What it throws ends the replay. */
  readonly watch?: ReplayWatch | undefined;
}

/** Somebody who looks on while a journal is replayed. */
export interface ReplayWatch {
  began(header: JournalHeader, fromSnapshot: number): void;
  decided(decision: Decision): void;
  took(input: Input): void;
}

/**
 * Builds the pipeline of a journal again, gives it the same inputs as fast as it goes, and compares the digest of its
 * decisions with the session's wherever that was noted. Stops at the first difference.
 *
 * @throws JournalCorruptError, or RangeError when there is no such snapshot
 */
export async function replay(path: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  const startedMs = performance.now();
  const reader = new JournalReader(path);
  const run = new ReplayRun(options);
  let sinceYield = 0;
  for (const record of reader.records()) {
    if (!run.take(record)) break;
    sinceYield += 1;
    if (sinceYield < INPUTS_AT_ONCE) continue;
    sinceYield = 0;
    await setImmediate();
    options.signal?.throwIfAborted();
  }
  return run.report(reader.torn, (performance.now() - startedMs) / 1_000);
}

class ReplayRun {
  readonly #fromSnapshot: number | undefined;
  readonly #untilUs: number;
  readonly #watch: ReplayWatch | undefined;
  #header: JournalHeader | undefined;
  #reactor: Reactor | undefined;
  #beganAt = 0;
  #start = DIGEST_START;
  #live = DIGEST_START;
  #replayed = DIGEST_START;
  #decisions: Decision[] = [];
  #difference: Difference | undefined;
  #snapshots = 0;
  #compared = 0;
  readonly #different: number[] = [];
  #inputs = 0;
  #firstUs = 0;
  #lastUs = 0;
  #closed: string | undefined;
  #failure: string | undefined;

  constructor({ fromSnapshot, untilUs = Number.POSITIVE_INFINITY, watch }: ReplayOptions) {
    this.#fromSnapshot = fromSnapshot;
    this.#untilUs = untilUs;
    this.#watch = watch;
  }

  /** @returns whether to go on */
  take(record: JournalRecord): boolean {
    switch (record.kind) {
      case 'header':
        this.#header ??= record.header;
        return true;
      case 'snapshot':
        this.#snapshot(record.snapshot);
        return true;
      case 'input':
        if (record.input.timeUs >= this.#untilUs) return false;
        if (this.#reactor === undefined && this.#fromSnapshot === undefined) this.#begin();
        if (this.#reactor === undefined) return true;
        if (this.#inputs === 0) this.#firstUs = record.input.timeUs;
        this.#inputs += 1;
        this.#lastUs = record.input.timeUs;
        return this.#input(this.#reactor, record.input);
      case 'mark':
        return this.#compare(record.mark);
      case 'close':
        this.#closed = record.close.reason;
        return this.#compare(record.close.mark);
    }
  }

  report(torn: TornTail | undefined, seconds: number): ReplayReport {
    const header = this.#header;
    if (header === undefined) throw new RangeError('the journal breaks off before its header');
    if (this.#fromSnapshot !== undefined && this.#beganAt === 0) {
      throw new RangeError(`there is no snapshot ${this.#fromSnapshot}: the journal holds ${this.#snapshots}`);
    }
    return {
      header,
      fromSnapshot: this.#beganAt,
      snapshots: this.#snapshots,
      snapshotsCompared: this.#compared,
      snapshotsDifferent: this.#different,
      inputs: this.#inputs,
      start: this.#start,
      live: this.#live,
      replayed: this.#replayed,
      equal: this.#difference === undefined,
      difference: this.#difference,
      closed: this.#closed,
      failure: this.#failure,
      torn,
      firstUs: this.#firstUs,
      lastUs: this.#lastUs,
      seconds,
    };
  }

  #begin(from?: ReactorSnapshot): void {
    const onDecision = (decision: Decision): void => {
      if (this.#decisions.length < SHOWN_MOST) this.#decisions.push(decision);
      this.#watch?.decided(decision);
    };
    this.#reactor = new Reactor(this.#header!.plan, { onDecision }, from);
    this.#beganAt = from === undefined ? 0 : this.#snapshots;
    this.#watch?.began(this.#header!, this.#beganAt);
    this.#start = this.#reactor.digest.mark();
    this.#live = this.#start;
    this.#replayed = this.#start;
  }

  #snapshot(snapshot: ReactorSnapshot): void {
    this.#snapshots += 1;
    if (this.#reactor === undefined) {
      // A journal that begins with a snapshot goes on from a session, or its older segments were rotated away.
      if ((this.#fromSnapshot ?? this.#snapshots) === this.#snapshots) this.#begin(snapshot);
      return;
    }
    this.#compared += 1;
    if (canonicalText(this.#reactor.snapshot()) !== canonicalText(snapshot)) this.#different.push(this.#snapshots);
  }

  #input(reactor: Reactor, input: Input): boolean {
    try {
      reactor.take(input);
      this.#watch?.took(input);
      return true;
    } catch (error) {
      if (!(error instanceof PipelineFailedError)) throw error;
      this.#failure = error.message;
      return true; // The session failed here, too: its closing frame says where it stood.
    }
  }

  #compare(live: DigestMark): boolean {
    const reactor = this.#reactor;
    if (reactor === undefined) return true;
    const replayed = reactor.digest.mark();
    const same = live.hash === replayed.hash && live.decisions === replayed.decisions;
    if (!same) {
      this.#difference = {
        seq: reactor.seq,
        timeUs: this.#lastUs,
        afterDecision: this.#replayed.decisions,
        live,
        replayed,
        decisions: this.#decisions,
      };
    }
    this.#live = live;
    this.#replayed = replayed;
    this.#decisions = [];
    return same;
  }
}
