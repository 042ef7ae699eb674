import type { ExitName } from './exit_codes.ts';

/**
 * An expected failure, told to the user in two sentences: what is wrong (with the value and what was expected), and what to
 * do about it. Never a stack trace.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exit: ExitName;
  /** What to do, or the empty string. */
  readonly hint: string;

  constructor(exit: ExitName, message: string, hint = '') {
    super(message);
    this.exit = exit;
    this.hint = hint;
  }
}
