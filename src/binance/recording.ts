import { createReadStream, existsSync, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';
import type { BinanceVenue } from './endpoints.ts';
import { binanceMarket, commonStep, knownMarket } from './instruments.ts';
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
  /** Lines whose stamp went back and was taken for the one before it. */
  clamped: number;
}

/** A file that can't be read as a recording at all: missing, not gzip though named so, of another format. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** Lines looked at to find out what market a recording is of. */
const HEAD_LINES = 2_000;

/** The smallest stamp that can be nanoseconds of this century. */
const NANOSECONDS_LEAST = 1e18;

/**
 * A recording (`<receive time, ns> <message>` lines, gzip by name), one or several files as one stream: a recording cut into
 * parts at line ends gives the same inputs as the whole.
 */
export class Recording {
  readonly files: readonly string[];
  readonly market: Market;
  readonly progress: ReadingProgress;

  private constructor(files: readonly string[], market: Market) {
    this.files = files;
    this.market = market;
    const bytesTotal = files.reduce((sum, file) => sum + statSync(file).size, 0);
    this.progress = { bytesRead: 0, bytesTotal, lines: 0, clamped: 0 };
  }

  /**
   * Looks at the head of the first file to find out the market.
   *
   * @param market given where the head does not tell enough
   * @throws RecordingError naming the file and what is wrong with it
   */
  static async open(files: readonly string[], market?: Market): Promise<Recording> {
    if (files.length === 0) throw new RecordingError('no recording given: name at least one file');
    for (const file of files) {
      if (!existsSync(file) || !statSync(file).isFile()) throw new RecordingError(`${file}: no such file`);
    }
    return new Recording(files, market ?? (await marketOf(files[0]!)));
  }

  /** The inputs in file order, stamped with time and not yet with a number. Bad lines come as rejects. */
  async *inputs(): AsyncGenerator<RecordedInput> {
    const parser = new BinanceParser('recording', [this.market]);
    let lastUs = 0;
    for (const file of this.files) {
      let number = 0;
      for await (const line of linesOf(file, this.progress)) {
        number += 1;
        this.progress.lines += 1;
        const input = typeof line === 'string' ? this.#inputOf(line, parser) : parser.reject(line.reason, line.detail);
        if (input === null) continue;
        const stampUs = typeof line === 'string' ? Math.floor(Number(line.slice(0, line.indexOf(' ') - 3))) : lastUs;
        if (stampUs < lastUs) this.progress.clamped += 1;
        lastUs = Math.max(lastUs, Number.isSafeInteger(stampUs) ? stampUs : 0);
        input.timeUs = lastUs;
        yield {
          input:
            input.kind === 'reject' ? { ...input, detail: `${file}:${number}: ${input.detail}`.slice(0, 300) } : input,
          file,
          line: number,
        };
      }
    }
  }

  #inputOf(line: string, parser: BinanceParser): Input | null {
    if (line === '') return null;
    const space = line.indexOf(' ');
    const stamp = Number(line.slice(0, space));
    if (space < 0 || !(stamp >= NANOSECONDS_LEAST)) {
      return parser.reject('malformed', `'${line.slice(0, 60)}': expected '<nanoseconds> <message>'`);
    }
    return parser.parse(line.slice(space + 1), this.market.symbol);
  }
}

/** A line, or what made the rest of the file unreadable. */
type Line = string | { readonly reason: string; readonly detail: string };

async function* linesOf(file: string, progress?: ReadingProgress): AsyncGenerator<Line> {
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (progress !== undefined) raw.on('data', (chunk) => (progress.bytesRead += chunk.length));
  const bytes = file.endsWith('.gz') ? raw.pipe(createGunzip({ chunkSize: 256 * 1024 })) : raw;
  raw.on('error', (error) => bytes.destroy(error));
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  try {
    for await (const chunk of bytes) {
      const text = rest + decoder.decode(chunk as Uint8Array, { stream: true });
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        yield text.charCodeAt(end - 1) === 13 ? text.slice(start, end - 1) : text.slice(start, end);
        start = end + 1;
      }
      rest = text.slice(start);
      if (rest.length > MESSAGE_MOST_CHARACTERS) {
        yield {
          reason: 'oversized',
          detail: `line of more than ${MESSAGE_MOST_CHARACTERS} characters; the rest of the file is left out`,
        };
        return;
      }
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (progress === undefined || !code?.startsWith('Z_')) {
      throw new RecordingError(
        `${file}: cannot be read: ${message}${code === 'Z_DATA_ERROR' ? ' (not a gzip file, or damaged)' : ''}`,
      );
    }
    yield {
      reason: 'truncated',
      detail: `the file ends in the middle or is damaged (${message}); what came before it counts`,
    };
    return;
  }
  if (rest !== '') yield rest;
}

interface Seen {
  readonly symbols: Map<string, number>;
  readonly prices: string[];
  readonly sizes: string[];
  futures: boolean;
  coinMargined: boolean;
}

async function marketOf(file: string): Promise<Market> {
  const seen: Seen = { symbols: new Map(), prices: [], sizes: [], futures: false, coinMargined: false };
  let lines = 0;
  try {
    for await (const line of linesOf(file)) {
      if (typeof line !== 'string') break;
      look(line, seen);
      lines += 1;
      if (lines >= HEAD_LINES) break;
    }
  } catch (error) {
    // A damaged end is told when the recording is read; here only the head counts.
    if (lines === 0 || !(error instanceof RecordingError)) throw error;
  }
  const symbols = [...seen.symbols].sort((a, b) => b[1] - a[1]).map(([symbol]) => symbol);
  const symbol = symbols[0];
  if (symbol === undefined) {
    throw new RecordingError(
      `${file}: no Binance message in its first ${lines} lines: expected '<nanoseconds> <message>' lines`,
    );
  }
  const venue: BinanceVenue = seen.coinMargined ? 'binance-coinm' : seen.futures ? 'binance-usdm' : 'binance-spot';
  const known = knownMarket(venue, symbol);
  if (known !== undefined) return known;
  return binanceMarket(venue, symbol, commonStep(seen.prices), commonStep(seen.sizes));
}

function look(line: string, seen: Seen): void {
  let message: { data?: Record<string, unknown> } & Record<string, unknown>;
  try {
    message = JSON.parse(line.slice(line.indexOf(' ') + 1));
  } catch {
    return;
  }
  const data = message.data ?? message;
  if (typeof data.s === 'string') seen.symbols.set(data.s, (seen.symbols.get(data.s) ?? 0) + 1);
  if (data.ps !== undefined || data.pair !== undefined) seen.coinMargined = true;
  if (data.pu !== undefined) seen.futures = true;
  for (const side of [data.b, data.a, data.bids, data.asks]) {
    if (!Array.isArray(side)) continue;
    for (const level of side as [string, string][]) {
      seen.prices.push(String(level[0]));
      seen.sizes.push(String(level[1]));
    }
  }
}
