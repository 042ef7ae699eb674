import { basename, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { JournalReader } from '../journal/reader.ts';
import type { JournalHeader } from '../journal/records.ts';
import { DatasetError } from './dataset_error.ts';
import { type DatasetSource, sha256Of } from './source.ts';

/** Inputs read between two looks at the event loop, so that a signal is heard. */
const INPUTS_AT_ONCE = 2_000;

/**
 * The input journal of a session as a source: what its markets were like while it ran. A session that is still being written
 * is read as far as it has come.
 *
 * @throws DatasetError where there is no journal; JournalCorruptError where it is damaged
 */
export async function journalSource(path: string): Promise<DatasetSource> {
  const { segments, header } = opened(path);
  let done = 0;
  const hashes: string[] = [];
  for (const segment of segments) hashes.push(await sha256Of(segment));
  return {
    name: header.session,
    markets: header.plan.settings.markets.map(({ market }) => market),
    origin: `${basename(resolve(path))}: ${segments.map((segment) => basename(segment)).join(',')}`,
    sha256: hashes.join(','),
    inputs: async function* () {
      let sinceLook = 0;
      for (const record of new JournalReader(path).records()) {
        if (record.kind === 'header') done += 1;
        if (record.kind !== 'input') continue;
        yield record.input;
        sinceLook += 1;
        if (sinceLook < INPUTS_AT_ONCE) continue;
        sinceLook = 0;
        await setImmediate();
      }
    },
    get progress() {
      return { done, total: segments.length + 1 };
    },
  };
}

function opened(path: string): { readonly segments: readonly string[]; readonly header: JournalHeader } {
  let reader: JournalReader;
  try {
    reader = new JournalReader(path);
  } catch (error) {
    throw new DatasetError((error as Error).message);
  }
  for (const record of reader.records())
    if (record.kind === 'header') return { segments: reader.segments, header: record.header };
  throw new DatasetError(`${path}: the journal breaks off before its header`);
}
