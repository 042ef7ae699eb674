const MS = 1e6;

/** The field's benchmark: five levels a side, woken every 100 ms, a millisecond to and fro. The peers' scripts have the same as defaults. */
export const GRID = {
  intervalNs: 100 * MS,
  latencyNs: MS,
  levels: 5,
  halfTicks: 2,
  clip: 0.01,
  positionMax: 0.1,
  /** A rebate, as a share of the value. All orders are post-only. */
  makerFee: -0.000_05,
} as const;

/**
 * What each process of the benchmark prints. Times are seconds; `first_wall_s` is of the first run, and `warm_up_s` of all until
 * everything is compiled, the first among them.
 */
export interface Measured {
  readonly engine: string;
  readonly version: string;
  readonly rows: number;
  readonly load_s: number;
  readonly first_wall_s: number;
  readonly warm_up_s: number;
  readonly wall_s: readonly number[];
  readonly cpu_s: readonly number[];
  readonly fills: number;
  readonly position: number;
  readonly pnl: number;
  readonly wakes?: number;
  readonly requests: number;
  readonly rss_mb: number;
  readonly deterministic?: boolean;
}
