import { existsSync } from 'node:fs';
import { ProgressBar } from '../../backtest/progress.ts';
import { CommandError } from '../../exit/command_error.ts';
import { cutTape } from '../../tape/cut.ts';
import { Tape } from '../../tape/reader.ts';
import { grouped } from '../../terminal/figures.ts';
import type { TapeAction, TapeContext } from './tape_options.ts';

const NANOS_PER_S = 1e9;

/** `flashmm tape cut` */
export const cutAction: TapeAction = {
  options: ['from', 'to', 'out', 'force'],
  single: true,
  hint: "'flashmm tape info' tells from when to when a tape reaches.",
  async run([file = ''], context) {
    const out = outOf(context);
    const tape = Tape.open(file, { ids: true });
    const bar = new ProgressBar(context.stderr, tape.rows);
    try {
      const { firstNs, lastNs } = tape.edgesNs();
      const fromNs = timeOf('--from', context.options.from, tape, firstNs) ?? firstNs;
      const toNs = timeOf('--to', context.options.to, tape, firstNs) ?? lastNs + 1;
      if (!(fromNs < toNs)) throw new CommandError('usage', '--from is not before --to');
      const report = cutTape(tape, out, fromNs, toNs, (rows) => {
        context.signal.throwIfAborted();
        bar.show(rows, 'cutting');
      });
      bar.clear();
      const { rows, bytes, snapshotLevels } = report;
      if (context.json) context.printJson({ tape: out, rows, bytes, snapshot_levels: snapshotLevels });
      else {
        const head = snapshotLevels > 0 ? `, the first ${grouped(snapshotLevels + 2)} the book at its beginning` : '';
        context.print(`${out}: ${grouped(rows)} rows${head}`);
      }
      return undefined;
    } finally {
      bar.clear();
      tape.close();
    }
  },
};

/** The file to write. @throws CommandError when none is given, or it is there and `--force` is not */
export function outOf({ options: { out, force } }: TapeContext): string {
  if (out === undefined) throw new CommandError('usage', '--out FILE is required: where to write');
  if (existsSync(out) && force !== true) {
    throw new CommandError('usage', `${out}: is there already`, '--force replaces it.');
  }
  return out;
}

/** A time from the command line as nanoseconds from the tape's origin: ISO 8601, to the millisecond, or seconds from the start. */
function timeOf(flag: string, text: string | undefined, tape: Tape, firstNs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\+\d{1,9}(\.\d{1,9})?$/.test(text)) return firstNs + Math.round(Number(text) * NANOS_PER_S);
  const ms = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new CommandError(
      'usage',
      `${flag} ${text}: expected a time such as 2024-08-09T00:00:00Z, or +SECONDS from the start`,
    );
  }
  return Math.round((ms - tape.originS * 1_000) * 1e6);
}
