import { z } from 'zod';
import type { Market } from '../../../streams/market/types.ts';
import type { AccountSettings } from '../../../streams/settings.ts';
import { ArrowTapes, isArrow, verifyTapes } from '../../backtest/arrow_tapes.ts';
import { Backtest, type BacktestOutcome } from '../../backtest/engine.ts';
import { exchangeModel, unfitFor } from '../../backtest/exchange_model.ts';
import { modelsText } from '../../backtest/models_text.ts';
import { ProgressBar } from '../../backtest/progress.ts';
import { backtestText, type Measured } from '../../backtest/report_text.ts';
import { runLive, tapeExchange } from '../../backtest/run_live.ts';
import { runStrategy } from '../../backtest/run_strategy.ts';
import { BASELINES, LIVE, STRATEGIES } from '../../backtest/strategies.ts';
import { strategyJson, strategyText } from '../../backtest/strategy_text.ts';
import { Tapes } from '../../backtest/tapes.ts';
import { RecordingError } from '../../binance/recording.ts';
import { accountSettings } from '../../config/account.ts';
import type { Config } from '../../config/schema.ts';
import { CommandError } from '../../exit/command_error.ts';
import { planInference } from '../../inference/open_inference.ts';
import { VirtualModels } from '../../inference/virtual_models.ts';
import { withModels } from '../../inference/with_models.ts';
import { sessionJson } from '../../report/figures_json.ts';
import { TapeError } from '../../tape/tape_error.ts';
import { defineCommand } from '../command.ts';

/** How often, in tape inputs, progress is shown and memory looked at. */
const LOOK_EVERY = 4_096;

const MICROS_PER_S = 1_000_000;
const MS_PER_S = 1_000;
const KIB_PER_MIB = 1_024;

