/**
 * The text form of a marble: three paragraphs, in which a column of a timeline is a stated number of milliseconds.
 *
 *     # A comment.
 *     title     = The newest value at each multiple of 200 ms
 *     sentence  = What came in between is replaced; a value at a grid instant belongs to the next sample.
 *     subject   = sampleOnGrid
 *     column    = 50 ms
 *     periodMs  = 200
 *     heartbeat = false
 *
 *     in  source   -a-bc---d---|
 *     sub source   ^-----------!
 *     out samples  ----b---c---(d|)
 *
 *     a = {"bid": 100}
 *
 * In the first paragraph every key but the first four is a parameter of the subject, as JSON. `in` drives an input, `out` is
 * what an output must emit, `sub` is when an input must be, or an output is to be, subscribed (`^`) and left (`!`). All
 * timelines begin in the same column. `-` lets a column pass, a letter or digit is a value, `|` completes, `#` fails,
 * `( )` puts several into the instant of the `(`, each character a column as in RxJS. A line named again goes on with the
 * same stream. The last paragraph says what values stand for, as JSON; without that a value is the character
 * itself. `error` says what `#` stands for.
 */

/** Something at one place of a timeline. */
export interface Mark {
  readonly kind: 'next' | 'complete' | 'error' | 'subscribe' | 'unsubscribe';
  /** The character of a `next`, else what is drawn for it. */
  readonly symbol: string;
  /** Milliseconds since the beginning. */
  readonly timeMs: number;
  /** Place in the file, counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** One stream of a marble. */
export interface Timeline {
  readonly role: 'in' | 'out' | 'sub';
  readonly name: string;
  readonly marks: readonly Mark[];
  readonly line: number;
}

/** What a key stands for, and where it says so. */
export interface Setting {
  readonly value: unknown;
  readonly line: number;
  /** Where the value begins, counted from 1. */
  readonly column: number;
}

/** A marble as it stands in its file, not yet known to fit its subject. */
export interface Marble {
  readonly path: string;
  readonly title: string;
  readonly sentence: string;
  readonly subject: { readonly name: string; readonly line: number };
  readonly columnMs: number;
  readonly parameters: ReadonlyMap<string, Setting>;
  readonly timelines: readonly Timeline[];
  readonly legend: ReadonlyMap<string, Setting>;
  /** Length of the longest timeline, milliseconds. */
  readonly durationMs: number;
}

/** A marble that cannot be read or does not fit its subject: names file, line and column. */
export class MarbleError extends Error {
  constructor(path: string, line: number, column: number, problem: string) {
    super(`${path}:${line}:${column}: ${problem}`);
    this.name = 'MarbleError';
  }
}

const HEADER = ['title', 'sentence', 'subject', 'column'] as const;

/** The key of what `#` stands for in the legend. */
export const ERROR_KEY = 'error';

const SYMBOLS = { '|': 'complete', '#': 'error', '^': 'subscribe', '!': 'unsubscribe' } as const;

/**
 * Reads a marble.
 *
 * @param path only for messages and the marble's identity
 * @throws MarbleError at the first thing that is wrong
 */
export function parseMarble(path: string, text: string): Marble {
  const settings = new Map<string, Setting>();
  const legend = new Map<string, Setting>();
  const drawn: Drawn[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const content = raw.trimEnd();
    if (content === '' || content.startsWith('#')) continue;
    const timeline = /^(in|out|sub)( +)(\S+)( +)(.*)$/.exec(content);
    if (timeline !== null && timeline[3] !== '=') {
      if (legend.size > 0) throw new MarbleError(path, line, 1, 'a timeline after the legend: put it before');
      drawn.push(readLine(path, line, timeline));
    } else {
      readSetting(path, line, content, drawn.length > 0 ? legend : settings);
    }
  }
  const columnMs = columnOf(path, settings);
  const marks = drawn.map((one) => ({ ...one, ...marksOf(path, one, columnMs) }));
  sameColumn(path, drawn);
  legendFits(
    path,
    legend,
    marks.flatMap((one) => one.marks),
  );
  return {
    path,
    title: stringOf(path, settings, 'title'),
    sentence: stringOf(path, settings, 'sentence'),
    subject: { name: stringOf(path, settings, 'subject'), line: settings.get('subject')!.line },
    columnMs,
    parameters: new Map([...settings].filter(([key]) => !HEADER.some((known) => known === key))),
    timelines: merged(marks),
    legend,
    durationMs: Math.max(0, ...marks.map(({ columns }) => columns)) * columnMs,
  };
}

/** A timeline's line before it is understood. `column` is where its drawing begins, from 1. */
interface Drawn {
  readonly role: Timeline['role'];
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly drawing: string;
}

function readLine(path: string, line: number, [whole, role, , name, , drawing]: RegExpExecArray): Drawn {
  const column = whole.length - drawing!.length + 1;
  if (drawing === '') throw new MarbleError(path, line, column, `timeline '${name}' is empty: draw at least '-'`);
  return { role: role as Drawn['role'], name: name!, line, column, drawing: drawing! };
}

function readSetting(path: string, line: number, content: string, into: Map<string, Setting>): void {
  const pair = /^(\S+)( *= *)(.*)$/.exec(content);
  if (pair === null) {
    throw new MarbleError(path, line, 1, `'${content}': expected 'key = value', 'in', 'out' or 'sub', or a comment`);
  }
  const [, key, equals, text] = pair as unknown as [string, string, string, string];
  const column = key.length + equals.length + 1;
  if (into.has(key)) throw new MarbleError(path, line, 1, `'${key}' is given twice`);
  into.set(key, { value: parsedValue(path, line, column, key, text), line, column });
}

function parsedValue(path: string, line: number, column: number, key: string, text: string): unknown {
  if (HEADER.some((known) => known === key)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new MarbleError(path, line, column, `'${text}' is no JSON: a string goes in double quotes`);
  }
}

function stringOf(path: string, settings: ReadonlyMap<string, Setting>, key: (typeof HEADER)[number]): string {
  const setting = settings.get(key);
  if (setting === undefined) throw new MarbleError(path, 1, 1, `'${key}' is missing`);
  if (setting.value === '') throw new MarbleError(path, setting.line, setting.column, `'${key}' is empty`);
  return String(setting.value);
}

function columnOf(path: string, settings: ReadonlyMap<string, Setting>): number {
  const text = stringOf(path, settings, 'column');
  const columnMs = Number(/^([1-9]\d{0,6}) (?:ms)$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(columnMs)) {
    const { line, column } = settings.get('column')!;
    throw new MarbleError(path, line, column, `column '${text}': expected whole milliseconds such as '50 ms'`);
  }
  return columnMs;
}

function marksOf(path: string, drawn: Drawn, columnMs: number): { marks: Mark[]; columns: number } {
  const marks: Mark[] = [];
  const { role, name, line, drawing } = drawn;
  let group = -1;
  let ended = false;
  for (const [i, symbol] of [...drawing].entries()) {
    const column = drawn.column + i;
    const wrong = (problem: string): MarbleError => new MarbleError(path, line, column, problem);
    if (ended && symbol !== ')') throw wrong(`'${symbol}' after the end of '${name}'`);
    if (symbol === '-') {
      if (group >= 0) throw wrong("'-' inside a group: a group is one instant");
    } else if (symbol === '(') {
      if (group >= 0) throw wrong('a group inside a group');
      group = i;
    } else if (symbol === ')') {
      if (group < 0) throw wrong("')' without '('");
      group = -1;
    } else {
      const kind = kindOf(symbol);
      if (kind === undefined) throw wrong(`'${symbol}': expected '-', a letter or digit, '|', '#', '^', '!' or '( )'`);
      const subscribes = kind === 'subscribe' || kind === 'unsubscribe';
      if (subscribes !== (role === 'sub')) throw wrong(`'${symbol}' does not belong on a line '${role}'`);
      marks.push({ kind, symbol, timeMs: (group < 0 ? i : group) * columnMs, line, column });
      ended = kind === 'complete' || kind === 'error' || kind === 'unsubscribe';
    }
  }
  if (group >= 0) throw new MarbleError(path, line, drawn.column + group, "'(' without ')'");
  return { marks, columns: drawing.length };
}

function kindOf(symbol: string): Mark['kind'] | undefined {
  if (/^[A-Za-z0-9]$/.test(symbol)) return 'next';
  return symbol in SYMBOLS ? SYMBOLS[symbol as keyof typeof SYMBOLS] : undefined;
}

/** Time reads downwards only if all timelines begin in one column. */
function sameColumn(path: string, drawn: readonly Drawn[]): void {
  if (drawn.length === 0) throw new MarbleError(path, 1, 1, "nothing is drawn: expected lines 'in', 'out' or 'sub'");
  if (!drawn.some(({ role }) => role === 'out'))
    throw new MarbleError(path, 1, 1, "nothing is expected: no line 'out'");
  const { column } = drawn[0]!;
  const off = drawn.find((one) => one.column !== column);
  if (off !== undefined) {
    throw new MarbleError(path, off.line, off.column, `'${off.name}' begins in column ${off.column}, not ${column}`);
  }
}

function legendFits(path: string, legend: ReadonlyMap<string, Setting>, marks: readonly Mark[]): void {
  for (const [key, { line }] of legend) {
    const used =
      key === ERROR_KEY ? marks.some(({ kind }) => kind === 'error') : marks.some(({ symbol }) => symbol === key);
    if (!used) throw new MarbleError(path, line, 1, `'${key}' stands for something, but is never drawn`);
  }
}

function merged(lines: readonly (Drawn & { readonly marks: readonly Mark[] })[]): Timeline[] {
  const timelines = new Map<string, Timeline>();
  for (const { role, name, line, marks } of lines) {
    const key = `${role} ${name}`;
    const before = timelines.get(key);
    // A stable sort: at the same instant, what was drawn first comes first.
    const all = [...(before?.marks ?? []), ...marks].sort((a, b) => a.timeMs - b.timeMs);
    timelines.set(key, { role, name, line: before?.line ?? line, marks: all });
  }
  return [...timelines.values()];
}
