import { closeSync, openSync, readSync } from 'node:fs';
import type { Market, VenueName } from '../../streams/market/types.ts';
import { DAMAGED } from '../tape/checksum.ts';
import { TapeInputs } from '../tape/inputs.ts';
import { Tape } from '../tape/reader.ts';
import type { RowInputs } from '../tape/row_inputs.ts';
import type { TapeMarket } from '../tape/schema.ts';
import { TapeError } from '../tape/tape_error.ts';
import type { ReplayedMarket } from './lane.ts';
import type { TapesProgress } from './tapes.ts';

const VENUES: readonly string[] = ['sei', 'binance-spot', 'binance-usdm', 'binance-coinm'] satisfies VenueName[];

/** Whether a file begins as Arrow files do; false for one that can't be read. */
export function isArrow(file: string): boolean {
  const head = Buffer.alloc(6);
  try {
    const fd = openSync(file, 'r');
    readSync(fd, head, 0, head.length, 0);
    closeSync(fd);
  } catch {
    return false;
  }
  return head.toString('latin1') === 'ARROW1';
}

/**
 * Holds tapes against their checksums, once for all runs on them: it takes as long as a fast run.
 *
 * @throws TapeError naming the first one that is damaged or can't be read
 */
export function verifyTapes(files: readonly string[]): void {
  for (const file of files) {
    const tape = Tape.open(file);
    const intact = tape.intact();
    tape.close();
    if (intact === false) throw new TapeError(file, `damaged: ${DAMAGED}`);
  }
}

/** One market's tapes, in order of time. */
interface Group {
  readonly market: Market;
  readonly files: string[];
  bytes: number;
  rows: number;
  readonly steps: string;
  /** The whole second since the epoch that all its times count from. */
  readonly originS: number;
}

/** How far the reading of one market's tapes has come, and what of them nobody could use. */
export interface TapeReading {
  readonly rowsRead: number;
  /** Inputs whose receive time went back and was taken for the one before. */
  readonly clamped: number;
  readonly leftOut: RowInputs['leftOut'];
}

/** The Arrow tapes of one session: of each market the files in order of time, and the markets beside one another. */
export class ArrowTapes {
  readonly markets: readonly Market[];
  /** Of the run under way, or of the last one; the run sets it. */
  readings: readonly TapeReading[] = [];
  readonly #groups: readonly Group[];

  private constructor(groups: readonly Group[]) {
    this.#groups = groups;
    this.markets = groups.map(({ market }) => market);
  }

  /**
   * @param files oldest first
   * @param symbol leaves out the tapes of other markets
   * @throws TapeError naming the file and what is wrong with it, or the markets that there are instead
   */
  static open(files: readonly string[], symbol?: string): ArrowTapes {
    const groups = new Map<string, Group>();
    for (const file of files) join(groups, file);
    const wanted = [...groups.values()].filter(({ market }) => symbol === undefined || market.symbol === symbol);
    if (wanted.length > 0) return new ArrowTapes(wanted);
    throw new TapeError(files[0]!, `no tape of market '${symbol}': expected one of ${[...groups.keys()].join(', ')}`);
  }

  /** Rows of all tapes. */
  get rows(): number {
    return this.#groups.reduce((sum, { rows }) => sum + rows, 0);
  }

  get progress(): TapesProgress {
    const bytesTotal = this.#groups.reduce((sum, { bytes }) => sum + bytes, 0);
    const rowsRead = this.readings.reduce((sum, reading) => sum + reading.rowsRead, 0);
    const clamped = this.readings.reduce((sum, reading) => sum + reading.clamped, 0);
    return { bytesRead: (bytesTotal * rowsRead) / this.rows, bytesTotal, clamped };
  }

  /** Rows of the tapes that the pipeline has no use for, by what they are. */
  get leftOut(): Readonly<Record<string, number>> {
    const all = this.readings.map(({ leftOut }) => leftOut);
    return {
      'level-3': all.reduce((sum, { level3 }) => sum + level3, 0),
      'trade-without-side': all.reduce((sum, { tradesWithoutSide }) => sum + tradesWithoutSide, 0),
    };
  }

  /**
   * One open tape of each market, all of one origin and with ids, for who reads them beside one another.
   *
   * @throws TapeError when a market has several
   */
  together(): readonly Tape[] {
    const several = this.#groups.find(({ files }) => files.length > 1);
    if (several !== undefined) {
      const { market, files } = several;
      throw new TapeError(
        files[1]!,
        `a second tape of ${market.symbol}: expected one; import what it is made of together`,
      );
    }
    const originS = Math.min(...this.#groups.map((group) => group.originS));
    return this.#groups.map(({ files }) => Tape.open(files[0]!, { ids: true, checked: true, originS }));
  }

  /** The markets from their beginning. @param eventByEvent whether the pipeline gets each input as it comes */
  replayed(eventByEvent: boolean): readonly ReplayedMarket[] {
    const inputs = ({ market, files, originS }: Group): TapeInputs =>
      new TapeInputs(
        market,
        files.map((file) => Tape.open(file, { ids: true, checked: true, originS })),
      );
    const markets = this.#groups.map((group) => ({
      ahead: inputs(group),
      behind: eventByEvent ? undefined : inputs(group),
    }));
    this.readings = markets.map(({ ahead }) => ahead);
    return markets;
  }
}

function join(groups: Map<string, Group>, file: string): void {
  const tape = Tape.open(file);
  try {
    const { market, rows, bytes, originS } = tape;
    if (rows === 0) throw new TapeError(file, 'holds no rows');
    const steps = `${market.venue}, tick ${market.tickSize}, lot ${market.lotSize}`;
    const group = groups.get(market.symbol);
    if (group === undefined) {
      groups.set(market.symbol, { market: tradeable(market), files: [file], bytes, rows, steps, originS });
      return;
    }
    if (group.steps !== steps) {
      const there = `${group.files[0]} is of ${group.steps}`;
      throw new TapeError(file, `${market.symbol} of ${steps}, while ${there}: expected one of the two`);
    }
    group.files.push(file);
    group.bytes += bytes;
    group.rows += rows;
  } finally {
    tape.close();
  }
}

/** A tape may be of a venue that we know no rules of: its orders cost and settle as those of a spot market. */
function tradeable(market: TapeMarket): Market {
  return { ...market, venue: VENUES.includes(market.venue) ? (market.venue as VenueName) : 'binance-spot' };
}
