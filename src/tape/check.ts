import { OrderBook } from '../../streams/market/order_book.ts';
import { TouchCheck } from '../../streams/market/touch_check.ts';
import { DAMAGED } from './checksum.ts';
import { rowAt, type Tape, type TapeBatch } from './reader.ts';
import { blankRow, FLAG, KIND, KIND_NAMES, SIDE, timeText, WHOLE_SIDE } from './rows.ts';
import { applyRow } from './tape_book.ts';

/** What a tape is checked for. The first group are faults; the rest is told, as it may be the market or the recorder. */
export const CHECKS = {
  damaged: 'bytes that are not those that were written',
  unsorted: 'receive times that go back',
  gap: 'messages before which the feed says that some are missing',
  crossed: 'messages after which the best bid is at or above the best ask',
  'clock-jump': 'receive times far ahead of the row before',
  duplicate: 'trade and update ids that come again or go back',
  malformed: 'rows with an unknown kind, side or size',
  mismatch: 'best prices other than the book’s at the same update id',
  'event-before': 'event times that go back',
  'event-after': 'event times after the receive time: the recorder’s clock is behind',
  'no-book': 'level changes before the first snapshot',
} as const;

/** The name of a check. */
export type CheckName = keyof typeof CHECKS;

/** The checks that a sound tape passes. */
export const FAULTS: readonly CheckName[] = [
  'damaged',
  'unsorted',
  'gap',
  'crossed',
  'clock-jump',
  'duplicate',
  'malformed',
  'mismatch',
];

/** How often a check found something, and the first places. */
export interface CheckFinding {
  count: number;
  readonly examples: string[];
}

/** The outcome of a check. */
export interface TapeCheck {
  readonly rows: number;
  readonly findings: ReadonlyMap<CheckName, CheckFinding>;
  /** How often the book was held against the exchange's own best prices at the same update id. */
  readonly bookComparisons: number;
  /** Whether no fault was found. */
  readonly sound: boolean;
}

/** Examples kept of each finding. */
const EXAMPLES_MOST = 3;

const NANOS_PER_S = 1e9;

/**
 * Checks a tape in one pass, keeping the book row by row. Memory does not grow with the tape.
 *
 * @param tape opened with its ids
 * @param jumpS a receive time further ahead of the row before than this is a clock jump, seconds
 * @param onBatch called after each batch; throws to stop
 */
export function checkTape(tape: Tape, jumpS: number, onBatch: (rowsDone: number) => void = () => {}): TapeCheck {
  const checker = new Checker(tape.originS, jumpS * NANOS_PER_S);
  for (const batch of tape.batches()) {
    for (let i = 0; i < batch.length; i += 1) checker.row(batch, i);
    onBatch(batch.firstRow + batch.length);
  }
  if (tape.intact() === false) checker.damaged();
  return checker.outcome();
}

class Checker {
  readonly #originS: number;
  readonly #jumpNs: number;
  readonly #book = new OrderBook();
  readonly #touches = new TouchCheck();
  readonly #findings = new Map<CheckName, CheckFinding>();
  readonly #row = blankRow();
  #rows = 0;
  #receiveNs = Number.NaN;
  // Event times rise within a stream, not across them: a trade may be told before the update that shows it.
  readonly #eventNs = new Float64Array(16).fill(Number.NEGATIVE_INFINITY);
  #tradeId = -1;
  #updateId = -1;
  #bestId = -1;
  #whole = false;
  #changed = false;
  #bestBid = { tick: 0, lots: 0 };

  constructor(originS: number, jumpNs: number) {
    this.#originS = originS;
    this.#jumpNs = jumpNs;
  }

