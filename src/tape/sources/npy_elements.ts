import type { Problems } from '../problems.ts';
import { TapeError } from '../tape_error.ts';
import { endedBy, unpack } from './bytes.ts';
import { FIELD_BYTES, type NpyHeader, type NpyLayout, readNpyHeader } from './npy.ts';
import type { SourceProgress } from './row_source.ts';

/** A header is a few hundred bytes. */
const HEADER_MOST = 65_536;

/**
 * The elements of a `.npy` or `.npz` file, packed or not: as many whole ones at a time as a piece of the file holds, each in a buffer
 * of its own.
 *
 * @throws TapeError when it is no such array or the file is damaged, unless `problems` repairs: then what comes before the damage is kept
 */
export async function* elementsOf(
  file: string,
  layout: NpyLayout,
  problems: Problems,
  progress?: SourceProgress,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const elementBytes = FIELD_BYTES * layout.fields.length;
  const { bytes, close } = await unpack(file, progress);
  let rest = new Uint8Array(0);
  let rows = -1;
  let done = 0;
  try {
    for await (const chunk of bytes) {
      const joined = new Uint8Array(rest.length + (chunk as Uint8Array).length);
      joined.set(rest);
      joined.set(chunk as Uint8Array, rest.length);
      rest = joined;
      if (rows < 0) {
        const header = headerOf(file, rest, layout);
        if (header === undefined) continue;
        rows = header.rows;
        rest = rest.slice(header.bytes);
      }
      const whole = Math.min(rows - done, Math.floor(rest.length / elementBytes));
      // A copy, so that the fields are aligned.
      yield rest.slice(0, whole * elementBytes);
      done += whole;
      rest = rest.slice(whole * elementBytes);
    }
  } catch (error) {
    if (error instanceof TapeError) throw error;
    const { reason, detail } = endedBy(error as NodeJS.ErrnoException);
    problems.report(reason, file, done + 1, detail, 'the rest of the file is left out');
    return;
  } finally {
    close();
  }
  if (rows < 0) throw new TapeError(file, 'ends within the header of the array');
  if (done === rows) return;
  const detail = `${done} ${layout.elements}: the header says ${rows}`;
  problems.report('truncated', file, done + 1, detail, 'the rest is left out');
}

function headerOf(file: string, head: Uint8Array, layout: NpyLayout): NpyHeader | undefined {
  try {
    const header = readNpyHeader(head, layout);
    if (header === undefined && head.length > HEADER_MOST) throw new RangeError('header of more than 65536 bytes');
    return header;
  } catch (error) {
    throw new TapeError(file, (error as Error).message);
  }
}
