import { expectedLine } from '../../binance/recording.ts';
import { TapeError } from '../tape_error.ts';
import { binanceLayout } from './binance_dump.ts';
import { containerOf } from './bytes.ts';
import { headOf } from './lines.ts';
import { isLobster, lobsterLayout } from './lobster.ts';
import { NEUTRAL_HEADER, neutralLayout } from './neutral.ts';
import type { Format } from './row_source.ts';
import { tardisLayout } from './tardis.ts';
import type { TextLayout } from './text_format.ts';

/** What a file is, found out from its first lines and its name. */
export type Detected =
  | { readonly file: string; readonly format: 'recording' | 'npz' }
  | { readonly file: string; readonly format: Format; readonly layout: () => TextLayout };

/** Lines looked at: a recording may begin with a few garbled ones. */
const HEAD_LINES = 20;

/**
 * Finds out what a file is.
 *
 * @param from the format that the user names; then the file must be of it
 * @throws TapeError saying what the file begins with and what was expected
 */
export async function detect(file: string, from?: Format): Promise<Detected> {
  if (isLobster(file) && (from === undefined || from === 'lobster')) {
    return { file, format: 'lobster', layout: () => lobsterLayout(file) };
  }
  if (from === 'npz' || (from === undefined && /\.np[yz]$/.test(file))) return { file, format: 'npz' };
  containerOf(file);
  const head = await headOf(file, HEAD_LINES);
  const found = ofHead(file, head);
  if (found !== undefined && (from === undefined || found.format === from)) return found;
  const first = (head[0] ?? '').slice(0, 80);
  if (first === '') throw new TapeError(file, 'is empty');
  if (/^\d+ \{/.test(first)) throw new TapeError(file, `row 1: '${first}': ${expectedLine(first)}`);
  const what = from === undefined ? 'a format that import reads (--from names it)' : `the format ${from}`;
  const is = found === undefined ? '' : `, which is ${found.format}`;
  throw new TapeError(file, `row 1: begins with '${first}'${is}: expected ${what}`);
}

function ofHead(file: string, head: readonly string[]): Detected | undefined {
  const first = head[0] ?? '';
  if (first === NEUTRAL_HEADER) return { file, format: 'neutral', layout: neutralLayout };
  const tardis = tardisLayout(first);
  if (tardis !== undefined) return { file, format: 'tardis', layout: tardis };
  const binance = binanceLayout(file, head);
  if (binance !== undefined) return { file, format: 'binance', layout: binance };
  if (head.some((line) => /^\d{19} \{/.test(line))) return { file, format: 'recording' };
  return undefined;
}