  row(batch: TapeBatch, at: number): void {
    this.#rows += 1;
    const kind = batch.kind[at]!;
    const side = batch.side[at]!;
    const flags = batch.flags[at]!;
    if (!this.#wellFormed(batch, at)) return;
    this.#times(batch, at, kind);
    if ((flags & FLAG.gap) !== 0)
      this.#find('gap', batch, at, `update ids ${batch.firstId[at]} to ${batch.lastId[at]}`);
    const seen = (flags & FLAG.local) !== 0;
    if (seen && (flags & FLAG.again) === 0) this.#ids(batch, at, kind, side);
    if (seen && (kind === KIND.level || kind === KIND.snapshotLevel || kind === KIND.clear)) {
      applyRow(this.#book, kind, side, batch.tick[at]!, batch.lots[at]!);
      this.#changed = true;
      if (kind === KIND.snapshotLevel || kind === KIND.clear) this.#whole = true;
      else if (!this.#whole) this.#find('no-book', batch, at, 'a level change');
    }
    if ((flags & FLAG.end) !== 0 && this.#changed) this.#messageEnds(batch, at);
  }

  /** The file has not the checksum that its import wrote. */
  damaged(): void {
    this.#findings.set('damaged', { count: 1, examples: [DAMAGED] });
  }

  outcome(): TapeCheck {
    const sound = FAULTS.every((name) => !this.#findings.has(name));
    return { rows: this.#rows, findings: this.#findings, bookComparisons: this.#touches.comparisons, sound };
  }

  #wellFormed(batch: TapeBatch, at: number): boolean {
    const kind = batch.kind[at]!;
    const side = batch.side[at]!;
    const tick = batch.tick[at]!;
    const lots = batch.lots[at]!;
    const sided = side === SIDE.buy || side === SIDE.sell;
    let wrong = '';
    if (!KIND_NAMES.has(kind)) wrong = `kind ${kind}: expected one of ${[...KIND_NAMES.keys()].join(', ')}`;
    else if (!sided && (side !== SIDE.none || kind === KIND.level || kind === KIND.snapshotLevel))
      wrong = `side ${side}`;
    else if (!Number.isSafeInteger(lots) || lots < 0) wrong = `size of ${lots} lots: expected an integer from 0`;
    else if (tick < 0 && !(kind === KIND.clear && tick === WHOLE_SIDE))
      wrong = `price of ${tick} ticks: expected from 0`;
    if (wrong !== '') this.#find('malformed', batch, at, wrong);
    return wrong === '';
  }

  #times(batch: TapeBatch, at: number, kind: number): void {
    const receiveNs = batch.receiveNs[at]!;
    const eventNs = batch.eventNs[at]!;
    const flags = batch.flags[at]!;
    if ((flags & FLAG.local) !== 0) {
      const stepNs = receiveNs - this.#receiveNs;
      if (stepNs < 0) this.#find('unsorted', batch, at, `${-stepNs / NANOS_PER_S} s before the row above`);
      if (stepNs > this.#jumpNs) this.#find('clock-jump', batch, at, `${stepNs / NANOS_PER_S} s after the row above`);
      this.#receiveNs = receiveNs;
      if (eventNs > receiveNs) this.#find('event-after', batch, at, `${(eventNs - receiveNs) / NANOS_PER_S} s`);
    }
    if ((flags & FLAG.exchange) === 0 || (flags & FLAG.again) !== 0 || Number.isNaN(eventNs)) return;
    const backNs = this.#eventNs[kind]! - eventNs;
    if (backNs > 0) this.#find('event-before', batch, at, `${backNs / NANOS_PER_S} s before the last of its kind`);
    this.#eventNs[kind] = eventNs;
  }

  #ids(batch: TapeBatch, at: number, kind: number, side: number): void {
    const id = batch.lastId[at]!;
    if (id < 0) return;
    if (kind === KIND.trade) {
      if (id <= this.#tradeId) this.#find('duplicate', batch, at, `trade id ${id} after ${this.#tradeId}`);
      this.#tradeId = id;
    } else if (kind === KIND.level) {
      if (id < this.#updateId) this.#find('duplicate', batch, at, `update id ${id} after ${this.#updateId}`);
      this.#updateId = id;
    } else if (kind === KIND.best) this.#best(batch, at, id, side);
  }

  /** A bid and the ask behind it are the exchange's touch at an update id. */
  #best(batch: TapeBatch, at: number, updateId: number, side: number): void {
    const tick = batch.tick[at]!;
    const lots = batch.lots[at]!;
    if (side === SIDE.buy) {
      if (updateId < this.#bestId)
        this.#find('duplicate', batch, at, `best prices of id ${updateId} after ${this.#bestId}`);
      this.#bestId = updateId;
      this.#bestBid = { tick, lots };
      return;
    }
    const { tick: bidTick, lots: bidLots } = this.#bestBid;
    const base = { kind: 'bookTicker', market: '', seq: 0, timeUs: 0, eventUs: 0 } as const;
    const same = this.#touches.theirs({ ...base, updateId, bidTick, bidLots, askTick: tick, askLots: lots });
    if (!same) this.#find('mismatch', batch, at, `the exchange's best prices at update id ${updateId}`);
  }

  #messageEnds(batch: TapeBatch, at: number): void {
    this.#changed = false;
    const book = this.#book;
    if (book.crossed) this.#find('crossed', batch, at, `bid ${book.bestBidTick}, ask ${book.bestAskTick} ticks`);
    const id = batch.lastId[at]!;
    if (id < 0 || !this.#whole || batch.kind[at] !== KIND.level) return;
    if (!this.#touches.ours(id, book)) this.#find('mismatch', batch, at, `our book at update id ${id}`);
  }

  #find(name: CheckName, batch: TapeBatch, at: number, detail: string): void {
    let finding = this.#findings.get(name);
    if (finding === undefined) {
      finding = { count: 0, examples: [] };
      this.#findings.set(name, finding);
    }
    finding.count += 1;
    if (finding.examples.length === EXAMPLES_MOST) return;
    const { receiveS, receiveNs } = rowAt(batch, at, this.#originS, this.#row);
    finding.examples.push(`row ${batch.firstRow + at + 1}, ${timeText(receiveS, receiveNs)}: ${detail}`);
  }
}
