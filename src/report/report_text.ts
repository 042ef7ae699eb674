import type { ReportDocument } from './document.ts';
import { figureLines } from './figure_lines.ts';

/** A report as a person reads it in a terminal. */
export function reportText({ title, sessions, figures, ledger }: ReportDocument): string {
  const time = (us: number): string => new Date(us / 1_000).toISOString().slice(0, 19).replace('T', ' ');
  const covered = sessions.flatMap(({ name, firstUs, lastUs, closed, remarks }) => [
    `${name}: ${time(firstUs)} to ${time(lastUs)} UTC${closed === undefined ? '' : `, ${closed}`}`,
    ...remarks.map((one) => `  ${one}`),
  ]);
  const markets = Object.entries(figures.markets).map(
    ([symbol, one]) =>
      `  ${symbol.padEnd(12)} ${one.pnlUsdc.toFixed(2).padStart(9)} USDC  ${String(one.fills).padStart(6)} fills  captured ${one.capturedUsdc.toFixed(2)}, holdings ${one.inventoryUsdc.toFixed(2)}`,
  );
  return [
    title,
    ...covered,
    '',
    ...figureLines(figures),
    '',
    ...markets,
    '',
    ledgerLine(ledger),
    ...ledger.differences.map(([us, text]) => `  ${new Date(us / 1_000).toISOString()}  ${text}`),
  ].join('\n');
}

function ledgerLine({ comparisons, newest }: ReportDocument['ledger']): string {
  if (newest === undefined) return 'ledger             the account’s balances were not looked at';
  const outcome = newest.status === 'broken' ? 'IT DIFFERS FROM THE CHAIN' : newest.status;
  return `ledger             compared with the chain ${comparisons} times, last at block ${newest.height}: ${outcome}`;
}
