import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runOurs } from './run_ours.ts';
import { writeSyntheticTape } from './synthetic.ts';

const ROWS = [1_000_000, 10_000_000, 50_000_000] as const;
const MARKETS = [1, 2, 4] as const;
const MARKET_ROWS = 1_000_000;
const SEED = 7;

/** One size, measured in a process of its own, reading the file as it goes. */
interface Size {
  readonly rows: number;
  readonly markets: number;
  /** Median of the warm runs, reading included. */
  readonly cpu_s: number;
  readonly rows_per_second: number;
  readonly rss_mb: number;
}

/** How cost grows with the length of a tape and the number of markets. */
export interface Scale {
  readonly by_rows: readonly Size[];
  readonly by_markets: readonly Size[];
}

/** Makes tapes of growing length, one at a time, and runs the grid on each. */
export function flatness(folder: string, runs: number): Scale {
  const byRows = ROWS.map((rows) => {
    const tape = join(folder, `synthetic_${rows}.arrow`);
    process.stderr.write(`${rows} rows\n`);
    writeSyntheticTape(tape, rows, SEED);
    const size = measured(tape, 1, rows > 1e7 ? 1 : runs);
    rmSync(tape);
    return size;
  });
  const tape = join(folder, 'markets.arrow');
  writeSyntheticTape(tape, MARKET_ROWS, SEED);
  return { by_rows: byRows, by_markets: MARKETS.map((markets) => measured(tape, markets, runs)) };
}

function measured(tape: string, markets: number, runs: number): Size {
  const { rows, cpu_s, rss_mb } = runOurs(tape, '--stream', '--runs', String(runs), '--markets', String(markets));
  const cpuS = cpu_s.toSorted((a, b) => a - b)[cpu_s.length >> 1]!;
  return { rows, markets, cpu_s: cpuS, rows_per_second: Math.round(rows / cpuS), rss_mb: Math.round(rss_mb) };
}

/** The report that a person reads. */
export function scaleTable({ by_rows, by_markets }: Scale): string {
  const line = ({ rows, markets, cpu_s, rows_per_second, rss_mb }: Size): string =>
    `${(rows / 1e6).toFixed(0).padStart(8)} M rows ${String(markets).padStart(3)} markets ${cpu_s.toFixed(2).padStart(8)} s ${(rows_per_second / 1e6).toFixed(1).padStart(6)} M rows/s ${String(rss_mb).padStart(6)} MB`;
  return [
    'FlashMM, read from the file as it goes, reading included',
    ...by_rows.map(line),
    ...by_markets.map(line),
  ].join('\n');
}
