import type { ProblemReason } from '../problems.ts';

/** A row that cannot be taken; becomes a problem with file and row. */
export class RowError extends Error {
  readonly reason: ProblemReason;

  constructor(reason: ProblemReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}
