import { TapeError } from './tape_error.ts';

/** What can be wrong with a source, as a short stable code. */
export type ProblemReason =
  | 'truncated'
  | 'damaged'
  | 'malformed'
  | 'mixed-unit'
  | 'off-tick'
  | 'unsorted'
  | 'other-market'
  | 'too-late'
  | 'not-kept';

/** How often something was found, and where first. */
export interface Finding {
  count: number;
  /** `file:row: detail`, the first few. */
  readonly examples: string[];
}

/** Examples kept of each finding. */
const EXAMPLES_MOST = 3;
const DETAIL_MOST = 240;

/**
 * What an import finds wrong. By default the first such row ends the import with a {@link TapeError}; with `repair` the row is
 * mended or left out, and counted with its first examples. Notes are what a tape does not hold or a source is known to do:
 * counted, never an error.
 */
export class Problems {
  readonly repair: boolean;
  readonly found = new Map<string, Finding>();
  readonly notes = new Map<string, Finding>();

  constructor(repair: boolean) {
    this.repair = repair;
  }

  /**
   * Reports a row that is wrong.
   *
   * @param row line or element, counted from 1; 0 for the file as a whole
   * @param mended what the repair does about it
   * @throws TapeError naming file, row and reason, unless this is a repairing import
   */
  report(reason: ProblemReason, file: string, row: number, detail: string, mended = 'left out'): void {
    const where = row > 0 ? `row ${row}: ` : '';
    const short = detail.slice(0, DETAIL_MOST);
    if (!this.repair) throw new TapeError(file, `${where}${reason}: ${short}`, true);
    count(this.found, reason, `${file}: ${where}${short}: ${mended}`);
  }

  /** Counts something that is no error. */
  note(what: string, file: string, row: number, detail: string): void {
    count(this.notes, what, `${file}${row > 0 ? `: row ${row}` : ''}: ${detail.slice(0, DETAIL_MOST)}`);
  }
}

function count(findings: Map<string, Finding>, key: string, example: string): void {
  let finding = findings.get(key);
  if (finding === undefined) {
    finding = { count: 0, examples: [] };
    findings.set(key, finding);
  }
  finding.count += 1;
  if (finding.examples.length < EXAMPLES_MOST) finding.examples.push(example);
}
