import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ProgressBar } from '../../backtest/progress.ts';
import { LIVE, STRATEGIES } from '../../backtest/strategies.ts';
import { CommandError } from '../../exit/command_error.ts';
import { axisOfText } from '../../sweep/axis.ts';
import type { WalkForward } from '../../sweep/blocks.ts';
import { withCuts } from '../../sweep/cuts.ts';
import { outcomeOf } from '../../sweep/outcome.ts';
import { outcomeJson } from '../../sweep/outcome_json.ts';
import { sweepPage } from '../../sweep/page/page.ts';
import { type Plan, planOf } from '../../sweep/plan.ts';
import { ResultsFile } from '../../sweep/results_file.ts';
import { curvesOf, type Results, runSweep } from '../../sweep/run_sweep.ts';
import * as given from '../../sweep/spec.ts';
import { tableParquet } from '../../sweep/table_parquet.ts';
import { sweepText } from '../../sweep/table_text.ts';
import { defineCommand, interrupted } from '../command.ts';

const MS_PER_S = 1_000;

/** Characters of a sweep's hash that name its folder: as many as a person compares. */
const NAME_CHARACTERS = 12;

/** `flashmm sweep` */
export const command = defineCommand({
  name: 'sweep',
  summary:
    'Run many backtests: every combination of settings, or some drawn, and say which was best and what that is worth.',
  description:
    'Each point, a combination of the varied keys, is run on each tape as flashmm backtest would, on --jobs threads. A walk forward cuts the tapes into blocks and lets the best on some of them be judged by the next. The table, sorted by --objective, comes with the number of trials and the deflated Sharpe ratio; --out holds it as sweep.html, table.parquet and results.jsonl. A sweep that is broken off goes on where it was when the same line is given again. The same sweep has the same hash, whatever the jobs; docs/sweeps.md says more.',
  operand: { value: 'SPEC', summary: 'A sweep as a TOML file; options win over it.' },
  options: {
    tape: {
      value: 'FILE',
      many: true,
      summary: 'Recordings, each a tape of its own, the oldest first; files of one session are joined: A+B',
      schema: z.array(z.string().min(1)).min(1).optional(),
    },
    market: {
      value: 'SYMBOL',
      summary: 'Trade this one only of the markets that the tapes are of',
      schema: z.string().min(1).optional(),
    },
    vary: {
      value: 'KEY=A,B,C',
      many: 'oneEach',
      summary: 'Vary a configuration key: a list, or, with --points, a range KEY=FROM..TO, KEY=FROM..TO:log',
      schema: z.array(z.string().transform(axisOfText)).optional(),
    },
    points: {
      value: 'N',
      summary: 'Draw so many points instead of running the whole grid',
      schema: given.pointsSchema.optional(),
    },
    searchSeed: { value: 'N', summary: 'Seed of the drawing (default 1)', schema: given.seedSchema.optional() },
    trainBlocks: {
      value: 'N',
      summary: 'Walk forward: the best on N blocks is judged by the next',
      schema: given.trainBlocksSchema.optional(),
    },
    blockS: {
      value: 'S',
      summary: 'Length of a block, seconds; without it each tape is one',
      schema: given.blockSchema.optional(),
    },
    gapS: {
      value: 'S',
      summary: 'Left out between two blocks, seconds (default 0)',
      schema: given.gapSchema.optional(),
    },
    objective: {
      value: 'NAME',
      summary: 'What is best: a figure of the table (default pnl_usdc)',
      schema: given.objectiveSchema.optional(),
    },
    models: {
      value: 'WHICH',
      summary: 'on: predicted where a champion serves; off (default): not',
      schema: z.enum(['on', 'off']).optional(),
    },
    strategy: {
      value: 'NAME',
      summary: `${STRATEGIES.join(', ')} (default live); --vary strategy=A,B compares them`,
      schema: given.strategySchema.optional(),
    },
    seed: { value: 'N', summary: 'Seed of the kernel’s chance (default 1)', schema: given.seedSchema.optional() },
    jobs: {
      value: 'N',
      summary: 'Threads that run points side by side (default 1)',
      schema: z.coerce.number().int().min(1).max(256).default(1),
    },
    top: {
      value: 'N',
      summary: 'Rows that are shown (default 20); the files have all',
      schema: z.coerce.number().int().min(1).max(10_000).default(20),
    },
    out: {
      value: 'FOLDER',
      summary: 'Where the results are (default sweeps/HASH in runtime.state_dir)',
      schema: z.string().min(1).optional(),
    },
  },
  examples: [
    {
      line: 'flashmm sweep --tape tapes/spot_btcusdt_20240808.gz --vary quotes.gamma=0.01,0.1,1 --vary quotes.levels=1,2,3',
      summary: 'a grid of nine points',
    },
    {
      line: 'flashmm sweep --tape tapes/spot_btcusdt_20240808.gz --vary quotes.gamma=0.01..1:log --points 20 --jobs 2',
      summary: 'twenty points drawn from a range, two at a time',
    },
    {
      line: 'flashmm sweep sweep.toml --block-s 60 --train-blocks 3 --gap-s 5 --objective profit_bps',
      summary: 'a walk forward: three minutes choose, the next one judges',
    },
  ],
  async run(context) {
    const startedMs = performance.now();
    const wanted = await planFor(context);
    const folder = context.options.out ?? defaultFolder(context, wanted);
    const file = openFile(folder, wanted);
    const plan = withCuts(wanted, join(folder, 'blocks'));
    const { found } = file;
    if (found.tornBytes > 0 && !context.json) {
      context.stderr.write(
        `${join(folder, RESULTS)}: its last line was torn (${found.tornBytes} bytes) and is dropped\n`,
      );
    }
    if (found.rows.length > 0 && !context.json) {
      context.stderr.write(`${found.rows.length} results are there already\n`);
    }
    const results = await runAll(context, plan, file).finally(() => file.close());
    const outcome = outcomeOf(plan, results);
    const { jobs, top } = context.options;
    if (outcome.rows.length === 0) return interrupted(context.signal);
    const best = outcome.rows[0]!.point;
    const charts = context.signal.aborted ? [] : await curvesOf(plan, results, best, jobs);
    const run = { top, jobs, folder, seconds: (performance.now() - startedMs) / MS_PER_S };
    writeFileSync(join(folder, 'table.parquet'), tableParquet(plan, outcome, results));
    writeFileSync(join(folder, 'sweep.html'), sweepPage({ plan, outcome, charts }));
    if (context.json) context.printJson(outcomeJson(plan, outcome, run));
    else context.print(sweepText(plan, outcome, run));
    return context.signal.aborted ? interrupted(context.signal) : undefined;
  },
});

