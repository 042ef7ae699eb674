import { type Input, isMarketInput } from '../../streams/inputs.ts';
import { LocalBook } from '../../streams/market/local_book.ts';
import type { BookSnapshot, Market } from '../../streams/market/types.ts';
import type { ReportCharts } from '../../streams/report/session_report.ts';
import { ArrowTapes, isArrow } from '../backtest/arrow_tapes.ts';
import { Backtest, type BacktestOptions, type BacktestOutcome } from '../backtest/engine.ts';
import { exchangeModel } from '../backtest/exchange_model.ts';
import { runLive, tapeExchange } from '../backtest/run_live.ts';
import { runStrategy } from '../backtest/run_strategy.ts';
import { BASELINES, LIVE } from '../backtest/strategies.ts';
import { Tapes } from '../backtest/tapes.ts';
import { accountSettings } from '../config/account.ts';
import type { Config } from '../config/schema.ts';
import { planInference } from '../inference/open_inference.ts';
import { VirtualModels } from '../inference/virtual_models.ts';
import { withModels } from '../inference/with_models.ts';
import type { Block } from './blocks.ts';
import { type Measures, measuresOf } from './measures.ts';

/** One point on the blocks of one tape: what a thread does at a time. Plain data. */
export interface TapeTask {
  readonly point: number;
  readonly tape: number;
  readonly files: readonly string[];
  /** This market alone, where the files are of several. */
  readonly market: string | null;
  /** With secrets taken out. */
  readonly config: Config;
  readonly models: boolean;
  readonly strategy: string;
  readonly seed: number;
  /** In order of time, apart from one another. */
  readonly blocks: readonly Block[];
  /** Whether curves and fills are wanted too. */
  readonly charts: boolean;
}

/** How a point did on a block. */
export interface BlockResult {
  readonly measures: Measures;
  /** Over every decision, as `flashmm backtest` prints it, or over every fill of a baseline; empty where nothing happened. */
  readonly decisionsHash: string;
  /** Failures of actors, of which there should be none. */
  readonly failures: number;
}

/** What comes of a task. */
export interface TapeResult {
  readonly point: number;
  readonly tape: number;
  readonly blocks: readonly BlockResult[];
  /** Of each block, where they were wanted. */
  readonly charts: readonly ReportCharts[];
}

/**
 * Runs a point on a tape, block by block. A block begins with what the book was when it began, and with nothing else: no position, no
 * estimates.
 *
 * @throws RecordingError or TapeError when a file cannot be read, CommandError when a model may not serve
 */
export async function runTape(task: TapeTask): Promise<TapeResult> {
  const runs = task.files.every(isArrow) ? await onColumns(task) : await onRecordings(task);
  return {
    point: task.point,
    tape: task.tape,
    blocks: runs.map(({ result }) => result),
    charts: task.charts ? runs.map(({ charts }) => charts) : [],
  };
}

interface Ran {
  readonly result: BlockResult;
  readonly charts: ReportCharts;
}

/** Each block is a tape of its own. */
async function onColumns(task: TapeTask): Promise<readonly Ran[]> {
  const { config, strategy } = task;
  const market = task.market ?? undefined;
  const runs: Ran[] = [];
  for (const { files = task.files } of task.blocks) {
    if (strategy === LIVE) {
      const tapes = ArrowTapes.open(files, market);
      const options = await optionsOf(task, tapes.markets);
      if (config.backtest.exchange !== 'own') {
        runs.push(await onEngine(tapes, options, config).finally(() => options.models?.close()));
        continue;
      }
      const run = new BlockRun(options);
      await run.backtest
        .replay(tapes.replayed(run.backtest.watchesEvents), () => {})
        .finally(() => options.models?.close());
      runs.push(run.finish());
    } else {
      const make = BASELINES[strategy]!.make.bind(undefined, config);
      const { figures, charts, fillsHash } = await runStrategy({ files, market, config, make });
      runs.push({ result: { measures: measuresOf(figures), decisionsHash: fillsHash, failures: 0 }, charts });
    }
  }
  return runs;
}

/** The live pipeline with the exchange that baselines trade with. */
async function onEngine(tapes: ArrowTapes, options: PipelineOptions, config: Config): Promise<Ran> {
  let failures = 0;
  const exchange = await tapeExchange(config.backtest);
  const run = { ...options, tapes, exchange, onFailure: () => (failures += 1) };
  return ranOf(await runLive(run, () => {}), failures);
}

/** The recordings are read once, whatever the number of blocks. */
async function onRecordings(task: TapeTask): Promise<readonly Ran[]> {
  const { blocks } = task;
  const tapes = await Tapes.open(task.files, task.market ?? undefined);
  const options = await optionsOf(task, tapes.markets);
  const runs = blocks.map(() => new BlockRun(options));
  const books = new Map(tapes.markets.map(({ symbol }) => [symbol, new LocalBook(symbol)]));
  let at = 0;
  try {
    for await (const { input } of tapes.inputs()) {
      while (at < blocks.length && input.timeUs >= blocks[at]!.untilUs) at += 1;
      if (at === blocks.length) break;
      if (input.timeUs >= blocks[at]!.fromUs) {
        const whole = blocks[at]!.fromUs === 0;
        await runs[at]!.take(input, () => (whole ? [] : snapshotsOf(books, input.timeUs)));
      }
      // After the run has taken it: only then it has its number.
      if (isMarketInput(input)) books.get(input.market)?.apply(input);
    }
  } finally {
    await options.models?.close();
  }
  return runs.map((run) => run.finish());
}

/** What every run of a point is made with. */
type PipelineOptions = Omit<BacktestOptions, 'onFailure'>;

/** The live pipeline on one block. */
class BlockRun {
  readonly backtest: Backtest;
  #begun = false;
  #failures = 0;

  constructor(options: PipelineOptions) {
    this.backtest = new Backtest({ ...options, onFailure: () => (this.#failures += 1) });
  }

  /** @param books what the books are when the block begins, told anew */
  async take(input: Input, books: () => readonly BookSnapshot[]): Promise<void> {
    if (!this.#begun) for (const book of books()) await this.backtest.take(book);
    this.#begun = true;
    await this.backtest.take(input);
  }

  finish(): Ran {
    return ranOf(this.backtest.finish(), this.#failures);
  }
}

function ranOf({ report, decisionsHash }: BacktestOutcome, failures: number): Ran {
  return {
    result: { measures: measuresOf(report.figures()), decisionsHash, failures },
    charts: report.charts(),
  };
}

async function optionsOf(task: TapeTask, markets: readonly Market[]): Promise<PipelineOptions> {
  const { config, seed } = task;
  const { maker_fee_bps, taker_fee_bps } = config.backtest;
  const fees = { makerFeeBps: maker_fee_bps, takerFeeBps: taker_fee_bps };
  const plan = task.models ? planInference(config, markets) : undefined;
  const settings = withModels(accountSettings(config, markets, fees), config, plan);
  const models = plan && (await VirtualModels.open(plan));
  return { settings, model: exchangeModel(config.backtest), seed, models };
}

/** The books as they are, told anew; those that are not live are left out, as nobody may quote from them. */
function snapshotsOf(books: ReadonlyMap<string, LocalBook>, timeUs: number): readonly BookSnapshot[] {
  return [...books.values()]
    .filter(({ status }) => status === 'live')
    .map(({ market, lastId, eventUs, book }) => ({
      kind: 'bookSnapshot',
      seq: 0,
      timeUs,
      market,
      lastId,
      eventUs,
      bids: book.bids.encode(),
      asks: book.asks.encode(),
    }));
}
