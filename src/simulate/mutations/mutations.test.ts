import { describe, expect, it } from 'vitest';
import { INVARIANT_NAMES } from '../observer/invariant.ts';
import { edited, textOf } from './loader.ts';
import { MUTATIONS } from './mutations.ts';

describe('the list of bugs', () => {
  it('has a dozen, each with a name of its own', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(12);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  it.each(MUTATIONS)('$name: what it changes is there exactly once', ({ edits, shows }) => {
    expect(edits.length).toBeGreaterThan(0);
    for (const edit of edits) expect(edited(textOf(edit), edit)).not.toBe(textOf(edit));
    for (const name of shows) expect(INVARIANT_NAMES).toContain(name);
  });

  it('says which text is not there', () => {
    const edit = { file: 'streams/pipeline.ts', search: 'no such text', replace: '' };
    expect(() => edited(textOf(edit), edit)).toThrow(/no such text.*0 times/);
  });
});
