import type { Scale } from '../../streams/market/units.ts';
import { type ExportReport, leaveOut } from './export_report.ts';
import { storeInteger, storeNanos } from './int64.ts';
import { rowAt, type Tape } from './reader.ts';
import { blankRow, FLAG, KIND, SIDE, type TapeRow, timeText, WHOLE_SIDE } from './rows.ts';
import { tapeScales } from './schema.ts';
import { EV, EVENTS, FIELD_BYTES, npyHeader } from './sources/npy.ts';
import { TapeError } from './tape_error.ts';

const WORDS = EVENTS.fields.length;
/** Events gathered before they are handed on. */
const EVENTS_GATHERED = 4_096;

/**
 * The tape as a `.npy` array of hftbacktest's events, a piece at a time. Prices are the doubles next to their decimals. Where
 * the exchange states no time the last one that it stated is taken, as hftbacktest needs one; it also needs both times in
 * order, each among the rows that its side sees.
 *
 * @throws TapeError naming the row where the exchange's times go back
 */
export function* exportNpy(
  tape: Tape,
  report: ExportReport,
  onBatch: (rowsDone: number) => void,
): Generator<Uint8Array> {
  yield npyHeader(tape.rows - leftOut(tape));
  const put = eventWriter(tape);
  let events = new Float64Array(EVENTS_GATHERED * WORDS);
  let words = new Uint32Array(events.buffer);
  const row = blankRow();
  let filled = 0;
  for (const batch of tape.batches()) {
    for (let i = 0; i < batch.length; i += 1) {
      const without = withoutEvent(batch.kind[i]!, batch.flags[i]!);
      if (without !== undefined) {
        leaveOut(report, without);
        continue;
      }
      put(rowAt(batch, i, tape.originS, row), events, words, filled * WORDS, batch.firstRow + i + 1);
      filled += 1;
      report.rows += 1;
      if (filled < EVENTS_GATHERED) continue;
      yield new Uint8Array(events.buffer);
      events = new Float64Array(EVENTS_GATHERED * WORDS);
      words = new Uint32Array(events.buffer);
      filled = 0;
    }
    onBatch(batch.firstRow + batch.length);
  }
  yield new Uint8Array(events.buffer, 0, filled * WORDS * FIELD_BYTES);
}

type PutEvent = (row: TapeRow, events: Float64Array, words: Uint32Array, at: number, number: number) => void;

function eventWriter(tape: Tape): PutEvent {
  const { price, size } = tapeScales(tape.market);
  const [priceOne, sizeOne] = [10 ** price.decimals, 10 ** size.decimals];
  let [lastS, lastNs] = [0, 0];
  return (row, events, words, at, number) => {
    const stated = row.eventS !== 0 || row.eventNs !== 0;
    if (!stated && lastS === 0) [lastS, lastNs] = [row.receiveS, row.receiveNs];
    const back = stated && (row.eventS < lastS || (row.eventS === lastS && row.eventNs < lastNs));
    if (back && (row.flags & FLAG.exchange) !== 0) {
      const detail = `event time ${timeText(row.eventS, row.eventNs)} is before ${timeText(lastS, lastNs)}`;
      throw new TapeError(tape.path, `row ${number}: ${detail}: hftbacktest needs them in order`);
    }
    if (stated && !back) [lastS, lastNs] = [row.eventS, row.eventNs];
    const side = row.side === SIDE.buy ? EV.buy : row.side === SIDE.sell ? EV.sell : 0;
    const exchange = (row.flags & FLAG.exchange) !== 0 ? EV.exchange : 0;
    const local = (row.flags & FLAG.local) !== 0 ? EV.local : 0;
    words[2 * at] = row.kind + side + exchange + local;
    storeNanos(words, at + 1, stated ? row.eventS : lastS, stated ? row.eventNs : lastNs);
    storeNanos(words, at + 2, row.receiveS, row.receiveNs);
    events[at + 3] = row.tick === WHOLE_SIDE ? wholeSide(row.side) : doubleOf(row.tick, price, priceOne);
    events[at + 4] = doubleOf(row.lots, size, sizeOne);
    storeInteger(words, at + 5, row.kind >= KIND.orderAdd ? row.lastId : 0);
  };
}

/** hftbacktest empties a whole side where the price to empty it to is not finite. */
const wholeSide = (side: number): number => (side === SIDE.buy ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);

/** The double next to a decimal: one division of integers, rounded once. */
const doubleOf = (steps: number, { step }: Scale, one: number): number => (steps * step) / one;

/** Why a row has no place in the array, where it has none. */
function withoutEvent(kind: number, flags: number): string | undefined {
  if (kind === KIND.empty) return 'empty messages';
  return (flags & FLAG.made) === 0 ? undefined : 'levels made of single orders';
}

function leftOut(tape: Tape): number {
  let count = 0;
  for (const { length, kind, flags } of tape.batches()) {
    for (let i = 0; i < length; i += 1) if (withoutEvent(kind[i]!, flags[i]!) !== undefined) count += 1;
  }
  return count;
}
