import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { AccountSettings } from '../../../streams/settings.ts';
import { ProgressBar } from '../../backtest/progress.ts';
import { accountSettings } from '../../config/account.ts';
import type { Config } from '../../config/schema.ts';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { marketsOf } from '../../live/launch.ts';
import { runPlans } from '../../simulate/jobs.ts';
import { MUTATIONS, type Mutation } from '../../simulate/mutations/mutations.ts';
import { mutationsText, tryMutations } from '../../simulate/mutations/try.ts';
import { type Level, type Plan, parsePlan, planOf, planText } from '../../simulate/plan.ts';
import { shrink } from '../../simulate/shrink.ts';
import type { RunResult } from '../../simulate/simulation.ts';
import { replayLine, type Summary, summaryJson, summaryOf, summaryText } from '../../simulate/summary.ts';
import { type CommandContext, defineCommand, interrupted } from '../command.ts';

const MS_PER_S = 1_000;

/** So many violations end the work: the first few say what is wrong. */
const VIOLATIONS_MOST = 10;

interface Wanted {
  readonly settings: AccountSettings;
  readonly market: string;
  readonly level: Level;
  readonly plans: readonly Plan[];
  readonly mutation: Mutation | undefined;
}

/** `flashmm simulate` */
export const command = defineCommand({
  name: 'simulate',
  summary: 'Run the whole system in virtual time with injected faults, and check what must always hold.',
  description:
    'Each seed makes a market, latencies and a plan of faults: connections cut, nodes that stall and lie, broadcasts lost and doubled, disks that fail, clocks that step, actors that crash, processes killed at any step. Session, Sei client, account journal and recovery are the real ones, on a devnet chain below the wire; an observer with its own books checks after every event. A violation ends its run and prints the line that replays it exactly; docs/simulation.md says how to read it.',
  options: {
    seeds: {
      value: 'N',
      summary: 'How many seeds (default 10)',
      schema: z.coerce.number().int().min(1).max(1_000_000).default(10),
    },
    firstSeed: {
      value: 'N',
      summary: 'The first of them (default 1)',
      schema: z.coerce
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
    },
    seed: {
      value: 'N',
      summary: 'This seed alone',
      schema: z.coerce
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .optional(),
    },
    hours: {
      value: 'H',
      summary: 'Simulated hours for each seed (default 1)',
      schema: z.coerce.number().min(0.001).max(1_000).default(1),
    },
    faults: {
      value: 'LEVEL',
      summary: 'How much goes wrong: none, light, normal (default) or heavy',
      schema: z.enum(['none', 'light', 'normal', 'heavy']).default('normal'),
    },
    plan: { value: 'FILE', summary: 'Run the plan in this file instead', schema: z.string().min(1).optional() },
    shrink: {
      summary: 'Reduce the first failing plan to the smallest that still fails',
      schema: z.literal(true).optional(),
    },
    out: {
      value: 'FILE',
      summary: 'Where --shrink writes its plan (default: it is printed)',
      schema: z.string().min(1).optional(),
    },
    wire: {
      summary: 'With signed bytes and JSON texts between client and nodes, which is slower',
      schema: z.literal(true).optional(),
    },
    market: {
      value: 'SYMBOLS',
      summary: 'The market, or several with commas between them (default the first configured)',
      schema: z.string().min(1).optional(),
    },
    jobs: {
      value: 'N',
      summary: 'Threads that run seeds side by side (default 1)',
      schema: z.coerce.number().int().min(1).max(256).default(1),
    },
    mutation: {
      value: 'NAME',
      summary: 'With this bug put into the code: the simulation has to find it',
      schema: z.string().min(1).optional(),
    },
    mutations: {
      summary: 'Try every bug of the list, one by one; each has to be found',
      schema: z.literal(true).optional(),
    },
  },
  examples: [
    { line: 'flashmm simulate --seeds 20', summary: 'twenty hours of twenty markets, some minutes' },
    {
      line: 'flashmm simulate --first-seed 1 --seeds 1000 --hours 1 --jobs 2 --json',
      summary: 'a thousand hours, as JSON',
    },
    {
      line: 'flashmm simulate --seed 17 --shrink --out seed17.json',
      summary: 'reduce a failure, then: --plan seed17.json',
    },
    {
      line: 'flashmm simulate --mutations --jobs 2',
      summary: 'whether the simulation finds bugs that are known to be there',
    },
  ],
  async run(context) {
    const { mutations, jobs } = context.options;
    const wanted = wantedOf(context);
    if (mutations === true) {
      const bar = new ProgressBar(context.stderr, MUTATIONS.length);
      let done = 0;
      const tried = await tryMutations(MUTATIONS, {
        ...{ settings: wanted.settings, jobs, signal: context.signal },
        onTried: ({ name }) => {
          done += 1;
          bar.show(done, name);
        },
      });
      bar.clear();
      if (context.json) context.printJson(tried);
      else context.print(mutationsText(tried));
      if (context.signal.aborted) return interrupted(context.signal);
      return tried.every(({ caught }) => caught) ? EXIT.ok : EXIT.failure;
    }
    const { runs, summary } = await runAll(context, wanted);
    if (runs.length === 0) return interrupted(context.signal);
    const what = { market: wanted.market, faults: wanted.level, mutation: context.options.mutation ?? null };
    if (context.json && context.options.shrink !== true) context.printJson(summaryJson(summary, what));
    else if (!context.json) context.print(summaryText(summary));
    const failed = runs.find(({ violation }) => violation !== undefined);
    if (context.options.shrink === true && failed !== undefined)
      await shrinkFirst(context, wanted, failed, summary, what);
    if (context.signal.aborted) return interrupted(context.signal);
    return failed === undefined ? EXIT.ok : EXIT.failure;
  },
});

