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

/**
 * Lines of a file with those of another behind them, after a comma.
 *
 * @throws TapeError when one file has more lines than the other, unless `problems` repairs: then the rest is left out
 */
export async function* besideOneAnother(
  own: AsyncGenerator<LineBlock>,
  file: string,
  beside: string,
  problems: Problems,
): AsyncGenerator<LineBlock> {
  const others = linesOf(beside, problems);
  let waiting: string[] = [];
  let last = 0;
  for await (const { first, lines } of own) {
    const whole = lines.filter((line) => line !== '');
    while (waiting.length < whole.length) {
      const { done, value } = await others.next();
      if (done === true) break;
      waiting = [...waiting, ...value.lines.filter((line) => line !== '')];
    }
    const paired = Math.min(whole.length, waiting.length);
    const joined = whole.slice(0, paired).map((line, i) => `${line},${waiting[i]}`);
    waiting = waiting.slice(paired);
    yield { first, lines: joined };
    last = first + paired - 1;
    if (paired < whole.length) {
      problems.report('truncated', beside, last, `ends here, ${file} goes on`, 'the rest of both is left out');
      return;
    }
  }
  const more = waiting.length > 0 || (await others.next()).done !== true;
  if (more) problems.report('truncated', file, last, `ends here, ${beside} goes on`, 'the rest of both is left out');
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
