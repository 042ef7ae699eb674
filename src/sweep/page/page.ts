import type { ReportCharts } from '../../../streams/report/session_report.ts';
import type { SweepOutcome } from '../outcome.ts';
import type { Plan } from '../plan.ts';
import type { Results } from '../run_sweep.ts';

/** What the page shows. */
export interface SweepPage {
  readonly plan: Plan;
  readonly outcome: SweepOutcome;
  readonly results: Results;
  /** Of the best point, block by block; empty where the sweep was broken off. */
  readonly charts: readonly ReportCharts[];
}

/** A sweep as one page of HTML that needs nothing else: no script, no request. */
export function sweepPage(page: SweepPage): string {
  return `<pre>${page.outcome.hash}</pre>`;
}
