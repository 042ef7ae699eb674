import type { Problems } from '../problems.ts';
import type { RowBuffer } from '../rows.ts';
import type { TapeMarket } from '../schema.ts';

/** The formats that `flashmm tape import` reads. */
export const FORMATS = ['recording', 'neutral', 'npz', 'tardis', 'binance', 'lobster'] as const;

/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** What the user says about a source; it wins over what the source says or shows. */
export interface SourceOptions {
  readonly symbol?: string | undefined;
  readonly venue?: string | undefined;
  /** Exact decimals. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
}

/** How far the reading of a source has come, in bytes of its files; both passes count where there are two. */
export interface SourceProgress {
  bytesRead: number;
  bytesTotal: number;
}

/** Rows out of a file of one format. Opening has found out the market; {@link RowSource.rows} is called once. */
export interface RowSource {
  readonly format: Format;
  readonly files: readonly string[];
  readonly market: TapeMarket;
  readonly progress: SourceProgress;
  /**
   * The rows in the order of the file, a buffer at a time: the same one again, valid until the next is asked for.
   *
   * @throws TapeError at the first row that is wrong, unless `problems` repairs
   */
  rows(problems: Problems): AsyncGenerator<RowBuffer>;
}
