import type { Market } from '../../streams/market/types.ts';
import { type Glance, glanceAt, type RecordedInput, Recording, RecordingError } from '../binance/recording.ts';

/** How far the reading of all files has come. */
export interface TapesProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  /** Lines whose receive time went back and was taken for the one before. */
  readonly clamped: number;
}

/** The recordings of one session: of each market the files in the order given, and the markets beside one another. */
export class Tapes {
  readonly recordings: readonly Recording[];

  private constructor(recordings: readonly Recording[]) {
    this.recordings = recordings;
  }

  /**
   * Sorts the files by the market that each is of; a part too short to tell goes with the file before it.
   *
   * @param symbol leaves out the files of other markets
   * @throws RecordingError naming the file and what is wrong with it, or the markets that there are instead
   */
  static async open(files: readonly string[], symbol?: string): Promise<Tapes> {
    const groups = await groupsOf(files);
    const recordings = await Promise.all(groups.map((group) => Recording.open(group)));
    const wanted = recordings.filter(({ market }) => symbol === undefined || market.symbol === symbol);
    if (wanted.length === 0 && symbol !== undefined) {
      const there = recordings.map(({ market }) => market.symbol).join(', ');
      throw new RecordingError(`no recording of market '${symbol}': expected one of ${there}`);
    }
    return new Tapes(wanted);
  }

  get markets(): readonly Market[] {
    return this.recordings.map(({ market }) => market);
  }

  get progress(): TapesProgress {
    const all = this.recordings.map(({ progress }) => progress);
    return {
      bytesRead: all.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
      bytesTotal: all.reduce((sum, { bytesTotal }) => sum + bytesTotal, 0),
      clamped: all.reduce((sum, { clamped }) => sum + clamped, 0),
    };
  }

  /** All inputs in order of receive time; at one instant the market whose file was named first comes first. */
  inputs(): AsyncGenerator<RecordedInput> {
    const all = this.recordings.map((recording) => recording.inputs());
    return all.length === 1 ? all[0]! : merged(all);
  }
}

async function* merged(sources: readonly AsyncGenerator<RecordedInput>[]): AsyncGenerator<RecordedInput> {
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    let first = -1;
    let firstUs = Number.POSITIVE_INFINITY;
    for (const [i, head] of heads.entries()) {
      if (head.done === true || head.value.input.timeUs >= firstUs) continue;
      first = i;
      firstUs = head.value.input.timeUs;
    }
    if (first < 0) return;
    yield heads[first]!.value;
    heads[first] = await sources[first]!.next();
  }
}

async function groupsOf(files: readonly string[]): Promise<readonly (readonly string[])[]> {
  const groups = new Map<
    string,
    { readonly files: string[]; told?: { readonly file: string; readonly venue: string } }
  >();
  const glances: Glance[] = [];
  for (const file of files) glances.push(await glanceAt(file));
  // Parts at the beginning that tell nothing go with the first that does.
  let symbol = glances.find((glance) => glance.symbol !== undefined)?.symbol ?? '';
  for (const [i, file] of files.entries()) {
    const { venue, symbol: named } = glances[i]!;
    symbol = named ?? symbol;
    let group = groups.get(symbol);
    if (group === undefined) {
      group = { files: [] };
      groups.set(symbol, group);
    }
    group.files.push(file);
    if (venue === undefined) continue;
    group.told ??= { file, venue };
    if (group.told.venue !== venue) {
      const there = `${group.told.file} is of ${group.told.venue}`;
      throw new RecordingError(`${file}: ${symbol} of ${venue}, while ${there}: expected one of the two`);
    }
  }
  return [...groups.values()].map((group) => group.files);
}
