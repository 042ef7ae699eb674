import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';

/** How finely the event loop's delay is sampled. The wait itself is part of what is measured, and is taken off again. */
const LOOP_RESOLUTION_MS = 10;

/** Kinds of reject that are counted apart; a source that invents reasons fills no memory. */
const REJECT_KINDS_MOST = 500;

/** Where further kinds of reject are counted. */
const OTHER_REJECTS = 'other';

/** Quantiles of a latency in microseconds, over the whole session; all zero before the first. */
export interface Latency {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/**
 * What the edge counts: always on, read by whoever looks. Rates come from two readings.
 */
export class EdgeStats {
  /** Inputs taken, by kind. */
  readonly inputs: Record<string, number> = {};
  /** Rejects by `source reason`. */
  readonly rejects: Record<string, number> = {};
  /** Inputs that came after the end, or that the bounded queue of the edge had no room for. */
  refused = 0;
  /** How often the wall clock went back, and how often it jumped ahead. */
  clockBack = 0;
  clockJumps = 0;
  /** Most inputs that ever waited for the one under way. */
  queueMost = 0;
  readonly #book: RecordableHistogram | undefined;
  readonly #late: RecordableHistogram | undefined;
  readonly #decision: RecordableHistogram | undefined;
  readonly #batch: RecordableHistogram | undefined;
  readonly #loop: ReturnType<typeof monitorEventLoopDelay> | undefined;

  /**
   * @param watchesLoop false where time is virtual: then the loop's delay says nothing, and its timer outlives a killed session
   * @param latencies false leaves out all that is measured
   */
  constructor(watchesLoop = true, latencies = true) {
    if (latencies) {
      this.#book = createHistogram();
      this.#late = createHistogram();
      this.#decision = createHistogram();
      this.#batch = createHistogram();
    }
    if (!watchesLoop) return;
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    this.#loop.enable();
  }

  /** From taking in an input of market data to having it in the book, everything that follows included. */
  get bookLatency(): Latency {
    return latencyOf(this.#book);
  }

  /** How late timers fire: what sampling at 200 ms really costs. */
  get timerLateness(): Latency {
    return latencyOf(this.#late);
  }

  /** From the instant of a sample to the approved quote made from it. */
  get decisionLatency(): Latency {
    return latencyOf(this.#decision);
  }

  /** From the instant at which the order stage looked, which is a sample's, over its intent on disk, to the batch handed to the venue. */
  get batchLatency(): Latency {
    return latencyOf(this.#batch);
  }

  /** The delay of the event loop since the session began. */
  get loopDelay(): Latency {
    const loop = this.#loop;
    const us = (ns: number): number => Math.max(0, ns / 1_000 - LOOP_RESOLUTION_MS * 1_000);
    if (loop === undefined || loop.count === 0) return { count: 0, p50Us: 0, p99Us: 0, maxUs: 0 };
    return {
      count: loop.count,
      p50Us: us(loop.percentile(50)),
      p99Us: us(loop.percentile(99)),
      maxUs: us(loop.max),
    };
  }

  /** Counts an input that was taken in and what it took. */
  taken(input: Input, tookUs: number): void {
    this.inputs[input.kind] = (this.inputs[input.kind] ?? 0) + 1;
    if (input.kind === 'bookDelta' || input.kind === 'bookSnapshot') record(this.#book, tookUs);
  }

  /** Counts a reject. @returns the name it is counted under */
  rejected(source: string, reason: string): string {
    let name = `${source} ${reason}`;
    if (this.rejects[name] === undefined && Object.keys(this.rejects).length >= REJECT_KINDS_MOST) name = OTHER_REJECTS;
    this.rejects[name] = (this.rejects[name] ?? 0) + 1;
    return name;
  }

  timerFired(latenessUs: number): void {
    record(this.#late, latenessUs);
  }

  /** Takes the latency of a decision that has one. @param nowUs wall time at which it was made */
  decided(decision: Decision, nowUs: number): void {
    if (decision.kind === 'approved') record(this.#decision, nowUs - decision.timeUs);
  }

  /** A batch is handed to the venue. @param madeUs when it was decided on @param nowUs wall time now */
  sent(madeUs: number, nowUs: number): void {
    record(this.#batch, nowUs - madeUs);
  }

  close(): void {
    this.#loop?.disable();
  }
}

function record(histogram: RecordableHistogram | undefined, us: number): void {
  histogram?.record(Math.max(1, Math.round(us)));
}

function latencyOf(histogram: RecordableHistogram | undefined): Latency {
  if (histogram === undefined || histogram.count === 0) return { count: 0, p50Us: 0, p99Us: 0, maxUs: 0 };
  return {
    count: histogram.count,
    p50Us: histogram.percentile(50),
    p99Us: histogram.percentile(99),
    maxUs: histogram.max,
  };
}