type Context = Parameters<typeof command.run>[0];

const RESULTS = 'results.jsonl';

/** The spec of file and options, checked. */
async function planFor(context: Context): Promise<Plan> {
  const { options, operands, stderr } = context;
  const file = operands[0] === undefined ? {} : given.readSpec(operands[0]);
  const tapes = options.tape?.map((tape) => tape.split('+')) ?? file.tapes;
  if (tapes === undefined) throw new CommandError('usage', 'no tape: name at least one with --tape', '');
  const axes = options.vary ?? [];
  const random = options.points ?? file.random?.points;
  const spec: given.SweepSpec = {
    tapes,
    market: options.market ?? file.market ?? null,
    // A key that both vary is varied as the option says.
    axes: [...(file.axes ?? []).filter(({ key }) => !axes.some((axis) => axis.key === key)), ...axes],
    random: random === undefined ? null : { points: random, seed: options.searchSeed ?? file.random?.seed ?? 1 },
    walk: walkOf(options, file.walk ?? null),
    objective: options.objective ?? file.objective ?? 'pnl_usdc',
    strategy: options.strategy ?? file.strategy ?? LIVE,
    models: options.models === undefined ? (file.models ?? false) : options.models === 'on',
    seed: options.seed ?? file.seed ?? 1,
  };
  const onFile = (name: string) => stderr.isTTY && stderr.write(`\r\x1b[Klooking through ${name}`);
  const plan = await planOf(spec, { config: (more) => context.config(more), onFile });
  if (stderr.isTTY) stderr.write('\r\x1b[K');
  return plan;
}

function walkOf(options: Context['options'], file: WalkForward | null): WalkForward | null {
  const trainBlocks = options.trainBlocks ?? file?.trainBlocks;
  const blockS = options.blockS ?? file?.blockS ?? null;
  const gapS = options.gapS ?? file?.gapS ?? 0;
  if (trainBlocks !== undefined) return { blockS, gapS, trainBlocks };
  if (blockS === null && gapS === 0) return null;
  throw new CommandError('usage', '--block-s and --gap-s belong to a walk forward: --train-blocks N is missing', '');
}

function defaultFolder(context: Context, { header }: Plan): string {
  return join(context.config().config.runtime.state_dir, 'sweeps', header.hash.slice(0, NAME_CHARACTERS));
}

function openFile(folder: string, { header }: Plan): ResultsFile {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new CommandError('environment', `${folder}: ${(error as Error).message}`, 'Name another folder with --out.');
  }
  return ResultsFile.open(join(folder, RESULTS), header);
}

async function runAll(context: Context, plan: Plan, file: ResultsFile): Promise<Results> {
  const { jobs } = context.options;
  let bar: ProgressBar | undefined;
  try {
    return await runSweep(plan, {
      ...{ file, jobs, signal: context.signal },
      onProgress: (done, total) => {
        bar ??= new ProgressBar(context.stderr, total);
        bar.show(done, `${done} of ${total} runs`);
      },
    });
  } finally {
    bar?.clear();
  }
}
