import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { didYouMean } from '../config/nearest.ts';
import { CommandError } from '../exit/command_error.ts';
import { EXIT, type ExitCode } from '../exit/exit_codes.ts';
import { version } from '../runtime/version.ts';
import { type Arguments, parseArguments, splitCommand } from './arguments.ts';
import { type Command, type CommandContext, interrupted } from './command.ts';
import { commandHelp, programHelp } from './help.ts';
import type { Entry } from './registry.ts';

/** What a program run touches of its process; tests hand in their own. */
export interface Host {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Runs the program with these arguments (without node and script). Never throws: whatever happens becomes an exit code. */
export async function runProgram(args: readonly string[], entries: readonly Entry[], host: Host): Promise<ExitCode> {
  try {
    return (await dispatch(args, entries, host)) ?? EXIT.ok;
  } catch (error) {
    const ended = host.signal.aborted && (error === host.signal.reason || (error as Error)?.name === 'AbortError');
    if (ended) return interrupted(host.signal);
    // Arguments that do not parse still say whether the answer is for a program.
    return report(error, args.includes('--json'), host);
  }
}

async function dispatch(args: readonly string[], entries: readonly Entry[], host: Host): Promise<ExitCode | undefined> {
  const { name, rest } = splitCommand(args);
  if (name === undefined || name === 'help') {
    const { globals, operands } = parseArguments(rest, name === undefined ? undefined : HELP);
    if (operands[0] !== undefined) {
      host.stdout.write(`${commandHelp(await load(operands[0], entries))}\n`);
      return EXIT.ok;
    }
    if (globals.version) host.stdout.write(`${version()}\n`);
    else if (globals.help || name === 'help') host.stdout.write(`${programHelp(version(), entries)}\n`);
    else throw new CommandError('usage', 'a command is missing', "Run 'flashmm --help' for what there is.");
    return EXIT.ok;
  }
  const command = await load(name, entries);
  const parsed = parseArguments(rest, command);
  if (parsed.globals.help || parsed.globals.version) {
    host.stdout.write(`${parsed.globals.help ? commandHelp(command) : version()}\n`);
    return EXIT.ok;
  }
  return command.run(contextOf(parsed, host));
}

const HELP: Command = {
  name: 'help',
  summary: 'Print help.',
  description: 'Prints help.',
  options: {},
  operand: { value: 'COMMAND', summary: 'The command to explain.' },
  examples: [],
  run: async () => EXIT.ok,
};

async function load(name: string, entries: readonly Entry[]): Promise<Command> {
  const entry = entries.find((one) => one.name === name);
  if (entry !== undefined) return (await entry.load()).command;
  const names = entries.map((one) => one.name);
  throw new CommandError(
    'usage',
    `unknown command '${name}'${didYouMean(name, names)}`,
    `The commands are ${names.join(', ')}. Run 'flashmm --help' for what they do.`,
  );
}

function contextOf(parsed: Arguments, host: Host): CommandContext {
  const { globals } = parsed;
  let loaded: LoadedConfig | undefined;
  return {
    options: parsed.options,
    operands: parsed.operands,
    json: globals.json === true,
    color: globals.noColor !== true && !host.env.NO_COLOR && host.stdout.isTTY === true && host.env.TERM !== 'dumb',
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    env: host.env,
    signal: host.signal,
    config: (more) => {
      const read = (flags: Arguments['flags']) => loadConfig({ file: globals.config, env: host.env, flags });
      if (more !== undefined && more.length > 0) return read([...parsed.flags, ...more]);
      loaded ??= read(parsed.flags);
      return loaded;
    },
    print: (text) => void host.stdout.write(`${text}\n`),
    printJson: (value) => void host.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  };
}

function report(error: unknown, json: boolean, host: Host): ExitCode {
  const expected = error instanceof CommandError;
  const exit = expected ? error.exit : 'failure';
  const message = expected ? error.message : `a defect: ${error instanceof Error ? error.message : String(error)}`;
  const hint = expected ? error.hint : 'Please report it with the lines that follow.';
  if (json) {
    host.stderr.write(`${JSON.stringify({ error: { exit, code: EXIT[exit], message, hint } })}\n`);
  } else {
    host.stderr.write(`flashmm: error: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`);
  }
  if (!expected && error instanceof Error && error.stack !== undefined) host.stderr.write(`${error.stack}\n`);
  return EXIT[exit];
}