/** `flashmm backtest` */
export const command = defineCommand({
  name: 'backtest',
  summary: 'Run the market maker on a recording, in virtual time.',
  description:
    'The same pipeline that trades live, on a recorded market. Orders reach the simulated exchange after --order-latency-ms, wait in the recorded queues and fill when recorded trades reach them. Several files are one session: those of one market one after another in the order given, markets beside one another by receive time. The same files and settings always give the same decisions, down to the byte: decisions_hash says so.',
  options: {
    tape: {
      value: 'FILE',
      many: true,
      summary: 'Recordings, or tapes in columns (flashmm tape import), oldest first',
      schema: z.array(z.string().min(1)).min(1, 'name at least one recording'),
    },
    market: {
      value: 'SYMBOL',
      summary: 'Trade this one only of the markets that the recordings are of',
      schema: z.string().min(1).optional(),
    },
    orderLatencyMs: {
      value: 'MS',
      summary: 'From a decision to its effect, the feed’s own delay included (default 100)',
      schema: z.coerce.number().min(0).max(60_000).optional(),
      setting: 'backtest.order_latency_ms',
    },
    orderLatencies: {
      value: 'FILE',
      summary: 'Round trips of orders that were recorded, instead: CSV, or an hftbacktest array (docs/backtest.md)',
      schema: z.string().min(1).optional(),
      setting: 'backtest.order_latencies',
    },
    feedLatencyMs: {
      value: 'MS',
      summary: 'From a tape’s receive times to our knowing (default 0)',
      schema: z.coerce.number().min(0).max(60_000).optional(),
      setting: 'backtest.feed_latency_ms',
    },
    queueModel: {
      value: 'NAME',
      summary: 'Whose cancels move us up: back (nobody’s, default), power (by sizes); fifo: the tape tells orders',
      schema: z.enum(['back', 'power', 'fifo']).optional(),
      setting: 'backtest.queue_model',
    },
    queuePower: {
      value: 'N',
      summary: 'Exponent of the queue model power (default 2)',
      schema: z.coerce.number().min(0.1).max(10).optional(),
      setting: 'backtest.queue_power',
    },
    exchange: {
      value: 'WHOSE',
      summary:
        'own (default): fills in parts; for tapes in columns, hftbacktest: whole fills as there, sei: block by block',
      schema: z.enum(['own', 'hftbacktest', 'sei']).optional(),
      setting: 'backtest.exchange',
    },
    blockMs: {
      value: 'MS',
      summary: 'From block to block of --exchange sei (default 400)',
      schema: z.coerce.number().min(1).max(60_000).optional(),
      setting: 'backtest.block_ms',
    },
    strategy: {
      value: 'NAME',
      summary: `live (default), or on tapes in columns a baseline: ${Object.keys(BASELINES).join(', ')}`,
      schema: z.enum(STRATEGIES as [string, ...string[]]).default(LIVE),
    },
    models: {
      value: 'WHICH',
      summary: 'on (default): predicted where a champion serves; off: not; both: each, side by side',
      schema: z.enum(['on', 'off', 'both']).default('on'),
    },
    seed: {
      value: 'N',
      summary: 'Seed of the kernel’s chance (default 1)',
      schema: z.coerce.number().int().default(1),
    },
  },
  examples: [
    { line: 'flashmm backtest --tape tapes/spot_btcusdt_20240808.gz', summary: 'six minutes of Bitcoin' },
    { line: 'flashmm backtest --tape btc.arrow --models off', summary: 'the same from a tape in columns, faster' },
    { line: 'flashmm backtest --tape btc.arrow --strategy naive', summary: 'a baseline on the same tape' },
    { line: 'flashmm backtest --tape btc.arrow --exchange sei --block-ms 400', summary: 'matched as on Sei' },
    {
      line: 'flashmm backtest --tape day1.gz day2.gz --order-latency-ms 20 --json',
      summary: 'two files as one session, as JSON',
    },
    {
      line: 'flashmm backtest --tape tapes/spot_btcusdt_20240808.gz --models both',
      summary: 'with and without predictions',
    },
  ],
  async run(context) {
    const { tape: files, market, models: which, strategy } = context.options;
    const { config } = context.config();
    const unfit = unfitFor(config.backtest, strategy === LIVE);
    if (unfit !== undefined) throw new CommandError('usage', unfit);
    if (strategy in BASELINES) {
      await runBaseline(context, strategy);
      return undefined;
    }
    const tapes = await opened(files, market);
    const { maker_fee_bps, taker_fee_bps } = config.backtest;
    const fees = { makerFeeBps: maker_fee_bps, takerFeeBps: taker_fee_bps };
    const without = accountSettings(config, tapes.markets, fees);
    const plan = which === 'off' ? undefined : planInference(config, tapes.markets);
    if (which === 'both' && plan === undefined) throw noModels();
    const models = plan && (await VirtualModels.open(plan));
    const settings = withModels(without, config, plan);
    const predicted = { settings, models };
    const runs = which === 'both' ? [predicted, { settings: without, models: undefined }] : [predicted];
    const startedMs = performance.now();
    const started = process.cpuUsage();
    const [outcome, other] = await outcomesOf(context, tapes, runs, config.backtest);
    await models?.close();
    const seconds = (performance.now() - startedMs) / MS_PER_S;
    const { user, system } = process.cpuUsage(started);
    const measured = {
      files,
      seconds,
      processorS: (user + system) / MICROS_PER_S,
      rows: tapes instanceof ArrowTapes ? tapes.rows : undefined,
      rssMaxMb: process.resourceUsage().maxRSS / KIB_PER_MIB,
    };
    const names = models?.names ?? [];
    if (context.json) {
      const withoutModels = other && { without_models: sessionJson(other.report.figures()) };
      context.printJson({ ...jsonOf(tapes.markets, outcome, measured), models: names, ...withoutModels });
      return undefined;
    }
    context.print(backtestText({ tapes, settings, model: config.backtest, models: names, outcome, measured }));
    if (other === undefined) return undefined;
    context.print(`\n${modelsText(names, outcome.report.figures(), other.report.figures()).join('\n')}`);
    return undefined;
  },
});

type Context = Parameters<typeof command.run>[0];

/** A baseline on the engine of tapes in columns, which the exchange `own` is no part of: then it is `hftbacktest`. */
async function runBaseline(context: Context, strategy: string): Promise<void> {
  const { tape: files, market } = context.options;
  const { config } = context.config();
  const recording = files.find((file) => !isArrow(file));
  if (recording !== undefined) throw noColumns(`--strategy ${strategy}`, recording);
  const startedMs = performance.now();
  try {
    const make = BASELINES[strategy]!.make.bind(undefined, config);
    verifyTapes(files);
    const onWake = (): void => context.signal.throwIfAborted();
    const outcome = await runStrategy({ files, market, config, make, onWake });
    const seconds = (performance.now() - startedMs) / MS_PER_S;
    const ran = { strategy, files, seconds, model: config.backtest };
    if (context.json) context.printJson(strategyJson(outcome, ran));
    else context.print(strategyText(outcome, ran));
  } catch (error) {
    throw readingError(error as Error, config.backtest);
  }
}

