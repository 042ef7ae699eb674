import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Tape } from '../../src/tape/reader.ts';
import { type Case, prepareCases, SYNTHETIC_ROWS } from './cases.ts';
import type { Measured } from './grid.ts';
import { findPython, reason } from './python.ts';
import { runOurs } from './run_ours.ts';
import { flatness, scaleTable } from './scale.ts';
import { type Compared, compare, overall, table } from './table.ts';

const HERE = import.meta.dirname;

const HELP = `npm run bench:backtest -- [TAPE …] [options]

The same grid on the same tapes in FlashMM, hftbacktest and NautilusTrader, each in a process of its own, one after the other, in
several rounds. Processor time counts, so that what else the machine does counts less; loading is apart, and so are compiling and
warming up: hftbacktest's first run, and FlashMM's first 1.5 seconds of runs.

  TAPE …            tapes (.arrow), or files that 'flashmm tape import' reads. Default: a recording of Bitcoin's future that
                    lies here, and a made-up market of ${SYNTHETIC_ROWS.toLocaleString('en')} rows
  --python PATH     a Python that has the peers. Default: one is made in node_modules/.cache and the peers installed
  --rounds N        rounds over all engines (default 3)
  --runs N          warm runs in each process of FlashMM and hftbacktest (default 7)
  --nautilus-rows N NautilusTrader gets the first N rows of a tape (default: all, once; 0: leave it out)
  --scale           instead: FlashMM alone on 1, 10 and 50 million rows, and on 1, 2 and 4 markets
  --json            as JSON: the worst of all tapes in ratio_to_hftbacktest, ratio_to_nautilus, rss_share_of_hftbacktest, the sum of
                    fill_differences, and the table`;

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

/** Runs a peer's script, which prints one JSON object. */
function peer(python: string, script: string, parameters: readonly string[]): Measured | { readonly missing: string } {
  const ran = spawnSync(python, [join(HERE, script), ...parameters], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return ran.status === 0 ? (JSON.parse(ran.stdout) as Measured) : { missing: reason(ran) };
}

/** One tape in all engines, round by round. */
function measure({ name, tape, npz }: Case, folder: string, python: ReturnType<typeof findPython>): Compared {
  const { tickSize, lotSize } = Tape.open(tape).market;
  const [rounds, runs] = [Number(values.rounds), values.runs];
  const steps = ['--tick', tickSize, '--lot', lotSize];
  const [ourFills, theirFills] = [join(folder, `${name}.ours.txt`), join(folder, `${name}.theirs.txt`)];
  const inPeer = (script: string, ...parameters: readonly string[]): ReturnType<typeof peer> =>
    'missing' in python ? python : peer(python.python, script, [npz, ...steps, ...parameters]);
  const say = (what: string): unknown => process.stderr.write(`${name}: ${what}\n`);
  const [ours, streamed, hftbacktest]: [Measured[], Measured[], ReturnType<typeof peer>[]] = [[], [], []];
  // Once for the compile cache alone, as a program has it that is installed.
  runOurs(tape, '--runs', '1', '--warm-up-s', '0');
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}: FlashMM`);
    ours.push(runOurs(tape, '--runs', runs, '--fills', ourFills));
    streamed.push(runOurs(tape, '--runs', runs, '--stream'));
    say(`round ${round} of ${rounds}: hftbacktest`);
    hftbacktest.push(inPeer('hftbacktest_grid.py', '--runs', runs, '--fills', theirFills));
  }
  const nautilusRows = values['nautilus-rows'];
  if (nautilusRows !== '0') say('NautilusTrader, which takes a while');
  const nautilus =
    nautilusRows === '0' ? { missing: 'left out' } : inPeer('nautilus_grid.py', '--rows', nautilusRows ?? '0');
  const fills = hftbacktest.every((result) => !('missing' in result))
    ? { ours: readFileSync(ourFills, 'utf8'), theirs: readFileSync(theirFills, 'utf8') }
    : undefined;
  return compare({ name, ours, streamed, hftbacktest, nautilus, fills });
}

async function main(): Promise<void> {
  for (const name of ['rounds', 'runs'] as const) count(values[name], name, 1);
  const folder = mkdtempSync(join(tmpdir(), 'flashmm-bench-backtest-'));
  try {
    const environment = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
    if (values.scale) {
      const scale = flatness(folder, Number(values.runs));
      console.log(values.json ? JSON.stringify({ ...environment, ...scale }, null, 2) : scaleTable(scale));
      return;
    }
    const cases = await prepareCases(positionals, folder);
    const python = findPython(values.python);
    const compared = cases.map((one) => measure(one, folder, python));
    const report = { ...environment, ...overall(compared), tapes: compared };
    console.log(values.json ? JSON.stringify(report, null, 2) : table(compared, environment));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.help) console.log(HELP);
else
  await main().catch((error: unknown) => {
    console.error(`bench:backtest: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
