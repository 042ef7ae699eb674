import type { MarketInsight } from '../insight/answers.ts';
import type { Answered } from '../insight/port.ts';
import type { InsightStatus } from '../insight/status.ts';
import { fixed, timeOfDay } from './figures.ts';
import { ansiText, type Line, printable, span, toWidth } from './line.ts';

/** Below this lines would be cut to nothing. */
const COLUMNS_LEAST = 40;

/** The insight of a session's status: its state and budget, the opinions that count now, and the newest headline. */
export function insightLines(insight: InsightStatus, width: number): readonly Line[] {
  const { state, detail, last_failure, opinions, latest } = insight;
  if (state === 'off') return [toWidth([span('  off: ', 'dim'), span(printable(detail), 'dim')], width)];
  const [hour, day] = [
    `${fixed(insight.spent_hour_usd, 3)} of ${insight.budget_hour_usd} USD this hour`,
    `${fixed(insight.spent_day_usd, 3)} of ${insight.budget_day_usd} today`,
  ];
  const head: Line = [
    span(`  ${state}`, state === 'ready' ? 'good' : 'warn'),
    span(`${detail === '' ? '' : ` (${printable(detail)})`}   ${hour}, ${day}   `),
    span(`${insight.answered} of ${insight.asked} answered, ${insight.cached} from the cache`, 'dim'),
  ];
  const failure: Line[] = last_failure === '' ? [] : [[span(`  last failure ${printable(last_failure)}`, 'dim')]];
  const given = opinions.map(
    ({ market, lean, doubt, reason }): Line => [
      span(`  ${printable(market)} lean ${fixed(lean, 2)}, doubt ${fixed(doubt, 2)}: `),
      span(printable(reason), 'dim'),
    ],
  );
  const words: Line[] =
    latest === null ? [] : [[span(`  ${timeOfDay(latest.time_ms)} `, 'dim'), span(printable(latest.headline))]];
  return [head, ...failure, ...given, ...words].map((line) => toWidth(line, width));
}

/** An insight in words, for a terminal of so many columns. */
export function marketInsightText(outcome: Answered<MarketInsight>, columns: number, color: boolean): string {
  const { answer, by, cached, tokensIn, tokensOut, costUsd, tookMs } = outcome;
  const width = Math.max(COLUMNS_LEAST, columns);
  const took = cached ? 'from the cache' : `${tokensIn} + ${tokensOut} tokens, ${fixed(costUsd, 4)} USD`;
  const item = (text: string): Line[] =>
    wrapped(text, width - 4).map((part, i) => [span(i === 0 ? '  · ' : '    ', 'dim'), span(part)]);
  const lines: readonly Line[] = [
    ...wrapped(answer.headline, width).map((part): Line => [span(part, 'title')]),
    ...wrapped(answer.summary, width).map((part): Line => [span(part)]),
    ...(answer.markets.length === 0 ? [] : [[span('markets', 'bold')]]),
    ...answer.markets.flatMap(({ symbol, regime, note }) => item(`${symbol}, ${regime}: ${note}`)),
    ...(answer.risks.length === 0 ? [] : [[span('look out for', 'bold')]]),
    ...answer.risks.flatMap(item),
    [span(`${printable(by)}, ${took}, ${fixed(tookMs / 1_000, 1)} s`, 'dim')],
  ];
  return lines.map((line) => ansiText(line, color)).join('\n');
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).trim().split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
