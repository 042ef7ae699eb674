import { createReadStream, existsSync, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Input } from '../../streams/inputs.ts';
import type { Market, Reject } from '../../streams/market/types.ts';
import type { BinanceVenue } from './endpoints.ts';
import { binanceMarket, commonStep, fits, knownMarket } from './instruments.ts';
import { BinanceParser, MESSAGE_MOST_CHARACTERS } from './parse.ts';

/** One input of a recording, stamped with its receive time, and where it stood. */
export interface RecordedInput {
  readonly input: Input;
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** How far a reader has come. */
export interface ReadingProgress {
  bytesRead: number;
  readonly bytesTotal: number;
  lines: number;
  /** Lines whose receive time went back and was taken for the one before it. */
  clamped: number;
}

/** A file that can't be read as a recording at all: missing, not gzip though named so, of another format. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** Lines looked at to find out what market a recording is of. */
const HEAD_LINES = 2_000;

/** Digits of a receive time in nanoseconds, from 2001 to 2286. */
const STAMP_DIGITS = 19;

/** A receive time further ahead of the message's own than this is garbled, or the recorder's clock was no use. */
const OWN_TIME_AHEAD_MOST_US = 3_600 * 1_000_000;

/**
 * A receive time further ahead than this of the last one is believed when the next line's agrees: recordings have gaps, but
 * one garbled digit would send the clock, and every timer with it, years ahead.
 */
const JUMP_US = 60 * 1_000_000;

/**
 * A recording (`<receive time, ns> <message>` lines, gzip by name), one or several files as one stream: a recording cut into
 * parts at line ends gives the same inputs as the whole.
 *
 * Time does not go back: a receive time before the last one is taken for it, and counted. One garbled far ahead is refused.
 */
export class Recording {
  readonly files: readonly string[];
  readonly market: Market;
  readonly progress: ReadingProgress;
  readonly #startUs: number;

  private constructor(files: readonly string[], market: Market, startUs: number) {
    this.files = files;
    this.market = market;
    this.#startUs = startUs;
    const bytesTotal = files.reduce((sum, file) => sum + statSync(file).size, 0);
    this.progress = { bytesRead: 0, bytesTotal, lines: 0, clamped: 0 };
  }

  /**
   * Looks at the head of the recording, wherever it is cut, to find out the market.
   *
   * @param market given where the head does not tell enough
   * @throws RecordingError naming the file and what is wrong with it
   */
  static async open(files: readonly string[], market?: Market): Promise<Recording> {
    if (files.length === 0) throw new RecordingError('no recording given: name at least one file');
    for (const file of files) {
      if (!existsSync(file) || !statSync(file).isFile()) throw new RecordingError(`${file}: no such file`);
    }
    const head = await headOf(files);
    return new Recording(files, market ?? marketOf(files[0]!, head), startOf(head));
  }

  /** The inputs in file order, stamped with time and not yet with a number. Bad lines come as rejects. */
  async *inputs(): AsyncGenerator<RecordedInput> {
    const parser = new BinanceParser('recording', [this.market]);
    let lastUs = this.#startUs;
    let jumped: RecordedInput | undefined;
    for (const file of this.files) {
      let number = 0;
      for await (const lines of linesOf(file, this.progress)) {
        for (const line of lines) {
          number += 1;
          this.progress.lines += 1;
          // A carriage return is white space to JSON; alone it is an empty line.
          if (line === '' || line === '\r') continue;
          const input = typeof line === 'string' ? this.#inputOf(line, parser) : parser.reject(...line);
          if (input === null) continue;
          const recorded = { input, file, line: number };
          if (jumped !== undefined) {
            const agrees = input.kind !== 'reject' && input.timeUs > jumped.input.timeUs - JUMP_US;
            if (agrees) lastUs = jumped.input.timeUs;
            yield agrees ? jumped : disbelieved(jumped, parser, lastUs);
            jumped = undefined;
          }
          if (input.kind === 'reject') yield placed(recorded, input, lastUs);
          else if (input.timeUs - lastUs > JUMP_US) jumped = recorded;
          else {
            if (input.timeUs < lastUs) this.progress.clamped += 1;
            lastUs = Math.max(lastUs, input.timeUs);
            input.timeUs = lastUs;
            yield recorded;
          }
        }
      }
    }
    if (jumped !== undefined) yield disbelieved(jumped, parser, lastUs);
  }

