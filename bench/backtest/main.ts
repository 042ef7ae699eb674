import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ExportFormat, exportTape } from '../../src/tape/export.ts';
import { importTape } from '../../src/tape/import.ts';
import { Tape } from '../../src/tape/reader.ts';
import type { TapeMarket } from '../../src/tape/schema.ts';
import type { Measured } from './grid.ts';
import { findPython, reason } from './python.ts';
import { flatness, scaleTable } from './scale.ts';
import { writeSyntheticTape } from './synthetic.ts';
import { type Compared, compare, table } from './table.ts';

const HERE = import.meta.dirname;
/** A recording that ships with FlashMM. */
const REAL = join(HERE, '../../tapes/spot_btcusdt_20240808.gz');
const SYNTHETIC_ROWS = 1_000_000;
const SEED = 7;

const HELP = `npm run bench:backtest -- [TAPE …] [options]

The same grid on the same tapes in FlashMM, hftbacktest and NautilusTrader, each in a process of its own, one after the other, in
several rounds. Processor time counts, so that what else the machine does counts less; loading is apart.

  TAPE …            tapes (.arrow), or files that 'flashmm tape import' reads. Default: a recording of Bitcoin that ships with
                    FlashMM, and a made-up market of ${SYNTHETIC_ROWS.toLocaleString('en')} rows
  --python PATH     a Python that has the peers. Default: one is made in node_modules/.cache and the peers installed
  --rounds N        rounds over all engines (default 3)
  --runs N          warm runs in each process of FlashMM and hftbacktest (default 7)
  --nautilus-rows N NautilusTrader gets the first N rows of a tape (default: all, once; 0: leave it out)
  --scale           instead: FlashMM alone on 1, 10 and 50 million rows, and on 1, 2 and 4 markets
  --json            as JSON`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    runs: { type: 'string', default: '7' },
    'nautilus-rows': { type: 'string' },
    scale: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

function count(text: string, name: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new RangeError(`--${name} ${text}: expected an integer from ${least}`);
  return number;
}

/** A tape whose rows have one time, as the peers' files have it, and the same as hftbacktest's array. */
interface Case {
  readonly name: string;
  readonly tape: string;
  readonly npz: string;
}

async function cases(folder: string): Promise<readonly Case[]> {
  const made = join(folder, `synthetic_${SYNTHETIC_ROWS}.arrow`);
  if (positionals.length === 0) writeSyntheticTape(made, SYNTHETIC_ROWS, SEED);
  const files = positionals.length > 0 ? positionals : [REAL, made];
  const all: Case[] = [];
  for (const file of files) all.push(await prepared(file, folder));
  return all;
}

async function prepared(file: string, folder: string): Promise<Case> {
  if (!existsSync(file)) throw new Error(`${file} is not there`);
  const name = basename(file).replace(/\.(arrow|gz|csv|npz|zip)/g, '');
  let tape = file;
  if (!file.endsWith('.arrow')) {
    tape = join(folder, `${name}.imported.arrow`);
    await importTape([file], tape, { repair: false });
  }
  // Through the neutral form, in which a row has one time: a recording's streams overtake one another on the exchange's clock, and
  // hftbacktest takes no such array.
  const neutral = join(folder, `${name}.csv`);
  const { symbol, venue, tickSize, lotSize } = await exported(tape, neutral, 'csv');
  const again = join(folder, `${name}.arrow`);
  await importTape([neutral], again, { symbol, venue, tickSize, lotSize, repair: false });
  const npz = join(folder, `${name}.npz`);
  await exported(again, npz, 'npz');
  return { name, tape: again, npz };
}

async function exported(path: string, out: string, format: ExportFormat): Promise<TapeMarket> {
  const tape = Tape.open(path);
  await exportTape(tape, out, format);
  tape.close();
  return tape.market;
}

function child(command: string, parameters: readonly string[]): Measured | { readonly missing: string } {
  const ran = spawnSync(command, parameters, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return ran.status === 0 ? (JSON.parse(ran.stdout) as Measured) : { missing: reason(ran) };
}

/** One tape in all engines, round by round. */
function measure({ name, tape, npz }: Case, folder: string, python: ReturnType<typeof findPython>): Compared {
  const { tickSize, lotSize } = Tape.open(tape).market;
  const [rounds, runs] = [count(values.rounds, 'rounds', 1), String(count(values.runs, 'runs', 1))];
  const steps = ['--tick', tickSize, '--lot', lotSize];
  const [ourFills, theirFills] = [join(folder, `${name}.ours.txt`), join(folder, `${name}.theirs.txt`)];
  const peer = (script: string, ...parameters: readonly string[]): ReturnType<typeof child> =>
    'missing' in python ? python : child(python.python, [join(HERE, script), npz, ...steps, ...parameters]);
  const [ours, streamed, hftbacktest]: [Measured[], Measured[], ReturnType<typeof child>[]] = [[], [], []];
  const run = (...parameters: readonly string[]): Measured => {
    const result = child(process.execPath, [join(HERE, 'ours.ts'), tape, '--runs', runs, ...parameters]);
    if ('missing' in result) throw new Error(`FlashMM on ${name}: ${result.missing}`);
    return result;
  };
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`${name}: round ${round} of ${rounds}\n`);
    ours.push(run('--fills', ourFills));
    streamed.push(run('--stream'));
    hftbacktest.push(peer('hftbacktest_grid.py', '--runs', runs, '--fills', theirFills));
  }
  const nautilusRows = values['nautilus-rows'];
  const nautilus =
    nautilusRows === '0' ? { missing: 'left out' } : peer('nautilus_grid.py', '--rows', nautilusRows ?? '0');
  const fills = hftbacktest.every((result) => !('missing' in result))
    ? { ours: readFileSync(ourFills, 'utf8'), theirs: readFileSync(theirFills, 'utf8') }
    : undefined;
  return compare({ name, ours, streamed, hftbacktest, nautilus, fills });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flashmm-bench-backtest-'));
  try {
    const environment = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
    if (values.scale) {
      const scale = flatness(folder, Number(values.runs));
      console.log(values.json ? JSON.stringify({ ...environment, ...scale }, null, 2) : scaleTable(scale));
      return;
    }
    const python = findPython(values.python);
    const compared = (await cases(folder)).map((one) => measure(one, folder, python));
    console.log(
      values.json ? JSON.stringify({ ...environment, tapes: compared }, null, 2) : table(compared, environment),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.help) console.log(HELP);
else await main();
