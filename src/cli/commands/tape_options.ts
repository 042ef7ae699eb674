import { z } from 'zod';
import type { ExitCode } from '../../exit/exit_codes.ts';
import type { CommandContext, OptionValues } from '../command.ts';

const decimal = z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, 'expected a positive decimal such as 0.01');

/** The options of all actions of `flashmm tape`; each action says which it takes. */
export const TAPE_OPTIONS = {
  out: {
    value: 'FILE',
    short: 'o',
    summary: 'import, cut, export: where to write',
    schema: z.string().min(1).optional(),
  },
  from: {
    value: 'WHAT',
    summary:
      'import: the format (recording, neutral, npz, tardis, binance, lobster) where it is not to be found out; cut: the time to begin at, 2024-08-09T00:00:00Z or +SECONDS from the start',
    schema: z.string().min(1).optional(),
  },
  to: {
    value: 'WHAT',
    summary:
      'cut: the time to end before, as for --from; export: csv or npz where the name of the file does not say it',
    schema: z.string().min(1).optional(),
  },
  symbol: {
    value: 'SYMBOL',
    summary: 'import: the market, where the files do not name it',
    schema: z.string().min(1).max(60).optional(),
  },
  venue: {
    value: 'NAME',
    summary: 'import: binance-spot, binance-usdm, binance-coinm or another name, where the files do not say it',
    schema: z.string().min(1).max(60).optional(),
  },
  tick: {
    value: 'STEP',
    summary: 'import: price step; found out by a first pass if not given',
    schema: decimal.optional(),
  },
  lot: { value: 'STEP', summary: 'import: size step, the same way', schema: decimal.optional() },
  repair: {
    summary: 'import: mend or leave out rows that are wrong, and say so, instead of ending at the first',
    schema: z.literal(true).optional(),
  },
  force: { summary: 'import, cut, export: replace a file that is there', schema: z.literal(true).optional() },
  jumpS: {
    value: 'S',
    summary: 'check: a receive time further ahead than this is a clock jump (default 10)',
    schema: z.coerce.number().positive().max(86_400).optional(),
  },
} as const;

/** What an action gets to work with. */
export type TapeContext = CommandContext<OptionValues<typeof TAPE_OPTIONS>>;

/** One action of `flashmm tape`. */
export interface TapeAction {
  /** The options that it takes. */
  readonly options: readonly (keyof typeof TAPE_OPTIONS)[];
  /** Whether it takes one file only. */
  readonly single: boolean;
  /** What to do where it fails. */
  readonly hint: string;
  readonly run: (files: readonly string[], context: TapeContext) => Promise<ExitCode | undefined>;
}
