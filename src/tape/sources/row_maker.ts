import { type MarketScales, NOT_A_MULTIPLE, type Scale, stepsOf } from '../../../streams/market/units.ts';
import type { ProblemReason, Problems } from '../problems.ts';
import { blankRow, FLAG, KIND, NO_ID, nanosBetween, RowBuffer, timeText, WHOLE_SIDE } from '../rows.ts';
import { LevelsOfOrders } from './levels_of_orders.ts';
import { RowError } from './row_error.ts';
import type { StepSurvey } from './step_survey.ts';

/** Rows that a source gathers before it hands them on. */
export const HAND_ON_ROWS = 16_384;

/** Rows of one message at most: a snapshot of 20,000 levels a side, and what clears the sides. */
const MESSAGE_ROWS_MOST = 40_002;

/** Ticks are 32-bit integers in a tape. */
const TICK_MOST = 2 ** 31 - 1;

/** Digits of a time since the epoch from 2001 to 2286, by unit: the length says the unit. */
const UNIT_DIGITS = { s: 10, ms: 13, us: 16, ns: 19 } as const;

/** A unit of time that a source writes. */
export type TimeUnit = keyof typeof UNIT_DIGITS;

const UNIT_NAMES: Readonly<Record<TimeUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
};

/** What the first pass over a source learns: the steps of prices and sizes, and whose market it is. */
export interface Survey {
  readonly price: StepSurvey;
  readonly size: StepSurvey;
  symbol?: string;
  venue?: string;
}

/**
 * What rows are read for: with a survey, to learn whose they are and of what steps; then with scales, to make them, and with
 * the symbol that all of them must be of.
 */
export type MakerTask =
  | { readonly survey: Survey }
  | { readonly scales: MarketScales; readonly symbol: string | undefined };

/**
 * Makes rows out of the fields of a text format. A format says which message a row belongs to, sets the times, and puts
 * price and size; this turns decimals into ticks and lots, marks the last row of each message, and complains by row.
 */
export class RowMaker {
  readonly buffer: RowBuffer;
  /** The row in making: a format sets ids and flags here. */
  readonly row = blankRow();
  /** Flags that the rows put from now on do not have: who does not see them. */
  hidden = 0;
  /** Whether levels are made of single orders, unless the source states levels before the first of them. */
  makesLevels = false;
  #levels: LevelsOfOrders | undefined;
  #statesLevels = false;
  readonly #kept = blankRow();
  readonly #file: string;
  readonly #problems: Problems;
  readonly #task: MakerTask;
  #line = 0;
  #message = '';
  #mark = 0;
  #lastS = 0;
  #lastNs = 0;
  #unit: TimeUnit | undefined;

  constructor(file: string, problems: Problems, task: MakerTask) {
    this.#file = file;
    this.#problems = problems;
    this.#task = task;
    this.buffer = new RowBuffer('scales' in task ? HAND_ON_ROWS + MESSAGE_ROWS_MOST : 0);
  }

