/** Latency is measured when these bits of the count are zero, one message in 64: a clock reading costs more than most behaviors. */
export const LATENCY_SAMPLE_MASK = 63;

/** How many of the newest latency samples the quantiles are taken over. */
const LATENCY_SAMPLES = 256;

/**
 * The counters of one actor: always on, plain fields, written by the actor and read by whoever looks. Rates come from two
 * readings. Values are only passed on while {@link watch} has a watcher.
 */
export class Probe {
  messagesIn = 0;
  messagesOut = 0;
  dropped = 0;
  failures = 0;
  restarts = 0;
  depth = 0;
  /** The state of the circuit breaker inside, where there is one. */
  breaker: string | undefined = undefined;
  status: 'idle' | 'running' | 'held' | 'backingOff' | 'stopped' | 'failed' = 'idle';
  readonly #samplesUs = new Float64Array(LATENCY_SAMPLES);
  #samples = 0;
  #watchers: ((value: unknown) => void)[] = [];
  watched = false;

  /** Takes in the service time of one message, downstream excluded, in microseconds. */
  sample(latencyUs: number): void {
    this.#samplesUs[this.#samples % LATENCY_SAMPLES] = latencyUs;
    this.#samples += 1;
  }

  /** @returns the p-quantile of the newest latency samples in microseconds; NaN before the first */
  latencyUs(p: number): number {
    const n = Math.min(this.#samples, LATENCY_SAMPLES);
    if (n === 0) return Number.NaN;
    const sorted = this.#samplesUs.slice(0, n).sort();
    return sorted[Math.min(n - 1, Math.floor(p * n))]!;
  }

  /** Sees every output value until the returned function is called. */
  watch(watcher: (value: unknown) => void): () => void {
    this.#watchers = [...this.#watchers, watcher];
    this.watched = true;
    return () => {
      this.#watchers = this.#watchers.filter((one) => one !== watcher);
      this.watched = this.#watchers.length > 0;
    };
  }

  /** Shows a value to the watchers. Called by the actor, only while watched. */
  show(value: unknown): void {
    for (const watcher of this.#watchers) watcher(value);
  }
}
