import type { ReportFigures, SessionFigures } from '../../streams/report/session_report.ts';
import type { Recording } from '../binance/recording.ts';
import type { BacktestOutcome } from './engine.ts';

/** What a text report tells besides the figures. */
export interface BacktestText {
  readonly recording: Recording;
  readonly outcome: BacktestOutcome;
  readonly figures: SessionFigures;
  readonly measured: { readonly files: readonly string[]; readonly seconds: number; readonly rssMaxMb: number };
  /** Why nothing could be quoted, or null. */
  readonly advice: string | null;
  readonly latencyMs: number;
  readonly queueModel: string;
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
  oversized: 'a line too long to be a message',
  'unknown-order': 'an execution of an order that was just cancelled',
};

/** The figures of a report as lines of `name  value`. */
export function figureLines(figures: ReportFigures, sharpe: number | null): string[] {
  const money = (value: number): string => `${value.toFixed(2)} USDC`;
  const bps = (value: number | null): string => (value === null ? 'none' : `${value.toFixed(2)} bps`);
  return [
    `profit             ${money(figures.pnlUsdc)}, marked at the microprice, fees of ${money(figures.feesUsdc)} taken off`,
    `largest position   ${money(figures.maxPositionUsdc)}`,
    `turnover           ${money(figures.turnoverUsdc)} in ${figures.fills} fills`,
    `orders             ${figures.ordersPlaced} placed, ${figures.ordersCancelled} cancelled, ${figures.ordersFilled} filled at least in part`,
    `fill rate          ${figures.fillRatePercent === null ? 'no order’s price traded' : `${figures.fillRatePercent.toFixed(1)} % of the orders whose price traded`}`,
    `spread             market ${bps(figures.spreadBps)}, ours ${bps(figures.ourSpreadBps)}, two-sided ${figures.quotedPercent.toFixed(1)} % of the time`,
    `Sharpe ratio       ${sharpe === null ? 'too short a time to mean anything' : `${sharpe.toFixed(1)} a year, from changes over 10 s`}`,
  ];
}

/** The report that a person reads. */
export function backtestText({
  recording,
  outcome,
  figures,
  measured,
  advice,
  latencyMs,
  queueModel,
}: BacktestText): string {
  const { market } = recording;
  const book = outcome.books.get(market.symbol);
  const lines = [
    `${market.symbol} (${market.venue}), ${figures.spanSeconds.toFixed(0)} s of ${measured.files.join(' + ')}`,
    `orders take ${latencyMs} ms; queue model ${queueModel}`,
    '',
    ...figureLines(figures, figures.sharpe),
    `book               ${outcome.bookComparisons} comparisons with the exchange’s best prices, ${outcome.bookMismatches} mismatches`,
    '',
    `decisions          ${outcome.decisions}, hash ${outcome.decisionsHash}`,
    `speed              ${outcome.events} events in ${measured.seconds.toFixed(2)} s, ${Math.round(outcome.events / measured.seconds)} a second; memory ${measured.rssMaxMb.toFixed(0)} MB at most`,
  ];
  if (recording.progress.clamped > 0)
    lines.push(
      `clock              ${recording.progress.clamped} receive times went back and were taken for the ones before`,
    );
  if (outcome.rejects.size > 0) lines.push('', 'refused:');
  for (const [name, { count, first }] of outcome.rejects) {
    const meaning = REASONS[name.split(': ')[1] ?? ''];
    lines.push(
      `  ${String(count).padStart(6)}  ${name}${meaning === undefined ? '' : ` (${meaning})`}`,
      `          first: ${first}`,
    );
  }
  if (book !== undefined && book.status === 'syncing') {
    lines.push('', 'The recording holds no depth snapshot, so the book never became live and nothing was quoted.');
    lines.push('Name the part before it first, so that both are one session.');
  }
  if (advice !== null) lines.push('', `Nothing could be quoted: ${advice}.`);
  lines.push(
    '',
    `Nothing about markets in general follows from ${(figures.spanSeconds / 60).toFixed(0)} minutes of one.`,
  );
  return lines.join('\n');
}
