/** The exchange's messages as far as the server has to understand them. */
interface DepthUpdate {
  readonly U: number;
  readonly u: number;
  readonly pu?: number;
  readonly b: readonly [string, string][];
  readonly a: readonly [string, string][];
}

/** A REST depth snapshot as the exchange writes it. */
export interface DepthSnapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly [string, string][];
  readonly asks: readonly [string, string][];
  readonly [extra: string]: unknown;
}

/**
 * The exchange's side of a recorded book: begins with the recorded snapshot, follows the recorded updates, and answers a
 * snapshot request at any moment. Prices and sizes stay the exchange's own strings.
 */
export class ExchangeBook {
  #lastUpdateId: number;
  readonly #extra: Readonly<Record<string, unknown>>;
  readonly #bids: Map<string, string>;
  readonly #asks: Map<string, string>;

  constructor(snapshot: DepthSnapshot) {
    const { lastUpdateId, bids, asks, ...extra } = snapshot;
    this.#lastUpdateId = lastUpdateId;
    this.#extra = extra;
    this.#bids = new Map(bids);
    this.#asks = new Map(asks);
  }

  /** Follows one update; one that is older than the book is ignored. */
  apply(update: DepthUpdate): void {
    if (update.u <= this.#lastUpdateId) return;
    for (const [price, size] of update.b) set(this.#bids, price, size);
    for (const [price, size] of update.a) set(this.#asks, price, size);
    this.#lastUpdateId = update.u;
  }

  /** The best `limit` levels of each side, best first. */
  snapshot(limit: number): DepthSnapshot {
    const side = (levels: Map<string, string>, sign: number): [string, string][] =>
      [...levels].sort(([a], [b]) => sign * (Number(a) - Number(b))).slice(0, limit);
    return { lastUpdateId: this.#lastUpdateId, ...this.#extra, bids: side(this.#bids, -1), asks: side(this.#asks, 1) };
  }
}

function set(levels: Map<string, string>, price: string, size: string): void {
  if (Number(size) === 0) levels.delete(price);
  else levels.set(price, size);
}