type Context = CommandContext<{
  readonly seeds: number;
  readonly firstSeed: number;
  readonly seed: number | undefined;
  readonly hours: number;
  readonly faults: Level;
  readonly plan: string | undefined;
  readonly shrink: true | undefined;
  readonly out: string | undefined;
  readonly wire: true | undefined;
  readonly market: string | undefined;
  readonly jobs: number;
  readonly mutation: string | undefined;
  readonly mutations: true | undefined;
}>;

function wantedOf(context: Context): Wanted {
  const { seeds, firstSeed, seed, hours, faults: level, plan, mutation } = context.options;
  const { config } = context.config();
  const { settings, market } = settingsOf(config, context.options.market);
  const first = seed ?? firstSeed;
  const plans =
    plan === undefined
      ? Array.from({ length: seed === undefined ? seeds : 1 }, (_, i) => planOf(first + i, hours, level))
      : [planIn(plan)];
  return { settings, market, level, plans, mutation: mutation === undefined ? undefined : mutationOf(mutation) };
}

async function runAll(context: Context, wanted: Wanted): Promise<{ runs: RunResult[]; summary: Summary }> {
  const { jobs, plan } = context.options;
  const wire = context.options.wire === true;
  const { settings, market, level, plans, mutation } = wanted;
  const bar = new ProgressBar(context.stderr, plans.length);
  const startedMs = performance.now();
  const runs: RunResult[] = [];
  let failures = 0;
  await runPlans(plans, {
    ...{ settings, wire, mutation, signal: context.signal, jobs: Math.min(jobs, plans.length) },
    onResult: (result) => {
      runs.push(result);
      if (result.violation !== undefined) failures += 1;
      bar.show(runs.length, `seed ${result.seed}${failures > 0 ? `, ${failures} violations` : ''}`);
      return failures < VIOLATIONS_MOST;
    },
  });
  bar.clear();
  const replay = (seed: number): string => {
    const line =
      plan === undefined ? replayLine(planOfSeed(plans, seed), level, market) : `flashmm simulate --plan ${plan}`;
    return `${line}${wire ? ' --wire' : ''}${mutation === undefined ? '' : ` --mutation ${mutation.name}`}`;
  };
  return { runs, summary: summaryOf(runs, (performance.now() - startedMs) / MS_PER_S, replay) };
}

async function shrinkFirst(
  context: Context,
  { settings, plans, mutation }: Wanted,
  { seed, violation }: RunResult,
  summary: Summary,
  what: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { out } = context.options;
  const wire = context.options.wire === true;
  const plan = planOfSeed(plans, seed);
  const fails = async (candidate: Plan): Promise<boolean> => {
    let same = false;
    await runPlans([candidate], {
      ...{ settings, wire, mutation, jobs: 1, signal: context.signal },
      onResult: (result) => {
        same = result.violation?.invariant === violation!.invariant;
        return true;
      },
    });
    return same;
  };
  const onRun = (runs: number, faults: number): void => {
    if (context.stderr.isTTY) context.stderr.write(`\r\x1b[Kshrinking: ${runs} runs, ${faults} faults left`);
  };
  const { plan: smallest, runs } = await shrink(plan, violation!.atMs, fails, onRun);
  if (context.stderr.isTTY) context.stderr.write('\r\x1b[K');
  const text = planText(smallest);
  if (out !== undefined) writeFileSync(out, text);
  if (context.json) context.printJson({ ...summaryJson(summary, what), shrunk: JSON.parse(text), shrink_runs: runs });
  else
    context.print(
      `\nseed ${seed}: ${plan.faults.length} faults shrunk to ${smallest.faults.length} in ${runs} runs${out === undefined ? `:\n${text}` : `: flashmm simulate --plan ${out}`}`,
    );
}

function settingsOf(config: Config, symbols: string | undefined): { settings: AccountSettings; market: string } {
  const all = marketsOf(config);
  const wanted = [...new Set(symbols?.split(',') ?? [all[0]!.symbol])];
  const markets = wanted.map((symbol) => {
    const market = all.find((one) => one.symbol === symbol);
    if (market !== undefined) return market;
    throw new CommandError('usage', `--market ${symbol}: expected one of ${all.map((one) => one.symbol).join(', ')}`);
  });
  return { settings: accountSettings(config, markets), market: wanted.join(',') };
}

function planIn(path: string): Plan {
  try {
    return parsePlan(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CommandError(
      'environment',
      `--plan ${path}: ${(error as Error).message}`,
      'Name a file that --shrink wrote.',
    );
  }
}

function planOfSeed(plans: readonly Plan[], seed: number): Plan {
  return plans.find((plan) => plan.seed === seed)!;
}

function mutationOf(name: string): Mutation {
  const found = MUTATIONS.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CommandError('usage', `--mutation ${name}: expected one of ${MUTATIONS.map((one) => one.name).join(', ')}`);
}
