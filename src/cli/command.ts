import type { z } from 'zod';
import type { FlagSetting, LoadedConfig } from '../config/load.ts';
import { EXIT, type ExitCode } from '../exit/exit_codes.ts';

/**
 * One option of a command. Its name is its key in kebab case: `orderLatencyMs` is `--order-latency-ms`.
 *
 * The schema parses what was typed, once: a text, an array of texts (`many`), `true` (no `value`), or `undefined` when
 * the option is absent, so an optional option needs `.optional()` or `.default()`. Numbers need `z.coerce.number()`.
 */
export interface OptionSpec<T = unknown> {
  /** Placeholder of the value in the help, `FILE` or `MS`. Without it the option is a switch. */
  readonly value?: string;
  /**
   * The schema sees an array. `true`: takes several values at once and may be repeated, `--tape A B --tape C`. `oneEach`: one
   * value each time it is given.
   */
  readonly many?: true | 'oneEach';
  /** A one-letter form, `s` for `-s`. */
  readonly short?: string;
  /** What it does, its unit and its default, in one line. */
  readonly summary: string;
  readonly schema: z.ZodType<T>;
  /** The configuration key that this option sets, e.g. `backtest.order_latency_ms`; then it wins over file and environment. */
  readonly setting?: string;
}

/** The options of a command by key. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The parsed values of an option table. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Key in keyof Table]: Table[Key] extends OptionSpec<infer T> ? T : never;
};

/** What follows the command's name without a dash. At most one, which takes one or (`many`) several values. */
export interface OperandSpec {
  /** `FILE`, `JOURNAL` */
  readonly value: string;
  readonly summary: string;
  readonly many?: true;
  readonly required?: true;
}

/** What a command gets to work with. */
export interface CommandContext<Values = Readonly<Record<string, unknown>>> {
  readonly options: Values;
  /** The values of the operand; empty when there is none. */
  readonly operands: readonly string[];
  /** Whether `--json` was given: then print one JSON document through {@link printJson} and nothing else. */
  readonly json: boolean;
  /** Whether standard output takes colour (a terminal, no `NO_COLOR`, no `--no-color`). */
  readonly color: boolean;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts on the first SIGINT or SIGTERM, with that name as its reason; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /**
   * The effective configuration: defaults, file, environment, flags, later wins. Read once, on the first call.
   *
   * @param more settings on top of the flags; then it is read anew
   * @throws CommandError (`configuration`) that names key, value, where it came from and what was expected
   */
  config(more?: readonly FlagSetting[]): LoadedConfig;
  /** Writes a line of text for a human to standard output. */
  print(text: string): void;
  /** Writes a value as JSON to standard output, on lines of its own. */
  printJson(value: unknown): void;
}

/** A worked example for the help. */
export interface Example {
  /** The whole line, `flashmm backtest --tape FILE`. */
  readonly line: string;
  readonly summary: string;
}

/**
 * A command of the binary. Each lives in `src/cli/commands/<name>.ts`, exports its definition as `command`, and has a
 * line in `registry.ts`.
 */
export interface Command<Table extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A paragraph or two for the command's own help. */
  readonly description: string;
  readonly options: Table;
  readonly operand?: OperandSpec;
  readonly examples: readonly Example[];
  /**
   * Does the work and resolves to the exit code, or to nothing when all went well. A thrown {@link CommandError} becomes
   * its message and code; anything else is reported as a defect, exit code 1. When the work ends because
   * {@link CommandContext.signal} aborted before it was done, throw `context.signal.reason` or return
   * {@link interrupted}.
   */
  // A method, not a property, so that commands with different options fit one registry.
  run(context: CommandContext<OptionValues<Table>>): Promise<ExitCode | undefined>;
}

/** Defines a command; the options that `run` gets are typed by the table. */
export function defineCommand<const Table extends OptionTable>(command: Command<Table>): Command<Table> {
  return command;
}

/** The exit code of work that `signal` cut short. */
export function interrupted(signal: AbortSignal): ExitCode {
  return signal.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
}
