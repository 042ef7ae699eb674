import { createHash } from 'node:crypto';
import type { Market } from '../../streams/market/types.ts';
import type { ReportCharts, SessionFigures } from '../../streams/report/session_report.ts';
import type { Strategy } from '../../streams/simulation/strategy.ts';
import type { Config } from '../config/schema.ts';
import type { Tape } from '../tape/reader.ts';
import { ArrowTapes } from './arrow_tapes.ts';
import { FillsHash } from './fills_hash.ts';
import { tapeExchange } from './run_live.ts';
import { simulateTapes } from './simulate_tapes.ts';
import { StrategyReport } from './strategy_report.ts';

/** What is run. */
export interface StrategyRun {
  /** Tapes in columns, each of another market. */
  readonly files: readonly string[];
  /** This market alone. */
  readonly market?: string | undefined;
  readonly config: Config;
  /** @param firstTicks the first price of each market */
  readonly make: (markets: readonly Market[], firstTicks: readonly number[]) => Strategy;
  /** Looks on after each wake; throws to stop. @param timeNs nanoseconds from the tapes' origin */
  readonly onWake?: (timeNs: number) => void;
}

/** How it came out. */
export interface StrategyOutcome {
  readonly markets: readonly Market[];
  readonly figures: SessionFigures;
  readonly charts: ReportCharts;
  /** Over every fill of every market: time at the exchange, side, price and size. */
  readonly fillsHash: string;
  readonly rows: number;
  readonly wakes: number;
  readonly requests: number;
}

/**
 * Runs a strategy on tapes in columns, with the exchange and the fees of `config.backtest`.
 *
 * @throws TapeError when a tape or recorded latencies cannot be read, two are of one market, or none is of the market wanted
 */
export async function runStrategy({ files, market, config, make, onWake }: StrategyRun): Promise<StrategyOutcome> {
  const exchange = await tapeExchange(config.backtest);
  const arrow = ArrowTapes.open(files, market);
  const { markets } = arrow;
  const tapes = arrow.together();
  try {
    const { maker_fee_bps, taker_fee_bps } = config.backtest;
    const { originS } = tapes[0]!;
    const report = new StrategyReport(markets, { makerFeeBps: maker_fee_bps, takerFeeBps: taker_fee_bps }, originS);
    const hashes = tapes.map(() => new FillsHash(originS));
    const { watcher } = report;
    const { simulation } = simulateTapes(tapes, exchange, report.watched(make(markets, tapes.map(firstTick))), {
      execution: (desk, order, timeNs, tick, lots, maker) => {
        hashes[desk.index]!.add(timeNs, order.side, tick, lots);
        watcher.execution?.(desk, order, timeNs, tick, lots, maker);
      },
      wake: (nowNs, desks) => {
        watcher.wake?.(nowNs, desks);
        onWake?.(nowNs);
      },
    });
    const counts = simulation.run();
    const digests = hashes.map((hash) => hash.digest());
    return {
      ...{ markets, figures: report.finish(), charts: report.report.charts(), ...counts },
      fillsHash: digests.length === 1 ? digests[0]! : createHash('sha256').update(digests.join('')).digest('hex'),
      rows: tapes.reduce((sum, { rows }) => sum + rows, 0),
    };
  } finally {
    for (const tape of tapes) tape.close();
  }
}

/** The price of the first row that has one; 1 in a tape without any. */
function firstTick(tape: Tape): number {
  const { length, tick, lots } = tape.batch(0);
  for (let at = 0; at < length; at += 1) if (tick[at]! > 0 && lots[at]! > 0) return tick[at]!;
  return 1;
}
