import { statSync } from 'node:fs';
import { marketOf } from '../markets.ts';
import { Problems } from '../problems.ts';
import type { RowBuffer } from '../rows.ts';
import { type TapeMarket, tapeScales } from '../schema.ts';
import { TapeError } from '../tape_error.ts';
import { type Detected, detect } from './detect.ts';
import { isLobster } from './lobster.ts';
import { readNpz } from './npz.ts';
import { RecordingSource } from './recording.ts';
import type { MakerTask, Survey } from './row_maker.ts';
import type { Format, RowSource, SourceOptions, SourceProgress } from './row_source.ts';
import { StepSurvey } from './step_survey.ts';
import { readText } from './text_format.ts';

/** The sources of one tape, and the market that all of them are of. */
export interface Sources {
  readonly market: TapeMarket;
  readonly sources: readonly RowSource[];
}

/** How sources are opened. */
export interface OpenSourcesOptions extends SourceOptions {
  readonly from?: Format | undefined;
  readonly repair: boolean;
  /** Called now and then during the first pass. */
  readonly onProgress?: (progress: SourceProgress) => void;
}

/** A file whose market and scales are found out by a first pass. */
interface SurveyedFile {
  readonly file: string;
  readonly format: Format;
  readonly read: (problems: Problems, task: MakerTask, progress: SourceProgress) => AsyncGenerator<RowBuffer>;
}

/**
 * Finds out what the files are and whose market, and opens them. Recordings are parts of one; other files are merged by time.
 *
 * @throws TapeError when a file is of no known format, or files of one tape are of different markets
 */
export async function openSources(files: readonly string[], options: OpenSourcesOptions): Promise<Sources> {
  // LOBSTER's order books are read beside their messages.
  const named = files.filter((file) => !(isLobster(file) && file.includes('_orderbook_')));
  if (named.length === 0) {
    throw new TapeError(
      files[0]!,
      'an order book of LOBSTER: name the message file beside it, which tells what changed it',
    );
  }
  const detected = await Promise.all(named.map((file) => detect(file, options.from)));
  const formats = new Set(detected.map(({ format }) => format));
  if (formats.size !== 1) {
    const list = detected.map(({ file, format }) => `${file} is ${format}`).join(', ');
    throw new TapeError(files[0]!, `files of several formats or of none (${list}): one tape is made of one format`);
  }
  if (!formats.has('recording')) return openSurveyed(detected.map(surveyed), options);
  const source = await RecordingSource.open(files);
  return { market: source.market, sources: [source] };
}

function surveyed(one: Detected): SurveyedFile {
  const { file, format } = one;
  if (!('layout' in one)) return { file, format, read: (...how) => readNpz(file, ...how) };
  return { file, format, read: (...how) => readText(file, one.layout(), ...how) };
}

async function openSurveyed(files: readonly SurveyedFile[], options: OpenSourcesOptions): Promise<Sources> {
  const survey: Survey = { price: new StepSurvey(), size: new StepSurvey() };
  const bytesTotal = files.reduce((sum, { file }) => sum + statSync(file).size, 0);
  const progress: SourceProgress = { bytesRead: 0, bytesTotal: 2 * bytesTotal };
  const stepsGiven = options.tickSize !== undefined && options.lotSize !== undefined;
  for (const { read } of files) {
    // What is wrong is told in the second pass, with its row; the first goes on to the end of what can be read.
    for await (const _none of read(new Problems(true), { survey }, progress)) {
      options.onProgress?.(progress);
      // Then only the symbol is wanted, and that stands in the first rows.
      if (stepsGiven) break;
    }
  }
  const market = checkedMarket(files[0]!.file, survey, options);
  const sources = files.map(({ file, format, read }) => ({
    format,
    files: [file],
    market,
    progress,
    rows: (problems: Problems) => read(problems, { scales: tapeScales(market), symbol: survey.symbol }, progress),
  }));
  return { market, sources };
}

function checkedMarket(file: string, survey: Survey, options: SourceOptions): TapeMarket {
  try {
    return marketOf(survey, options);
  } catch (error) {
    throw new TapeError(file, (error as Error).message);
  }
}
