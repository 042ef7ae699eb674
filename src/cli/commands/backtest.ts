import { z } from 'zod';
import type { SessionFigures } from '../../../streams/report/session_report.ts';
import { QUEUE_MODELS } from '../../../streams/simulation/queue.ts';
import { Backtest, type BacktestOutcome } from '../../backtest/engine.ts';
import { ProgressBar } from '../../backtest/progress.ts';
import { backtestText } from '../../backtest/report_text.ts';
import { Recording, RecordingError } from '../../binance/recording.ts';
import { accountSettings, unquotable } from '../../config/account.ts';
import { CommandError, defineCommand } from '../command.ts';

/** How often, in tape inputs, progress is shown and memory looked at. */
const LOOK_EVERY = 4_096;

const MICROS_PER_MS = 1_000;
const MEGABYTE = 1_048_576;

/** `flashmm backtest` */
export const command = defineCommand({
  name: 'backtest',
  summary: 'Run the market maker on a recording, in virtual time.',
  description:
    'The same pipeline that trades live, on a recorded market. Orders reach the simulated exchange after --order-latency-ms, wait in the recorded queues and fill when recorded trades reach them. Several files are one session, in the order given. The same files and settings always give the same decisions, down to the byte: decisions_hash says so.',
  options: {
    tape: {
      value: 'FILE',
      many: true,
      summary: 'Recordings, oldest first',
      schema: z.array(z.string().min(1)).min(1, 'name at least one recording'),
    },
    orderLatencyMs: {
      value: 'MS',
      summary: 'From a decision to its effect, the feed’s own delay included (default 100)',
      schema: z.coerce.number().min(0).max(60_000).optional(),
      setting: 'backtest.order_latency_ms',
    },
    queueModel: {
      value: 'NAME',
      summary: 'Where cancels ahead of us come from: back (none, default) or proportional',
      schema: z.enum(['back', 'proportional']).optional(),
      setting: 'backtest.queue_model',
    },
    seed: {
      value: 'N',
      summary: 'Seed of the kernel’s chance (default 1)',
      schema: z.coerce.number().int().default(1),
    },
  },
  examples: [
    { line: 'flashmm backtest --tape tapes/spot_btcusdt_20240808.gz', summary: 'six minutes of Bitcoin' },
    {
      line: 'flashmm backtest --tape day1.gz day2.gz --order-latency-ms 20 --json',
      summary: 'two files as one session, as JSON',
    },
  ],
  async run(context) {
    const { tape: files, seed } = context.options;
    const { config } = context.config();
    const recording = await Recording.open(files).catch((error: Error) => {
      throw readingError(error);
    });
    const { order_latency_ms, response_latency_ms, queue_model, maker_fee_bps, taker_fee_bps } = config.backtest;
    const fees = { makerFeeBps: maker_fee_bps, takerFeeBps: taker_fee_bps };
    const settings = accountSettings(config, [recording.market], fees);
    const backtest = new Backtest({
      settings,
      seed,
      model: {
        queue: QUEUE_MODELS[queue_model],
        orderLatencyUs: Math.round(order_latency_ms * MICROS_PER_MS),
        responseLatencyUs: Math.round(response_latency_ms * MICROS_PER_MS),
        crossing: 'refuse',
      },
      onFailure: (description) => context.stderr.write(`actor failed: ${description}\n`),
    });
    const bar = new ProgressBar(context.stderr, recording.progress.bytesTotal);
    const started = performance.now();
    let rssMost = 0;
    let events = 0;
    try {
      for await (const { input } of recording.inputs()) {
        backtest.take(input);
        events += 1;
        if (events % LOOK_EVERY !== 0) continue;
        bar.show(recording.progress.bytesRead, `${events} events`);
        rssMost = Math.max(rssMost, process.memoryUsage.rss());
        context.signal.throwIfAborted();
      }
    } catch (error) {
      throw readingError(error as Error);
    } finally {
      bar.clear();
    }
    const seconds = (performance.now() - started) / 1_000;
    rssMost = Math.max(rssMost, process.memoryUsage.rss());
    const outcome = backtest.finish();
    const measured = { files, seconds, rssMaxMb: rssMost / MEGABYTE };
    const book = outcome.books.get(recording.market.symbol)!;
    const advice = book.book.twoSided ? unquotable(settings.markets[0]!, book.book.bestBidTick) : null;
    const figures = outcome.report.figures();
    if (context.json) context.printJson(jsonOf(recording.market.symbol, outcome, figures, measured));
    else
      context.print(
        backtestText({
          recording,
          outcome,
          figures,
          measured,
          advice,
          latencyMs: order_latency_ms,
          queueModel: queue_model,
        }),
      );
    return undefined;
  },
});

function readingError(error: Error): Error {
  if (!(error instanceof RecordingError)) return error;
  return new CommandError(
    'environment',
    error.message,
    'A tape is what flashmm record writes; see tapes/README.md for two that ship with FlashMM.',
  );
}

function jsonOf(
  market: string,
  outcome: BacktestOutcome,
  figures: SessionFigures,
  measured: { readonly files: readonly string[]; readonly seconds: number; readonly rssMaxMb: number },
): Record<string, unknown> {
  return {
    tape: measured.files,
    market,
    span_seconds: figures.spanSeconds,
    events: outcome.events,
    events_per_second: Math.round(outcome.events / measured.seconds),
    decisions: outcome.decisions,
    decisions_hash: outcome.decisionsHash,
    orders_placed: figures.ordersPlaced,
    orders_cancelled: figures.ordersCancelled,
    orders_filled: figures.ordersFilled,
    fills: figures.fills,
    fill_rate_percent: figures.fillRatePercent,
    pnl_usdc: figures.pnlUsdc,
    fees_usdc: figures.feesUsdc,
    turnover_usdc: figures.turnoverUsdc,
    max_position_usdc: figures.maxPositionUsdc,
    max_drawdown_usdc: figures.maxDrawdownUsdc,
    spread_bps: figures.spreadBps,
    our_spread_bps: figures.ourSpreadBps,
    quoted_percent: figures.quotedPercent,
    sharpe: figures.sharpe,
    rss_max_mb: Math.round(measured.rssMaxMb * 10) / 10,
    rejects: Object.fromEntries([...outcome.rejects].map(([name, { count }]) => [name, count])),
    book_comparisons: outcome.bookComparisons,
    book_mismatches: outcome.bookMismatches,
  };
}
