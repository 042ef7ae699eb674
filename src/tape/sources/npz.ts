import type { MarketScales, Scale } from '../../../streams/market/units.ts';
import { loadInteger, loadSeconds, nanosSince } from '../int64.ts';
import type { Problems } from '../problems.ts';
import { FLAG, KIND, KIND_NAMES, NO_ID, type RowBuffer, SIDE, WHOLE_SIDE } from '../rows.ts';
import { EV, EVENTS } from './npy.ts';
import { elementsOf } from './npy_elements.ts';
import { RowError } from './row_error.ts';
import { type MakerTask, RowMaker } from './row_maker.ts';
import type { SourceProgress } from './row_source.ts';

/** 64-bit words of an event. */
const WORDS = EVENTS.fields.length;

/** How far a double may lie from a tick: prices are made by multiplying ticks. */
const TICK_TOLERANCE = 1e-6;

/** Significant digits of a double that mean something: 60000.3 may be 60000.299999999996. */
const SIGNIFICANT_DIGITS = 13;
const DECIMALS_MOST = 12;

/** Kinds of level 3, whose id is an order's. */
const FIRST_ORDER_KIND = KIND.orderAdd;

/**
 * hftbacktest's event arrays, `.npz` or `.npy`. Consecutive book rows with the same two times are one message. Prices and sizes
 * are doubles there and become ticks and lots here; `ival` and `fval`, which the strategy's author may use, have no place in
 * a tape and must be 0.
 */
export async function* readNpz(
  file: string,
  problems: Problems,
  task: MakerTask,
  progress?: SourceProgress,
): AsyncGenerator<RowBuffer> {
  const maker = new RowMaker(file, problems, task);
  maker.makesLevels = true;
  const steps = 'scales' in task ? stepsOfDoubles(task.scales) : undefined;
  let row = 0;
  for await (const elements of elementsOf(file, EVENTS, problems, progress)) {
    const events = new Float64Array(elements.buffer);
    const words = new Uint32Array(events.buffer, 0, events.length * 2);
    const read = (): void => readEvent(events, words, at, maker, steps);
    let at = 0;
    for (at = 0; at < events.length; at += WORDS) {
      row += 1;
      maker.line(row, read);
      if (maker.full) yield* maker.handOn();
    }
    if ('survey' in task) yield maker.buffer;
  }
  yield* maker.finish();
}

/** Turns doubles into whole numbers of a step, or fails. */
interface DoubleSteps {
  tick(price: number): number;
  lots(size: number): number;
}

function stepsOfDoubles({ price, size }: MarketScales): DoubleSteps {
  const steps = (value: number, { decimals, step }: Scale, field: string, flag: string): number => {
    const exact = (value * 10 ** decimals) / step;
    const whole = Math.round(exact);
    if (Math.abs(exact - whole) <= TICK_TOLERANCE * Math.max(1, Math.abs(whole) * 1e-6)) return whole;
    const text = (step / 10 ** decimals).toFixed(decimals);
    throw new RowError('off-tick', `${field} ${value}: expected a multiple of ${text}; ${flag} sets another step`);
  };
  return {
    tick: (value) => steps(value, price, 'px', '--tick'),
    lots: (value) => steps(value, size, 'qty', '--lot'),
  };
}

function readEvent(events: Float64Array, words: Uint32Array, at: number, maker: RowMaker, steps?: DoubleSteps): void {
  const ev = words[2 * at]!;
  const kind = ev & EV.kind;
  if (words[2 * at + 1] !== 0 || (ev & 0x0fffff00) !== 0 || !KIND_NAMES.has(kind) || kind === KIND.empty) {
    throw new RowError('malformed', `ev ${ev}: expected an event code of hftbacktest 2`);
  }
  const [price, size] = [events[at + 3]!, events[at + 4]!];
  if (!Number.isFinite(size) || size < 0) throw new RowError('malformed', `qty ${size}: expected a number from 0`);
  if (Number.isNaN(price) || (!Number.isFinite(price) && kind !== KIND.clear)) {
    throw new RowError('malformed', `px ${price}: expected a number`);
  }
  if (steps === undefined) {
    maker.put(kind, SIDE.none, decimalText(price), decimalText(size));
    return;
  }
  const { row } = maker;
  setTime(words, at + 2, 'local_ts', (s, ns) => Object.assign(row, { receiveS: s, receiveNs: ns }));
  setTime(words, at + 1, 'exch_ts', (s, ns) => Object.assign(row, { eventS: s, eventNs: ns }));
  setIds(words, at, kind, maker);
  if (loadInteger(words, at + 6) !== 0 || events[at + 7] !== 0) {
    maker.lost(
      'not-kept',
      `ival ${loadInteger(words, at + 6)}, fval ${events[at + 7]}: expected 0, as a tape has no place for them`,
    );
  }
  const depth = kind === KIND.level || kind === KIND.snapshotLevel || kind === KIND.clear;
  if (depth) maker.begin(`${words[2 * at + 2]} ${words[2 * at + 3]} ${words[2 * at + 4]} ${words[2 * at + 5]}`);
  else maker.endMessage();
  maker.hidden = ((ev & EV.local) === 0 ? FLAG.local : 0) | (ev >>> 31 === 0 ? FLAG.exchange : 0);
  const side = (ev & EV.buy) !== 0 ? SIDE.buy : (ev & EV.sell) !== 0 ? SIDE.sell : SIDE.none;
  const tick = Number.isFinite(price) ? steps.tick(price) : WHOLE_SIDE;
  maker.putSteps(kind, side, tick, steps.lots(size));
  if (!depth) maker.endMessage();
}

function setTime(words: Uint32Array, at: number, field: string, set: (s: number, ns: number) => void): void {
  const s = loadSeconds(words, at);
  // A time in milliseconds or microseconds would be one of 1970.
  if (s < 1e8 || s > 4e9) {
    throw new RowError('mixed-unit', `${field} ${loadInteger(words, at)}: expected nanoseconds since the epoch`);
  }
  set(s, nanosSince(words, at, s));
}

function setIds(words: Uint32Array, at: number, kind: number, maker: RowMaker): void {
  const id = loadInteger(words, at + 5);
  if (!Number.isSafeInteger(id) || id < 0) throw new RowError('malformed', `order_id ${id}: expected below 2^53`);
  maker.noIds();
  if (kind >= FIRST_ORDER_KIND) maker.row.lastId = id;
  else if (id !== 0) maker.lost('not-kept', `order_id ${id} of a row that is no order's: expected 0`);
  else maker.row.lastId = NO_ID;
}

/** A double as a decimal of as many digits as mean something. */
function decimalText(value: number): string {
  if (!Number.isFinite(value) || value <= 0) return '0';
  const digits = Math.max(0, SIGNIFICANT_DIGITS - Math.max(1, Math.floor(Math.log10(value)) + 1));
  return value.toFixed(Math.min(DECIMALS_MOST, digits));
}
