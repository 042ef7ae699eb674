/** Where the runtime tells what someone should read: a log, a terminal view. Must not throw. */
export type Notify = (
  level: 'info' | 'warn' | 'error',
  text: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

/** One line for a kind of notice in this time; the next one says how many were left out. */
const REPEAT_AFTER_US = 10_000_000;

/** Kinds remembered; past that all are forgotten, which costs a few lines more. */
const KINDS_MOST = 1_000;

/** Passes on at most one notice of a kind in ten seconds, with the number of those left out since. */
export class RateLimitedNotices {
  readonly #notify: Notify;
  readonly #told = new Map<string, { untilUs: number; leftOut: number }>();

  constructor(notify: Notify) {
    this.#notify = notify;
  }

  warn(kind: string, nowUs: number, text: string, details: Readonly<Record<string, unknown>> = {}): void {
    const told = this.#told.get(kind);
    if (told !== undefined && nowUs < told.untilUs) {
      told.leftOut += 1;
      return;
    }
    if (this.#told.size >= KINDS_MOST) this.#told.clear();
    this.#told.set(kind, { untilUs: nowUs + REPEAT_AFTER_US, leftOut: 0 });
    this.#notify(
      'warn',
      text,
      told !== undefined && told.leftOut > 0 ? { ...details, leftOut: told.leftOut } : details,
    );
  }
}
