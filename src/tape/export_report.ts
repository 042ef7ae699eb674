/** What an export wrote and what it could not. */
export interface ExportReport {
  rows: number;
  /** Rows that the format has no place for, by why. */
  readonly leftOut: Map<string, number>;
}

/** Counts a row that the format has no place for. */
export function leaveOut(report: ExportReport, why: string): void {
  report.leftOut.set(why, (report.leftOut.get(why) ?? 0) + 1);
}
