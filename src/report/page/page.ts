import type { LedgerBalance } from '../../../streams/fills/types.ts';
import type { ReportFigures } from '../../../streams/report/session_report.ts';
import type { CoveredSession, ReportDocument } from '../document.ts';
import { accountCharts, marketCharts } from './charts_of.ts';
import { escaped } from './frame.ts';
import { figures, headline, htmlPage, percent, table } from './layout.ts';
import { grouped } from './scale.ts';

/** A report as one page of HTML that needs nothing else: no script, no request. */
export function reportPage(document: ReportDocument): string {
  const { title, sessions } = document;
  return htmlPage({
    title,
    header: sessions.map(sessionLine).join(''),
    main: `${headlineOf(document)}
${figures(accountCharts(document))}
<h2>Markets</h2>
${marketTable(document)}
${figures(marketCharts(document))}
<h2>Markouts</h2>
${markoutTable(document)}
<h2>Ledger</h2>
${ledgerPart(document)}`,
    footer:
      "FlashMM. Profit is what the pipeline counted from the chain's settlements; markouts are of the fills of this report alone.",
  });
}

function sessionLine({ name, flashmm, firstUs, lastUs, closed, remarks }: CoveredSession): string {
  const time = (us: number): string => new Date(us / 1_000).toISOString().slice(0, 19).replace('T', ' ');
  const notes = remarks.map((one) => `<p class="remark">${escaped(one)}</p>`).join('');
  const end = closed === undefined ? '' : ` · ${escaped(closed)}`;
  return `<p>${escaped(name)} · ${time(firstUs)} to ${time(lastUs)} UTC · version ${escaped(flashmm)}${end}</p>${notes}`;
}

function headlineOf({ figures }: ReportDocument): string {
  const { sharpe, sharpeError } = figures;
  const [first] = figures.markouts;
  return headline([
    ['Profit', `${grouped(figures.pnlUsdc, 2)} USDC`, 'after fees and gas'],
    ['Spread captured', `${grouped(figures.capturedUsdc, 2)} USDC`, percent(first?.meanBps ?? null, 'bps a fill')],
    ['From holdings', `${grouped(figures.inventoryUsdc, 2)} USDC`, 'as the mid moved'],
    ['Fees and gas', `${grouped(figures.feesUsdc + figures.gasUsdc, 2)} USDC`, `gas ${grouped(figures.gasSei, 2)} SEI`],
    ['Largest fall', `${grouped(figures.maxDrawdownUsdc, 2)} USDC`, 'from the peak'],
    ['Turnover', `${grouped(figures.turnoverUsdc, 0)} USDC`, `${grouped(figures.fills, 0)} fills`],
    ['Fill rate', percent(figures.fillRatePercent, '%'), 'of orders whose price traded'],
    [
      'Sharpe, a year',
      sharpe === null ? 'too short' : `${grouped(sharpe, 0)} ± ${grouped(sharpeError ?? 0, 0)}`,
      'from 10 s changes, 1 standard error',
    ],
  ]);
}

function marketTable({ figures }: ReportDocument): string {
  const columns: readonly (readonly [string, (one: ReportFigures) => string])[] = [
    ['profit', (one) => grouped(one.pnlUsdc, 2)],
    ['captured', (one) => grouped(one.capturedUsdc, 2)],
    ['holdings', (one) => grouped(one.inventoryUsdc, 2)],
    ['fees', (one) => grouped(one.feesUsdc, 2)],
    ['turnover', (one) => grouped(one.turnoverUsdc, 0)],
    ['fills', (one) => grouped(one.fills, 0)],
    ['fill rate %', (one) => percent(one.fillRatePercent, '')],
    ['largest position', (one) => grouped(one.maxPositionUsdc, 0)],
    ['market bps', (one) => percent(one.spreadBps, '')],
    ['our bps', (one) => percent(one.ourSpreadBps, '')],
    ['two-sided %', (one) => grouped(one.quotedPercent, 1)],
  ];
  const rows = [...Object.entries(figures.markets), ['all, before gas', withoutGas(figures)] as const].map(
    ([name, one]) => [name, ...columns.map(([, of]) => of(one))],
  );
  return table(['USDC', ...columns.map(([name]) => name)], rows);
}

function withoutGas(figures: ReportFigures & { readonly gasUsdc: number }): ReportFigures {
  return { ...figures, pnlUsdc: figures.pnlUsdc + figures.gasUsdc };
}

function markoutTable({ figures }: ReportDocument): string {
  const rows = [...Object.entries(figures.markets), ['all', figures] as const].flatMap(([name, { markouts }]) =>
    markouts.map(({ horizonMs, fills, meanBps, errorBps, adverseBps, adverseErrorBps }) => [
      name,
      `${horizonMs / 1_000} s`,
      grouped(fills, 0),
      withError(meanBps, errorBps),
      horizonMs === 0 ? '' : withError(adverseBps, adverseErrorBps),
    ]),
  );
  return table(['', 'after', 'fills', 'in our favour, bps', 'lost since the fill, bps'], rows);
}

function ledgerPart({ ledger }: ReportDocument): string {
  const { comparisons, newest, differences } = ledger;
  if (newest === undefined) return '<p>The account’s balances were not looked at.</p>';
  const sources: readonly (keyof LedgerBalance)[] = [
    ...(['opening', 'trades', 'fees', 'gas', 'transfers', 'adjustments', 'balance'] as const),
  ];
  const rows = Object.entries(newest.books).map(([denom, book]) => [
    denom,
    ...sources.map((source) => book[source].replace('-', '−').replace(/\B(?=(\d{3})+$)/g, ',')),
  ]);
  const said =
    newest.status === 'broken'
      ? `<p class="remark">The ledger differs from the chain: ${escaped(newest.text)}</p>`
      : `<p>Compared with the chain ${comparisons} times, last at block ${newest.height}: ${newest.status}.</p>`;
  const told = differences.map(([us, text]) => `<li>${new Date(us / 1_000).toISOString()}: ${escaped(text)}</li>`);
  return said + table(['smallest units', ...sources], rows) + (told.length === 0 ? '' : `<ul>${told.join('')}</ul>`);
}

function withError(value: number | null, error: number | null): string {
  if (value === null) return '–';
  return error === null ? grouped(value, 2) : `${grouped(value, 2)} ± ${grouped(error, 2)}`;
}