  #inputOf(line: string, parser: BinanceParser): Input | null {
    const stampUs = stampOf(line);
    if (stampUs < 0) return parser.reject('malformed', `'${line.slice(0, 60)}': ${expectedLine(line)}`);
    const input = parser.parse(line.slice(STAMP_DIGITS + 1), this.market.symbol);
    if (input === null || input.kind === 'reject') return input;
    const ownUs = 'eventUs' in input ? input.eventUs : 0;
    if (ownUs > 0 && stampUs - ownUs > OWN_TIME_AHEAD_MOST_US) return garbled(stampUs, parser, this.market.symbol);
    input.timeUs = stampUs;
    return input;
  }
}

function garbled(stampUs: number, parser: BinanceParser, market: string): Reject {
  return parser.reject('malformed', `receive time ${stampUs} µs: expected one near its neighbours'`, market);
}

/** The reject in place of an input whose receive time nothing confirms. */
function disbelieved(jumped: RecordedInput, parser: BinanceParser, lastUs: number): RecordedInput {
  const market = 'market' in jumped.input ? jumped.input.market : '';
  return placed(jumped, garbled(jumped.input.timeUs, parser, market), lastUs);
}

/** A reject with the place it comes from before its detail. */
function placed({ file, line }: RecordedInput, reject: Reject, timeUs: number): RecordedInput {
  const detail = `${file}:${line}: ${reject.detail}`.slice(0, 300);
  return { input: { ...reject, timeUs, detail }, file, line };
}

/** The receive time of a line in microseconds, or -1 where it does not begin with nanoseconds and a space. */
function stampOf(line: string): number {
  let us = 0;
  if (line.charCodeAt(STAMP_DIGITS) !== 32) return -1;
  for (let i = 0; i < STAMP_DIGITS; i += 1) {
    const digit = line.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    if (i < STAMP_DIGITS - 3) us = us * 10 + digit;
  }
  return us;
}

/** A line, or reason and detail of what made the rest of the file unreadable. */
type Line = string | readonly [reason: string, detail: string];

/** The lines of a file, as many at a time as a piece of it holds: a turn of the event loop for each would cost more than they. */
async function* linesOf(file: string, progress?: ReadingProgress): AsyncGenerator<readonly Line[]> {
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (progress !== undefined) raw.on('data', (chunk) => (progress.bytesRead += chunk.length));
  const bytes = file.endsWith('.gz') ? raw.pipe(createGunzip({ chunkSize: 256 * 1024 })) : raw;
  raw.on('error', (error) => bytes.destroy(error));
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  try {
    for await (const chunk of bytes) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop()!;
      yield lines;
      if (rest.length > MESSAGE_MOST_CHARACTERS) {
        const most = `line of more than ${MESSAGE_MOST_CHARACTERS} characters`;
        yield [['oversized', `${most}; the rest of the file is left out`]];
        return;
      }
    }
  } catch (error) {
    yield [endedBy(error as NodeJS.ErrnoException, file, progress === undefined)];
    return;
  } finally {
    raw.destroy();
  }
  if (rest !== '') yield [rest];
}

/** What a damaged gzip file is told as. @throws RecordingError when nothing can be made of the file */
function endedBy({ code, message }: NodeJS.ErrnoException, file: string, atHead: boolean): Line {
  if (code === 'Z_BUF_ERROR' && !atHead) return ['truncated', `the file ends too early (${message})`];
  if (code?.startsWith('Z_') && !atHead) return ['damaged', `unreadable from here on (${message})`];
  const why = code === 'Z_DATA_ERROR' ? ' (not a gzip file, or damaged)' : '';
  throw new RecordingError(`${file}: cannot be read: ${message}${why}`);
}

/** What the head of one file tells: the symbol, and the venue where a depth update shows it. */
export interface Glance {
  readonly symbol: string | undefined;
  readonly venue: BinanceVenue | undefined;
}

/**
 * Looks at the head of one file, to sort files by market. A short part of a recording may tell nothing.
 *
 * @throws RecordingError when the file can't be read, or no line of its head belongs in a recording
 */
export async function glanceAt(file: string): Promise<Glance> {
  if (!existsSync(file) || !statSync(file).isFile()) throw new RecordingError(`${file}: no such file`);
  const head = await headOf([file]);
  if (head.lines > 0 && head.stampsUs.length === 0) throw noMessageIn(file, head);
  const futures = head.coinMargined ? 'binance-coinm' : 'binance-usdm';
  return { symbol: symbolOf(head), venue: head.futures ? futures : head.spot ? 'binance-spot' : undefined };
}

