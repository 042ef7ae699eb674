import { z } from 'zod';
import type { AccountSettings } from '../../../streams/settings.ts';
import { ProgressBar } from '../../backtest/progress.ts';
import { type Comparison, compare, type Row, runSeed, type SeedRuns } from '../../compare/comparison.ts';
import { type Compared, comparisonText } from '../../compare/comparison_text.ts';
import { naive } from '../../compare/naive.ts';
import { accountSettings } from '../../config/account.ts';
import type { Config } from '../../config/schema.ts';
import { readPath } from '../../devnet/participants/crowds.ts';
import { SHIPPED_TAPES } from '../../devnet/populated.ts';
import { CommandError } from '../../exit/command_error.ts';
import { planInference } from '../../inference/open_inference.ts';
import { VirtualModels } from '../../inference/virtual_models.ts';
import { withModels } from '../../inference/with_models.ts';
import { gasOf, marketsOf } from '../../live/launch.ts';
import { defineCommand, interrupted } from '../command.ts';

const MS_PER_S = 1_000;

/** `flashmm compare` */
export const command = defineCommand({
  name: 'compare',
  summary: 'Compare the strategy with a naive symmetric maker, or with itself without models, in simulated markets.',
  description:
    'For each seed a crowd is drawn (makers, noise, informed traders and arbitrageurs around a recorded price). Both makers quote in its market, each alone and then both at once, in virtual time and with the same limits and latencies. Where a model serves Sei’s markets, the strategy goes by it, and time stands still until it has answered. The figures come from the chain: its blocks, books and settlements. Intervals are 95 %, bootstrapped over the seeds. What is reported of profit holds for this crowd and no other market.',
  options: {
    seeds: {
      value: 'N',
      summary: 'How many seeds (default 30)',
      schema: z.coerce.number().int().min(1).max(10_000).default(30),
    },
    firstSeed: {
      value: 'N',
      summary: 'The first of them (default 1)',
      schema: z.coerce.number().int().min(0).default(1),
    },
    hours: {
      value: 'H',
      summary: 'Simulated hours for each seed (default 1)',
      schema: z.coerce.number().min(0.01).max(1_000).default(1),
    },
    market: {
      value: 'SYMBOL',
      summary: 'The market (default the first configured)',
      schema: z.string().min(1).optional(),
    },
    baseline: {
      value: 'NAME',
      summary: 'Whom it is compared with: naive (default), or without-models: itself, predicted by nobody',
      schema: z.enum(['naive', 'without-models']).default('naive'),
    },
    naiveBps: {
      value: 'BPS',
      summary: 'Distance of the naive maker’s quotes from the mid (default 7.5, its most profitable)',
      schema: z.coerce.number().min(0.01).max(1_000).default(7.5),
    },
  },
  examples: [
    { line: 'flashmm compare', summary: '30 seeds of an hour each, some minutes' },
    { line: 'flashmm compare --seeds 4 --hours 0.25 --json', summary: 'a quick look, as JSON' },
    { line: 'flashmm compare --baseline without-models', summary: 'what the predictions are worth' },
  ],
  async run(context) {
    const { seeds, firstSeed, hours, market, baseline, naiveBps } = context.options;
    const { config } = context.config();
    const without = settingsOf(config, market);
    const models = await modelsFor(config, without, baseline === 'without-models');
    const ours = withModels(without, config, models?.plan);
    const paths = await Promise.all(SHIPPED_TAPES.map(readPath));
    const other = baseline === 'naive' ? naive(without, naiveBps) : without;
    const options = { ours, baseline: other, models, paths, hours, gas: gasOf(config) };
    const bar = new ProgressBar(context.stderr, seeds);
    const startedMs = performance.now();
    const done: SeedRuns[] = [];
    while (done.length < seeds) {
      done.push(await runSeed(options, firstSeed + done.length));
      bar.show(done.length, `seed ${firstSeed + done.length - 1}`);
      // Signals arrive between two seeds.
      await new Promise((resolve) => setImmediate(resolve));
      if (context.signal.aborted) break;
    }
    bar.clear();
    await models?.close();
    if (done.length === 0) return interrupted(context.signal);
    const comparison = compare(done);
    const seconds = (performance.now() - startedMs) / MS_PER_S;
    const what = {
      market: ours.markets[0]!.market.symbol,
      models: models?.names ?? [],
      baseline,
      naiveBps,
      firstSeed,
      seconds,
    };
    if (context.json) context.printJson(jsonOf(comparison, what));
    else context.print(comparisonText(comparison, what));
    return context.signal.aborted ? interrupted(context.signal) : undefined;
  },
});

function settingsOf(config: Config, symbol: string | undefined): AccountSettings {
  const all = marketsOf(config);
  const market = symbol === undefined ? all[0]! : all.find((one) => one.symbol === symbol);
  if (market === undefined)
    throw new CommandError('usage', `--market ${symbol}: expected one of ${all.map((one) => one.symbol).join(', ')}`);
  return accountSettings(config, [market]);
}

/** The models that are to predict, opened. @throws CommandError when there are none and there have to be */
async function modelsFor(
  config: Config,
  settings: AccountSettings,
  needed: boolean,
): Promise<VirtualModels | undefined> {
  const plan = planInference(
    config,
    settings.markets.map(({ market }) => market),
  );
  if (plan !== undefined) return VirtualModels.open(plan);
  if (!needed) return undefined;
  throw new CommandError(
    'refused',
    '--baseline without-models: no model predicts this market, so there is nothing to compare',
    "'flashmm models list' shows what there is; inference.enabled must not be 'off'.",
  );
}

function jsonOf(comparison: Comparison, what: Compared) {
  const { seeds, hours, touchImprovementPercent, fillRatePercent, positionMostUsdc, alone, together } = comparison;
  return {
    market: what.market,
    models: what.models,
    baseline:
      what.baseline === 'naive'
        ? `naive symmetric maker, ${what.naiveBps} bps from the mid`
        : 'the same without models',
    first_seed: what.firstSeed,
    seeds,
    hours,
    touch_improvement_percent: touchImprovementPercent,
    fill_rate_percent: fillRatePercent,
    position_most_usdc: positionMostUsdc,
    alone: rowsJson(alone),
    together: rowsJson(together),
    seconds: what.seconds,
  };
}

function rowsJson(rows: readonly Row[]) {
  return Object.fromEntries(rows.map(({ key, ours, baseline, difference }) => [key, { ours, baseline, difference }]));
}