  /** Runs the reading of one line; what it throws as a {@link RowError} is reported, and its rows are taken back. */
  line(number: number, read: () => void): void {
    this.#line = number;
    this.#mark = this.buffer.length;
    try {
      read();
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      this.buffer.length = this.#mark;
      // The survey finds nothing wrong: the second pass will, with the row's number.
      if ('scales' in this.#task) this.#problems.report(error.reason, this.#file, number, error.message);
    }
  }

  /** Counts something that is no error, at the line in hand. */
  note(what: string, detail: string): void {
    if ('scales' in this.#task) this.#problems.note(what, this.#file, this.#line, detail);
  }

  /** Something of the row in hand that a tape has no place for: the row is taken without it. */
  lost(reason: ProblemReason, detail: string): void {
    if ('scales' in this.#task) this.#problems.report(reason, this.#file, this.#line, detail, 'taken without');
  }

  /** Learns whose market this is, or refuses a row of another. */
  market(symbol: string, venue: string): void {
    if ('survey' in this.#task) {
      this.#task.survey.symbol ??= symbol;
      this.#task.survey.venue ??= venue;
    } else if (this.#task.symbol !== symbol) {
      throw new RowError('other-market', `symbol '${symbol}': expected '${this.#task.symbol}', as in the first row`);
    }
  }

  /** Begins a message, or goes on with the one before where the key is the same. */
  begin(key: string): void {
    if (key === this.#message) return;
    this.endMessage();
    this.#message = key;
  }

  /** The rows put so far are a whole message. */
  endMessage(): void {
    const { length, flags } = this.buffer;
    if (length > 0) flags[length - 1]! |= FLAG.end;
    this.#message = '';
  }

  /** Sets both times to one text. */
  time(text: string, unit: TimeUnit | 'any', field: string): void {
    this.received(text, unit, field);
    this.row.eventS = this.row.receiveS;
    this.row.eventNs = this.row.receiveNs;
  }

  /** Sets the receive time. */
  received(text: string, unit: TimeUnit | 'any', field: string): void {
    const digits = this.#digitsOf(text, unit, field);
    this.row.receiveS = Number(digits.slice(0, 10));
    this.row.receiveNs = Number(digits.slice(10).padEnd(9, '0'));
  }

  /** Sets the exchange's time. */
  happened(text: string, unit: TimeUnit | 'any', field: string): void {
    const digits = this.#digitsOf(text, unit, field);
    this.row.eventS = Number(digits.slice(0, 10));
    this.row.eventNs = Number(digits.slice(10).padEnd(9, '0'));
  }

  /** Adds a row of this kind, side, price and size. @throws RowError naming the field */
  put(kind: number, side: number, price: string, size: string): void {
    if ('survey' in this.#task) {
      this.#task.survey.price.take(price);
      this.#task.survey.size.take(size);
      return;
    }
    const { scales } = this.#task;
    this.putSteps(kind, side, stepsIn(price, scales.price, 'price'), stepsIn(size, scales.size, 'size'));
  }

  /** Adds a row whose price and size are ticks and lots already. */
  putSteps(kind: number, side: number, tick: number, lots: number): void {
    if ('survey' in this.#task) return;
    const { row } = this;
    if (tick > TICK_MOST)
      throw new RowError('off-tick', `price of ${tick} ticks: expected below 2^31; --tick sets a coarser one`);
    // Rows that only the exchange sees stand where its time puts them.
    if ((this.hidden & FLAG.local) === 0) this.#ordered();
    if (this.buffer.length - this.#mark >= MESSAGE_ROWS_MOST) {
      throw new RowError('malformed', `a message of more than ${MESSAGE_ROWS_MOST} rows`);
    }
    row.kind = kind;
    row.side = side;
    row.flags = (row.flags | FLAG.exchange | FLAG.local) & ~(FLAG.end | this.hidden);
    row.tick = tick;
    row.lots = lots;
    const levels = this.makesLevels ? this.#levelsOf(kind) : undefined;
    // Before the row is put: an order that cannot be has no row.
    const made = levels?.take(row) ?? [];
    this.buffer.push(row);
    row.flags &= ~FLAG.gap;
    if (kind === KIND.clear && this.#levels !== undefined) this.#putClear(this.#levels);
    for (const { side: at, tick: of, lots: now, flags } of made) this.#putMade(KIND.level, at, of, now, flags);
  }

  /** Clears the ids of the row in making. */
  noIds(): void {
    this.row.firstId = NO_ID;
    this.row.lastId = NO_ID;
    this.row.previousId = NO_ID;
  }

  /** Whether rows wait to be handed on; the last one stays, as its message may go on. */
  get full(): boolean {
    return this.buffer.length > HAND_ON_ROWS;
  }

  /** Hands on all rows but the last, which may not be the end of its message. */
  *handOn(): Generator<RowBuffer> {
    const { buffer } = this;
    const last = buffer.length - 1;
    if (last < 1) return;
    buffer.length = last;
    yield buffer;
    buffer.get(last, this.#kept);
    buffer.length = 0;
    buffer.push(this.#kept);
  }

  /** Hands on what is left. */
  *finish(): Generator<RowBuffer> {
    this.endMessage();
    if (this.buffer.length > 0) yield this.buffer;
    this.buffer.length = 0;
  }

  /** What makes levels of a row of an order; none of a row of another kind. */
  #levelsOf(kind: number): LevelsOfOrders | undefined {
    if (kind === KIND.level || kind === KIND.snapshotLevel) {
      if (this.#levels !== undefined)
        throw new RowError(
          'malformed',
          'a level behind single orders, of which levels are made: expected one of the two',
        );
      this.#statesLevels = true;
    }
    if (kind < KIND.orderAdd || this.#statesLevels) return undefined;
    this.#levels ??= new LevelsOfOrders();
    return this.#levels;
  }

  /** A clear of single orders empties a side whatever price it states. */
  #putClear(levels: LevelsOfOrders): void {
    const { side, flags } = this.row;
    levels.clear(this.row);
    this.#putMade(KIND.clear, side, WHOLE_SIDE, 0, flags);
  }

  #putMade(kind: number, side: number, tick: number, lots: number, seen: number): void {
    const { row } = this;
    const { flags, firstId, lastId, previousId } = row;
    this.noIds();
    row.kind = kind;
    row.side = side;
    row.flags = (seen & (FLAG.exchange | FLAG.local)) | FLAG.made;
    row.tick = tick;
    row.lots = lots;
    this.buffer.push(row);
    Object.assign(row, { flags, firstId, lastId, previousId });
  }

  #ordered(): void {
    const { receiveS, receiveNs } = this.row;
    const backNs = nanosBetween(receiveS, receiveNs, this.#lastS, this.#lastNs);
    if (backNs > 0) {
      const detail = `time ${timeText(receiveS, receiveNs)} is ${backNs / 1e9} s before the row above`;
      this.#problems.report('unsorted', this.#file, this.#line, detail, 'sorted in');
      return;
    }
    this.#lastS = receiveS;
    this.#lastNs = receiveNs;
  }

  #digitsOf(text: string, expected: TimeUnit | 'any', field: string): string {
    const unit = unitOf(text);
    if (unit === undefined) {
      const what = expected === 'any' ? 'time since the epoch' : UNIT_NAMES[expected];
      throw new RowError('malformed', `${field} '${text.slice(0, 40)}': expected ${what} as an integer`);
    }
    this.#unit ??= unit;
    const wanted = expected === 'any' ? this.#unit : expected;
    if (unit !== wanted) {
      const detail = `${field} ${text} is in ${UNIT_NAMES[unit]}: expected ${UNIT_NAMES[wanted]}${expected === 'any' ? ' as in the rows above' : ''}`;
      if ('scales' in this.#task) {
        this.#problems.report('mixed-unit', this.#file, this.#line, detail, `taken as ${UNIT_NAMES[unit]}`);
      }
    }
    return text;
  }
}

function unitOf(text: string): TimeUnit | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  switch (text.length) {
    case UNIT_DIGITS.s:
      return 's';
    case UNIT_DIGITS.ms:
      return 'ms';
    case UNIT_DIGITS.us:
      return 'us';
    case UNIT_DIGITS.ns:
      return 'ns';
    default:
      return undefined;
  }
}

function stepsIn(text: string, scale: Scale, field: string): number {
  const steps = stepsOf(text, scale);
  if (steps !== NOT_A_MULTIPLE) return steps;
  const step = (scale.step / 10 ** scale.decimals).toFixed(scale.decimals);
  const decimal = /^\d+(\.\d+)?$/.test(text);
  const reason = decimal ? 'off-tick' : 'malformed';
  const flag = field === 'price' ? '--tick' : '--lot';
  const expected = decimal
    ? `a multiple of ${step}, below 2^53 of them; ${flag} sets another step`
    : 'a decimal such as 61837.5';
  throw new RowError(reason, `${field} '${text.slice(0, 40)}': expected ${expected}`);
}
