import { z } from 'zod';
import { valueAt } from '../../config/effective.ts';
import { KNOWN_KEYS } from '../../config/keys.ts';
import { didYouMean } from '../../config/nearest.ts';
import { CommandError } from '../../exit/command_error.ts';
import { defineCommand } from '../command.ts';

/** `flashmm config`: the effective configuration with the origin of each value. */
export const command = defineCommand({
  name: 'config',
  summary: 'Print the effective configuration and where each value came from.',
  description:
    'Reads the configuration as every other command does (defaults, file, environment, flags; later wins), and prints each ' +
    'value with its origin. Secrets are shown as [redacted]. Exit code 3 when a setting is unknown or wrong.',
  options: {
    changed: {
      summary: 'Only what differs from the defaults.',
      schema: z
        .literal(true)
        .optional()
        .transform((given) => given === true),
    },
  },
  operand: {
    value: 'KEY',
    summary: 'Only these keys, or whole sections, e.g. risk or risk.max_position_usdc.',
    many: true,
  },
  examples: [
    { line: 'flashmm config', summary: 'Every key, its value and its origin.' },
    { line: 'flashmm config risk --json', summary: 'One section, for a program.' },
    { line: 'FLASHMM_API_PORT=9000 flashmm config --changed', summary: 'What is not as shipped.' },
  ],
  run: async (context) => {
    const paths = [...KNOWN_KEYS.keys(), 'markets'];
    const names = [...new Set([...paths, ...paths.map((path) => path.split('.')[0]!)])];
    for (const wanted of context.operands) {
      if (!names.includes(wanted)) {
        throw new CommandError(
          'usage',
          `unknown key '${wanted}'${didYouMean(wanted, names)}`,
          'See docs/configuration.md.',
        );
      }
    }
    const { config, origins, file } = context.config();
    const selected = paths
      .filter(
        (path) => context.operands.length === 0 || context.operands.some((one) => `${path}.`.startsWith(`${one}.`)),
      )
      .map((path) => ({ path, value: valueAt(config, path), origin: origins.get(path)! }))
      .filter(({ origin }) => !context.options.changed || origin !== 'default');
    if (context.json) {
      const values = Object.fromEntries(selected.map(({ path, value, origin }) => [path, { value, origin }]));
      context.printJson({ file: file ?? null, values });
      return undefined;
    }
    const rows = selected.map(({ path, value, origin }) => [path, JSON.stringify(value), origin] as const);
    const widths = [0, 1].map((column) => Math.min(48, Math.max(0, ...rows.map((row) => row[column]!.length))));
    for (const [path, value, origin] of rows) {
      context.print(`${path.padEnd(widths[0]!)}  ${value.padEnd(widths[1]!)}  ${origin}`);
    }
    return undefined;
  },
});
