import type { LocalBook } from '../../streams/market/local_book.ts';
import type { SessionFigures } from '../../streams/report/session_report.ts';
import type { AccountSettings, MarketSettings } from '../../streams/settings.ts';
import { unquotable } from '../config/account.ts';
import type { Config } from '../config/schema.ts';
import { figureLines, marketLines } from '../report/figure_lines.ts';
import type { ArrowTapes } from './arrow_tapes.ts';
import type { BacktestOutcome } from './engine.ts';
import { latencyText } from './exchange_model.ts';
import type { Tapes } from './tapes.ts';

/** What was measured of a run, and differs from run to run. */
export interface Measured {
  readonly files: readonly string[];
  readonly seconds: number;
  /** Of all threads of this process. */
  readonly processorS: number;
  /** Of tapes in columns. */
  readonly rows: number | undefined;
  readonly rssMaxMb: number;
}

/** What a text report tells of. */
export interface BacktestText {
  readonly tapes: Tapes | ArrowTapes;
  readonly settings: AccountSettings;
  readonly model: Config['backtest'];
  /** Who predicts, `binance-trees/1` …; none where nobody does. */
  readonly models: readonly string[];
  readonly outcome: BacktestOutcome;
  readonly measured: Measured;
}

/** What reasons of rejects mean, for a reader who meets them first here. */
const REASONS: Readonly<Record<string, string>> = {
  gap: 'an update is missing: nothing is quoted until a snapshot comes',
  duplicate: 'an update came twice',
  'out-of-order': 'an update came after a newer one',
  crossed: 'bid at or above ask: not quoted from until it is gone',
  mismatch: 'our best prices differed from the exchange’s: the book is fetched anew',
  malformed: 'not a message of the exchange',
  'off-tick': 'a price between two ticks',
  'off-lot': 'a size between two lots',
  'not-a-trade': 'an insurance-fund or deleveraging execution',
  'unknown-market': 'a message of another market',
  truncated: 'the file ends in the middle',
  damaged: 'the compressed file is damaged: what comes after that cannot be read',
  oversized: 'a line too long to be a message',
  'unknown-order': 'an execution of an order that was just cancelled',
};

/** What rows of a tape are that the pipeline has no use for. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'level-3': 'single orders, which the book of levels is not made of',
  'trade-without-side': 'trades of which nothing says who took',
};

/** The report that a person reads. */
export function backtestText({ tapes, settings, model, models, outcome, measured }: BacktestText): string {
  const figures = outcome.report.figures();
  const names = tapes.markets.map(({ symbol, venue }) => `${symbol} (${venue})`);
  const queue = model.queue_model === 'power' ? `power ${model.queue_power}` : model.queue_model;
  const perSecond = Math.round(outcome.events / measured.seconds);
  const rows = measured.rows === undefined ? '' : ` of ${measured.rows} rows`;
  return [
    `${names.join(', ')}: ${figures.spanSeconds.toFixed(0)} s of ${measured.files.join(' + ')}`,
    `${latencyText(model)}; queue model ${queue}${model.exchange === 'own' ? '' : ` of ${model.exchange}`}; fees ${model.maker_fee_bps} bps resting, ${model.taker_fee_bps} bps taking`,
    models.length === 0 ? 'no model predicts' : `${models.join(', ')} predicts`,
    '',
    ...figureLines(figures),
    `book               ${outcome.bookComparisons} comparisons with the exchange’s best prices, ${outcome.bookMismatches} mismatches`,
    ...(tapes.markets.length === 1 ? [] : eachMarket(figures)),
    '',
    `decisions          ${outcome.decisions}, hash ${outcome.decisionsHash}`,
    `speed              ${outcome.events} events${rows} in ${measured.seconds.toFixed(2)} s, ${perSecond} a second; processor ${measured.processorS.toFixed(2)} s; memory ${measured.rssMaxMb.toFixed(0)} MB at most`,
    ...refusedLines(outcome, tapes.progress.clamped),
    ...('leftOut' in tapes ? leftOutLines(tapes.leftOut) : []),
    ...settings.markets.flatMap((market) => notQuoted(market, outcome.books.get(market.market.symbol)!)),
    '',
    `Nothing about markets in general follows from ${(figures.spanSeconds / 60).toFixed(0)} minutes of one.`,
  ].join('\n');
}

function eachMarket(figures: SessionFigures): string[] {
  return Object.entries(figures.markets).flatMap(([symbol, one]) => [
    '',
    symbol,
    ...marketLines(one).map((line) => `  ${line}`),
  ]);
}

function refusedLines({ rejects }: BacktestOutcome, clamped: number): string[] {
  const lines: string[] = [];
  if (clamped > 0)
    lines.push(`clock              ${clamped} receive times went back and were taken for the ones before`);
  if (rejects.size > 0) lines.push('', 'refused:');
  for (const [name, { count, first }] of rejects) {
    const meaning = REASONS[name.split(': ')[1] ?? ''];
    lines.push(
      `  ${String(count).padStart(6)}  ${name}${meaning === undefined ? '' : ` (${meaning})`}`,
      `          first: ${first}`,
    );
  }
  return lines;
}

function leftOutLines(leftOut: ArrowTapes['leftOut']): string[] {
  return Object.entries(leftOut)
    .filter(([, rows]) => rows > 0)
    .map(([what, rows]) => `left out           ${rows} rows of the tape: ${LEFT_OUT[what] ?? what}`);
}

/** Why a market was not quoted at the end, or never. */
function notQuoted(settings: MarketSettings, { status, book }: LocalBook): string[] {
  const { symbol } = settings.market;
  if (status === 'syncing') {
    return [
      '',
      `${symbol}: the recording holds no depth snapshot, so the book never became live and nothing was quoted.`,
      'Name the part before it first, so that both are one session.',
    ];
  }
  if (status === 'gapped') {
    return [
      '',
      `${symbol}: the book was lost at a gap, and no later snapshot brought it back: nothing was quoted from there on.`,
    ];
  }
  const advice = book.twoSided ? unquotable(settings, book.bestBidTick) : null;
  return advice === null ? [] : ['', `Nothing could be quoted: ${advice}.`];
}
