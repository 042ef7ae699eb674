import { OrderBook } from '../../streams/market/order_book.ts';
import { decimalOf } from '../../streams/market/units.ts';
import { type ExportReport, leaveOut } from './export_report.ts';
import { rowAt, type Tape } from './reader.ts';
import { blankRow, FLAG, KIND, nanosText, SIDE, type TapeRow } from './rows.ts';
import { tapeScales } from './schema.ts';
import { NEUTRAL_HEADER } from './sources/neutral.ts';
import { applyRow } from './tape_book.ts';

/** Lines gathered before they are handed on. */
const LINES = 4_096;

/**
 * The tape as neutral CSV, a piece at a time. The time is the receive time. What empties a side becomes a depth row of size 0
 * for each level that was there; best prices, level 3 and rows that the trader's side does not see have no place there.
 */
export function* exportCsv(tape: Tape, report: ExportReport, onBatch: (rowsDone: number) => void): Generator<string> {
  const scales = tapeScales(tape.market);
  const book = new OrderBook();
  const row = blankRow();
  let lines = [NEUTRAL_HEADER];
  const put = (kind: string, side: number, tick: number, lots: number): void => {
    const time = nanosText(row.receiveS, row.receiveNs);
    const price = decimalOf(tick, scales.price);
    lines.push(`${time},${kind},${side === SIDE.buy ? 'b' : 'a'},${price},${decimalOf(lots, scales.size)}`);
    report.rows += 1;
  };
  for (const batch of tape.batches()) {
    for (let i = 0; i < batch.length; i += 1) {
      rowAt(batch, i, tape.originS, row);
      const why = noPlace(row);
      if (why !== undefined) leaveOut(report, why);
      else if (row.kind === KIND.trade) put('trade', row.side, row.tick, row.lots);
      else {
        const before = row.kind === KIND.clear ? [book.best('bid', Infinity), book.best('ask', Infinity)] : [];
        applyRow(book, row.kind, row.side, row.tick, row.lots);
        if (row.kind !== KIND.clear) put('depth', row.side, row.tick, row.lots);
        for (const [at, levels] of before.entries()) {
          const ladder = at === 0 ? book.bids : book.asks;
          for (let k = 0; k < levels.length; k += 2) {
            if (ladder.lotsAt(levels[k]!) === 0) put('depth', at === 0 ? SIDE.buy : SIDE.sell, levels[k]!, 0);
          }
        }
      }
      if (lines.length < LINES) continue;
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
    onBatch(batch.firstRow + batch.length);
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

function noPlace({ kind, side, flags }: TapeRow): string | undefined {
  if ((flags & FLAG.local) === 0) return 'rows that the trader’s side does not see';
  if (kind === KIND.empty) return 'empty messages';
  if (kind === KIND.best) return 'best prices';
  if (kind >= KIND.orderAdd) return 'orders (level 3)';
  if (kind === KIND.trade && side === SIDE.none) return 'trades of unknown side';
  return undefined;
}
