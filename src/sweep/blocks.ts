/** A tape of a sweep: files that are one session, as in a backtest, and when its first and last inputs were received. */
export interface TapeSpan {
  readonly files: readonly string[];
  /** Integer microseconds since the epoch; equal in a tape of one input. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** A piece of a tape that a point is run on, from a flat position: from its first time up to and without its second. */
export interface Block {
  /** Number of the tape, from 0. */
  readonly tape: number;
  readonly fromUs: number;
  readonly untilUs: number;
  /** The cut of the tape's files that holds this block and nothing else, where there is one. */
  readonly files?: readonly string[];
}

/** A step of a walk forward: on the first blocks a point is chosen, on the last one it is judged. */
export interface Fold {
  readonly train: readonly number[];
  readonly test: number;
}

/** How tapes are cut and walked through. */
export interface WalkForward {
  /** Length of a block; null where each tape is one. */
  readonly blockS: number | null;
  /** Left out between two blocks, so that what the one ends in is not what the next begins with. */
  readonly gapS: number;
  readonly trainBlocks: number;
}

const MICROS = 1_000_000;

/** All time: a whole tape as one block. */
const EVER = { fromUs: 0, untilUs: Number.MAX_SAFE_INTEGER };

/**
 * The blocks of the tapes, in their order. What is left at the end of a tape and is shorter than a block is left out.
 *
 * @param walk null for a sweep without one: each tape is a block
 */
export function blocksOf(tapes: readonly TapeSpan[], walk: WalkForward | null): readonly Block[] {
  return tapes.flatMap(({ firstUs, lastUs }, tape) => {
    if (walk === null || walk.blockS === null) return [{ tape, ...EVER }];
    const [blockUs, stepUs] = [walk.blockS * MICROS, (walk.blockS + walk.gapS) * MICROS];
    const blocks: Block[] = [];
    // The last input itself belongs to the last block.
    for (let fromUs = firstUs; fromUs + blockUs <= lastUs + 1; fromUs += stepUs)
      blocks.push({ tape, fromUs, untilUs: fromUs + blockUs });
    return blocks;
  });
}

/** The folds: each block but the first `trainBlocks` judges what the ones before it chose. None where there are too few. */
export function foldsOf(blocks: number, trainBlocks: number): readonly Fold[] {
  return Array.from({ length: Math.max(0, blocks - trainBlocks) }, (_, i) => ({
    train: Array.from({ length: trainBlocks }, (_, k) => i + k),
    test: i + trainBlocks,
  }));
}
