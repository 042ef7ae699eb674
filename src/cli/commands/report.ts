import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../../exit/command_error.ts';
import { JournalCorruptError } from '../../journal/reader.ts';
import { documentJson, type ReportDocument } from '../../report/document.ts';
import { reportPage } from '../../report/page/page.ts';
import { dayOf, foldersIn, reportOfSessions, sessionFolders } from '../../report/read_sessions.ts';
import { reportText } from '../../report/report_text.ts';
import { type CommandContext, defineCommand } from '../command.ts';

/** `flashmm report` */
export const command = defineCommand({
  name: 'report',
  summary: 'Report a session, or a day of them: profit and where it comes from, fills, inventory, ledger.',
  description:
    'Gives the journal of a session to the pipeline again and adds up what it decided: profit, spread captured against adverse selection, inventory, orders, and whether the ledger equalled the chain. Without an option it is the newest session; one that still runs is reported up to now, and is not disturbed. The page is one file with its charts inside.',
  options: {
    session: {
      value: 'DIR',
      summary: "A session: its journal's folder, or its name (default: the newest)",
      schema: z.string().min(1).optional(),
    },
    day: {
      value: 'YYYY-MM-DD',
      summary: 'All sessions of a UTC day, from midnight to midnight',
      schema: z.string().optional(),
    },
    format: {
      value: 'FORMAT',
      summary: 'text, json or html (default text; html when the file of --out ends so)',
      schema: z.enum(['text', 'json', 'html']).optional(),
    },
    out: {
      value: 'FILE',
      summary: 'Where to write it (default: standard output)',
      schema: z.string().min(1).optional(),
    },
  },
  examples: [
    { line: 'flashmm report', summary: 'the newest session, also while it runs' },
    { line: 'flashmm report --day 2026-07-15 --out day.html', summary: 'a day as a page with charts' },
    { line: 'flashmm report --session .flashmm/journal/20260715T080000Z --json', summary: 'for programs' },
  ],
  async run(context) {
    const { format, out } = context.options;
    const { title, folders, span } = choose(context);
    const document = await reportOfSessions(title, folders, {
      ...(span === undefined ? {} : { span }),
      signal: context.signal,
    }).catch((error: Error) => {
      throw readable(error);
    });
    const chosen =
      format ?? (context.json || out?.endsWith('.json') ? 'json' : out?.endsWith('.html') ? 'html' : 'text');
    const text = rendered(document, chosen);
    if (out === undefined) context.print(text.trimEnd());
    else write(out, text);
    return undefined;
  },
});

function choose({
  options,
  config,
}: CommandContext<{ readonly session: string | undefined; readonly day: string | undefined }>) {
  const { session, day } = options;
  if (session !== undefined && day !== undefined)
    throw new CommandError('usage', 'a session and a day were asked for', 'Give --session or --day.');
  // A folder needs no configuration to be found.
  if (session?.includes('/')) return { title: `Session ${basename(session)}`, folders: [session], span: undefined };
  const stateDir = config().config.runtime.state_dir;
  const all = sessionFolders(stateDir);
  if (session !== undefined)
    return { title: `Session ${session}`, folders: [join(stateDir, 'journal', session)], span: undefined };
  if (all.length === 0)
    throw new CommandError(
      'environment',
      `${stateDir}: holds no session`,
      "Run 'flashmm start', or set runtime.state_dir.",
    );
  if (day === undefined) return { title: `Session ${basename(all.at(-1)!)}`, folders: all.slice(-1), span: undefined };
  try {
    const span = dayOf(day);
    const folders = foldersIn(all, span);
    if (folders.length === 0) throw new RangeError(`day ${day}: no session has an input in it`);
    return { title: `Day ${day}`, folders, span };
  } catch (error) {
    throw readable(error as Error);
  }
}

function readable(error: Error): Error {
  if (error instanceof JournalCorruptError)
    return new CommandError('failure', error.message, 'What comes after that frame cannot be trusted.');
  if (error instanceof RangeError) return new CommandError('usage', error.message);
  if (!('code' in error || /there is no such|holds no journal/.test(error.message))) return error;
  return new CommandError('environment', error.message, 'Name the folder of a session below the state folder.');
}

function rendered(document: ReportDocument, format: 'text' | 'json' | 'html'): string {
  if (format === 'html') return reportPage(document);
  return `${format === 'json' ? JSON.stringify(documentJson(document), null, 2) : reportText(document)}\n`;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandError('environment', (error as Error).message, 'Name a file that can be written.');
  }
}