/** What the head of a recording shows of its market. */
interface Head {
  readonly symbols: Map<string, number>;
  readonly prices: Set<string>;
  readonly sizes: Set<string>;
  spot: boolean;
  futures: boolean;
  coinMargined: boolean;
  /** Receive times, microseconds. */
  readonly stampsUs: number[];
  /** The first line. */
  first: string;
  lines: number;
}

async function headOf(files: readonly string[]): Promise<Head> {
  const head: Head = {
    first: '',
    symbols: new Map(),
    prices: new Set(),
    sizes: new Set(),
    spot: false,
    futures: false,
    coinMargined: false,
    stampsUs: [],
    lines: 0,
  };
  for (const file of files) {
    try {
      for await (const lines of linesOf(file)) {
        for (const line of lines) {
          if (head.lines >= HEAD_LINES) return head;
          if (head.lines === 0 && typeof line === 'string') head.first = line;
          head.lines += 1;
          if (typeof line === 'string') look(line, head);
        }
      }
    } catch (error) {
      // A damaged end is told when the recording is read; here only the head counts.
      if (head.lines === 0 || !(error instanceof RecordingError)) throw error;
    }
  }
  return head;
}

/** The symbol that most messages name. */
function symbolOf({ symbols }: Head): string | undefined {
  return [...symbols].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function noMessageIn(file: string, { lines, first }: Head): RecordingError {
  if (lines === 0) return new RecordingError(`${file}: is empty`);
  return new RecordingError(`${file}: no Binance message in its first ${lines} lines: ${expectedLine(first)}`);
}

/** What was expected in the place of a line that is no line of a recording; a time in another unit is named. */
export function expectedLine(line: string): string {
  const digits = /^(\d+) \{/.exec(line)?.[1]?.length;
  const unit = digits === 10 ? 'seconds' : digits === 13 ? 'milliseconds' : digits === 16 ? 'microseconds' : undefined;
  return `${unit === undefined ? '' : `a time in ${unit}: `}expected '<nanoseconds> <message>'`;
}

function marketOf(file: string, head: Head): Market {
  const symbol = symbolOf(head);
  if (symbol === undefined) throw noMessageIn(file, head);
  const venue: BinanceVenue = head.coinMargined ? 'binance-coinm' : head.futures ? 'binance-usdm' : 'binance-spot';
  const known = knownMarket(venue, symbol);
  // Exchanges change ticks and lots over the years: a recording knows its own best.
  if (known !== undefined && fits(known, head.prices, head.sizes)) return known;
  try {
    return binanceMarket(venue, symbol, commonStep(head.prices), commonStep(head.sizes));
  } catch (error) {
    const lines = `its first ${head.lines} lines`;
    throw new RecordingError(`${file}: tick and lot of ${symbol} do not show in ${lines}: ${(error as Error).message}`);
  }
}

/** The first receive time that one of the two after it agrees with; 0 where there is none at all. */
function startOf({ stampsUs }: Head): number {
  const near = (a: number, b: number | undefined): boolean => b !== undefined && Math.abs(a - b) <= JUMP_US;
  return stampsUs.find((us, i) => near(us, stampsUs[i + 1]) || near(us, stampsUs[i + 2])) ?? stampsUs[0] ?? 0;
}

type Json = Readonly<Record<string, unknown>>;

function look(line: string, head: Head): void {
  const stampUs = stampOf(line);
  if (stampUs >= 0) head.stampsUs.push(stampUs);
  let message: Json;
  try {
    message = JSON.parse(line.slice(line.indexOf(' ') + 1)) ?? {};
  } catch {
    return;
  }
  const data = (message.data as Json | undefined) ?? message;
  if (typeof data.s === 'string') head.symbols.set(data.s, (head.symbols.get(data.s) ?? 0) + 1);
  if (data.ps !== undefined || data.pair !== undefined) head.coinMargined = true;
  if (data.pu !== undefined) head.futures = true;
  else if (data.e === 'depthUpdate') head.spot = true;
  const note = (price: unknown, size: unknown): void => {
    if (typeof price !== 'string' || typeof size !== 'string') return;
    head.prices.add(price);
    head.sizes.add(size);
  };
  note(data.p, data.q);
  note(data.b, data.B);
  note(data.a, data.A);
  for (const side of [data.b, data.a, data.bids, data.asks]) {
    if (!Array.isArray(side)) continue;
    for (const level of side) if (Array.isArray(level)) note(level[0], level[1]);
  }
}
