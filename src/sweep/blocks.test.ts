import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksOf, foldsOf } from './blocks.ts';

const S = 1_000_000;
const tape = (fromS: number, toS: number) => ({ files: ['t'], firstUs: fromS * S, lastUs: toS * S });

describe('blocks of tapes', () => {
  it('are whole tapes unless they are cut', () => {
    expect(blocksOf([tape(0, 10), tape(20, 30)], null)).toMatchObject([{ tape: 0 }, { tape: 1 }]);
    expect(blocksOf([tape(0, 10)], { blockS: null, gapS: 0, trainBlocks: 1 })).toEqual([
      { tape: 0, fromUs: 0, untilUs: Number.MAX_SAFE_INTEGER },
    ]);
  });

  it('are of one length, a gap apart, each within its tape; the rest is left out', () => {
    const seconds = fc.integer({ min: 1, max: 1_000 });
    fc.assert(
      fc.property(
        seconds,
        seconds,
        fc.integer({ min: 10, max: 200 }),
        fc.integer({ min: 0, max: 50 }),
        (a, b, s, gap) => {
          const tapes = [tape(100, 100 + a), tape(5_000, 5_000 + b)];
          const blocks = blocksOf(tapes, { blockS: s, gapS: gap, trainBlocks: 1 });
          for (const [i, { fromUs, untilUs, tape: of }] of blocks.entries()) {
            expect(untilUs - fromUs).toBe(s * S);
            expect(fromUs).toBeGreaterThanOrEqual(tapes[of]!.firstUs);
            expect(untilUs).toBeLessThanOrEqual(tapes[of]!.lastUs + 1);
            const before = blocks[i - 1];
            if (before?.tape === of) expect(fromUs - before.untilUs).toBe(gap * S);
          }
          for (const [of, length] of [a, b].entries()) {
            const wanted = length < s ? 0 : 1 + Math.floor((length - s) / (s + gap));
            expect(blocks.filter((block) => block.tape === of)).toHaveLength(wanted);
          }
        },
      ),
    );
  });

  it('choose and judge in turn: no block judges what it helped to choose', () => {
    expect(foldsOf(4, 2)).toEqual([
      { train: [0, 1], test: 2 },
      { train: [1, 2], test: 3 },
    ]);
    expect(foldsOf(2, 2)).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 10 }), (blocks, train) => {
        const folds = foldsOf(blocks, train);
        expect(folds.map(({ test }) => test)).toEqual(
          Array.from({ length: Math.max(0, blocks - train) }, (_, i) => i + train),
        );
        for (const fold of folds) {
          expect(fold.train).toHaveLength(train);
          expect(Math.max(...fold.train)).toBeLessThan(fold.test);
        }
      }),
    );
  });
});