async function opened(files: readonly string[], market: string | undefined): Promise<Tapes | ArrowTapes> {
  const columns = files.filter(isArrow);
  if (columns.length > 0 && columns.length < files.length) {
    throw new CommandError(
      'usage',
      `--tape: ${columns[0]} is a tape in columns, others are none: expected all of one kind`,
      "'flashmm tape import RECORDING --out FILE.arrow' makes a tape in columns.",
    );
  }
  try {
    verifyTapes(columns);
    return columns.length > 0 ? ArrowTapes.open(files, market) : await Tapes.open(files, market);
  } catch (error) {
    throw readingError(error as Error);
  }
}

/** One run on the tapes, with models or without. */
interface Run {
  readonly settings: AccountSettings;
  readonly models: VirtualModels | undefined;
}

/** Runs all on the same tapes. */
async function outcomesOf(
  context: Context,
  tapes: Tapes | ArrowTapes,
  runs: readonly Run[],
  model: Config['backtest'],
): Promise<readonly [BacktestOutcome, ...BacktestOutcome[]]> {
  const bar = new ProgressBar(context.stderr, tapes.progress.bytesTotal);
  const look = (events: number): void => {
    bar.show(tapes.progress.bytesRead, `${events} events`);
    context.signal.throwIfAborted();
  };
  const onFailure = (description: string) => context.stderr.write(`actor failed: ${description}\n`);
  const common = { seed: context.options.seed, onFailure };
  try {
    const outcomes: BacktestOutcome[] = [];
    if (model.exchange !== 'own') {
      if (!(tapes instanceof ArrowTapes)) throw noColumns(`--exchange ${model.exchange}`, context.options.tape[0]!);
      const exchange = await tapeExchange(model);
      for (const run of runs) outcomes.push(await runLive({ ...common, ...run, tapes, exchange }, look));
    } else {
      const backtests = runs.map((run) => new Backtest({ ...common, ...run, model: exchangeModel(model) }));
      await replay(tapes, backtests, look);
      outcomes.push(...backtests.map((backtest) => backtest.finish()));
    }
    return outcomes as [BacktestOutcome, ...BacktestOutcome[]];
  } catch (error) {
    throw readingError(error as Error, model);
  } finally {
    bar.clear();
  }
}

/** Gives every input of the tapes to each backtest. */
async function replay(
  tapes: Tapes | ArrowTapes,
  backtests: readonly Backtest[],
  look: (events: number) => void,
): Promise<void> {
  if (tapes instanceof ArrowTapes) {
    for (const backtest of backtests) await backtest.replay(tapes.replayed(backtest.watchesEvents), look);
    return;
  }
  let events = 0;
  for await (const { input } of tapes.inputs()) {
    for (const backtest of backtests) await backtest.take(input);
    events += 1;
    if (events % LOOK_EVERY === 0) look(events);
  }
}

function noColumns(what: string, file: string): CommandError {
  return new CommandError(
    'usage',
    `${what}: ${file} is no tape in columns`,
    "'flashmm tape import RECORDING --out FILE.arrow' makes one.",
  );
}

function noModels(): CommandError {
  return new CommandError(
    'refused',
    '--models both: no model predicts these markets',
    "'flashmm models list' shows what there is; inference.enabled must not be 'off'.",
  );
}

function readingError(error: Error, model?: Config['backtest']): Error {
  if (!(error instanceof RecordingError || error instanceof TapeError)) return error;
  const latencies = error instanceof TapeError && error.file === model?.order_latencies;
  const hint = latencies
    ? 'docs/backtest.md says what recorded latencies look like.'
    : 'A tape is what flashmm record or flashmm tape import writes; see tapes/README.md for two that ship with FlashMM.';
  return new CommandError('environment', error.message, hint);
}

function jsonOf(markets: readonly Market[], outcome: BacktestOutcome, measured: Measured): Record<string, unknown> {
  const figures = outcome.report.figures();
  return {
    tape: measured.files,
    market: markets.map(({ symbol }) => symbol).join(','),
    events: outcome.events,
    events_per_second: Math.round(outcome.events / measured.seconds),
    ...(measured.rows !== undefined && { rows: measured.rows }),
    processor_seconds: Math.round(measured.processorS * 1_000) / 1_000,
    decisions: outcome.decisions,
    decisions_hash: outcome.decisionsHash,
    ...sessionJson(figures),
    rss_max_mb: Math.round(measured.rssMaxMb * 10) / 10,
    rejects: Object.fromEntries([...outcome.rejects].map(([name, { count }]) => [name, count])),
    book_comparisons: outcome.bookComparisons,
    book_mismatches: outcome.bookMismatches,
  };
}
