import { createHash } from 'node:crypto';

interface Fill {
  readonly side: number;
  readonly tick: number;
  readonly lots: number;
}

/**
 * The hash of a market's fills, over lines `time side tick lots`: nanoseconds since the epoch, 1 or -1, and integers. Fills of one
 * time stand by side, tick and lots, so that it doesn't matter in which order an engine looks through its orders. Holds the
 * fills of one instant, whatever the length of the run.
 */
export class FillsHash {
  /** Fills so far. */
  count = 0;
  /** The first lines, for a reader who wants to see. */
  readonly first: string[] = [];
  readonly #hash = createHash('sha256');
  readonly #originNs: bigint;
  readonly #firstMost: number;
  #timeNs = Number.NaN;
  #fills: Fill[] = [];

  /**
   * @param originS the whole second since the epoch that times count from
   * @param firstMost how many lines to keep
   */
  constructor(originS: number, firstMost = 0) {
    this.#originNs = BigInt(originS) * 1_000_000_000n;
    this.#firstMost = firstMost;
  }

  /** Adds a fill; times must not fall. */
  add(timeNs: number, side: number, tick: number, lots: number): void {
    if (timeNs !== this.#timeNs) this.#flush();
    this.#timeNs = timeNs;
    this.#fills.push({ side, tick, lots });
    this.count += 1;
  }

  /** @returns hexadecimal SHA-256; nothing may be added any more */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex');
  }

  #flush(): void {
    const fills = this.#fills.sort((a, b) => a.side - b.side || a.tick - b.tick || a.lots - b.lots);
    for (const { side, tick, lots } of fills) {
      const line = `${this.#originNs + BigInt(this.#timeNs)} ${side} ${tick} ${lots}`;
      if (this.first.length < this.#firstMost) this.first.push(line);
      this.#hash.update(`${line}\n`);
    }
    this.#fills = [];
  }
}
