import { CommandError } from '../../exit/command_error.ts';
import { TapeError } from '../../tape/tape_error.ts';
import { kebab } from '../arguments.ts';
import { defineCommand } from '../command.ts';
import { checkAction } from './tape_check.ts';
import { cutAction } from './tape_cut.ts';
import { exportAction } from './tape_export.ts';
import { importAction } from './tape_import.ts';
import { infoAction } from './tape_info.ts';
import { TAPE_OPTIONS, type TapeAction, type TapeContext } from './tape_options.ts';

const ACTIONS: ReadonlyMap<string, TapeAction> = new Map([
  ['import', importAction],
  ['info', infoAction],
  ['check', checkAction],
  ['cut', cutAction],
  ['export', exportAction],
]);

const REPAIR_HINT = 'With --repair, rows that are wrong are mended or left out, and the report says which.';

/** `flashmm tape` */
export const command = defineCommand({
  name: 'tape',
  summary: 'Make tapes out of market data, look at them, check, cut and export them.',
  description:
    'A tape is the market data of one market in columns, an Arrow file (docs/tapes.md). The action comes first: import makes a tape out of recordings, the neutral CSV, hftbacktest arrays, Tardis, Binance and LOBSTER files; info tells what is in one; check looks for gaps, crossed books, clock jumps and duplicates and exits with code 1 where there are faults; cut makes a tape of a part of one; export writes the neutral CSV or an hftbacktest array. All stream: memory does not grow with the file.',
  options: TAPE_OPTIONS,
  operand: {
    value: 'ACTION FILE',
    summary: 'import, info, check, cut or export, and its files',
    many: true,
    required: true,
  },
  examples: [
    { line: 'flashmm tape import tapes/spot_btcusdt_20240808.gz --out btc.arrow', summary: 'a recording as a tape' },
    {
      line: 'flashmm tape import trades.csv.gz book.csv.gz --out day.arrow --repair',
      summary: 'Tardis files, merged by time',
    },
    { line: 'flashmm tape info btc.arrow', summary: 'what is in it' },
    { line: 'flashmm tape check btc.arrow --json', summary: 'whether it is sound' },
    { line: 'flashmm tape cut btc.arrow --from +60 --to +120 --out minute.arrow', summary: 'its second minute' },
    { line: 'flashmm tape export btc.arrow --out btc.csv.gz', summary: 'the neutral CSV' },
  ],
  async run(context) {
    const [name = '', ...files] = context.operands;
    const action = ACTIONS.get(name);
    if (action === undefined) {
      throw new CommandError('usage', `action '${name}': expected one of ${[...ACTIONS.keys()].join(', ')}`);
    }
    checkOptions(name, action, context);
    if (files.length === 0) throw new CommandError('usage', `tape ${name}: a file is missing`);
    if (action.single && files.length > 1) {
      throw new CommandError('usage', `tape ${name}: unexpected argument '${files[1]}'`);
    }
    try {
      return await action.run(files, context);
    } catch (error) {
      if (!(error instanceof TapeError)) throw error;
      throw new CommandError('failure', error.message, error.mendable ? REPAIR_HINT : action.hint);
    }
  },
});

/** An option that the action does not know is refused, as another command's would be. */
function checkOptions(name: string, action: TapeAction, { options }: TapeContext): void {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || action.options.includes(key as never)) continue;
    throw new CommandError(
      'usage',
      `tape ${name} takes no --${kebab(key)}`,
      "Run 'flashmm tape --help' for what there is.",
    );
  }
}
