import { basename, resolve } from 'node:path';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import { JournalReader } from '../journal/reader.ts';
import type { JournalHeader } from '../journal/records.ts';
import { replay } from '../journal/replay.ts';
import { DatasetError } from './dataset_error.ts';
import { type DatasetSink, type DatasetSource, SessionTap, sha256Of } from './source.ts';

/**
 * The input journal of a session as a source: what its markets were like while it ran. The session is replayed, so that its own
 * orders are known and are no part of the market. One that is still being written is read as far as it has come.
 *
 * @throws DatasetError where there is no journal; JournalCorruptError where it is damaged
 */
export async function journalSource(path: string): Promise<DatasetSource> {
  const { segments, header, inputs } = lookedThrough(path);
  const hashes: string[] = [];
  for (const segment of segments) hashes.push(await sha256Of(segment));
  const progress = { done: 0, total: inputs };
  return {
    name: header.session,
    markets: header.plan.settings.markets.map(({ market }) => market),
    origin: `${basename(resolve(path))}: ${segments.map((segment) => basename(segment)).join(',')}`,
    sha256: hashes.join(','),
    progress,
    read: (sink) => replayInto(path, sink, progress),
  };
}

async function replayInto(path: string, sink: DatasetSink, progress: { done: number }): Promise<void> {
  const tap = new SessionTap(sink);
  const took = (input: Input): void => {
    progress.done += 1;
    tap.took(input);
  };
  const decided = (decision: Decision): void => tap.decided(decision);
  const report = await replay(path, { watch: { began: () => {}, decided, took } });
  if (report.equal) return;
  const where = `${path}: input ${report.difference?.seq}`;
  throw new DatasetError(`${where}: this build decides otherwise than the session did; flashmm replay shows where`);
}

interface LookedThrough {
  readonly segments: readonly string[];
  readonly header: JournalHeader;
  readonly inputs: number;
}

function lookedThrough(path: string): LookedThrough {
  let reader: JournalReader;
  try {
    reader = new JournalReader(path);
  } catch (error) {
    throw new DatasetError((error as Error).message);
  }
  let header: JournalHeader | undefined;
  let inputs = 0;
  for (const record of reader.records()) {
    if (record.kind === 'header') header ??= record.header;
    if (record.kind === 'input') inputs += 1;
  }
  if (header === undefined) throw new DatasetError(`${path}: the journal breaks off before its header`);
  return { segments: reader.segments, header, inputs };
}
