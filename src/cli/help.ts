import { EXIT, EXIT_MEANINGS, type ExitName } from '../exit/exit_codes.ts';
import { kebab } from './arguments.ts';
import type { Command, OptionSpec, OptionTable } from './command.ts';
import { GLOBAL_OPTIONS } from './globals.ts';
import type { Entry } from './registry.ts';

const INDENT = '  ';
const WIDTH = 80;
/** Summaries begin here, at most. */
const COLUMN_MAX = 34;

/** `-h, --help`, `--tape FILE…` */
export function optionSyntax(key: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.value === undefined ? '' : ` ${spec.value}${spec.many === true ? '…' : ''}`;
  return `${short}--${kebab(key)}${value}`;
}

/** `flashmm replay [options] JOURNAL` */
export function usageLine(command: Command): string {
  const { operand } = command;
  const name = operand === undefined ? '' : `${operand.value}${operand.many ? '…' : ''}`;
  const shown = operand === undefined ? '' : operand.required ? ` ${name}` : ` [${name}]`;
  return `flashmm ${command.name} [options]${shown}`;
}

/** What `flashmm --help` prints. */
export function programHelp(version: string, entries: readonly Entry[]): string {
  return [
    `flashmm ${version}: a market maker for on-chain order books`,
    '',
    'Usage: flashmm COMMAND [options]',
    '',
    'Commands:',
    ...columns(entries.map((entry) => [entry.name, entry.summary])),
    '',
    'Options of every command:',
    ...options(GLOBAL_OPTIONS),
    '',
    'Exit codes:',
    ...columns(Object.entries(EXIT_MEANINGS).map(([name, meaning]) => [String(EXIT[name as ExitName]), meaning])),
    '',
    "'flashmm COMMAND --help' says more about a command, with examples.",
  ].join('\n');
}

/** What `flashmm COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const { operand } = command;
  return [
    `Usage: ${usageLine(command)}`,
    '',
    ...wrap(command.description, WIDTH),
    '',
    ...(operand === undefined ? [] : ['Argument:', ...columns([[operand.value, operand.summary]]), '']),
    ...(Object.keys(command.options).length === 0 ? [] : ['Options:', ...options(command.options), '']),
    'Options of every command:',
    ...options(GLOBAL_OPTIONS),
    '',
    'Examples:',
    ...command.examples.flatMap((example) => [`${INDENT}${example.line}`, `${INDENT}${INDENT}${example.summary}`]),
  ].join('\n');
}

const options = (table: OptionTable): string[] =>
  columns(Object.entries(table).map(([key, spec]) => [optionSyntax(key, spec), spec.summary]));

/** Two columns, the right one wrapped; a left entry that is too wide gets a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const widest = Math.max(...rows.map(([left]) => left.length + 2 * INDENT.length));
  const column = Math.min(COLUMN_MAX, widest);
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, WIDTH - column);
    const head = `${INDENT}${left}`;
    const fits = head.length + INDENT.length <= column;
    const first = fits ? [`${head.padEnd(column)}${lines[0] ?? ''}`] : [head, `${' '.repeat(column)}${lines[0] ?? ''}`];
    return [...first, ...lines.slice(1).map((line) => `${' '.repeat(column)}${line}`)];
  });
}

function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [''];
    for (const word of paragraph.split(' ')) {
      const line = lines.at(-1)!;
      if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
      else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    }
    return lines;
  });
}
