import { createHistogram } from 'node:perf_hooks';
import type { HorizonPrediction } from '../../streams/predictions/types.ts';
import type { Timers } from '../runtime/timers.ts';
import { answerFault, answerOffset, horizonsOf } from './answers.ts';
import type { FeatureWindow } from './feature_window.ts';
import { type Domain, HORIZONS_MS, WINDOW_LENGTH } from './model_format.ts';
import type { Role } from './registry.ts';
import type { VerifiedModel } from './verify.ts';

const MICROS_PER_MS = 1_000;

/** At the end of a session a model that does not answer is left behind: all orders are cancelled by then. */
const STUCK_MS = 1_000;

/** What came of asking a model. */
export type Answered =
  | {
      readonly kind: 'answered';
      readonly model: string;
      /** One entry a window. */
      readonly horizons: readonly (readonly HorizonPrediction[])[];
    }
  | { readonly kind: 'failed'; readonly why: string }
  /** There was nobody to ask, or it was late and that has been told. */
  | { readonly kind: 'nothing' };

/** How a seat does. Counts are over the whole session, whoever had the seat. */
export interface SeatStatus {
  readonly domain: Domain;
  readonly role: Role;
  /** `binance-trees/1`, or null while nobody has it. */
  readonly model: string | null;
  /** Why it cannot answer any more, or the empty string. */
  readonly ended: string;
  /** Predictions given. */
  readonly predictions: number;
  /** Runs that failed or answered what is no probability. */
  readonly failures: number;
  /** Runs that were answered too late, or not yet. */
  readonly late: number;
  /** Instants that were not asked about, because the model was still busy with the one before. */
  readonly missed: number;
  /** Changes of the model while it was at work. */
  readonly swaps: number;
  /** From features to prediction, milliseconds; null before the first. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Windows that have been handed over, to be answered. Runs once. */
export interface Prepared {
  /** @param onLate is told at once when the answer is late; it is dropped then, whenever it comes */
  run(onLate: (why: string) => void): Promise<Answered>;
}

/** A model while it has the seat, and until it has answered. */
interface Sitter {
  readonly verified: VerifiedModel;
  readonly quantiles: readonly number[];
  /** Settles when no run is under way. */
  running: Promise<unknown> | undefined;
}

/** The place of a domain's champion or challenger, and the model that has it. */
export class Seat {
  readonly #domain: Domain;
  readonly #role: Role;
  readonly #timeoutMs: number;
  readonly #timers: Pick<Timers, 'after' | 'stopwatchUs'>;
  readonly #latency = createHistogram();
  #sitter: Sitter | undefined;
  #predictions = 0;
  #failures = 0;
  #late = 0;
  #missed = 0;
  #swaps = 0;

  constructor(domain: Domain, role: Role, timeoutMs: number, timers: Pick<Timers, 'after' | 'stopwatchUs'>) {
    this.#domain = domain;
    this.#role = role;
    this.#timeoutMs = timeoutMs;
    this.#timers = timers;
  }

  /** Gives the seat to another model, or to none. The former one is released once it has answered. */
  take(verified: VerifiedModel | undefined): void {
    const former = this.#sitter;
    if (former !== undefined) {
      this.#swaps += 1;
      void released(former);
    }
    if (verified === undefined) {
      this.#sitter = undefined;
      return;
    }
    const { quantile } = verified.card.conformal;
    const quantiles = HORIZONS_MS.map((horizonMs) => quantile[`${horizonMs}`]);
    this.#sitter = { verified, quantiles, running: undefined };
  }

  /** Copies the windows to the model, for one run. */
  prepare(windows: readonly FeatureWindow[]): Prepared {
    const sitter = this.#sitter;
    if (sitter === undefined) {
      const why = `${this.#domain} has no champion that may serve`;
      return settledAs(this.#role === 'champion' ? { kind: 'failed', why } : { kind: 'nothing' });
    }
    if (sitter.running !== undefined) {
      this.#missed += 1;
      return settledAs({ kind: 'failed', why: `${sitter.verified.ref} is still busy with the instant before` });
    }
    const startedUs = this.#timers.stopwatchUs();
    const { open } = sitter.verified;
    windows.forEach((window, i) => {
      window.copyTo(open.input, i * WINDOW_LENGTH);
    });
    // Taken from now on: the next instant must not write over these windows while a challenger waits for its turn.
    let done: () => void = () => {};
    sitter.running = new Promise<void>((resolve) => {
      done = resolve;
    });
    return {
      run: async (onLate) => {
        try {
          return await this.#run(sitter, windows.length, startedUs, onLate);
        } finally {
          sitter.running = undefined;
          done();
        }
      },
    };
  }

  status(): SeatStatus {
    const { count } = this.#latency;
    const ms = (p: number) => (count === 0 ? null : this.#latency.percentile(p) / MICROS_PER_MS);
    return {
      domain: this.#domain,
      role: this.#role,
      model: this.#sitter?.verified.ref ?? null,
      ended: this.#sitter?.verified.open.ended ?? '',
      predictions: this.#predictions,
      failures: this.#failures,
      late: this.#late,
      missed: this.#missed,
      swaps: this.#swaps,
      p50Ms: ms(50),
      p99Ms: ms(99),
    };
  }

  /** Releases the model once it has answered, or after a second without an answer. */
  async close(): Promise<void> {
    const sitter = this.#sitter;
    this.#sitter = undefined;
    if (sitter === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STUCK_MS);
    });
    await Promise.race([sitter.running, stuck]);
    clearTimeout(timer);
    await sitter.verified.open.close();
  }

  async #run(
    { verified, quantiles }: Sitter,
    windows: number,
    startedUs: number,
    onLate: (why: string) => void,
  ): Promise<Answered> {
    const { ref, open } = verified;
    let late = false;
    const tooLate = (): void => {
      if (late) return;
      late = true;
      this.#late += 1;
      onLate(`${ref} has not answered within ${this.#timeoutMs} ms`);
    };
    const cancel = this.#timers.after(this.#timeoutMs, tooLate);
    try {
      await open.run(windows);
    } catch (error) {
      this.#failures += 1;
      return late ? { kind: 'nothing' } : { kind: 'failed', why: `${ref}: ${(error as Error).message.slice(0, 200)}` };
    } finally {
      cancel();
    }
    const tookUs = this.#timers.stopwatchUs() - startedUs;
    // When this thread was held up, the answer can come before the timer that should have come first.
    if (tookUs > this.#timeoutMs * MICROS_PER_MS) tooLate();
    if (late) return { kind: 'nothing' };
    for (let i = 0; i < windows; i += 1) {
      const fault = answerFault(open.output, answerOffset(i));
      if (fault === undefined) continue;
      this.#failures += 1;
      return { kind: 'failed', why: `${ref} ${fault}` };
    }
    this.#predictions += windows;
    this.#latency.record(Math.max(1, Math.round(tookUs)));
    const horizons = Array.from({ length: windows }, (_, i) => horizonsOf(open.output, answerOffset(i), quantiles));
    return { kind: 'answered', model: ref, horizons };
  }
}

function settledAs(answered: Answered): Prepared {
  return { run: async () => answered };
}

async function released({ verified, running }: Sitter): Promise<void> {
  await running;
  await verified.open.close();
}
