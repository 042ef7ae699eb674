import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentJson, type ReportDocument } from './document.ts';
import { reportPage } from './page/page.ts';

/** Where a report was written. */
export interface WrittenReport {
  readonly page: string;
  readonly json: string;
}

/**
 * Writes a report as a page and as JSON into a folder: `report.html`, `report.json`.
 *
 * @throws Error when the folder cannot be written to
 */
export function writeReport(document: ReportDocument, folder: string): WrittenReport {
  const page = join(folder, 'report.html');
  const json = join(folder, 'report.json');
  // As private as the journal beside it.
  const mode = 0o600;
  writeFileSync(page, reportPage(document), { mode });
  writeFileSync(json, `${JSON.stringify(documentJson(document), null, 2)}\n`, { mode });
  return { page, json };
}
