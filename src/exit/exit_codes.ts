/**
 * The exit codes of the command line. Scripts rely on them: a code keeps its meaning for ever, and a new meaning gets a
 * new code. `docs/cli.md` prints this table.
 */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  configuration: 3,
  environment: 4,
  refused: 5,
  unconfirmed: 6,
  notRunning: 7,
  interrupted: 130,
  terminated: 143,
} as const;

/** The name of an exit code, as errors printed with `--json` carry it. */
export type ExitName = keyof typeof EXIT;

/** One of the numbers of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[ExitName];

/** What each exit code means, one sentence each, for the help and the reference page. */
export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: 'The command did what it was asked.',
  failure: 'The command ran and failed, or a check that it makes failed.',
  usage: 'An option, an argument or a command is wrong. Nothing was started.',
  configuration: 'A setting is unknown or has a wrong value. Nothing was started.',
  environment: 'The machine refuses: a port in use, a file that cannot be read or written, Node missing.',
  refused: 'FlashMM refuses to trade: a safety condition is not met.',
  unconfirmed: 'The command was given, and its effect was not seen in time: look again.',
  notRunning: 'No session runs with this state folder, or it does not answer.',
  interrupted: 'Stopped by SIGINT (Ctrl-C) before the work was done.',
  terminated: 'Stopped by SIGTERM before the work was done.',
};
