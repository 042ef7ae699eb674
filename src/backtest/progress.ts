/** Width of the bar in characters. */
const WIDTH = 30;

/** A bar on a terminal that is rewritten a few times a second; on anything else it shows nothing. */
export class ProgressBar {
  readonly #out: NodeJS.WriteStream;
  readonly #total: number;
  readonly #startedMs = performance.now();
  #shownMs = 0;

  constructor(out: NodeJS.WriteStream, total: number) {
    this.#out = out;
    this.#total = Math.max(1, total);
  }

  /** @param done out of the total */
  show(done: number, text: string): void {
    const nowMs = performance.now();
    if (!this.#out.isTTY || nowMs - this.#shownMs < 100) return;
    this.#shownMs = nowMs;
    const share = Math.min(1, done / this.#total);
    const filled = Math.round(share * WIDTH);
    const leftS = share > 0.02 ? (((nowMs - this.#startedMs) / share) * (1 - share)) / 1_000 : undefined;
    const left = leftS === undefined ? '' : `, ${leftS.toFixed(0)} s left`;
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.#out.write(`\r\x1b[K${bar} ${(share * 100).toFixed(0).padStart(3)} %  ${text}${left}`);
  }

  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K');
  }
}
