import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ZipFile } from 'yazl';
import { exportCsv } from './export_csv.ts';
import { exportNpy } from './export_npy.ts';
import type { ExportReport } from './export_report.ts';
import type { Tape } from './reader.ts';
import { TapeError } from './tape_error.ts';

/** What tapes are exported to. */
export const EXPORT_FORMATS = ['csv', 'npz'] as const;

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * Writes a tape as the neutral CSV (gzip where the name ends in `.gz`) or as an array of hftbacktest's events. Streams; a
 * failed export leaves no file behind.
 *
 * @param onBatch called after each batch; throws to stop
 * @throws TapeError when the format cannot hold the tape, or the file cannot be written
 */
export async function exportTape(
  tape: Tape,
  out: string,
  format: ExportFormat,
  onBatch: (rowsDone: number) => void = () => {},
): Promise<ExportReport> {
  const report: ExportReport = { rows: 0, leftOut: new Map() };
  const partial = `${out}.partial`;
  try {
    const target = createWriteStream(partial);
    if (format === 'csv') {
      const text = Readable.from(exportCsv(tape, report, onBatch));
      await (out.endsWith('.gz') ? pipeline(text, createGzip(), target) : pipeline(text, target));
    } else {
      const zip = new ZipFile();
      const events = Readable.from(exportNpy(tape, report, onBatch), { objectMode: false });
      // A failure while the archive is being made has to reach the file.
      events.on('error', (error) => target.destroy(error));
      zip.addReadStream(events, 'data.npy', { mtime: ZIP_TIME });
      zip.end();
      await pipeline(zip.outputStream, target);
    }
    renameSync(partial, out);
  } catch (error) {
    rmSync(partial, { force: true });
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new TapeError(out, `cannot be written: ${(error as Error).message}`);
  }
  return report;
}

/** The time of the entry in an archive: a constant, so that the same tape gives the same bytes. */
const ZIP_TIME = new Date('2000-01-01T00:00:00Z');
