import type { Interval } from './bootstrap.ts';
import type { Comparison, Row } from './comparison.ts';

/** A comparison as tables for people. */
export function comparisonText(
  { seeds, hours, touchImprovementPercent, fillRatePercent, positionMostUsdc, alone, together }: Comparison,
  what: { readonly market: string; readonly naiveBps: number; readonly firstSeed: number; readonly seconds: number },
): string {
  const head = `${what.market}, ${seeds} seeds from ${what.firstSeed}, ${hours.toFixed(2)} h each, in ${what.seconds.toFixed(0)} s`;
  return [
    head,
    `the naive maker quotes ${what.naiveBps} bps either side of the mid; 95 % intervals over the seeds in brackets`,
    '',
    ...tableOf('each alone in the market', alone),
    '',
    ...tableOf('both in it at once', together),
    '',
    `spread at the touch, alone: improved by ${told(touchImprovementPercent)} %`,
    `fill rate, alone: ${told(fillRatePercent)} % of the orders whose price traded while they rested`,
    `largest inventory of any seed: ${positionMostUsdc.toFixed(0)} USDC`,
  ].join('\n');
}

function tableOf(title: string, rows: readonly Row[]): string[] {
  const width = Math.max(title.length, ...rows.map(({ name }) => name.length));
  const line = (cells: readonly string[]): string =>
    [cells[0]!.padEnd(width), ...cells.slice(1).map((cell) => cell.padStart(26))].join(' ');
  return [
    line([title, 'FlashMM', 'naive maker', 'difference']),
    ...rows.map((row) => line([row.name, told(row.ours), told(row.baseline), told(row.difference)])),
  ];
}

function told({ mean, low, high }: Interval): string {
  const digits = Math.abs(mean) >= 1_000 ? 0 : 2;
  return `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
