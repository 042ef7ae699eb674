import type { SessionFigures } from '../../streams/report/session_report.ts';
import { figureLines } from '../report/figure_lines.ts';
import type { StopReport } from '../runtime/session.ts';

/** The report of a live session, as a person reads it at its end. @param open orders that rested when the end began */
export function sessionText(
  figures: SessionFigures,
  stop: StopReport,
  open: number,
  journal: string | undefined,
  report: string | undefined,
): string {
  const minutes = figures.spanSeconds / 60;
  const rows = Object.entries(figures.markets).map(([symbol, one]) => {
    const spread =
      one.spreadBps === null
        ? ''
        : `, spread ${one.spreadBps.toFixed(1)} → ours ${one.ourSpreadBps?.toFixed(1) ?? '–'} bps`;
    return `  ${symbol.padEnd(12)} ${one.pnlUsdc.toFixed(2).padStart(9)} USDC  ${String(one.fills).padStart(5)} fills${spread}`;
  });
  const left =
    stop.remaining === 0
      ? 'nothing rests on the chain'
      : `${stop.remaining} ORDERS MAY STILL REST: look, and cancel them`;
  return [
    '',
    `session of ${minutes.toFixed(1)} minutes`,
    ...figureLines(figures),
    '',
    ...rows,
    '',
    `end                ${open} orders were open, ${left}; took ${stop.seconds.toFixed(1)} s`,
    `decisions          ${stop.digest.decisions}, hash ${stop.digest.hash}`,
    ...(journal === undefined ? [] : [`replay it          flashmm replay ${journal}`]),
    ...(report === undefined ? [] : [`page with charts   ${report}`]),
    ...stop.troubles.map((trouble) => `trouble            ${trouble}`),
  ].join('\n');
}
