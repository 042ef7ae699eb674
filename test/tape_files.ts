import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImportOptions, importTape } from '../src/tape/import.ts';
import { rowAt, Tape } from '../src/tape/reader.ts';
import { blankRow, FLAG, KIND_NAMES, nanosText, type TapeRow } from '../src/tape/rows.ts';

/** A folder for the files of one test file, and what is done in it. */
export class TapeFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'flashmm-tape-'));
  #imports = 0;

  /** Writes a file, and gives its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  /** Imports files and gives the rows of the tape, one text each, with what was repaired and noted. */
  async imported(files: readonly string[], options: Partial<ImportOptions> = {}) {
    this.#imports += 1;
    const tape = join(this.path, `imported${this.#imports}.arrow`);
    const report = await importTape(files, tape, { repair: false, ...options });
    return { tape, report, market: report.market, rows: rowsOf(tape).map(rowText) };
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** All rows of a tape. */
export function rowsOf(path: string): TapeRow[] {
  const tape = Tape.open(path, { ids: true });
  const rows: TapeRow[] = [];
  for (const batch of tape.batches()) {
    for (let i = 0; i < batch.length; i += 1) rows.push(rowAt(batch, i, tape.originS, blankRow()));
  }
  tape.close();
  return rows;
}

/** A row as `kind side tick x lots`, then its flags and ids where there is something to tell, then its two times. */
export function rowText(row: TapeRow): string {
  const side = row.side > 0 ? 'buy' : row.side < 0 ? 'sell' : 'none';
  const flags = [
    ...((row.flags & FLAG.end) !== 0 ? ['end'] : []),
    ...((row.flags & FLAG.gap) !== 0 ? ['gap'] : []),
    ...((row.flags & FLAG.again) !== 0 ? ['again'] : []),
    ...((row.flags & FLAG.made) !== 0 ? ['made'] : []),
    ...((row.flags & FLAG.exchange) === 0 ? ['not-exchange'] : []),
    ...((row.flags & FLAG.local) === 0 ? ['not-local'] : []),
  ];
  const ids = row.lastId < 0 ? [] : [`#${[row.firstId, row.lastId, row.previousId].filter((id) => id >= 0).join('/')}`];
  const received = nanosText(row.receiveS, row.receiveNs);
  const happened = nanosText(row.eventS, row.eventNs);
  const times = received === happened ? received : `${received} of ${happened}`;
  return [KIND_NAMES.get(row.kind), side, `${row.tick} x ${row.lots}`, ...flags, ...ids, times].join(' ');
}
