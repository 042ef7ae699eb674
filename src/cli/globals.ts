import { z } from 'zod';
import type { OptionSpec, OptionValues } from './command.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** The options that every command takes, before or after its name. */
export const GLOBAL_OPTIONS = {
  config: {
    value: 'FILE',
    summary: 'Configuration file (default flashmm.toml in the working directory, if there is one).',
    schema: z.string().optional(),
  },
  set: {
    value: 'KEY=VALUE',
    many: 'oneEach',
    summary: 'Set one configuration key, e.g. --set risk.max_position_usdc=500. May be repeated.',
    schema: z
      .array(z.string().regex(/^[^=\s]+=/, { error: 'expected KEY=VALUE, like risk.max_position_usdc=500' }))
      .optional(),
  },
  logLevel: {
    value: 'LEVEL',
    summary: `Least severe level that is logged: ${LEVELS.join(', ')}.`,
    schema: z.enum(LEVELS, { error: `expected one of ${LEVELS.join(', ')}` }).optional(),
    setting: 'runtime.log_level',
  },
  json: { summary: 'Print one JSON document instead of text.', schema: z.literal(true).optional() },
  noColor: { summary: 'No colour. NO_COLOR in the environment does the same.', schema: z.literal(true).optional() },
  help: { short: 'h', summary: 'Print help and exit.', schema: z.literal(true).optional() },
  version: { short: 'V', summary: 'Print the version and exit.', schema: z.literal(true).optional() },
} as const satisfies Record<string, OptionSpec>;

/** The parsed global options. */
export type GlobalValues = OptionValues<typeof GLOBAL_OPTIONS>;
