import type { Config } from '../config/schema.ts';
import { figureLines } from '../report/figure_lines.ts';
import { sessionJson } from '../report/figures_json.ts';
import { latencyText } from './exchange_model.ts';
import type { StrategyOutcome } from './run_strategy.ts';

/** What was run, besides how it came out. */
export interface StrategyRan {
  readonly strategy: string;
  readonly files: readonly string[];
  readonly model: Config['backtest'];
  readonly seconds: number;
}

/** A baseline's backtest as a person reads it. */
export function strategyText(outcome: StrategyOutcome, { strategy, files, model, seconds }: StrategyRan): string {
  const { figures, markets, rows, wakes, requests, fillsHash } = outcome;
  const names = markets.map(({ symbol, venue }) => `${symbol} (${venue})`);
  return [
    `${strategy} on ${names.join(', ')}: ${figures.spanSeconds.toFixed(0)} s of ${files.join(' + ')}`,
    `${latencyText(model)}; queue model ${model.queue_model}; fees ${model.maker_fee_bps} bps resting, ${model.taker_fee_bps} bps taking`,
    '',
    ...figureLines(figures),
    '',
    `fills              ${figures.fills}, hash ${fillsHash}`,
    `speed              ${rows} rows in ${seconds.toFixed(2)} s with the report; ${wakes} wakes, ${requests} orders and cancels sent`,
    '',
    `Nothing about markets in general follows from ${(figures.spanSeconds / 60).toFixed(0)} minutes of one.`,
  ].join('\n');
}

/** The same for programs. */
export function strategyJson(outcome: StrategyOutcome, { strategy, files, seconds }: StrategyRan) {
  const { figures, markets, rows, wakes, requests, fillsHash } = outcome;
  return {
    tape: files,
    market: markets.map(({ symbol }) => symbol).join(','),
    ...{ strategy, rows, wakes, requests, fills_hash: fillsHash },
    ...sessionJson(figures),
    seconds,
  };
}
