import type { SessionFigures } from '../../streams/report/session_report.ts';
import { horizonName } from '../report/figure_lines.ts';

type Line = readonly [name: string, of: (figures: SessionFigures) => number | null, unit: string];

/** The same session with models and without, side by side. */
export function modelsText(models: readonly string[], predicted: SessionFigures, without: SessionFigures): string[] {
  const lines: readonly Line[] = [
    ['profit', ({ pnlUsdc }) => pnlUsdc, 'USDC'],
    ...predicted.markouts.map(
      ({ horizonMs }, i): Line => [
        horizonMs === 0 ? 'captured at the fill' : `left of it ${horizonName(horizonMs)}`,
        ({ markouts }) => markouts[i]?.meanBps ?? null,
        'bps',
      ],
    ),
    ['our spread', ({ ourSpreadBps }) => ourSpreadBps, 'bps'],
    ['two-sided', ({ quotedPercent }) => quotedPercent, '%'],
    ['fills', ({ fills }) => fills, ''],
    ['turnover', ({ turnoverUsdc }) => turnoverUsdc, 'USDC'],
    ['largest position', ({ maxPositionUsdc }) => maxPositionUsdc, 'USDC'],
  ];
  const row = (name: string, cells: readonly string[]): string =>
    [name.padEnd(24), ...cells.map((cell) => cell.padStart(16))].join('').trimEnd();
  return [
    row(models.join(', '), ['with', 'without', 'difference']),
    ...lines.map(([name, of, unit]) => {
      const [one, other] = [of(predicted), of(without)];
      const difference = one === null || other === null ? null : one - other;
      return row(`  ${name}${unit === '' ? '' : `, ${unit}`}`, [one, other, difference].map(told));
    }),
  ];
}

function told(value: number | null): string {
  if (value === null) return 'none';
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
