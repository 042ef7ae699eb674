import { ProgressBar } from '../../backtest/progress.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { CHECKS, type CheckName, checkTape, FAULTS, type TapeCheck } from '../../tape/check.ts';
import { Tape } from '../../tape/reader.ts';
import { grouped } from '../../terminal/figures.ts';
import type { TapeAction } from './tape_options.ts';

/** A receive time further ahead than this is a clock jump: no market worth a tape is silent for so long. */
const JUMP_S = 10;

/** `flashmm tape check` */
export const checkAction: TapeAction = {
  options: ['jumpS'],
  single: true,
  hint: "'flashmm tape import' makes tapes.",
  async run([file = ''], context) {
    const tape = Tape.open(file, { ids: true });
    const bar = new ProgressBar(context.stderr, tape.rows);
    try {
      const check = checkTape(tape, context.options.jumpS ?? JUMP_S, (rows) => {
        context.signal.throwIfAborted();
        bar.show(rows, 'checking');
      });
      bar.clear();
      if (context.json) context.printJson(jsonOf(file, check));
      else context.print(textOf(file, check));
      return check.sound ? undefined : EXIT.failure;
    } finally {
      bar.clear();
      tape.close();
    }
  },
};

const NAMES = Object.keys(CHECKS) as CheckName[];

function jsonOf(file: string, { rows, findings, bookComparisons, sound }: TapeCheck): unknown {
  return {
    tape: file,
    rows,
    sound,
    book_comparisons: bookComparisons,
    findings: Object.fromEntries(
      NAMES.map((name) => [
        name,
        { fault: FAULTS.includes(name), ...(findings.get(name) ?? { count: 0, examples: [] }) },
      ]),
    ),
  };
}

function textOf(file: string, { rows, findings, bookComparisons, sound }: TapeCheck): string {
  const lines = NAMES.flatMap((name) => {
    const { count, examples } = findings.get(name) ?? { count: 0, examples: [] };
    if (count === 0 && !FAULTS.includes(name)) return [];
    const mark = count === 0 ? 'ok   ' : FAULTS.includes(name) ? 'FAULT' : 'note ';
    return [
      `${mark} ${grouped(count).padStart(12)}  ${name.padEnd(13)} ${CHECKS[name]}`,
      ...examples.map((example) => `${' '.repeat(20)}${example}`),
    ];
  });
  const compared = `book held against the exchange's best prices ${grouped(bookComparisons)} times`;
  return [`${file}: ${grouped(rows)} rows, ${compared}`, ...lines, sound ? 'sound' : 'NOT SOUND'].join('\n');
}
