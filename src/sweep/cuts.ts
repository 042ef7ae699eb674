import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isArrow } from '../backtest/arrow_tapes.ts';
import { CommandError } from '../exit/command_error.ts';
import { cutTape } from '../tape/cut.ts';
import { Tape } from '../tape/reader.ts';
import { TapeError } from '../tape/tape_error.ts';
import type { Block } from './blocks.ts';
import type { Plan } from './plan.ts';

const NANOS_PER_MICRO = 1_000;
const MICROS_PER_S = 1_000_000;

/**
 * The plan with a tape of its own for each block that is a part of a tape in columns, cut into a folder. Those that are there already are
 * taken as they are: a cut gets its name when it is whole, and the folder is of this sweep.
 *
 * @throws CommandError (`environment`) when nothing happens in a block, or a file cannot be read or written
 */
export function withCuts(plan: Plan, folder: string): Plan {
  if (plan.spec.walk === null || plan.spec.walk.blockS === null) return plan;
  const blocks = plan.blocks.map((block, number) => {
    const { files } = plan.tapes[block.tape]!;
    return files.every(isArrow)
      ? { ...block, files: files.map((file, i) => cut(file, block, folder, number, i)) }
      : block;
  });
  return { ...plan, blocks };
}

function cut(file: string, block: Block, folder: string, number: number, part: number): string {
  const out = join(folder, `block_${number + 1}_${part + 1}.arrow`);
  if (existsSync(out)) return out;
  try {
    mkdirSync(folder, { recursive: true });
    const tape = Tape.open(file, { ids: true });
    try {
      const ns = (us: number): number => (us - tape.originS * MICROS_PER_S) * NANOS_PER_MICRO;
      cutTape(tape, out, ns(block.fromUs), ns(block.untilUs));
    } finally {
      tape.close();
    }
  } catch (error) {
    if (!(error instanceof TapeError)) throw error;
    throw new CommandError('environment', `block ${number + 1}: ${error.message}`, 'Make blocks longer.');
  }
  return out;
}
