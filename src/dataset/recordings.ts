import { basename } from 'node:path';
import { glanceAt, Recording } from '../binance/recording.ts';
import { type DatasetSource, sha256Of } from './source.ts';

/**
 * Recordings as sources, one for each market: its files one after another in the order given. A part too short to tell whose
 * it is goes with the file before it.
 *
 * @throws RecordingError naming the file and what is wrong with it
 */
export async function recordingSources(files: readonly string[]): Promise<readonly DatasetSource[]> {
  const groups = await byMarket(files);
  return Promise.all(groups.map(sourceOf));
}

async function byMarket(files: readonly string[]): Promise<readonly (readonly string[])[]> {
  const groups = new Map<string, string[]>();
  let newest = '';
  for (const file of files) {
    const { venue, symbol } = await glanceAt(file);
    if (symbol !== undefined) newest = keyOf(symbol, venue, groups, newest);
    const group = groups.get(newest);
    if (group === undefined) groups.set(newest, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

/** A continuation may show whose it is and not of which venue: then it continues the newest of that symbol. */
function keyOf(
  symbol: string,
  venue: string | undefined,
  groups: ReadonlyMap<string, unknown>,
  newest: string,
): string {
  if (venue !== undefined) return `${symbol} ${venue}`;
  const before = [newest, ...[...groups.keys()].reverse()];
  return before.find((key) => key.startsWith(`${symbol} `)) ?? `${symbol} `;
}

async function sourceOf(files: readonly string[]): Promise<DatasetSource> {
  const recording = await Recording.open(files);
  const hashes = await Promise.all(files.map(sha256Of));
  return {
    name: basename(files[0]!).replace(/(?:\.[a-z]\w*)+$/i, ''),
    markets: [recording.market],
    origin: files.map((file) => basename(file)).join(','),
    sha256: hashes.join(','),
    read: async (sink) => {
      for await (const { input } of recording.inputs()) sink.input(input);
    },
    get progress() {
      return { done: recording.progress.bytesRead, total: recording.progress.bytesTotal };
    },
  };
}
