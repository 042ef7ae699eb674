import type { Interval } from './bootstrap.ts';
import type { Comparison, Row } from './comparison.ts';

/** What was compared, besides the figures. */
export interface Compared {
  readonly market: string;
  /** The models that predict for us, `sei-trees/1` …; none where nobody does. */
  readonly models: readonly string[];
  readonly baseline: 'naive' | 'without-models';
  readonly naiveBps: number;
  readonly firstSeed: number;
  readonly seconds: number;
}

/** A comparison as tables for people. */
export function comparisonText(
  { seeds, hours, touchImprovementPercent, fillRatePercent, positionMostUsdc, alone, together }: Comparison,
  what: Compared,
): string {
  const head = `${what.market}, ${seeds} seeds from ${what.firstSeed}, ${hours.toFixed(2)} h each, in ${what.seconds.toFixed(0)} s`;
  const naive = what.baseline === 'naive';
  const [we, they] = naive ? ['FlashMM', 'naive maker'] : ['with models', 'without models'];
  const other = naive
    ? `the naive maker quotes ${what.naiveBps} bps either side of the mid`
    : 'both are the same strategy';
  const predicted = what.models.length === 0 ? 'no model predicts' : `${what.models.join(', ')} predicts`;
  return [
    head,
    `${other}; ${predicted}; 95 % intervals over the seeds in brackets`,
    '',
    ...tableOf(['each alone in the market', we, they], alone),
    '',
    ...tableOf(['both in it at once', we, they], together),
    '',
    `spread at the touch, alone: improved by ${told(touchImprovementPercent)} %`,
    `fill rate, alone: ${told(fillRatePercent)} % of the orders whose price traded while they rested`,
    `largest inventory of any seed: ${positionMostUsdc.toFixed(0)} USDC`,
  ].join('\n');
}

function tableOf(head: readonly [title: string, we: string, they: string], rows: readonly Row[]): string[] {
  const width = Math.max(head[0].length, ...rows.map(({ name }) => name.length));
  const line = (cells: readonly string[]): string =>
    [cells[0]!.padEnd(width), ...cells.slice(1).map((cell) => cell.padStart(26))].join(' ');
  return [
    line([...head, 'difference']),
    ...rows.map((row) => line([row.name, told(row.ours), told(row.baseline), told(row.difference)])),
  ];
}

function told({ mean, low, high }: Interval): string {
  const digits = Math.abs(mean) >= 1_000 ? 0 : 2;
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
