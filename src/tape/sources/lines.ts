import type { Problems } from '../problems.ts';
import { TapeError } from '../tape_error.ts';
import { endedBy, unpack } from './bytes.ts';
import type { SourceProgress } from './row_source.ts';

/** A longer line is none of any format that is read here. */
const LINE_MOST_CHARACTERS = 1_048_576;

/** Lines with the number of the first, from 1. A line end of CR LF is taken as LF. */
export interface LineBlock {
  readonly first: number;
  readonly lines: readonly string[];
}

/**
 * The lines of a text file, packed or not, as many at a time as a piece of it holds.
 *
 * @throws TapeError when the file is damaged, unless `problems` repairs: then what comes before the damage is kept
 */
export async function* linesOf(file: string, problems: Problems, progress?: SourceProgress): AsyncGenerator<LineBlock> {
  const { bytes, close } = await unpack(file, progress);
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let first = 1;
  try {
    for await (const chunk of bytes) {
      const lines = split(rest + decoder.decode(chunk as Uint8Array, { stream: true }));
      rest = lines.pop()!;
      if (rest.length > LINE_MOST_CHARACTERS) {
        throw new TapeError(
          file,
          `row ${first + lines.length}: a line of more than ${LINE_MOST_CHARACTERS} characters: no text file`,
        );
      }
      yield { first, lines };
      first += lines.length;
    }
  } catch (error) {
    if (error instanceof TapeError) throw error;
    const { reason, detail } = endedBy(error as NodeJS.ErrnoException);
    problems.report(reason, file, first, detail, 'the rest of the file is left out');
    // What stands before the damage may be half a line.
    rest = '';
  } finally {
    close();
  }
  if (rest !== '') yield { first, lines: [rest] };
}

const split = (text: string): string[] => (text.includes('\r') ? text.replaceAll('\r\n', '\n') : text).split('\n');

/** The first lines of a file, at most so many; damage behind them is for who reads on. @throws TapeError */
export async function headOf(file: string, most: number): Promise<readonly string[]> {
  const head: string[] = [];
  const { bytes, close } = await unpack(file);
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  try {
    for await (const chunk of bytes) {
      const lines = split(rest + decoder.decode(chunk as Uint8Array, { stream: true }));
      rest = lines.pop()!.slice(0, LINE_MOST_CHARACTERS);
      head.push(...lines.slice(0, most - head.length));
      if (head.length >= most || (head.length === 0 && rest.length >= LINE_MOST_CHARACTERS)) break;
    }
  } catch (error) {
    if (head.length === 0) throw new TapeError(file, endedBy(error as NodeJS.ErrnoException).detail);
  } finally {
    close();
  }
  if (head.length < most && rest !== '') head.push(rest);
  return head;
}
