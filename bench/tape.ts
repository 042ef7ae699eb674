import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importTape } from '../src/tape/import.ts';
import { Tape, type TapeBatch } from '../src/tape/reader.ts';
import { applyRow } from '../src/tape/tape_book.ts';
import { OrderBook } from '../streams/market/order_book.ts';
import { writeSyntheticTape } from './backtest/synthetic.ts';

/** What is done with the rows of a tape: looking at each column, or keeping the book. */
const LOOPS = {
  'read and sum': sumLoop,
  'keep the book that trades live': bookLoop,
} as const;

type LoopName = keyof typeof LOOPS;

/** What a loop over a batch leaves behind, so that none can be left out. */
type Loop = (batch: TapeBatch) => number;

interface Measured {
  readonly tape: string;
  readonly loop: string;
  readonly rows: number;
  /** The best of the runs, of reading the file alone and of the loop alone. */
  readonly loadS: number;
  readonly loopS: number;
  readonly rowsPerS: number;
  readonly rowsPerSWithLoad: number;
  /** Of the process that did only this. */
  readonly rssMaxMb: number;
  readonly result: number;
}

/** The best of so many runs counts: what else the machine does only adds to a run. */
const RUNS = 7;
const SEED = 7;
const REAL = new URL('../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rows: { type: 'string', default: '1000000,10000000' },
    tape: { type: 'string' },
    loop: { type: 'string' },
  },
});
/** Each case runs in a process of its own, so that its memory is its own. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flashmm-bench-tape-'));
  try {
    const tapes = values.tape === undefined ? await made(folder) : [values.tape];
    const all = tapes.flatMap((tape) => (Object.keys(LOOPS) as LoopName[]).map((loop) => apart(tape, loop)));
    const environment = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', runs: RUNS };
    console.log(values.json === true ? JSON.stringify({ ...environment, cases: all }, null, 2) : table(all));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function made(folder: string): Promise<string[]> {
  const real = join(folder, 'spot_btcusdt.arrow');
  await importTape([REAL], real, { repair: false });
  const synthetic = values.rows.split(',').map((text) => {
    const rows = Number(text);
    if (!Number.isInteger(rows) || rows < 1) throw new RangeError(`--rows ${text}: expected positive integers`);
    const path = join(folder, `synthetic_${rows}.arrow`);
    writeSyntheticTape(path, rows, SEED);
    return path;
  });
  return [real, ...synthetic];
}

function apart(tape: string, loop: LoopName): Measured {
  const child = spawnSync(process.execPath, [import.meta.filename, '--tape', tape, '--loop', loop], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`${tape}, ${loop}: ${child.stderr}`);
  return JSON.parse(child.stdout) as Measured;
}

function measure(path: string, name: LoopName): Measured {
  const tape = Tape.open(path);
  const [loads, loops, results]: [number[], number[], Set<number>] = [[], [], new Set()];
  for (let run = 0; run <= RUNS; run += 1) {
    const loop = LOOPS[name]();
    let [loadNs, loopNs, result] = [0n, 0n, 0];
    for (let index = 0; index < tape.batchCount; index += 1) {
      const start = process.hrtime.bigint();
      const batch = tape.batch(index);
      const read = process.hrtime.bigint();
      result = loop(batch);
      loopNs += process.hrtime.bigint() - read;
      loadNs += read - start;
    }
    results.add(result);
    // The first run warms up.
    if (run === 0) continue;
    loads.push(Number(loadNs) / 1e9);
    loops.push(Number(loopNs) / 1e9);
  }
  if (results.size !== 1) throw new Error(`results differ from run to run: ${[...results].join(', ')}`);
  const [loadS, loopS] = [Math.min(...loads), Math.min(...loops)];
  return {
    tape: path.replace(/^.*\//, ''),
    loop: name,
    rows: tape.rows,
    loadS,
    loopS,
    rowsPerS: Math.round(tape.rows / loopS),
    rowsPerSWithLoad: Math.round(tape.rows / (loopS + loadS)),
    rssMaxMb: Math.round(process.resourceUsage().maxRSS / 102.4) / 10,
    result: [...results][0]!,
  };
}

function sumLoop(): Loop {
  let sum = 0;
  return ({ length, receiveNs, kind, side, tick, lots }) => {
    for (let i = 0; i < length; i += 1) sum += kind[i]! + side[i]! + tick[i]! + lots[i]! + receiveNs[i]! * 1e-9;
    return sum;
  };
}

/** A sum over the touch after each row: who kept the book otherwise would not arrive at it. */
function bookLoop(): Loop {
  const book = new OrderBook();
  let sum = 0;
  return ({ length, kind, side, tick, lots }) => {
    for (let i = 0; i < length; i += 1) {
      applyRow(book, kind[i]!, side[i]!, tick[i]!, lots[i]!);
      sum += book.bids.bestTick - book.asks.bestTick;
    }
    return sum;
  };
}

function table(all: readonly Measured[]): string {
  const rows = all.map(({ tape, loop, rows, loadS, rowsPerS, rowsPerSWithLoad, rssMaxMb }) =>
    [
      tape.padEnd(28),
      loop.padEnd(34),
      (rows / 1e6).toFixed(2).padStart(8),
      (rowsPerS / 1e6).toFixed(1).padStart(12),
      (rowsPerSWithLoad / 1e6).toFixed(1).padStart(12),
      (loadS * 1e3).toFixed(0).padStart(9),
      rssMaxMb.toFixed(0).padStart(8),
    ].join(''),
  );
  const head = `${''.padEnd(62)}${'M rows'.padStart(8)}${'M rows/s'.padStart(12)}${'with load'.padStart(12)}${'load ms'.padStart(9)}${'RSS MB'.padStart(8)}`;
  return [`best of ${RUNS} runs, each case in a process of its own; Node ${process.version}`, head, ...rows].join('\n');
}

if (values.tape !== undefined && values.loop !== undefined) {
  console.log(JSON.stringify(measure(values.tape, values.loop as LoopName)));
} else await main();
