import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FEATURES } from '../../streams/features/list.ts';
import { isMarketInput } from '../../streams/inputs.ts';
import type { LabelRule } from '../../streams/labels/labeller.ts';
import type { Market } from '../../streams/market/types.ts';
import { featuresHash } from '../inference/features_hash.ts';
import { DatasetError } from './dataset_error.ts';
import { type DatasetRow, DatasetRows } from './rows.ts';
import { type DatasetMetadata, type Domain, HORIZONS_MS } from './schema.ts';
import { SentimentFile } from './sentiment.ts';
import type { DatasetSource, SourceProgress } from './source.ts';
import { DatasetWriter } from './writer.ts';

/** How datasets are made. */
export interface MakeOptions {
  /** Folder for the files, made if it is not there. */
  readonly out: string;
  /** Distance of rows, milliseconds. */
  readonly everyMs: number;
  readonly thresholdBps: number;
  readonly smoothingMs: number;
  readonly staleAfterMs: number;
  /** A CSV file of values by time, see {@link SentimentFile}. */
  readonly sentiment?: string | undefined;
  /** Leaves out other markets. */
  readonly market?: string | undefined;
  /** Replaces files that are there. */
  readonly force?: boolean | undefined;
  /** Version of the program. */
  readonly flashmm: string;
  /** Called every few thousand inputs; throws to stop. */
  readonly onProgress?: (progress: SourceProgress) => void;
}

/** Rows of a horizon by class. */
export interface ClassCounts {
  readonly horizonMs: number;
  bearish: number;
  neutral: number;
  bullish: number;
  unknown: number;
}

/** A dataset that was made. */
export interface DatasetSummary {
  readonly path: string;
  readonly market: string;
  readonly venue: string;
  readonly domain: Domain;
  readonly source: string;
  readonly rows: number;
  readonly bytes: number;
  readonly segments: number;
  readonly warmRows: number;
  /** Of the first and the last row, integer microseconds since the epoch; 0 without rows. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly classes: readonly ClassCounts[];
}

/** Inputs between two reports of progress. */
const LOOK_EVERY = 4_096;

/**
 * Makes a dataset of each market of a source. Memory is bounded whatever its length, the same source and options give the
 * same bytes, and work that is broken off leaves no file behind.
 *
 * @throws DatasetError or TapeError naming the file and what is wrong
 */
export async function makeDatasets(source: DatasetSource, options: MakeOptions): Promise<readonly DatasetSummary[]> {
  const markets = source.markets.filter(({ symbol }) => options.market === undefined || symbol === options.market);
  try {
    mkdirSync(options.out, { recursive: true });
  } catch (error) {
    throw new DatasetError(`${options.out}: cannot be made: ${(error as Error).message}`);
  }
  const made = new Map<string, OneDataset>();
  try {
    for (const market of markets) made.set(market.symbol, new OneDataset(source, market, options));
    let inputs = 0;
    await source.read({
      input: (input) => {
        if (isMarketInput(input)) made.get(input.market)?.rows.take(input);
        inputs += 1;
        if (inputs % LOOK_EVERY === 0) options.onProgress?.(source.progress);
      },
      own: (market, orders) => made.get(market)?.rows.own(orders),
    });
    return [...made.values()].map((one) => one.finish());
  } catch (error) {
    for (const one of made.values()) one.abandon();
    throw error;
  }
}

/** One market on its way into its file. */
class OneDataset {
  readonly rows: DatasetRows;
  readonly #writer: DatasetWriter;
  readonly #metadata: DatasetMetadata;
  readonly #sentiment: SentimentFile | undefined;
  readonly #classes: ClassCounts[];
  #segments = 0;
  #warmRows = 0;
  #fromUs = 0;
  #toUs = 0;
  #closed = false;

  constructor(source: DatasetSource, market: Market, options: MakeOptions) {
    const { everyMs, thresholdBps, smoothingMs, staleAfterMs } = options;
    const name =
      source.markets.length > 1 || source.name.startsWith('devnet') ? `${source.name}_${market.symbol}` : source.name;
    const path = join(options.out, `${name}.arrow`);
    if (existsSync(path) && options.force !== true)
      throw new DatasetError(`${path}: is there already; --force replaces it`);
    const rule: LabelRule = { horizonsMs: HORIZONS_MS, thresholdBps, smoothingMs };
    this.#sentiment = options.sentiment === undefined ? undefined : new SentimentFile(options.sentiment);
    this.#classes = HORIZONS_MS.map((horizonMs) => ({ horizonMs, bearish: 0, neutral: 0, bullish: 0, unknown: 0 }));
    this.rows = new DatasetRows(market, { everyMs, rule, staleAfterMs, sentiment: this.#sentiment }, (row) =>
      this.#row(row),
    );
    this.#metadata = {
      featuresHash: featuresHash(),
      featureNames: FEATURES.map((feature) => feature.name),
      featureMirror: FEATURES.map(({ mirror }) => mirror),
      market: market.symbol,
      venue: market.venue,
      domain: domainOf(market),
      ...{ everyMs, thresholdBps, smoothingMs },
      source: source.origin,
      sourceSha256: source.sha256,
      flashmm: options.flashmm,
    };
    this.#writer = new DatasetWriter(path, this.#metadata);
  }

  finish(): DatasetSummary {
    this.rows.finish();
    this.#writer.close();
    this.#closed = true;
    this.#sentiment?.close();
    const { market, venue, domain, source } = this.#metadata;
    const { path, rows, bytes } = this.#writer;
    const span = { warmRows: this.#warmRows, fromUs: this.#fromUs, toUs: this.#toUs };
    return {
      path,
      market,
      venue,
      domain,
      source,
      rows,
      bytes,
      segments: this.#segments,
      ...span,
      classes: this.#classes,
    };
  }

  abandon(): void {
    if (this.#closed) return;
    this.#writer.abandon();
    this.#sentiment?.close();
  }

  #row(row: DatasetRow): void {
    this.#writer.push(row);
    if (this.#writer.rows === 1) this.#fromUs = row.timeUs;
    this.#toUs = row.timeUs;
    this.#segments = row.segment + 1;
    if (row.warm) this.#warmRows += 1;
    for (const [i, counts] of this.#classes.entries()) {
      const label = row.label.classes[i]!;
      if (label < 0) counts.unknown += 1;
      else if (label === 0) counts.bearish += 1;
      else if (label === 1) counts.neutral += 1;
      else counts.bullish += 1;
    }
  }
}

/** Which models a market's data are for. */
export function domainOf({ venue }: Market): Domain {
  return venue === 'sei' ? 'sei' : 'binance';
}
