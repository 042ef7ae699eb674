import { LOG_LINES_MAX, type LogLine } from '../api/status.ts';

/** The newest log lines, for the log window of the terminal view; the oldest are forgotten first. */
export class LogTail {
  #lines: LogLine[] = [];

  /** Takes in a line. */
  push(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > 2 * LOG_LINES_MAX) this.#lines = this.lines();
  }

  /** At most {@link LOG_LINES_MAX} lines, the newest last. */
  lines(): LogLine[] {
    return this.#lines.slice(-LOG_LINES_MAX);
  }
}
