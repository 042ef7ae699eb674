import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';
import { SessionReport } from '../../streams/report/session_report.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { JournalReader } from '../journal/reader.ts';
import type { JournalHeader } from '../journal/records.ts';
import { type ReplayReport, type ReplayWatch, replay } from '../journal/replay.ts';
import { type CoveredSession, documentOf, type ReportDocument } from './document.ts';

/** A span of time, integer microseconds since the epoch: from the first, up to and without the second. */
export interface Span {
  readonly fromUs: number;
  readonly untilUs: number;
}

const EVER: Span = { fromUs: Number.NEGATIVE_INFINITY, untilUs: Number.POSITIVE_INFINITY };
const DAY_US = 86_400_000_000;

/** The UTC day `YYYY-MM-DD`. @throws RangeError for anything else */
export function dayOf(text: string): Span {
  const fromUs = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) * 1_000 : Number.NaN;
  // A thirtieth of February would be taken for a day of March.
  if (Number.isNaN(fromUs) || new Date(fromUs / 1_000).toISOString().slice(0, 10) !== text)
    throw new RangeError(`day '${text}': expected a date such as 2026-07-15`);
  return { fromUs, untilUs: fromUs + DAY_US };
}

/** The folders of all sessions whose journals are kept, oldest first. */
export function sessionFolders(stateDir: string): string[] {
  const all = join(stateDir, 'journal');
  if (statSync(all, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(all, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(all, entry.name))
    .sort();
}

/**
 * The report of one session, or of a span of several, out of their journals: the inputs are given to the pipeline again, and its
 * decisions added up. A journal that is still being written is read up to where it is.
 *
 * @param folders of the sessions' journals, oldest first
 * @throws Error when a journal cannot be read, JournalCorruptError when it is damaged, RangeError when nothing is in the span
 */
export async function reportOfSessions(
  title: string,
  folders: readonly string[],
  { span = EVER, signal }: { readonly span?: Span; readonly signal?: AbortSignal } = {},
): Promise<ReportDocument> {
  const headers = folders.map(headerOf);
  const newest = headers.at(-1);
  if (newest === undefined) throw new RangeError('no session: there is nothing to report');
  const report = new SessionReport(marketsOf(headers.map(({ plan }) => plan.settings)));
  const sessions: CoveredSession[] = [];
  for (const folder of folders) {
    const reader = new PartReader(report, span);
    const { untilUs } = span;
    const result = await replay(folder, { watch: reader, untilUs, ...(signal === undefined ? {} : { signal }) });
    if (reader.firstUs >= 0) sessions.push(coveredOf(folder, result, reader));
  }
  if (sessions.length === 0) throw new RangeError(`${title}: no session has an input in it`);
  return documentOf(title, sessions, newest.plan.settings, report);
}

/** The sessions of which a part may lie in a span: those that began before its end and were written to after its beginning. */
export function foldersIn(folders: readonly string[], span: Span): string[] {
  return folders.filter((folder) => {
    const { segments } = new JournalReader(folder);
    const writtenUs = Math.max(...segments.map((path) => statSync(path).mtimeMs * 1_000));
    return headerOf(folder).plan.startUs < span.untilUs && writtenUs >= span.fromUs;
  });
}

/** Gives a replay to a report, from where the span begins. */
class PartReader implements ReplayWatch {
  /** First and last input in the span, microseconds since the epoch; -1 before it. */
  firstUs = -1;
  lastUs = -1;
  readonly #report: SessionReport;
  readonly #span: Span;
  /** The report has taken in something that does not belong to it. */
  #early = false;
  #fromSnapshot = false;

  constructor(report: SessionReport, span: Span) {
    this.#report = report;
    this.#span = span;
    report.nextSession();
  }

  began(_header: JournalHeader, fromSnapshot: number): void {
    this.#fromSnapshot = fromSnapshot > 0;
  }

  decided(decision: Decision): void {
    if (decision.timeUs < this.#span.fromUs) this.#early = true;
    else this.#enter();
    this.#report.decided(decision);
    // The profit of what is no longer in the journal is in the first figures that are.
    if (!this.#fromSnapshot || decision.kind !== 'equity') return;
    this.#fromSnapshot = false;
    this.#report.restart();
  }

  took(input: Input): void {
    if (input.timeUs < this.#span.fromUs) return;
    this.#enter();
    if (this.firstUs < 0) this.firstUs = input.timeUs;
    this.lastUs = input.timeUs;
    if (input.kind === 'trade') this.#report.traded(input);
  }

  #enter(): void {
    if (!this.#early) return;
    this.#early = false;
    this.#report.restart();
  }
}

function coveredOf(folder: string, result: ReplayReport, { firstUs, lastUs }: PartReader): CoveredSession {
  const { header, closed, equal, fromSnapshot, torn, failure } = result;
  const remarks: string[] = [];
  if (fromSnapshot > 0)
    remarks.push('Its first part is no longer kept: orders, fills and profit are counted from there on.');
  if (!equal)
    remarks.push(
      'This program decides otherwise than the one that ran it: the report ends at the first decision that differs.',
    );
  if (closed === undefined && equal)
    remarks.push(`It was still running, or had broken off${torn === undefined ? '' : ` in the middle of a write`}.`);
  if (failure !== undefined) remarks.push(`It failed: ${failure}.`);
  return { name: basename(folder), flashmm: header.flashmm, firstUs, lastUs, closed, remarks };
}

function headerOf(folder: string): JournalHeader {
  for (const record of new JournalReader(folder).records()) if (record.kind === 'header') return record.header;
  throw new RangeError(`${folder}: the journal breaks off before its header`);
}

function marketsOf(all: readonly AccountSettings[]): Market[] {
  const bySymbol = new Map(all.flatMap(({ markets }) => markets.map(({ market }) => [market.symbol, market])));
  return [...bySymbol.values()];
}
