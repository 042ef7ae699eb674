import type { Problems } from './problems.ts';
import { blankRow, FLAG, nanosBetween, RowBuffer, type TapeRow, timeText } from './rows.ts';
import type { RowSource } from './sources/row_source.ts';

/** Takes rows one by one; the row is the caller's again when the call returns. */
export type RowSink = (row: TapeRow) => void;

/** Where a source stands. */
interface Cursor {
  readonly rows: AsyncGenerator<RowBuffer>;
  buffer: RowBuffer;
  at: number;
}

/**
 * Gives the rows of sources to a sink in order of receive time; at one time those of the source named first come first, so
 * that messages stay whole.
 *
 * @param onBuffer called for each buffer that has been read, for progress and to stop by throwing
 */
export async function mergeRows(
  sources: readonly RowSource[],
  problems: Problems,
  sink: RowSink,
  onBuffer: () => void,
): Promise<void> {
  const cursors: Cursor[] = [];
  for (const source of sources) {
    const cursor = { rows: source.rows(problems), buffer: new RowBuffer(0), at: 0 };
    if (await refill(cursor)) cursors.push(cursor);
  }
  const row = blankRow();
  while (cursors.length > 0) {
    const next = cursors.length === 1 ? cursors[0]! : earliest(cursors);
    sink(next.buffer.get(next.at, row));
    next.at += 1;
    if (next.at < next.buffer.length) continue;
    onBuffer();
    if (!(await refill(next))) cursors.splice(cursors.indexOf(next), 1);
  }
}

async function refill(cursor: Cursor): Promise<boolean> {
  do {
    const { done, value } = await cursor.rows.next();
    if (done === true) return false;
    cursor.buffer = value;
    cursor.at = 0;
  } while (cursor.buffer.length === 0);
  return true;
}

function earliest(cursors: readonly Cursor[]): Cursor {
  let best = cursors[0]!;
  for (const one of cursors) if (one !== best && before(one, best)) best = one;
  return best;
}

function before(a: Cursor, b: Cursor): boolean {
  const secondsA = a.buffer.receiveS[a.at]!;
  const secondsB = b.buffer.receiveS[b.at]!;
  if (secondsA !== secondsB) return secondsA < secondsB;
  return a.buffer.receiveNs[a.at]! < b.buffer.receiveNs[b.at]!;
}

/** Rows that a {@link Sorter} holds back: whoever comes later than that many is left out. */
export const SORT_WINDOW_ROWS = 100_000;

interface Waiting {
  readonly row: TapeRow;
  readonly seq: number;
  /** The receive time of the row, or, where only the exchange sees it, of the row before: it keeps its place. */
  readonly s: number;
  readonly ns: number;
}

/**
 * Puts rows that come late where they belong, within a window of {@link SORT_WINDOW_ROWS} rows: a heap by receive time and
 * order of arrival. Used by repairing imports only, as it makes an object of each row.
 */
export class Sorter {
  readonly #sink: RowSink;
  readonly #problems: Problems;
  readonly #file: string;
  readonly #window: number;
  readonly #heap: Waiting[] = [];
  #seq = 0;
  #placeS = 0;
  #placeNs = 0;
  #lastS = 0;
  #lastNs = 0;

  /** @param file named where a row comes too late */
  constructor(sink: RowSink, problems: Problems, file: string, window = SORT_WINDOW_ROWS) {
    this.#sink = sink;
    this.#problems = problems;
    this.#file = file;
    this.#window = window;
  }

  push(row: TapeRow): void {
    this.#seq += 1;
    if ((row.flags & FLAG.local) !== 0) [this.#placeS, this.#placeNs] = [row.receiveS, row.receiveNs];
    siftUp(this.#heap, { row: { ...row }, seq: this.#seq, s: this.#placeS, ns: this.#placeNs });
    if (this.#heap.length > this.#window) this.#emit();
  }

  /** Gives out what is held back. */
  finish(): void {
    while (this.#heap.length > 0) this.#emit();
  }

  #emit(): void {
    const { row, s, ns } = siftDown(this.#heap);
    if (nanosBetween(this.#lastS, this.#lastNs, s, ns) < 0) {
      const detail = `a row of ${timeText(row.receiveS, row.receiveNs)} comes more than ${this.#window} rows late`;
      this.#problems.report('too-late', this.#file, 0, detail);
      return;
    }
    this.#lastS = s;
    this.#lastNs = ns;
    this.#sink(row);
  }
}

function earlier(a: Waiting, b: Waiting): boolean {
  const ns = nanosBetween(b.s, b.ns, a.s, a.ns);
  return ns === 0 ? a.seq < b.seq : ns < 0;
}

function siftUp(heap: Waiting[], one: Waiting): void {
  let at = heap.length;
  heap.push(one);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!earlier(one, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = one;
}

/** Takes the earliest out of a heap that is not empty. */
function siftDown(heap: Waiting[]): Waiting {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child += 1;
    if (!earlier(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
