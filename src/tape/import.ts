import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { mergeRows, Sorter } from './merge.ts';
import { Problems } from './problems.ts';
import type { TapeMarket } from './schema.ts';
import { type OpenSourcesOptions, openSources } from './sources/open.ts';
import type { Format, SourceProgress } from './sources/row_source.ts';
import { TapeError } from './tape_error.ts';
import { TapeWriter } from './writer.ts';

/** How an import is made. */
export interface ImportOptions extends OpenSourcesOptions {
  /** Replaces a file that is there. */
  readonly force?: boolean | undefined;
  /** Called for each buffer that has been read; throws to stop. */
  readonly onProgress?: (progress: SourceProgress) => void;
}

/** What an import made. */
export interface ImportReport {
  readonly format: Format;
  readonly market: TapeMarket;
  readonly rows: number;
  readonly bytes: number;
  readonly problems: Problems;
}

/**
 * Makes a tape out of files of one format and one market. Memory is bounded whatever their length. A failed import leaves no
 * file behind.
 *
 * @param out path of the tape
 * @throws TapeError naming file, row and reason
 */
export async function importTape(files: readonly string[], out: string, options: ImportOptions): Promise<ImportReport> {
  if (existsSync(out) && options.force !== true) throw new TapeError(out, 'is there already; --force replaces it');
  const { market, sources } = await openSources(files, options);
  const { format } = sources[0]!;
  const problems = new Problems(options.repair);
  const writer = new TapeWriter(out, { market, origin: { format, files: files.map((file) => basename(file)) } });
  try {
    const sorter = options.repair ? new Sorter((row) => writer.push(row), problems, files[0]!) : undefined;
    await mergeRows(
      sources,
      problems,
      sorter === undefined ? (row) => writer.push(row) : (row) => sorter.push(row),
      () => options.onProgress?.(total(sources.map(({ progress }) => progress))),
    );
    sorter?.finish();
    if (writer.rows === 0 && writer.pending === 0) throw new TapeError(files[0]!, 'holds no rows that a tape keeps');
    writer.close();
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return { format, market, rows: writer.rows, bytes: writer.bytes, problems };
}

/** Sources of one import may share their progress. */
function total(all: readonly SourceProgress[]): SourceProgress {
  const distinct = [...new Set(all)];
  return {
    bytesRead: distinct.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    bytesTotal: distinct.reduce((sum, { bytesTotal }) => sum + bytesTotal, 0),
  };
}
