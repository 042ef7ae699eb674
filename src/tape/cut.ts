import { OrderBook } from '../../streams/market/order_book.ts';
import { rowAt, type Tape } from './reader.ts';
import { blankRow, FLAG, KIND, NO_ID, SIDE, type TapeRow, WHOLE_SIDE } from './rows.ts';
import { applyRow } from './tape_book.ts';
import { TapeError } from './tape_error.ts';
import { TapeWriter } from './writer.ts';

/** What a cut made. */
export interface CutReport {
  readonly rows: number;
  readonly bytes: number;
  /** Levels of the book that the cut begins with, as a snapshot made here; 0 when it begins with the tape. */
  readonly snapshotLevels: number;
}

/**
 * Writes the messages received from one time until before another as a tape of its own. Where that leaves out messages at the
 * beginning, the book that they made stands at its head as a snapshot: the cut can be replayed alone.
 *
 * @param fromNs @param toNs nanoseconds from the tape's origin
 * @param onBatch called after each batch; throws to stop
 * @throws TapeError when no message lies in between
 */
export function cutTape(
  tape: Tape,
  out: string,
  fromNs: number,
  toNs: number,
  onBatch: (rowsDone: number) => void = () => {},
): CutReport {
  const { market, origin } = tape;
  const writer = new TapeWriter(out, { market, origin: { format: 'cut', files: origin.files } });
  try {
    const snapshotLevels = copy(tape, writer, fromNs, toNs, onBatch);
    if (writer.rows === 0 && writer.pending === 0) throw new TapeError(tape.path, 'holds no message in that time');
    writer.close();
    return { rows: writer.rows, bytes: writer.bytes, snapshotLevels };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

function copy(
  tape: Tape,
  writer: TapeWriter,
  fromNs: number,
  toNs: number,
  onBatch: (rowsDone: number) => void,
): number {
  const book = new OrderBook();
  const row = blankRow();
  let [skipped, inside, snapshotLevels] = [false, false, 0];
  // A message belongs where its first row does.
  let first = true;
  let updateId = NO_ID;
  for (const batch of tape.batches()) {
    for (let i = 0; i < batch.length; i += 1) {
      const receiveNs = batch.receiveNs[i]!;
      if (first && receiveNs >= toNs) return snapshotLevels;
      if (first && !inside && receiveNs >= fromNs) {
        inside = true;
        if (skipped) snapshotLevels = putSnapshot(book, rowAt(batch, i, tape.originS, row), updateId, writer);
      }
      first = (batch.flags[i]! & FLAG.end) !== 0;
      if (inside) writer.push(rowAt(batch, i, tape.originS, row));
      else {
        skipped = true;
        const seen = (batch.flags[i]! & FLAG.local) !== 0;
        if (seen) applyRow(book, batch.kind[i]!, batch.side[i]!, batch.tick[i]!, batch.lots[i]!);
        const ofBook = batch.kind[i] === KIND.level || batch.kind[i] === KIND.snapshotLevel;
        if (seen && ofBook) updateId = batch.lastId[i] ?? NO_ID;
      }
    }
    onBatch(batch.firstRow + batch.length);
  }
  return snapshotLevels;
}

/** Puts the book as a snapshot at the time of the row that follows it. @returns the levels of the book */
function putSnapshot(
  book: OrderBook,
  { receiveS, receiveNs, eventS, eventNs }: TapeRow,
  updateId: number,
  writer: TapeWriter,
): number {
  const levels = [
    ...pairs(book.best('bid', Number.POSITIVE_INFINITY), SIDE.buy),
    ...pairs(book.best('ask', Number.POSITIVE_INFINITY), SIDE.sell),
  ];
  if (levels.length === 0) return 0;
  const flags = FLAG.exchange | FLAG.local;
  const base: TapeRow = { ...blankRow(), receiveS, receiveNs, eventS, eventNs, flags, lastId: updateId };
  for (const side of [SIDE.buy, SIDE.sell]) writer.push({ ...base, kind: KIND.clear, side, tick: WHOLE_SIDE });
  for (const [at, level] of levels.entries()) {
    const end = at === levels.length - 1 ? FLAG.end : 0;
    writer.push({ ...base, ...level, kind: KIND.snapshotLevel, flags: flags | end });
  }
  return levels.length;
}

function pairs(
  flat: readonly number[],
  side: number,
): { readonly side: number; readonly tick: number; readonly lots: number }[] {
  const levels = [];
  for (let i = 0; i < flat.length; i += 2) levels.push({ side, tick: flat[i]!, lots: flat[i + 1]! });
  return levels;
}
