import { isMarketInput } from '../../streams/inputs.ts';
import { LocalBook } from '../../streams/market/local_book.ts';
import type { BookSnapshot, Market } from '../../streams/market/types.ts';
import type { ReportCharts } from '../../streams/report/session_report.ts';
import { Backtest, type BacktestOptions } from '../backtest/engine.ts';
import { exchangeModel } from '../backtest/exchange_model.ts';
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
  readonly seed: number;
  /** In order of time, apart from one another. */
  readonly blocks: readonly Block[];
  /** Whether curves and fills are wanted too. */
  readonly charts: boolean;
}

/** How a point did on a block. */
export interface BlockResult {
  readonly measures: Measures;
  /** Over every decision, as `flashmm backtest` prints it; empty where nothing happened. */
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
 * Runs a point on a tape, block by block, reading it once. A block begins with what the book was when it began, and with nothing else: no
 * position, no estimates.
 *
 * @throws RecordingError when a file cannot be read, CommandError when a model may not serve
 */
export async function runTape(task: TapeTask): Promise<TapeResult> {
  const tapes = await Tapes.open(task.files, task.market ?? undefined);
  const options = await optionsOf(task, tapes.markets);
  const last = task.blocks.at(-1);
  const runs = task.blocks.map((block) => new BlockRun(block, options));
  const books = new Map(tapes.markets.map(({ symbol }) => [symbol, new LocalBook(symbol)]));
  let at = 0;
  try {
    for await (const { input } of tapes.inputs()) {
      if (last === undefined || input.timeUs >= last.untilUs) break;
      while (input.timeUs >= runs[at]!.block.untilUs) at += 1;
      const run = runs[at]!;
      if (input.timeUs >= run.block.fromUs) {
        if (!run.begun) await run.begin(at === 0 && run.block.fromUs === 0 ? [] : snapshotsOf(books, input.timeUs));
        await run.backtest.take(input);
      }
      // After the run has taken it: only then it has its number.
      if (isMarketInput(input)) books.get(input.market)?.apply(input);
    }
  } finally {
    await options.models?.close();
  }
  return {
    point: task.point,
    tape: task.tape,
    blocks: runs.map((run) => run.result()),
    charts: task.charts ? runs.map((run) => run.backtest.finish().report.charts()) : [],
  };
}

class BlockRun {
  readonly block: Block;
  readonly backtest: Backtest;
  begun = false;
  #failures = 0;

  constructor(block: Block, options: Omit<BacktestOptions, 'onFailure'>) {
    this.block = block;
    this.backtest = new Backtest({ ...options, onFailure: () => (this.#failures += 1) });
  }

  async begin(snapshots: readonly BookSnapshot[]): Promise<void> {
    this.begun = true;
    for (const snapshot of snapshots) await this.backtest.take(snapshot);
  }

  result(): BlockResult {
    const { report, decisionsHash } = this.backtest.finish();
    return { measures: measuresOf(report.figures()), decisionsHash, failures: this.#failures };
  }
}

async function optionsOf(task: TapeTask, markets: readonly Market[]): Promise<Omit<BacktestOptions, 'onFailure'>> {
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
