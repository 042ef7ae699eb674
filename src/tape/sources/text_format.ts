import type { Problems } from '../problems.ts';
import type { RowBuffer } from '../rows.ts';
import { besideOneAnother, linesOf } from './lines.ts';
import { type MakerTask, RowMaker } from './row_maker.ts';
import type { Format, SourceProgress } from './row_source.ts';

/** One layout of comma-separated rows. Made anew for each pass over a file: it may remember the rows before. */
export interface TextLayout {
  readonly format: Format;
  /** The layout in words, for messages: `tardis trades`. */
  readonly name: string;
  /** Whether the first line names the columns. */
  readonly header: boolean;
  /** A file whose lines belong behind those of the file itself, one to one. */
  readonly beside?: string | undefined;
  /** Turns the fields of a row into rows of the tape. @throws RowError when one of them is wrong */
  read(fields: readonly string[], maker: RowMaker): void;
}

/** Reads a file once through its layout: rows where the task has scales, nothing but the survey's findings where not. */
export async function* readText(
  file: string,
  layout: TextLayout,
  problems: Problems,
  task: MakerTask,
  progress?: SourceProgress,
): AsyncGenerator<RowBuffer> {
  const maker = new RowMaker(file, problems, task);
  let fields: readonly string[] = [];
  const read = (): void => layout.read(fields, maker);
  const own = linesOf(file, problems, progress);
  const all = layout.beside === undefined ? own : besideOneAnother(own, file, layout.beside, problems);
  for await (const { first, lines } of all) {
    for (let i = 0; i < lines.length; i += 1) {
      const line = lines[i]!;
      if (line === '' || (layout.header && first + i === 1)) continue;
      fields = line.split(',');
      maker.line(first + i, read);
      if (maker.full) yield* maker.handOn();
    }
    // A survey makes no rows; its reader still hears how far it is.
    if ('survey' in task) yield maker.buffer;
  }
  yield* maker.finish();
}
