import { ProgressBar } from '../../backtest/progress.ts';
import { CommandError } from '../../exit/command_error.ts';
import { EXPORT_FORMATS, type ExportFormat, exportTape } from '../../tape/export.ts';
import { Tape } from '../../tape/reader.ts';
import { grouped } from '../../terminal/figures.ts';
import { outOf } from './tape_cut.ts';
import type { TapeAction } from './tape_options.ts';

/** `flashmm tape export` */
export const exportAction: TapeAction = {
  options: ['to', 'out', 'force'],
  single: true,
  hint: 'docs/tapes.md says what each format holds.',
  async run([file = ''], context) {
    const out = outOf(context);
    const format = formatOf(context.options.to, out);
    const tape = Tape.open(file, { ids: true });
    const bar = new ProgressBar(context.stderr, tape.rows);
    try {
      const { rows, leftOut } = await exportTape(tape, out, format, (done) => {
        context.signal.throwIfAborted();
        bar.show(done, 'exporting');
      });
      bar.clear();
      if (context.json) context.printJson({ file: out, format, rows, left_out: Object.fromEntries(leftOut) });
      else {
        context.print(`${out}: ${grouped(rows)} rows`);
        for (const [why, count] of leftOut) context.print(`left out: ${why}, ${grouped(count)} rows`);
      }
      return undefined;
    } finally {
      bar.clear();
      tape.close();
    }
  },
};

function formatOf(text: string | undefined, out: string): ExportFormat {
  const named = text ?? /\.(csv|npz)(?:\.gz)?$/.exec(out)?.[1];
  const format = EXPORT_FORMATS.find((one) => one === named);
  if (format !== undefined) return format;
  const expected = EXPORT_FORMATS.join(' or ');
  if (text !== undefined) throw new CommandError('usage', `--to ${text}: expected ${expected}`);
  throw new CommandError('usage', `${out}: its name does not say the format: --to ${expected}`);
}
