import type {
  LedgerFigures,
  ReportCharts,
  SessionFigures,
  SessionReport,
} from '../../streams/report/session_report.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { sessionJson } from './figures_json.ts';

/** A session, or the part of one, that a report covers. */
export interface CoveredSession {
  readonly name: string;
  /** Version of the program that ran it. */
  readonly flashmm: string;
  /** First and last input, integer microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** What ended it; undefined when it still runs, or broke off. */
  readonly closed: string | undefined;
  /** What a reader has to know before he trusts the figures, a sentence each. */
  readonly remarks: readonly string[];
}

/** Everything that a report says: the same for text, JSON and page. */
export interface ReportDocument {
  /** `Session 20260715T080000Z`, `Day 2026-07-15` */
  readonly title: string;
  readonly sessions: readonly CoveredSession[];
  /** Position limit by market, USDC. */
  readonly limitsUsdc: Readonly<Record<string, number>>;
  readonly figures: SessionFigures;
  readonly charts: ReportCharts;
  readonly ledger: LedgerFigures;
}

/** Puts a document together out of what a report has added up. */
export function documentOf(
  title: string,
  sessions: readonly CoveredSession[],
  settings: AccountSettings,
  report: SessionReport,
): ReportDocument {
  return {
    title,
    sessions,
    limitsUsdc: Object.fromEntries(settings.markets.map(({ market, risk }) => [market.symbol, risk.maxPositionUsdc])),
    figures: report.figures(),
    charts: report.charts(),
    ledger: report.ledger(),
  };
}

/** The document for programs. */
export function documentJson({ title, sessions, figures, charts, ledger }: ReportDocument): Record<string, unknown> {
  return {
    title,
    sessions: sessions.map(({ name, flashmm, firstUs, lastUs, closed, remarks }) => ({
      name,
      flashmm,
      first_us: firstUs,
      last_us: lastUs,
      closed: closed ?? null,
      remarks,
    })),
    ...sessionJson(figures),
    ledger: {
      comparisons: ledger.comparisons,
      status: ledger.newest?.status ?? null,
      height: ledger.newest?.height ?? null,
      books: ledger.newest?.books ?? {},
      differences: ledger.differences.map(([timeUs, text]) => ({ time_us: timeUs, text })),
    },
    equity_curve: charts.equity,
  };
}
