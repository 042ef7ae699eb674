import { Kernel, type KernelOptions, type KernelSnapshot } from '../../streams/actor/kernel.ts';
import { Port } from '../../streams/actor/port.ts';
import { HeapClock } from '../../streams/clock/heap_clock.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Given } from '../../streams/inputs.ts';
import { pipeline } from '../../streams/pipeline.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { DecisionDigest, type DigestMark } from './decision_digest.ts';
import { type RandomState, randomFrom, seededRandom } from './random.ts';

/** All that the decisions depend on besides the inputs: what a journal's header holds. */
export interface ReactorPlan {
  readonly settings: AccountSettings;
  /** Seed of the kernel's chance. */
  readonly seed: number;
  /** Where the clock stands before the first input, integer microseconds since the epoch. */
  readonly startUs: number;
}

/** A reactor between two inputs, as JSON-safe data; take its text before the next input, which may change it. */
export interface ReactorSnapshot {
  /** Number and time of the last input taken. */
  readonly seq: number;
  readonly timeUs: number;
  readonly digest: DigestMark;
  readonly random: RandomState;
  readonly kernel: KernelSnapshot;
}

/** What is looked at from outside; nothing of it changes a decision. */
export interface ReactorWatch {
  /** Sees every decision, in order. What it throws fails the reactor. */
  readonly onDecision?: (decision: Decision) => void;
  readonly onFailure?: KernelOptions['onFailure'];
  readonly stopwatchUs?: () => number;
  /** False leaves decisions out of the digest, which then stays where it began: for runs that are compared otherwise. */
  readonly digests?: boolean;
}

/** The pipeline can't go on: an actor escalated, a decision is none, or a bound that should never be reached was. */
export class PipelineFailedError extends Error {
  override readonly name = 'PipelineFailedError';

  constructor(cause: unknown) {
    super(`the pipeline failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Clock, kernel and pipeline as one thing that takes stamped inputs and gives decisions: the same in a live session, in a
 * replay and in a backtest, so that what they decide is the same too.
 */
export class Reactor {
  readonly clock: HeapClock;
  readonly kernel: Kernel;
  readonly digest: DecisionDigest;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #inputs = new Port<Given>();
  readonly #onDecision: ((decision: Decision) => void) | undefined;
  readonly #digests: boolean;
  #seq: number;
  #failure: PipelineFailedError | undefined;

  /**
   * @param from goes on from there instead of from the beginning
   * @throws RangeError when the settings make no pipeline
   */
  constructor(plan: ReactorPlan, watch: ReactorWatch = {}, from?: ReactorSnapshot) {
    this.#random = from === undefined ? seededRandom(plan.seed) : randomFrom(from.random);
    this.#seq = from?.seq ?? 0;
    this.#onDecision = watch.onDecision;
    this.#digests = watch.digests ?? true;
    this.digest = new DecisionDigest(from?.digest);
    this.clock = new HeapClock(from?.timeUs ?? plan.startUs);
    this.kernel = new Kernel({
      clock: this.clock,
      random: this.#random,
      ...(watch.onFailure && { onFailure: watch.onFailure }),
      ...(watch.stopwatchUs && { stopwatchUs: watch.stopwatchUs }),
      ...(from && { snapshot: from.kernel }),
    });
    pipeline(this.kernel, this.#inputs.observable, plan.settings).subscribe({
      next: (decision) => this.#decided(decision),
      error: (error) => this.#failed(error),
      complete: () => this.#failed(new Error('it ended although inputs were to come')),
    });
  }

  /** Number and time of the last input taken. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * Fires every timer due at or before the input's time, then delivers it. A `tick` only moves the clock, and so does a
   * `reject`, which is for the counters.
   *
   * @throws PipelineFailedError now and ever after, once the pipeline has failed
   */
  take(input: Given): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#seq = input.seq;
    try {
      this.clock.advanceTo(input.timeUs);
      if (input.kind !== 'tick' && input.kind !== 'reject') this.#inputs.next(input);
    } catch (error) {
      this.#failed(error);
    }
    // Set by the pipeline's subscription meanwhile, which the compiler cannot see.
    const failure = this.#failure as PipelineFailedError | undefined;
    if (failure !== undefined) throw failure;
  }

  /** @returns undefined while something waits inside: try again after the next input */
  snapshot(): ReactorSnapshot | undefined {
    const kernel = this.#failure === undefined ? this.kernel.snapshot() : undefined;
    if (kernel === undefined) return undefined;
    return {
      seq: this.#seq,
      timeUs: this.clock.nowUs(),
      digest: this.digest.mark(),
      random: this.#random.state(),
      kernel,
    };
  }

  // Caught here, because RxJS throws what a subscriber throws into a later macrotask.
  #decided(decision: Decision): void {
    if (this.#failure !== undefined) return;
    try {
      if (this.#digests) this.digest.add(decision);
      this.#onDecision?.(decision);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#failure ??= new PipelineFailedError(error);
  }
}
