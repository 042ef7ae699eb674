import { parseArgs } from 'node:util';
import type { FlagSetting } from '../config/load.ts';
import { didYouMean } from '../config/nearest.ts';
import { CommandError } from '../exit/command_error.ts';
import type { Command, OperandSpec, OptionSpec, OptionTable } from './command.ts';
import { GLOBAL_OPTIONS, type GlobalValues } from './globals.ts';

/** `orderLatencyMs` → `order-latency-ms` */
export const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What was typed, after parsing: the options of the command, its operands, the global options, and settings from flags. */
export interface Arguments {
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
  readonly globals: GlobalValues;
  readonly flags: readonly FlagSetting[];
}

type Typed = string[] | true;

/**
 * Splits the arguments at the command's name: the first that is neither an option nor the value of a global one.
 *
 * @returns the name, or undefined when there is none, and the arguments without it
 * @throws CommandError (`usage`) when an option that is not global stands before the name
 */
export function splitCommand(args: readonly string[]): { name: string | undefined; rest: readonly string[] } {
  const { tokens } = tokenize(args, GLOBAL_OPTIONS);
  for (const token of tokens) {
    if (token.kind === 'positional') {
      return { name: token.value, rest: args.filter((_, index) => index !== token.index) };
    }
    if (token.kind === 'option' && specOf(GLOBAL_OPTIONS, token.name) === undefined) {
      const known = Object.keys(GLOBAL_OPTIONS).map((key) => `--${kebab(key)}`);
      throw new CommandError(
        'usage',
        `unknown option ${token.rawName} before the command${didYouMean(token.rawName, known)}`,
        "Options of a command follow its name: 'flashmm COMMAND --option'.",
      );
    }
  }
  return { name: undefined, rest: args };
}

/**
 * Parses what was typed by the option tables.
 *
 * @throws CommandError (`usage`) that names the option, the value and what was expected; the nearest option for an unknown one
 */
export function parseArguments(args: readonly string[], command: Command | undefined): Arguments {
  const table: OptionTable = { ...command?.options, ...GLOBAL_OPTIONS };
  const help = `Run 'flashmm ${command === undefined ? '' : `${command.name} `}--help' for what there is.`;
  const { typed, operands } = gather(args, table, help);
  const globals = typed.has('help') || typed.has('version');
  const values = Object.fromEntries(
    Object.entries(table).map(([key, spec]) => [
      key,
      globals ? typed.get(key) : parseValue(key, spec, typed.get(key), help),
    ]),
  );
  if (!globals) checkOperands(operands, command?.operand, help);
  return {
    options: Object.fromEntries(Object.keys(command?.options ?? {}).map((key) => [key, values[key]])),
    operands,
    globals: values as unknown as GlobalValues,
    flags: flagSettings(table, typed),
  };
}

function tokenize(args: readonly string[], table: OptionTable) {
  const options = Object.entries(table).map(([key, spec]) => {
    const type = spec.value === undefined ? ('boolean' as const) : ('string' as const);
    return [kebab(key), { type, multiple: true, ...(spec.short === undefined ? {} : { short: spec.short }) }] as const;
  });
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
}

function specOf(table: OptionTable, name: string): { key: string; spec: OptionSpec } | undefined {
  const found = Object.entries(table).find(([key]) => kebab(key) === name);
  return found === undefined ? undefined : { key: found[0], spec: found[1] };
}

function gather(args: readonly string[], table: OptionTable, help: string) {
  const typed = new Map<string, Typed>();
  const operands: string[] = [];
  // The option that goes on taking values: --tape A B.
  let open: string[] | undefined;
  for (const token of tokenize(args, table).tokens) {
    if (token.kind === 'positional') (open ?? operands).push(token.value);
    else if (token.kind === 'option-terminator') open = undefined;
    else {
      const found = specOf(table, token.name);
      if (found === undefined) {
        const guess = didYouMean(
          token.rawName,
          Object.keys(table).map((key) => `--${kebab(key)}`),
        );
        throw new CommandError('usage', `unknown option ${token.rawName}${guess}`, help);
      }
      const given = valueGiven(token.rawName, found.spec, token.value, token.inlineValue === true, help);
      const before = typed.get(found.key);
      if (before !== undefined && before !== true && found.spec.many === undefined) {
        throw new CommandError('usage', `${token.rawName} is given twice`, help);
      }
      const all = given === true ? true : [...(before === undefined || before === true ? [] : before), given];
      typed.set(found.key, all);
      open = found.spec.many === true && all !== true ? all : undefined;
    }
  }
  return { typed, operands };
}

function valueGiven(
  flag: string,
  spec: OptionSpec,
  value: string | undefined,
  inline: boolean,
  help: string,
): string | true {
  if (spec.value === undefined) {
    if (value === undefined) return true;
    throw new CommandError('usage', `${flag} takes no value, '${value}' was given`, help);
  }
  if (value === undefined) throw new CommandError('usage', `${flag} needs a value: ${flag} ${spec.value}`, help);
  // A forgotten value would swallow the next option; a negative number is no option.
  if (!inline && /^-[^\d.]/.test(value)) {
    throw new CommandError(
      'usage',
      `${flag} needs a value: ${flag} ${spec.value}, but '${value}' follows`,
      `A value that begins with a dash is written ${flag}=${value}.`,
    );
  }
  return value;
}

function parseValue(key: string, spec: OptionSpec, typed: Typed | undefined, help: string): unknown {
  const raw = typed === undefined || typed === true || spec.many !== undefined ? typed : typed[0];
  const parsed = spec.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (raw === undefined) {
    throw new CommandError('usage', `--${kebab(key)} ${spec.value ?? ''} is required: ${spec.summary}`, help);
  }
  const wrong = Array.isArray(raw) && typeof issue.path[0] === 'number' ? raw[issue.path[0]] : raw;
  throw new CommandError('usage', `--${kebab(key)} ${String(wrong)}: ${issue.message}`, help);
}

function checkOperands(operands: readonly string[], spec: OperandSpec | undefined, help: string): void {
  const most = spec === undefined ? 0 : spec.many ? Number.POSITIVE_INFINITY : 1;
  if (operands.length > most) {
    throw new CommandError('usage', `unexpected argument '${operands[most === 0 ? 0 : most]}'`, help);
  }
  if (spec?.required && operands.length === 0) {
    throw new CommandError('usage', `${spec.value} is missing: ${spec.summary}`, help);
  }
}

function flagSettings(table: OptionTable, typed: ReadonlyMap<string, Typed>): FlagSetting[] {
  const sets = typed.get('set');
  const pairs = (sets === undefined || sets === true ? [] : sets).map((pair) => {
    const split = pair.indexOf('=');
    const path = pair.slice(0, split);
    return { path, text: pair.slice(split + 1), from: `--set ${path}` };
  });
  const dedicated = Object.entries(table).flatMap(([key, spec]) => {
    const given = typed.get(key);
    if (spec.setting === undefined || given === undefined) return [];
    return [{ path: spec.setting, text: given === true ? 'true' : given.join(','), from: `--${kebab(key)}` }];
  });
  return [...pairs, ...dedicated];
}
