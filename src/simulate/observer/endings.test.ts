import { describe, expect, it } from 'vitest';
import type { ChainFacts } from './chain_facts.ts';
import { Endings } from './endings.ts';
import { QuietBlocks, Tally } from './invariant.ts';
import { ProcessFacts } from './process_facts.ts';

/** What is found at the end of a run whose last blocks left so many orders of ours in the books, one number a block. */
function foundAtEnd(resting: readonly number[], trading = 'active'): readonly string[] {
  const facts = { height: 0, resting: new Map<string, unknown>() };
  const tally = new Tally(() => ({ atMs: 0, height: facts.height }));
  const endings = new Endings(facts as unknown as ChainFacts, tally, new QuietBlocks());
  const process = new ProcessFacts(
    1,
    0,
    () => 0,
    () => false,
  );
  Object.assign(process, { reconciled: true, trading });
  for (const count of resting) {
    facts.height += 1;
    facts.resting = new Map(Array.from({ length: count }, (_, i) => [String(i), undefined]));
    endings.block(process);
  }
  endings.end(process);
  return tally.violations.map(({ detail }) => detail);
}

describe('the end of a run', () => {
  it('may come right after both quotes were executed, and no later', () => {
    expect(foundAtEnd([2, 2, 2])).toEqual([]);
    expect(foundAtEnd([2, 2, 0, 0, 0, 0, 0])).toEqual([]);
    expect(foundAtEnd([2, 2, 0, 0, 0, 0, 0, 0])).toEqual([
      'after the calm nothing has rested on the chain for 6 blocks',
    ]);
    expect(foundAtEnd([0, 0, 0, 0, 0, 0])).toHaveLength(1);
  });

  it('finds the system trading', () => {
    expect(foundAtEnd([2, 2], 'paused')).toEqual([
      'after the calm the system does not trade: reconciled: true, paused',
    ]);
  });
});
