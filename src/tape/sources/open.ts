import { statSync } from 'node:fs';
import { scalesOf } from '../../../streams/market/units.ts';
import { marketOf } from '../markets.ts';
import { Problems } from '../problems.ts';
import type { TapeMarket } from '../schema.ts';
import { TapeError } from '../tape_error.ts';
import { type Detected, detect } from './detect.ts';
import { RecordingSource } from './recording.ts';
import type { Survey } from './row_maker.ts';
import type { Format, RowSource, SourceOptions, SourceProgress } from './row_source.ts';
import { StepSurvey } from './step_survey.ts';
import { readText, type TextLayout } from './text_format.ts';

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

/** A source of comma-separated rows: its market and scales are known from a first pass. */
interface TextFile {
  readonly file: string;
  readonly format: Format;
  readonly layout: () => TextLayout;
}

/**
 * Finds out what the files are and whose market, and opens them. Recordings are parts of one; other files are merged by time.
 *
 * @throws TapeError when a file is of no known format, or files of one tape are of different markets
 */
export async function openSources(files: readonly string[], options: OpenSourcesOptions): Promise<Sources> {
  const detected = await Promise.all(files.map((file) => detect(file, options.from)));
  const formats = new Set(detected.map(({ format }) => format));
  if (formats.size > 1) {
    const list = detected.map(({ file, format }) => `${file} is ${format}`).join(', ');
    throw new TapeError(files[0]!, `files of several formats (${list}): one tape is made of one`);
  }
  if (formats.has('recording')) {
    const source = await RecordingSource.open(files);
    return { market: source.market, sources: [source] };
  }
  return openTexts(detected.filter(isText), options);
}

const isText = (one: Detected): one is Detected & TextFile => 'layout' in one;

async function openTexts(files: readonly TextFile[], options: OpenSourcesOptions): Promise<Sources> {
  const survey: Survey = { price: new StepSurvey(), size: new StepSurvey() };
  const bytesTotal = files.reduce((sum, { file }) => sum + statSync(file).size, 0);
  const progress: SourceProgress = { bytesRead: 0, bytesTotal: 2 * bytesTotal };
  // What is wrong is told in the second pass; the first mends all to see the whole of the file.
  const silent = new Problems(true);
  for (const { file, layout } of files) {
    for await (const _rows of readText(file, layout(), silent, { survey }, progress)) options.onProgress?.(progress);
  }
  const market = checkedMarket(files[0]!.file, survey, options);
  const sources = files.map(({ file, format, layout }) => ({
    format,
    files: [file],
    market,
    progress,
    rows: (problems: Problems) => readText(file, layout(), problems, { scales: scalesOf(market as never) }, progress),
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
